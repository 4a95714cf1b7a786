"""Run every benchmark, one after the other.

    python benchmarks/all.py [--requests 1M 10M 100M] [--folder DIR]

The page shows the largest number of requests. Making 100 million takes 11 GB of memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from table import number_of


def main() -> None:
    """Run them, up to the first that fails."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--requests", nargs="+", default=["1M", "10M", "100M"])
    options.add_argument("--folder", type=Path, help="where frames are kept")
    given = options.parse_args()
    here = Path(__file__).parent
    with TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        most = max(map(number_of, given.requests))
        for name, *words in (
            ("table", "--requests", *given.requests, "--folder", str(folder)),
            ("page", str(folder / f"{most}.frame")),
            ("tabs",),
            ("crowd",),
            ("reading",),
            ("prices",),
            ("ingest",),
        ):
            print(f"\n{name}: {' '.join(words)}", flush=True)
            subprocess.run([sys.executable, here / f"{name}.py", *words], check=True)


if __name__ == "__main__":
    main()
