"""Ingesting a ledger: our store beside bare DuckDB writing the same layout.

    python benchmarks/ingest.py [--rows N] [--runs N] [--formats parquet csv jsonl]

The peer reads the file once and writes the same Parquet columns, a folder a month, and
the rows of the cube of each month as Arrow; it checks nothing, prices nothing, finds no
duplicate, and has neither manifest nor index. Each run is a process of its own, in
turns, and the medians are printed. The sums are compared, to the integer.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from reading import FORMATS, READERS, make

import meterwidgets as mw
from meterwidgets.frame import parts
from meterwidgets.frame.ingest import ingest
from meterwidgets.frame.rollup import USER_DIMENSIONS, rollup
from meterwidgets.frame.saved import write_table
from meterwidgets.ledger.normalise import COUNTS, DIMENSIONS
from meterwidgets.ledger.read import Request

SUMMED = ("records", "input_tokens", "output_tokens")
SIDES = ("input_cost", "output_cost", "unsplit_cost")


def ours(path: Path, store: Path) -> dict[str, int]:
    """The sums of a store of the file."""
    book = mw.PriceBook(catalogue=False)
    added = ingest([Request([path])], store, prices=book)
    assert added.records and not added.rejected and not added.problems
    sums = mw.open_store(store).select().sums()
    return {name: sums[name] for name in SUMMED} | {
        "cost": sum(sums[side] for side in SIDES)
    }


def bare(path: Path, store: Path) -> dict[str, int]:
    """The sums of what DuckDB writes."""
    con = duckdb.connect(config={"memory_limit": "2GB"})
    file = READERS[path.suffix[1:]].format(path=path)
    have = con.sql(f"SELECT * FROM {file} LIMIT 0").columns
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    fields = [f'"{name}"' if name in have else f'NULL::VARCHAR AS "{name}"'
              for name in DIMENSIONS]  # fmt: skip
    fields += [f"{names[name]} AS {name}" if name in names
               else f"{1 if name == 'requests' else 'NULL'}::BIGINT AS {name}"
               for name in COUNTS]  # fmt: skip
    nothing = ", ".join(
        f"NULL::{kind} AS {name}"
        for kind, name in [
            ("BIGINT", "end_us"), ("VARCHAR", "status"), ("VARCHAR", "service_tier"),
            ("BIGINT", "reported_input_cost"), ("BIGINT", "reported_output_cost"),
            ("VARCHAR", "covers"), ("BIGINT", "grown"), ("BIGINT", "list_cost"),
            ("VARCHAR", "outlier"),
        ]
    )  # fmt: skip
    cost = "CAST(round(cost * 1e9) AS BIGINT)"
    records = f"""(SELECT 'table' AS source, 'request' AS grain,
      request_id AS record_id, epoch_us(CAST(start AS TIMESTAMP)) AS start_us,
      {", ".join(fields)}, {nothing}, {cost} AS reported_cost, 0::BIGINT AS input_cost,
      0::BIGINT AS output_cost, {cost} AS unsplit_cost, 'USD' AS currency,
      'USD' AS reported_currency, 'recorded' AS cost_basis, false AS estimated,
      false AS own_id, false AS billed, 0 AS file, row_number() OVER () AS n
      FROM {file})"""
    con.execute(
        f"COPY (SELECT *, strftime(start, '%Y-%m') AS month "
        f"FROM ({parts.written(records, [1])})) TO '{store}' "
        "(FORMAT parquet, PARTITION_BY (month))"
    )
    sums = dict.fromkeys([*SUMMED, "cost"], 0)
    for folder in sorted(store.iterdir()):
        written = parts.records(folder, [each.name for each in folder.iterdir()])
        rows = con.sql(rollup(written, USER_DIMENSIONS, 900)).to_arrow_table()
        write_table(folder / "segment.arrow", rows)
        for name in (*SUMMED, *SIDES):
            into = "cost" if name in SIDES else name
            sums[into] += sum(rows[name].to_numpy().tolist())
    return sums


JOBS = {"ingest": ours, "bare DuckDB": bare}


def once(job: str, path: Path) -> None:
    """Do one job and print its seconds, its peak in megabytes and its sums."""
    with TemporaryDirectory(dir=path.parent) as folder:
        begun = time.perf_counter()
        sums = JOBS[job](path, Path(folder) / "store")
        took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps([took, peak, sums]))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=2_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--formats", nargs="+", choices=FORMATS, default=[*FORMATS])
    options.add_argument("--no-users", dest="users", action="store_false")
    options.add_argument("--once", nargs=2, metavar=("JOB", "FILE"))
    given = options.parse_args()
    if given.once:
        once(given.once[0], Path(given.once[1]))
        return
    for ending in given.formats:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"usage.{ending}"
            make(path, given.rows, users=given.users)
            took: dict[str, list[float]] = {job: [] for job in JOBS}
            peak: dict[str, list[float]] = {job: [] for job in JOBS}
            expected = None
            for turn in range(given.runs):
                for job in JOBS if turn % 2 == 0 else reversed(JOBS):
                    done = subprocess.run(
                        [sys.executable, __file__, "--once", job, str(path)],
                        check=True, capture_output=True, text=True,
                    )  # fmt: skip
                    seconds, most, sums = json.loads(done.stdout)
                    expected = expected or sums
                    assert sums == expected, (job, sums, expected)
                    took[job].append(seconds)
                    peak[job].append(most)
            base = statistics.median(took["bare DuckDB"])
            print(f"{ending}, {given.rows:,} rows")
            print(f"{'':20}{'M rows/s':>10}{'peak MB':>9}{'speed':>8}")
            for job in JOBS:
                seconds = statistics.median(took[job])
                print(
                    f"{job:20}{given.rows / seconds / 1e6:10.2f}"
                    f"{statistics.median(peak[job]):9,.0f}{base / seconds:7.2f}x"
                )


if __name__ == "__main__":
    main()
