"""The index against going through all rows: any range, any groups, any space."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.frame.cube.groups import Groups
from meterwidgets.frame.cube.layout import build_running_sums
from meterwidgets.frame.cube.range_sums import sums_between
from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.batches import Batch
from meterwidgets.zones import midnight

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns")

# running sums


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Rows, and something to ask about them."""
    tuples = draw(st.sampled_from([1, 3, 40, 300]))
    span = draw(st.sampled_from([1, 50, 3000, 10**9]))
    first = draw(st.integers(0, 10**6))
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    number = draw(st.integers(0, 300))
    cells = np.unique(
        dice.integers(0, span, number) * tuples + dice.integers(0, tuples, number)
    )
    most = draw(st.sampled_from([1, 200, 2**33]))
    values = dice.integers(0, most, len(cells))
    edges = draw(st.lists(st.integers(-9, span + 9), min_size=2, max_size=30))
    groups = draw(st.lists(st.integers(-1, 3), min_size=tuples, max_size=tuples))
    kind = draw(st.sampled_from(["some", "few", "each"]))
    if kind == "few":  # of many, which are looked up
        groups = [0 if place == tuples // 2 else -1 for place in range(tuples)]
    if kind == "each":  # for itself, in an order of its own
        groups = dice.permutation(tuples).tolist()
    return {
        "buckets": cells // tuples + first,
        "tuple_of": cells % tuples,
        "values": values,
        "edges": sorted(edge + first for edge in edges),
        "groups": np.array(groups),
        "space": draw(st.sampled_from([0, 20_000, 10**9])),
        "tz": draw(st.sampled_from(ZONES)),
    }


def sums_of(asked: dict[str, Any]) -> RunningSums:
    count = np.ones(len(asked["values"]), np.int64)
    values = {"records": count, "input_cost": asked["values"]}
    part = Batch(asked["buckets"], asked["tuple_of"], values)
    same = {"records": "records", "requests": "records", "input_cost": "input_cost"}
    return build_running_sums(
        [part] if len(part) else [],
        same,
        tuples=len(asked["groups"]),
        grain_s=900,
        space=asked["space"],
        tz=asked["tz"],
    )


@given(questions())
def test_any_range_by_any_groups_is_what_its_rows_add_up_to(
    asked: dict[str, Any],
) -> None:
    edges, groups = asked["edges"], Groups(asked["groups"])
    sums = sums_of(asked)
    measures = [sums.aliases[name] for name in ("records", "input_cost")]
    found = sums_between(sums, edges, measures, groups)
    group = asked["groups"][asked["tuple_of"]]
    for place, (start, end) in enumerate(pairwise(edges)):
        inside = (asked["buckets"] >= start) & (asked["buckets"] < end)
        for column, name in enumerate(groups.keys):
            values = asked["values"][inside & (group == name)].tolist()
            assert found[:, place, column].tolist() == [len(values), sum(values)]


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 8])
def test_sums_are_exact_between_any_number_of_edges(groups: int) -> None:
    hours = np.repeat(np.arange(40 * 96), groups)
    asked = {
        "buckets": hours,
        "tuple_of": np.arange(len(hours)) % groups,
        "values": np.arange(len(hours)),
        "groups": np.arange(groups),
        "space": 40 * groups * 16,
        "tz": "UTC",
    }
    sums = sums_of(asked)
    before_marks = [int(begin) - 1 for begin in sums.begins[1:]]
    assert len(before_marks) > 20
    values = asked["values"].reshape(-1, groups)
    for number in range(2, len(before_marks)):
        edges = before_marks[:number]
        found = sums_between(
            sums, edges, ["records", "input_cost"], Groups(asked["groups"])
        )
        for start, end, count, cost in zip(edges, edges[1:], *found, strict=False):
            assert count.tolist() == [end - start] * groups
            assert cost.tolist() == values[start:end].sum(0).tolist()


@given(questions())
def test_the_extent_and_the_cells_of_a_range_are_those_of_its_rows(
    asked: dict[str, Any],
) -> None:
    sums, kept = sums_of(asked), asked["groups"] >= 0
    start, end = asked["edges"][0], asked["edges"][-1]
    there = (asked["buckets"] >= start) & (asked["buckets"] < end)
    there &= kept[asked["tuple_of"]]
    times = sorted(asked["buckets"][there].tolist())
    extent = sums.extent((start, end), kept)
    assert extent == ((times[0], times[-1]) if times else None)
    rows, buckets = sums.cells((start, end), kept)
    assert buckets.tolist() == times
    cells = zip(
        buckets,
        sums.tuple_of[rows],
        sums.values[sums.aliases["input_cost"]][rows],
        strict=True,
    )
    expected = zip(
        *(asked[k][there] for k in ("buckets", "tuple_of", "values")), strict=True
    )
    assert sorted(cells) == sorted(expected)


@given(questions())
def test_the_running_sums_keep_to_their_space(asked: dict[str, Any]) -> None:
    sums = sums_of(asked)
    taken = sum(each.nbytes for each in sums.running.values())
    at_least = 2 * sums.tuples * 8 * len(sums.values)  # one mark at each end
    assert taken <= max(asked["space"], at_least)


def test_running_sums_are_kept_in_the_smallest_numbers_that_hold_them() -> None:
    """A tuple's own total decides, however large that of all of them is."""
    hours = np.arange(4 * 24) // 2
    values = {"records": np.full(96, 2), "input_cost": np.full(96, 3 * 10**9)}
    same = {name: name for name in values}
    part = Batch(hours, np.arange(96) % 2, values)
    sums = build_running_sums([part], same, tuples=2, grain_s=3600)
    widths = {name: each.dtype for name, each in sums.running.items() if each[-1].any()}
    assert widths == {"records": np.uint8, "input_cost": np.int64}
    assert sums.total("input_cost").tolist() == [48 * 3 * 10**9] * 2
    found = sums_between(sums, [0, 7, 48], ["records", "input_cost"], sums.every_tuple)
    assert found[0].tolist() == [[14, 14], [82, 82]]
    assert found[1].tolist() == [[21 * 10**9] * 2, [123 * 10**9] * 2]


@pytest.mark.parametrize("tz", ZONES)
def test_the_days_of_the_zone_begin_at_marks(tz: str) -> None:
    hours = np.arange(24 * 60)  # over both changes of the clocks in March
    first = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) // 900
    ones, none = np.ones(len(hours), np.int64), np.zeros(len(hours), np.int64)
    parts = [Batch(first + hours * 4, none, {"records": ones})]
    sums = build_running_sums(
        parts, {"records": "records"}, tuples=1, grain_s=900, tz=tz
    )
    for day in range(2, 58):
        begin = midnight(date(2026, 3, 1) + timedelta(days=day), tz)
        assert int(begin.timestamp()) // 900 in sums.begins


def test_measures_that_are_the_same_are_there_once() -> None:
    usage = mw.demo_usage()
    sums = usage.cube.sums
    assert sums.aliases["requests"] == sums.aliases["records"]
    assert len(sums.values) == len(sums.running) < len(sums.aliases)
    assert all(values.dtype.itemsize < 8 for values in sums.values.values())


# random filters of a ledger, against SQL on its records

_DIMENSIONS = ("org", "project", "deployment", "endpoint", "model", "user")
_START = datetime(2026, 2, 20, tzinfo=UTC)
_DAYS = 50  # both changes of the clocks are in it
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
_COSTS = ("input_cost", "output_cost")


def _record(dice: random.Random) -> dict[str, Any]:
    project, model = dice.randrange(12), dice.randrange(5)
    made = dice.choice([None, dice.randrange(5000)])
    read = dice.choice([None, dice.randrange(10**6)])
    priced = dice.random() < 0.9
    return {
        "start": _START + timedelta(seconds=dice.randrange(_DAYS * 86_400)),
        "org": dice.choice([None, f"org-{project // 4}"]),
        "project": f"project-{project}",
        "deployment": f"served-{model}-{dice.randrange(2)}",
        "model": f"model-{model}",
        "endpoint": dice.choice(["/chat", "/embed", None]),
        "user": dice.choice([None, *(f"user-{project}-{n}" for n in range(30))]),
        "input_tokens": read,
        "output_tokens": made,
        "cache_read_tokens": dice.choice([None, (read or 0) // 3]),
        "reasoning_tokens": dice.choice([None, (made or 0) // 2]),
        "input_cost": dice.randrange(10**9) if priced else None,
        "output_cost": dice.randrange(10**9) if priced else None,
        "currency": dice.choice(["USD", "USD", "EUR"]) if priced else None,
    }


@pytest.fixture(scope="module")
def raw() -> Iterator[tuple[mw.UsageFrame, duckdb.DuckDBPyConnection]]:
    """A ledger, and its records as they were written."""
    dice = random.Random(11)
    table = pa.Table.from_pylist([_record(dice) for _ in range(4000)])
    money = [
        pa.array(
            [None if n is None else f"{n / 10**9:.9f}" for n in column.to_pylist()]
        )
        for column in (table[name] for name in _COSTS)
    ]
    written = table
    for name, texts in zip(_COSTS, money, strict=True):
        written = written.set_column(written.column_names.index(name), name, texts)
    named = {name: name for name in table.column_names}
    usage = mw.read_usage(
        written, columns=named, prices=mw.PriceBook(catalogue=False), rejects=None
    )
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("written", table)
    con.execute(
        "CREATE TABLE records AS SELECT * FROM written WHERE "
        f"coalesce({', '.join((*_TOKENS, *_COSTS))}) IS NOT NULL"  # else no usage
    )
    yield usage, con
    con.close()


def asked_of(
    dice: random.Random, usage: mw.UsageFrame
) -> tuple[mw.Filters, str, list[Any]]:
    """Random filters, and what they mean in SQL."""
    tz, currency = dice.choice(ZONES), dice.choice(["USD", "EUR"])
    words: dict[str, Any] = {"tz": tz, "currency": currency}
    where, values = "(currency = ? OR currency IS NULL)", [currency]
    first = dice.randrange(-1, _DAYS)
    days = dice.randrange(1, _DAYS + 2 - first)
    begin = _START.date() + timedelta(days=first)
    if dice.random() < 0.7:  # whole days of the zone, by DuckDB's own calendar
        words["start"] = datetime.combine(begin, datetime.min.time())
        words["end"] = words["start"] + timedelta(days=days)
        where += " AND CAST(timezone(?, start) AS DATE) BETWEEN ? AND ?"
        values += [tz, begin, begin + timedelta(days=days - 1)]
    else:
        start = datetime.combine(begin, datetime.min.time(), UTC)
        start += timedelta(minutes=15 * dice.randrange(96))
        end = start + timedelta(minutes=15 * dice.randrange(1, 96 * days + 1))
        words |= {"start": start, "end": end}
        where += " AND start >= ? AND start < ?"
        values += [start, end]
    for name in dice.sample(_DIMENSIONS, dice.choice([0, 0, 1, 1, 2])):
        there = (usage.user_cube or usage.cube).names[name]
        chosen = dice.sample(list(there), min(len(there), dice.randrange(1, 4)))
        words[f"{name}s"] = chosen
        known = [each for each in chosen if each is not None]
        where += f' AND (list_contains(?, "{name}")'
        where += f' OR "{name}" IS NULL)' if None in chosen else ")"
        values.append(known)
    return mw.Filters(**words), where, values


def check_random_filters(
    raw: tuple[mw.UsageFrame, duckdb.DuckDBPyConnection], seed: int, number: int
) -> None:
    usage, con = raw
    dice = random.Random(seed)
    sums = ", ".join(
        f"coalesce(sum({name}), 0)::BIGINT, count({name})"
        for name in (*_TOKENS, *_COSTS)
    )
    measures = [
        *((name, name.replace("_tokens", "_reported")) for name in _TOKENS),
        *((name, "priced") for name in _COSTS),
    ]
    for _ in range(number):
        filters, where, values = asked_of(dice, usage)
        by = dice.choice(_DIMENSIONS)
        rows = con.execute(
            f'SELECT grouping("{by}"), "{by}", count(*), {sums} FROM records '
            f'WHERE {where} GROUP BY GROUPING SETS ((), ("{by}"))',
            values,
        ).fetchall()
        selection = usage.select(filters)
        parts, whole = selection.by(by), selection.sums()
        assert len(parts) == len(rows) - 1, filters
        for is_whole, name, count, *numbers in rows:
            found = whole if is_whole else parts[name]
            expected = {"records": count}
            for (total, reported), pair in zip(
                measures, zip(numbers[::2], numbers[1::2], strict=True), strict=True
            ):
                expected |= dict(zip((total, reported), pair, strict=True))
            assert {key: found[key] for key in expected} == expected, (filters, name)


def test_random_filters_give_what_sql_on_the_records_gives(
    raw: tuple[mw.UsageFrame, duckdb.DuckDBPyConnection],
) -> None:
    check_random_filters(raw, seed=1, number=200)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_thousands_of_random_filters_give_what_sql_on_the_records_gives(
    raw: tuple[mw.UsageFrame, duckdb.DuckDBPyConnection], seed: int
) -> None:
    check_random_filters(raw, seed=seed, number=500)
