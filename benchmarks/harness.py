"""A ledger of any size, and a harness that compares jobs on it.

Each run is a process of its own, and jobs take turns. It prints the median wall and CPU
time of all runs and the highest peak of memory. The sums of the jobs must be equal, to
the integer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

READERS = {
    "parquet": "read_parquet('{path}')",
    "csv": "read_csv('{path}')",
    "jsonl": "read_json('{path}', format='newline_delimited')",
}
FORMATS = {"parquet": "FORMAT parquet", "csv": "FORMAT csv", "jsonl": "FORMAT json"}

Job = Callable[[Path], dict[str, int]]
"""Does something with a ledger and returns its sums."""


@dataclass(frozen=True)
class Cost:
    """The cost of a job: wall seconds, CPU seconds of all threads, peak megabytes."""

    wall: float
    cpu: float
    peak: float


def write_ledger(path: Path, rows: int, *, users: bool) -> None:
    """Write 180 days of requests of 1,910 combinations, with 5,000 users if asked."""
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
    con.close()


def main(
    script: str,
    description: str,
    jobs: Mapping[str, Job],
    *,
    base: str,
    prepare: Callable[[Path], None] | None = None,
) -> None:
    """Run a benchmark from the command line.

    Args:
        script: Its file.
        description: Its docstring.
        jobs: The jobs to measure.
        base: The job that the others are compared with.
        prepare: Puts a ledger where else the jobs read it, which isn't measured.
    """
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    options.add_argument("--rows", type=int, nargs="+", default=[2_000_000])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--formats", nargs="+", choices=FORMATS, default=[*FORMATS])
    options.add_argument("--jobs", nargs="+", choices=jobs, default=[*jobs])
    options.add_argument("--no-users", dest="users", action="store_false")
    options.add_argument("--folder", help="where ledgers are written, and kept")
    options.add_argument("--once", nargs=2, metavar=("JOB", "FILE"))
    given = options.parse_args()
    if given.once:
        _run_once(jobs[given.once[0]], Path(given.once[1]))
        return
    with TemporaryDirectory() as temporary:
        for rows in given.rows:
            for ending in given.formats:
                name = f"{rows}{'-users' * given.users}.{ending}"
                path = Path(given.folder or temporary) / name
                if not path.exists():
                    write_ledger(path, rows, users=given.users)
                if prepare:
                    prepare(path)
                print(f"{ending}, {rows:,} rows, {path.stat().st_size >> 20:,} MB")
                _print(_measure(script, path, given.jobs, given.runs), rows, base)
                if not given.folder:
                    path.unlink()


def _run_once(job: Job, path: Path) -> None:
    """Run one job in this process and print its cost and its sums."""
    wall, cpu = time.perf_counter(), time.process_time()
    sums = job(path)
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps([*seconds, _peak_mb(), sums]))


def _peak_mb() -> int:
    """The peak memory of this process, mapped files included."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (most,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(most) >> 10


def _measure(script: str, path: Path, jobs: list[str], runs: int) -> dict[str, Cost]:
    """Run the jobs in turns, each run in a fresh process."""
    costs: dict[str, list[tuple[float, float, float]]] = {job: [] for job in jobs}
    expected = None
    for turn in range(runs):
        for job in jobs if turn % 2 == 0 else reversed(jobs):
            command = [sys.executable, script, "--once", job, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            *cost, sums = json.loads(done.stdout)
            expected = expected or sums
            assert sums == expected, (job, sums, expected)
            costs[job].append(tuple(cost))
    middle = statistics.median
    return {
        job: Cost(middle(walls), middle(cpus), max(peaks))
        for job, (walls, cpus, peaks) in (
            (job, zip(*runs_of_job, strict=True)) for job, runs_of_job in costs.items()
        )
    }


def _print(costs: Mapping[str, Cost], rows: int, base: str) -> None:
    """Print a line a job; its speed is the time of the base over its own."""
    print(f"{'':20}{'M rows/s':>10}{'speed':>8}{'CPU s':>8}{'by CPU':>8}{'peak MB':>9}")
    reference = costs.get(base, next(iter(costs.values())))
    for job, cost in costs.items():
        rate = rows / cost.wall / 1e6
        speed, by_cpu = reference.wall / cost.wall, reference.cpu / cost.cpu
        print(
            f"{job:20}{rate:10.2f}{speed:7.2f}x{cost.cpu:8.2f}{by_cpu:7.2f}x"
            f"{cost.peak:9,.0f}",
            flush=True,
        )
