"""Reading a ledger: our frame beside engines that only roll the same file up.

    python benchmarks/reading.py [--rows N] [--runs N] [--formats parquet csv jsonl]

The job of the peers is the roll-up alone: one query for each cube that we make,
without a check, a price or a duplicate found. Each run is a process of its own, in
turns, and the medians are printed. Every sum is compared with ours, to the integer.
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

import meterwidgets as mw
from meterwidgets.frame.rollup import DIMENSIONS, USER_DIMENSIONS, rollup

SUMMED = ("records", "input_tokens", "output_tokens", "cost")
READERS = {
    "parquet": "read_parquet('{path}')",
    "csv": "read_csv('{path}')",
    "jsonl": "read_json('{path}', format='newline_delimited')",
}
FORMATS = {"parquet": "FORMAT parquet", "csv": "FORMAT csv", "jsonl": "FORMAT json"}


def make(path: Path, rows: int, *, users: bool) -> None:
    """180 days of requests of 1,910 tuples of names, and of 5,000 users if wanted."""
    user = "'user-' || (hash(i, 3) % 5000) AS \"user\", " if users else ""
    con = duckdb.connect()
    con.execute("SET memory_limit = '1GB'; SET preserve_insertion_order = true")
    con.execute(f"""
      COPY (SELECT 'req-' || i AS request_id,
        make_timestamptz(1767225600000000 + (i::HUGEINT * 15552000000000 // {rows})
          ::BIGINT) AT TIME ZONE 'UTC' AS start,
        'org-' || (t % 40) AS org, 'project-' || (t % 200) AS project, {user}
        'model-' || (t % 12) AS model, 'dep-' || (t % 24) AS deployment,
        'ep-' || (t // 200 % 5) AS endpoint,
        (hash(i, 6) % 4000)::BIGINT AS prompt_tokens,
        (hash(i, 7) % 1000)::BIGINT AS completion_tokens,
        ((hash(i, 6) % 4000) * 2000 + (hash(i, 7) % 1000) * 4000)::DOUBLE
          / 1000000000 AS cost
      FROM (SELECT i, least(hash(i, 1) % 1910, hash(i, 2) % 1910) AS t
        FROM range({rows}) r(i))) TO '{path}' ({FORMATS[path.suffix[1:]]})
    """)


def ours(path: Path) -> dict[str, int]:
    """The sums of ``read_usage``."""
    book = mw.PriceBook(catalogue=False)
    usage = mw.read_usage(path, rejects=None, prices=book)
    assert usage.quality.records > 0 and not usage.quality.rejected
    sums = usage.select().sums()
    cost = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    return {name: int(sums[name]) for name in SUMMED[:3]} | {"cost": cost}


def bare(path: Path) -> dict[str, int]:
    """The sums of DuckDB's roll-up of the file as it is: one query for each cube."""
    con = duckdb.connect(config={"memory_limit": "2GB"})
    file = READERS[path.suffix[1:]].format(path=path)
    has_user = "user" in con.sql(f"SELECT * FROM {file} LIMIT 0").columns
    user = '"user"' if has_user else 'NULL::VARCHAR AS "user"'
    records = f"""(SELECT epoch_us(CAST(start AS TIMESTAMP)) AS start_us, org, project,
      deployment, model, endpoint, {user},
      NULL::VARCHAR AS api_key, NULL::VARCHAR AS outlier,
      1::BIGINT AS requests, prompt_tokens AS input_tokens,
      NULL::BIGINT AS cache_read_tokens, NULL::BIGINT AS cache_write_tokens,
      completion_tokens AS output_tokens, NULL::BIGINT AS reasoning_tokens,
      'USD' AS currency, 0::BIGINT AS input_cost, 0::BIGINT AS output_cost,
      CAST(round(cost * 1e9) AS BIGINT) AS unsplit_cost, false AS estimated
      FROM {file})"""
    for dimensions in (DIMENSIONS, USER_DIMENSIONS)[: 1 + has_user]:
        rows = con.sql(rollup(records, dimensions, 900)).to_arrow_table()
    columns = (*SUMMED[:3], "unsplit_cost")
    sums = [sum(rows[name].to_numpy().tolist()) for name in columns]
    return dict(zip(SUMMED, sums, strict=True))


def polars(path: Path) -> dict[str, int]:
    """The sums of polars' roll-up, of the measures that the file has."""
    import polars as pl

    scan = {"parquet": pl.scan_parquet, "csv": pl.scan_csv, "jsonl": pl.scan_ndjson}
    frame = scan[path.suffix[1:]](path)
    names = frame.collect_schema().names()
    start = pl.col("start")
    if path.suffix != ".parquet":
        start = start.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    keys = ["org", "project", "deployment", "model", "endpoint"]
    for dimensions in (keys, [*keys, "user"])[: 1 + ("user" in names)]:
        rows = (
            frame.with_columns(
                bucket=start.dt.epoch("us") // 900_000_000,
                nano=(pl.col("cost") * 1e9).round().cast(pl.Int64),
            )
            .group_by("bucket", *dimensions)
            .agg(
                records=pl.len().cast(pl.Int64),
                input_tokens=pl.col("prompt_tokens").sum(),
                output_tokens=pl.col("completion_tokens").sum(),
                cost=pl.col("nano").sum(),
            )
            .collect()
        )
    return {name: int(rows[name].sum()) for name in SUMMED}


JOBS = {"read_usage": ours, "bare DuckDB": bare, "polars": polars}


def once(job: str, path: Path) -> None:
    """Do one job and print its seconds, its peak in megabytes and its sums."""
    if job == "polars":
        import polars  # noqa: F401
    begun = time.perf_counter()
    sums = JOBS[job](path)
    took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps([took, peak, sums]))


def measured(path: Path, jobs: list[str], runs: int) -> dict[str, tuple[float, float]]:
    """Median seconds and peak of each job, each run in a fresh process, in turns."""
    took: dict[str, list[list[float]]] = {job: [] for job in jobs}
    expected = None
    for turn in range(runs):
        for job in jobs if turn % 2 == 0 else reversed(jobs):
            command = [sys.executable, __file__, "--once", job, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, peak, sums = json.loads(done.stdout)
            expected = expected or sums
            assert sums == expected, (job, sums, expected)
            took[job].append([seconds, peak])
    return {
        job: tuple(statistics.median(each) for each in zip(*found, strict=True))
        for job, found in took.items()
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=2_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--formats", nargs="+", choices=FORMATS, default=[*FORMATS])
    options.add_argument("--jobs", nargs="+", choices=JOBS, default=[*JOBS])
    options.add_argument("--no-users", dest="users", action="store_false")
    options.add_argument("--once", nargs=2, metavar=("JOB", "FILE"))
    given = options.parse_args()
    if given.once:
        once(given.once[0], Path(given.once[1]))
        return
    with TemporaryDirectory() as folder:
        for ending in given.formats:
            path = Path(folder) / f"usage.{ending}"
            make(path, given.rows, users=given.users)
            size = path.stat().st_size >> 20
            print(f"{ending}, {given.rows:,} rows, {size:,} MB")
            print(f"{'':20}{'M rows/s':>10}{'peak MB':>9}{'speed':>8}")
            found = measured(path, given.jobs, given.runs)
            base = found.get("bare DuckDB", next(iter(found.values())))[0]
            for job, (seconds, peak) in found.items():
                rate = given.rows / seconds / 1e6
                print(f"{job:20}{rate:10.2f}{peak:9,.0f}{base / seconds:7.2f}x")
            path.unlink()


if __name__ == "__main__":
    main()
