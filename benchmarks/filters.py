"""A filter change on a ledger: our page and our figures beside their peers, in one run.

    python benchmarks/filters.py [LEDGER] [--config FILE] [--changes N]

Without a ledger the demo is used. One change sets a time range, an organization or a
model; the job of every peer is the sums per organization and per model of
eight measures, which is what the Overview shows. Peers get their data in memory, sorted
by time. Every answer is compared with ours, to the integer.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import meterwidgets as mw
from meterwidgets.config import config
from meterwidgets.config.read import read_with_config
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame

MEASURES = [
    "records", "requests", "input_tokens", "output_tokens",
    "input_cost", "output_cost", "priced_input_tokens", "priced_output_tokens",
]  # fmt: skip
GROUPS = ("org", "model")
Answer = dict[str, dict[Any, list[int]]]


def changes(usage: UsageFrame, number: int) -> list[Filters]:
    """Random filters, the same in every run."""
    dice = random.Random(7)
    orgs = [name for name in usage.cube.names["org"] if name is not None]
    models = [name for name in usage.cube.names["model"] if name is not None]
    found = []
    for turn in range(number):
        filters = Filters(preset=dice.choice(["24h", "today", "7d", "mtd", "all"]))
        if turn % 3 == 1 and orgs:
            filters = filters.replace(orgs=dice.sample(orgs, min(3, len(orgs))))
        if turn % 3 == 2 and models:
            filters = filters.replace(models=[dice.choice(models)])
        found.append(filters)
    return found


def ours(usage: UsageFrame, filters: Filters) -> Answer:
    """The sums by our selection."""
    selection = usage.select(filters)
    return {
        group: {
            value: [sums[measure] for measure in MEASURES]
            for value, sums in selection.by(group).items()
        }
        for group in GROUPS
    }


def by_pandas(cells: pd.DataFrame, usage: UsageFrame, filters: Filters) -> Answer:
    """What a user would write."""
    window = usage.select(filters).window
    chosen = cells[(cells["start"] >= window.start) & (cells["start"] < window.end)]
    for field, column in (("orgs", "org"), ("models", "model")):
        if getattr(filters, field):
            chosen = chosen[chosen[column].isin(getattr(filters, field))]
    answer: Answer = {}
    for group in GROUPS:
        sums = chosen.groupby(group, dropna=False, observed=True)[MEASURES].sum()
        answer[group] = {
            None if pd.isna(value) else value: [int(n) for n in row]
            for value, row in zip(sums.index, sums.to_numpy(), strict=True)
        }
    return answer


def by_duckdb(
    con: duckdb.DuckDBPyConnection, usage: UsageFrame, filters: Filters
) -> Answer:
    """The same in SQL, both breakdowns in one pass."""
    window = usage.select(filters).window
    where, values = "start >= ? AND start < ?", [window.start, window.end]
    for field, column in (("orgs", "org"), ("models", "model")):
        if getattr(filters, field):
            where += f" AND list_contains(?, {column})"
            values.append(list(getattr(filters, field)))
    sums = ", ".join(f"sum({measure})::BIGINT" for measure in MEASURES)
    rows = con.execute(
        f"SELECT grouping(org), org, model, {sums} FROM cells WHERE {where} "
        "GROUP BY GROUPING SETS ((org), (model))",
        values,
    ).fetchall()
    answer: Answer = {group: {} for group in GROUPS}
    for is_model, org, model, *numbers in rows:
        answer["model" if is_model else "org"][model if is_model else org] = numbers
    return answer


def timed(job: Callable[[Filters], Any], asked: list[Filters]) -> list[float]:
    """Milliseconds of each change."""
    found = []
    for filters in asked:
        begun = time.perf_counter()
        job(filters)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def table(rows: dict[str, list[float]]) -> None:
    """Print p50, p95 and the ratio to our figures."""
    base = statistics.median(rows["our figures"])
    print(f"{'':34}{'p50 ms':>9}{'p95 ms':>9}{'ratio':>8}")
    for name, times in rows.items():
        middle = statistics.median(times)
        late = statistics.quantiles(times, n=20)[-1]
        print(f"{name:34}{middle:9.2f}{late:9.2f}{middle / base:7.1f}x")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("ledger", nargs="*")
    options.add_argument("--config", type=Path)
    options.add_argument("--changes", type=int, default=60)
    given = options.parse_args()
    if given.ledger or given.config:
        settings = config.load(given.config) if given.config else config.Config()
        folder = given.config.parent if given.config else Path()
        usage = read_with_config(
            given.ledger, config=settings, folder=folder, rejects=None
        )
    else:
        usage = mw.demo_usage()
    cells = usage.to_arrow()
    orgs, models = usage.cube.names["org"], usage.cube.names["model"]
    print(
        f"{usage!r}: {usage.quality.records:,} records, {cells.num_rows:,} cells, "
        f"{len(orgs)} organizations, {len(models)} models"
    )
    frame = cells.to_pandas()
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("arrow_cells", cells)
    con.execute("CREATE TABLE cells AS SELECT * FROM arrow_cells ORDER BY start")
    asked = changes(usage, given.changes)
    for filters in asked[:12]:
        expected = ours(usage, filters)
        assert by_pandas(frame, usage, filters) == expected, filters
        assert by_duckdb(con, usage, filters) == expected, filters
    page = mw.overview(usage)

    def change(filters: Filters) -> None:
        page.view.filters = filters

    table(
        {
            "our figures": timed(lambda f: ours(usage, f), asked),
            "our whole page, texts and traits": timed(change, asked),
            "DuckDB on the same cells": timed(
                lambda f: by_duckdb(con, usage, f), asked
            ),
            "pandas on the same cells": timed(
                lambda f: by_pandas(frame, usage, f), asked
            ),
        }
    )
    page.close()


if __name__ == "__main__":
    main()
