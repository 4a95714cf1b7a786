"""Read a ledger of models that a price list knows, against models that none knows.

    python benchmarks/prices.py [--rows 1000000 10000000] [--runs 3]

The same requests four times over: with recorded totals (split by list prices), recorded
parts, no cost (priced by own rates, by the catalogue). Each is compared with the same
columns of unknown models, by CPU time, for a machine may be shared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

import meterwidgets as mw
from meterwidgets.frame.read import read_usage

KNOWN = ("gpt-5.4", "claude-sonnet-4-6", "gemini-2.5-flash", "gpt-4o-mini")
UNKNOWN = ("model-a", "model-b", "model-c", "model-d")
COSTS = {
    "totals": ", (prompt_tokens * 2000 + completion_tokens * 4000) / 1e9 AS cost",
    "parts": ", prompt_tokens * 2000 / 1e9 AS input_cost"
    ", completion_tokens * 4000 / 1e9 AS output_cost",
    "no cost": "",
}
CASES = (
    ("totals", "catalogue"), ("parts", "catalogue"), ("no cost", "catalogue"),
    ("no cost", "own rates"),
)  # fmt: skip


def write_ledger(path: Path, rows: int, models: tuple[str, ...], costs: str) -> None:
    """Write 180 days of requests of 1,910 combinations by 5,000 users."""
    con = duckdb.connect(config={"memory_limit": "1GB"})
    con.execute(f"""COPY (SELECT *{costs} FROM (
      SELECT make_timestamptz(1767225600000000 + (i::HUGEINT * 15552000000000 // {rows})
          ::BIGINT) AT TIME ZONE 'UTC' AS start,
        'org-' || (t % 40) AS org, 'project-' || (t % 200) AS project,
        'user-' || (hash(i, 3) % 5000) AS "user",
        {list(models)}[(t % 4)::BIGINT + 1] AS model,
        'ep-' || (t // 200 % 5) AS endpoint,
        (hash(i, 6) % 4000)::BIGINT AS prompt_tokens,
        (hash(i, 7) % 1000)::BIGINT AS completion_tokens
      FROM (SELECT i, least(hash(i, 1) % 1910, hash(i, 2) % 1910) AS t
        FROM range({rows}) r(i)))) TO '{path}' (FORMAT parquet)""")
    con.close()


def read(path: str, prices: str) -> None:
    """Read a ledger in this process; print its CPU seconds and peak of memory."""
    own = [{"model": model, "input": "2.5", "output": "15"} for model in KNOWN]
    is_own = prices == "own rates"
    book = mw.PriceBook.parse(own if is_own else (), catalogue=not is_own)
    before = os.times()
    usage = read_usage(path, rejects=None, prices=book)
    after = os.times()
    assert not usage.quality.rejected
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
    cpu = after.user + after.system - before.user - before.system
    print(json.dumps([cpu, int(peak) >> 10]))


def measure(path: Path, prices: str, runs: int) -> tuple[float, int]:
    """The median CPU seconds and the highest peak of several processes."""
    command = [sys.executable, __file__, "--once", str(path), prices]
    found = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(runs)
    ]
    return statistics.median(cpu for cpu, _ in found), max(peak for _, peak in found)


def main() -> None:
    """Print a line a case."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--once", nargs=2, metavar=("FILE", "PRICES"))
    given = options.parse_args()
    if given.once:
        read(*given.once)
        return
    print(f"{'rows':>12} {'recorded':10}{'priced by':12}{'unknown':>16}{'known':>16}")
    for rows in given.rows:
        for costs, prices in CASES:
            with TemporaryDirectory() as folder:
                found = []
                for models in (UNKNOWN, KNOWN):
                    path = Path(folder) / "ledger.parquet"
                    write_ledger(path, rows, models, COSTS[costs])
                    found.append(measure(path, prices, given.runs))
            (base, low), (cpu, high) = found
            print(
                f"{rows:12,} {costs:10}{prices:12}{base:7.2f} s {low:4} MB"
                f"{cpu:7.2f} s {high:4} MB{cpu / base:6.2f}x",
                flush=True,
            )


if __name__ == "__main__":
    main()
