"""What answers one change: our index, and peers on the same cube or the requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame

GROUPS = ("org", "model", "deployment", "endpoint")
MEASURES = (
    "records", "requests", "input_tokens", "output_tokens", "cache_read_tokens",
    "reasoning_tokens", "priced", "input_cost", "output_cost", "priced_input_tokens",
    "priced_output_tokens",
)  # fmt: skip
Answer = dict[str, dict[Any, list[int]]]


def ours(usage: UsageFrame, filters: Filters) -> Answer:
    """From the index."""
    selection = usage.select(filters)
    whole = selection.sums()
    answer: Answer = {"": {None: [whole[name] for name in MEASURES]}}
    for group in GROUPS:
        values, sums = selection.breakdown_columns(group)
        rows = zip(*(sums[name].tolist() for name in MEASURES), strict=True)
        answer[group] = dict(zip(values, map(list, rows), strict=True))
    return answer


def where(filters: Filters) -> tuple[str, list[Any]]:
    """The filters as SQL text and its values."""
    text, values = "start >= ? AND start < ?", [filters.start, filters.end]
    for column, chosen in (("org", filters.orgs), ("model", filters.models)):
        if chosen:
            text += f" AND {column} IN ({', '.join('?' * len(chosen))})"
            values += chosen
    return text, values


def by_duckdb(con: duckdb.DuckDBPyConnection, sums: str, filters: Filters) -> Answer:
    """In SQL, all groups in one pass."""
    text, values = where(filters)
    sets = ", ".join(f"({group})" for group in GROUPS)
    names = ", ".join(GROUPS)
    rows = con.execute(
        f"SELECT grouping({names}), {names}, {sums} FROM usage WHERE {text} "
        f"GROUP BY GROUPING SETS ((), {sets})",
        values,
    ).fetchall()
    answer: Answer = {group: {} for group in ("", *GROUPS)}
    for number, *row in rows:
        place = [15, 7, 11, 13, 14].index(number)
        value = row[place - 1] if place else None
        answer[("", *GROUPS)[place]][value] = row[len(GROUPS) :]
    return answer


def by_polars(frame: pl.DataFrame, sums: list[pl.Expr], filters: Filters) -> Answer:
    """In one lazy query a group, of the rows that are chosen."""
    chosen = frame.filter(
        (pl.col("start") >= filters.start) & (pl.col("start") < filters.end),
        *(
            pl.col(name).is_in(list(values))
            for name, values in (("org", filters.orgs), ("model", filters.models))
            if values
        ),
    )
    answer: Answer = {"": {None: list(chosen.select(sums).row(0))}}
    for group in GROUPS:
        rows = chosen.group_by(group).agg(sums).rows()
        answer[group] = {value: numbers for value, *numbers in rows}
    return answer


def by_pandas(frame: Any, filters: Filters) -> Answer:
    """What a user would write."""
    chosen = frame[(frame["start"] >= filters.start) & (frame["start"] < filters.end)]
    for name, values in (("org", filters.orgs), ("model", filters.models)):
        if values:
            chosen = chosen[chosen[name].isin(values)]
    measures = list(MEASURES)
    whole = [int(number) for number in chosen[measures].sum()]
    answer: Answer = {"": {None: whole}}
    for group in GROUPS:
        sums = chosen.groupby(group, observed=True)[measures].sum()
        rows = ([int(number) for number in row] for row in sums.to_numpy())
        answer[group] = dict(zip(sums.index, rows, strict=True))
    return answer


def cells(usage: UsageFrame) -> pa.Table:
    """The cube as a table, names as they are in a user's dataframe."""
    cube = usage.cube
    tuples = cube.sums.tuple_of
    columns: dict[str, Any] = {
        "start": pa.array(
            cube.sums.buckets() * (cube.grain_s * 1_000_000), pa.timestamp("us", "UTC")
        )
    }
    for name in GROUPS:
        codes = pa.array(cube.codes[name][tuples])
        columns[name] = pa.DictionaryArray.from_arrays(codes, cube.names[name])
    for name in MEASURES:
        columns[name] = pa.array(cube.sums.values[cube.sums.aliases[name]]).cast(
            "int64"
        )
    return pa.table(columns)


def raw_measures(records: pa.Table) -> pa.Table:
    """The raw requests with a column for each measure, nulls as 0, as users have it."""
    one = pa.array([1]).take(pa.nulls(records.num_rows, pa.int64()).fill_null(0))
    priced = records["input_cost"].is_valid().cast("int64")
    columns = {name: records[name] for name in ("start", *GROUPS)}
    for name in MEASURES:
        if name in records.column_names:
            columns[name] = records[name].fill_null(0)
    columns |= {"records": one, "requests": one, "priced": priced}
    for side in ("input", "output"):
        tokens = records[f"{side}_tokens"]
        columns[f"priced_{side}_tokens"] = pc.multiply(tokens, priced)
    return pa.table(columns).sort_by("start")


def peers(
    kind: str, table: pa.Table, *, pandas: bool
) -> Iterator[tuple[str, Callable[[Filters], Answer]]]:
    """The peers, each with the table in its memory, one after the other."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("given", table)
    con.execute("CREATE TABLE usage AS SELECT * FROM given ORDER BY start")
    sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in MEASURES)
    yield f"DuckDB, {kind}", lambda filters: by_duckdb(con, sums, filters)
    con.close()
    frame = pl.DataFrame(pl.from_arrow(table)).sort("start").rechunk()
    added = [pl.col(name).sum() for name in MEASURES]
    yield f"polars, {kind}", lambda filters: by_polars(frame, added, filters)
    if pandas:
        whole = table.to_pandas()
        yield f"pandas, {kind}", lambda filters: by_pandas(whole, filters)
