"""Write the list of sources in docs/sources.md anew, from their declarations.

.venv/bin/python scripts/sources.py
"""

from __future__ import annotations

from pathlib import Path

from meterwidgets.ledger.sources.registry import SOURCES
from meterwidgets.ledger.sources.vocabulary.reference import reference

FILE = Path(__file__).parents[1] / "docs" / "sources.md"
MARK = "<!-- below: .venv/bin/python scripts/sources.py -->\n"


def main() -> None:
    """Replace what stands below the mark."""
    guide = FILE.read_text("utf-8").partition(MARK)[0]
    FILE.write_text(f"{guide}{MARK}\n{reference(SOURCES)}", "utf-8")


if __name__ == "__main__":
    main()
