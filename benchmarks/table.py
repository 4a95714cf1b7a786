"""Each target of a filter change beside its peers, in one run: a table and a plot.

    python benchmarks/table.py [--requests 1M 10M 100M] [--changes N] [--folder DIR]

The usage is `synthetic.py`'s. The job is what a page needs of one change: the sums of
the selection and those by organization, model, deployment and endpoint, of eleven
measures; beside it stand a drag of the range, a ranking of all users, and trends. Ours
are answered from a mapped frame, the peers' from the same cube in memory (DuckDB,
polars) or from the raw requests in memory (DuckDB, polars, pandas; up to ``--raw`` of
them). Ranges are whole days of UTC; the other zone is measured for itself.
Before anything is timed, each peer's answers are compared with ours, to the integer.
Times are CPU and wall, as other work on the machine disturbs only the wall.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import synthetic
from growth import drawn
from peers import cells, ours, peers, raw_measures

from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import open_frame, save
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.breakdown import breakdown, top_with_other
from meterwidgets.metrics.trend import trend

Job = Callable[[Filters], Any]


@dataclass(frozen=True)
class Line:
    """One line of the table: milliseconds of each change, CPU and wall."""

    name: str
    cpu: list[float]
    wall: list[float]

    def __str__(self) -> str:
        def middle_and_late(times: list[float]) -> str:
            late = statistics.quantiles(times, n=20)[-1]
            return f"{statistics.median(times):10.2f}{late:10.2f}"

        return f"{self.name:44}{middle_and_late(self.cpu)}{middle_and_late(self.wall)}"


_BERLIN = "Europe/Berlin"
_SHOWN = 8
"""So many rows or lines a page shows, the others added up as one."""


def timed(name: str, job: Job, asked: Sequence[Filters]) -> Line:
    """Time a job on each of some filters, after one to warm up.

    The garbage of the lines before is collected first, and what is left is not gone
    through again, as in a session; its own counts.
    """
    job(asked[0])
    gc.collect()
    gc.freeze()
    cpu, wall = [], []
    for filters in asked:
        begun, used = time.perf_counter(), time.process_time()
        job(filters)
        cpu.append((time.process_time() - used) * 1000)
        wall.append((time.perf_counter() - begun) * 1000)
    return Line(name, cpu, wall)


def changes(usage: UsageFrame, number: int, tz: str = "UTC") -> list[Filters]:
    """Random ranges of whole days; of three one chooses orgs, one a model."""
    dice, here = random.Random(7), ZoneInfo(tz)
    found = []
    for turn in range(number):
        length = dice.choice([1, 7, 30, 30, 90, 180])
        first = dice.randrange(synthetic.DAYS - length + 1)
        start = synthetic.START.replace(tzinfo=here) + timedelta(days=first)
        filters = Filters(start=start, end=start + timedelta(days=length), tz=tz)
        if turn % 3 == 1:
            filters = filters.replace(orgs=dice.sample(usage.cube.names["org"], 3))
        if turn % 3 == 2:
            filters = filters.replace(models=dice.sample(usage.cube.names["model"], 1))
        found.append(filters)
    return found


def drag(usage: UsageFrame, number: int, tz: str) -> list[Filters]:
    """A window of 30 days that is moved day by day, with three orgs chosen."""
    first = synthetic.START.replace(tzinfo=ZoneInfo(tz))
    orgs = usage.cube.names["org"][3:6]
    return [
        Filters(
            start=first + timedelta(days=turn % 150),
            end=first + timedelta(days=turn % 150 + 30),
            tz=tz,
            orgs=tuple(orgs),
        )
        for turn in range(number)
    ]


def weeks(asked: Sequence[Filters]) -> list[Filters]:
    """The first week of each range, of those that are as long."""
    week = timedelta(days=7)
    return [
        each.replace(end=each.start + week)
        for each in asked
        if each.start and each.end and each.end - each.start >= week
    ]


def index_bytes(usage: UsageFrame) -> tuple[float, float]:
    """MB of the running sums, and of the rows between them, of both cubes."""
    cubes = [cube.sums for cube in (usage.cube, usage.user_cube) if cube is not None]
    running = sum(each.nbytes for sums in cubes for each in sums.running.values())
    rows = sum(each.nbytes for sums in cubes for each in sums.values.values())
    return running / 1e6, rows / 1e6


def measured(usage: UsageFrame, number: int, slow: int, raw: int) -> list[Line]:
    """All lines of one size; peers get as many changes as they take in a minute."""
    asked, local = changes(usage, number), changes(usage, number, _BERLIN)

    def on(job: Callable[[Selection], Any]) -> Job:
        """A job of ours, on a frame that remembers no selection yet."""
        anew = replace(usage)
        return lambda filters: job(anew.select(filters))

    def sums(selection: Selection) -> Any:
        return selection.sums()

    def by_user(selection: Selection) -> Any:
        return top_with_other(breakdown(selection, "user").rows, _SHOWN)

    def over_time(selection: Selection, by: str = "deployment") -> Any:
        return trend(selection, by=by, max_series=_SHOWN)

    everybody = [each for each in asked if not (each.orgs or each.models)]
    people = usage.user_cube.names["user"]  # type: ignore[union-attr]
    of_two = [
        each.replace(users=[people[turn * 37 % 5000], people[turn * 91 % 5000]])
        for turn, each in enumerate(asked, 1)
    ]
    lines = [
        timed("ours", partial(ours, replace(usage)), asked),
        timed("ours, days of Berlin", partial(ours, replace(usage)), local),
        timed("ours, a drag", on(sums), drag(usage, number, "UTC")),
        timed("ours, a drag, days of Berlin", on(sums), drag(usage, number, _BERLIN)),
        timed("ours, of two users", partial(ours, replace(usage)), of_two),
        timed("ours, ranked by 5,000 users", on(by_user), asked),
        timed("ours, ranked users, no filter", on(by_user), everybody),
        timed(
            "ours, a trend of users, no filter",
            on(partial(over_time, by="user")),
            everybody,
        ),
        timed("ours, a trend of deployments", on(over_time), asked),
        timed("ours, a trend, days of Berlin", on(over_time), local),
        timed("ours, a trend, a week by hours", on(over_time), weeks(asked)),
    ]
    tables = [("the same cube", cells(usage), False)]
    requests = usage.quality.records
    if requests <= raw:
        tables.append(("raw requests", raw_measures(synthetic.records(requests)), True))
    for kind, table, pandas in tables:
        for name, job in peers(kind, table, pandas=pandas):
            for filters in asked[:3]:
                assert job(filters) == ours(usage, filters), (name, filters)
            lines.append(
                timed(name, job, asked[: slow if "pandas" in name else number])
            )
    return lines


def shown(requests: int, usage: UsageFrame, lines: list[Line]) -> None:
    """Print one size."""
    running, rows = index_bytes(usage)
    print(
        f"\n{requests:,} requests: {len(usage.cube.sums):,} rows of the cube "
        f"({len(usage.user_cube.sums):,} with users), running sums {running:.0f} MB, "  # type: ignore[union-attr]
        f"rows {rows:.0f} MB"
    )
    print(f"{'milliseconds':44}{'CPU p50':>10}{'p95':>10}{'wall p50':>10}{'p95':>10}")
    for line in lines:
        print(line)


def number_of(text: str) -> int:
    """1M -> 1,000,000."""
    return int(float(text.rstrip("Mm")) * (1_000_000 if text[-1] in "Mm" else 1))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--requests", nargs="+", type=number_of, default=[10**6, 10**7]
    )
    options.add_argument("--changes", type=int, default=60)
    options.add_argument("--slow", type=int, default=10, help="changes for the slow")
    options.add_argument("--raw", type=number_of, default=10**7)
    options.add_argument("--folder", type=Path, help="where frames are kept")
    options.add_argument("--plot", type=Path, default=Path("growth.svg"))
    given = options.parse_args()
    found = {}
    with TemporaryDirectory() as temporary:
        for requests in given.requests:
            path = (given.folder or Path(temporary)) / f"{requests}.frame"
            if not path.exists():
                save(synthetic.frame(requests), path)
            usage = open_frame(path)
            found[requests] = measured(usage, given.changes, given.slow, given.raw)
            shown(requests, usage, found[requests])
    first, last = min(found), max(found)
    grown = statistics.median(found[last][0].cpu) / statistics.median(
        found[first][0].cpu
    )
    print(f"\nours from {first:,} to {last:,} requests: {grown:.1f} x")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")
    given.plot.write_text(
        drawn({
            size: {line.name: statistics.median(line.cpu) for line in lines}
            for size, lines in found.items()
        }),
        "utf-8",
    )  # fmt: skip
    print(f"the plot is {given.plot}")


if __name__ == "__main__":
    main()
