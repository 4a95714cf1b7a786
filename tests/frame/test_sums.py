"""Sums of random ledgers: breakdowns, days, filters, against every raw row."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.schema import DIMENSIONS
from meterwidgets.zones import day_of, midnight

from . import brute

MANY = settings(max_examples=120)


def floor(instant: datetime, grain_s: int) -> datetime:
    seconds = int(instant.timestamp()) // grain_s * grain_s
    return datetime.fromtimestamp(seconds, UTC)


def check_headline(rows: list[brute.Row]) -> None:
    usage = brute.usage(rows)
    for currency in usage.currencies or (None,):
        found = usage.select(mw.Filters(currency=currency)).sums()
        assert brute.same(found, brute.sums(rows, currency))


def check_breakdowns(rows: list[brute.Row]) -> None:
    usage = brute.usage(rows)
    selection = usage.select()
    headline = selection.sums()
    for dimension in (*brute.DIMENSIONS, "currency"):
        parts = selection.by(dimension)
        for measure, whole in headline.items():
            assert sum(part[measure] for part in parts.values()) == whole
        expected = defaultdict(list)
        for row in brute.filled(rows):
            expected[row[dimension]].append(row)
        for name, part in parts.items():
            assert brute.same(part, brute.sums(expected[name], selection.currency))
            assert part["cache_read_tokens"] <= part["input_tokens"]
            assert part["reasoning_tokens"] <= part["output_tokens"]
            assert part["priced_input_tokens"] <= part["input_tokens"]


def check_days(rows: list[brute.Row], tz: str) -> None:
    usage = brute.usage(rows)
    selection = usage.select(mw.Filters(tz=tz))
    day, edges = day_of(selection.window.start, tz), [selection.window.start]
    while edges[-1] < selection.window.end:
        day += timedelta(days=1)
        edges.append(midnight(day, tz))
    assert edges[-1] == selection.window.end
    edges = sorted(set(edges))  # Apia has no 30 December 2011
    headline = selection.sums()
    series = selection.sums_between(edges).get(None, {})
    for measure, values in series.items():
        assert int(values.sum()) == headline[measure]
    expected = defaultdict(list)
    for row in rows:
        expected[row["start"].astimezone(ZoneInfo(tz)).date()].append(row)
    for first, end in pairwise(edges):
        found = selection.at(first, end).sums()
        assert selection.at(first, end).window.start == first
        there = expected.get(day_of(first, tz), [])
        assert brute.same(found, brute.sums(there, selection.currency))
    for dimension in ("org", "user"):
        by = selection.sums_between(edges, by=dimension)
        assert set(by) == set(selection.by(dimension))
        for name, sums in selection.by(dimension).items():
            assert {m: int(v.sum()) for m, v in by[name].items()} == sums


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    names = st.lists(st.sampled_from([None, "a", "b", "c, d", "unknown"]), max_size=2)
    chosen: dict[str, Any] = {
        name: draw(names)
        for name in draw(st.sets(st.sampled_from(sorted(DIMENSIONS.filters))))
    }
    if draw(st.booleans()):
        chosen["span"] = draw(st.tuples(st.floats(0, 1), st.floats(0, 1)))
    return chosen


def check_filters(rows: list[brute.Row], chosen: dict[str, Any]) -> None:
    usage = brute.usage(rows)
    span = chosen.pop("span", None)
    if span and span[0] != span[1]:
        whole = usage.select().window
        low, high = (
            whole.start + part * (whole.end - whole.start) for part in sorted(span)
        )
        if low < high:
            chosen |= {"start": low, "end": high}
    filters = mw.Filters(**chosen)
    selection = usage.select(filters)
    window, grain = selection.window, usage.cube.grain_s
    if filters.start and filters.end:
        assert timedelta() <= filters.start - window.start < timedelta(seconds=grain)
        assert timedelta() <= window.end - filters.end < timedelta(seconds=grain)
    there = [
        row
        for row in brute.filled(rows)
        if window.start <= row["start"] < window.end
        and all(
            row[dimension] in wanted for dimension, wanted in filters.chosen.items()
        )
    ]
    assert brute.same(selection.sums(), brute.sums(there, selection.currency))
    shown = [row for row in there if row["currency"] in (None, selection.currency)]
    table = selection.to_arrow()
    assert sum(table["input_tokens"].to_pylist()) == selection.sums()["input_tokens"]
    assert set(table["start"].to_pylist()) == {
        floor(row["start"], grain) for row in shown
    }
    if shown:
        assert selection.span == (
            floor(min(row["start"] for row in shown), grain),
            floor(max(row["start"] for row in shown), grain),
        )
    else:
        assert selection.span is None
        assert selection.by("org") == {}
        assert selection.sums_between([window.start, window.end]) == {}


@given(rows=brute.ledgers())
def test_the_headline_is_the_sum_of_all_rows(rows: list[brute.Row]) -> None:
    check_headline(rows)


@given(rows=brute.ledgers())
def test_breakdowns_add_up_to_the_headline(rows: list[brute.Row]) -> None:
    check_breakdowns(rows)


@pytest.mark.parametrize("tz", brute.ZONES)
@settings(max_examples=5)
@given(rows=brute.ledgers())
def test_the_days_add_up_to_the_range_in_every_zone(
    tz: str, rows: list[brute.Row]
) -> None:
    """Daily totals are those of the reader's calendar, over every change of clocks."""
    check_days(rows, tz)


@given(rows=brute.ledgers(), chosen=choices())
def test_any_filters_give_what_going_through_the_rows_gives(
    rows: list[brute.Row], chosen: dict[str, Any]
) -> None:
    check_filters(rows, chosen)


@given(rows=brute.ledgers(days=1))
def test_a_short_ledger_is_exact_to_the_minute(rows: list[brute.Row]) -> None:
    usage = brute.usage(rows)
    assert usage.cube.grain_s == 60
    at = floor(rows[0]["start"], 60)
    found = usage.select(mw.Filters(start=at, end=at + timedelta(minutes=1))).sums()
    there = [row for row in rows if floor(row["start"], 60) == at]
    assert brute.same(found, brute.sums(there, usage.select().currency))


@pytest.mark.slow
@MANY
@given(rows=brute.ledgers())
def test_many_ledgers_add_up(rows: list[brute.Row]) -> None:
    check_headline(rows)
    check_breakdowns(rows)


@pytest.mark.slow
@MANY
@given(rows=brute.ledgers(days=20), tz=st.sampled_from(brute.ZONES))
def test_many_ledgers_add_up_by_day(rows: list[brute.Row], tz: str) -> None:
    check_days(rows, tz)


@pytest.mark.slow
@MANY
@given(rows=brute.ledgers(), chosen=choices())
def test_many_filters_give_what_going_through_the_rows_gives(
    rows: list[brute.Row], chosen: dict[str, Any]
) -> None:
    check_filters(rows, chosen)


# single things

ROWS = [
    {"start": "2026-02-22T10:00:00Z", "org": "a", "user": "u", "cost": "1"},
    {"start": "2026-02-23T10:00:00Z", "org": None, "user": None, "cost": "2"},
    {"start": "2026-02-26T10:00:00Z", "org": "b", "user": "v", "cost": None},
]


@pytest.fixture(scope="module")
def three() -> mw.UsageFrame:
    rows = [row | {"input_tokens": "5"} for row in ROWS]
    return mw.read_usage(
        pa.Table.from_pylist(rows), prices=mw.PriceBook(catalogue=False), rejects=None
    )


def test_a_dimension_that_is_not_known_is_named(three: mw.UsageFrame) -> None:
    with pytest.raises(mw.MeterError, match="dimension 'orgs' not found; did you mean"):
        three.select().by("orgs")
    day = datetime(2026, 2, 22, tzinfo=UTC)
    with pytest.raises(mw.MeterError, match="dimension 'orgs' not found"):
        three.select().sums_between([day, day + timedelta(days=1)], by="orgs")


def test_a_breakdown_without_its_own_filter_shows_all_values(
    three: mw.UsageFrame,
) -> None:
    selection = three.select(mw.Filters(orgs=["a"]))
    assert set(selection.by("org")) == {"a"}
    assert set(selection.by("org", apply_own_filter=False)) == {"a", "b", None}
    assert set(selection.by("user", apply_own_filter=False)) == {"u"}
    chosen = three.select(mw.Filters(users=["u"]))
    assert set(chosen.by("user", apply_own_filter=False)) == {"u", "v", None}
    assert set(chosen.by("api_key", apply_own_filter=False)) == {None}


def test_what_is_not_reported_can_be_chosen(three: mw.UsageFrame) -> None:
    assert three.select(mw.Filters(orgs=[None])).sums()["records"] == 1
    assert three.select(mw.Filters(users=[None, "u"])).sums()["records"] == 2
    assert three.select(mw.Filters(projects=[None])).sums()["records"] == 3
    assert three.label("org", None) == "(none)"


def test_an_unknown_value_selects_nothing(three: mw.UsageFrame) -> None:
    for chosen in ({"orgs": ["x"]}, {"users": ["x"]}, {"endpoints": ["x"]}):
        selection = three.select(mw.Filters(**chosen))
        assert set(selection.sums().values()) == {0}
        assert selection.by("org") == {}
        assert selection.span is None
        assert selection.to_arrow().num_rows == 0
        assert selection.to_pandas().empty


def test_users_of_a_ledger_without_users_are_not_reported() -> None:
    usage = mw.read_usage(
        pa.table({"start": ["2026-02-22"], "cost": [1]}),
        prices=mw.PriceBook(catalogue=False), rejects=None,
    )  # fmt: skip
    assert usage.user_cube is None
    assert set(usage.select().by("user")) == {None}
    assert usage.select(mw.Filters(users=["u"])).sums()["records"] == 0
    assert usage.select(mw.Filters(users=["u"])).by("user") == {}
    assert set(
        usage.select(mw.Filters(users=["u"])).by("user", apply_own_filter=False)
    ) == {None}
    assert usage.select(mw.Filters(users=[None])).sums()["records"] == 1


def test_a_frame_and_a_selection_are_arrow_streams(three: mw.UsageFrame) -> None:
    assert pa.table(three).num_rows == 3
    selection = three.select(mw.Filters(start="2026-02-23", end="2026-02-24"))
    (row,) = pa.table(selection).to_pylist()
    assert row["start"] == datetime(2026, 2, 23, 10, tzinfo=UTC)
    assert row["unsplit_cost"] + row["input_cost"] + row["output_cost"] == 2 * 10**9
    assert (
        list(three.to_pandas()["org"]) == ["a", None, "b"]
        or three.to_pandas()["org"].isna()[1]
    )


def test_the_text_of_a_frame_and_a_selection_carries_their_figures(
    three: mw.UsageFrame,
) -> None:
    assert (
        repr(three) == "UsageFrame('table', 3 records, 2026-02-22 to 2026-02-26, USD)"
    )
    assert repr(three.select(mw.Filters(orgs=["a"]))) == (
        "Selection(1 records, 2026-02-22 00:00 to 2026-02-27 00:00 UTC, "
        "Filters(orgs=('a',)))"
    )


def test_neither_the_order_nor_the_zone_of_reading_changes_a_cell() -> None:
    rows = [
        {
            "start": f"2026-02-{day:02}T10:00:00Z",
            "model": f"m{day % 3}",
            "cost": f"0.{day}",
        }
        for day in range(1, 29)
    ]
    book = mw.PriceBook(catalogue=False)
    texts = {
        brute.cells(
            mw.read_usage(pa.Table.from_pylist(each), prices=book, rejects=None, tz=tz)
        )
        for each in (rows, rows[::-1])
        for tz in ("UTC", "Asia/Tokyo")
    }
    assert len(texts) == 1
