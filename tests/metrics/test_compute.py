"""The definitions of METRICS on small ledgers and on random ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown, top_with_other
from meterwidgets.metrics.totals import delta, elapsed, previous_totals, totals
from meterwidgets.metrics.trend import sparkline, trend
from meterwidgets.zones import midnight

from .ledgers import request, selected, usage_of

BY = ("org", "project", "deployment", "model", "endpoint", "user")
ADDITIVE = (
    "records", "requests", "cost", "input_cost", "output_cost", "unsplit_cost",
    "tokens", "input_tokens", "output_tokens", "unpriced_tokens", "priced_tokens",
)  # fmt: skip
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RATES = {"model": "*", "input": "2", "output": "4"}


def days_of(*amounts: str | None, first: str = "2026-01-01", **more: Any) -> list[Any]:
    """A request at noon of each day, with a recorded cost."""
    start = date.fromisoformat(first)
    return [
        request(str(start + timedelta(days=n)), cost=cost, **more)
        for n, cost in enumerate(amounts)
    ]


# run rate and elapsed


def test_the_run_rate_divides_by_the_time_that_has_passed() -> None:
    usage = usage_of(days_of("3", "3", "3"))
    whole = totals(usage.select())
    assert (whole.elapsed, whole.run_rate) == (3 * DAY, 3 * 10**9)
    # a window that goes on after the data: only what is covered counts
    longer = totals(selected(usage, start="2026-01-01", end="2026-01-31"))
    assert (longer.elapsed, longer.run_rate) == (3 * DAY, 3 * 10**9)
    half = totals(selected(usage, start="2026-01-01", end="2026-01-01T18:00"))
    assert (half.elapsed, half.run_rate) == (18 * HOUR, 4 * 10**9)
    assert half.tokens_per_day == 200


def test_there_is_no_run_rate_under_one_hour() -> None:
    usage = usage_of(days_of("3"))
    short = totals(selected(usage, start="2026-01-01T12:00", end="2026-01-01T12:59"))
    assert (short.amounts.cost, short.run_rate, short.tokens_per_day) == (
        3 * 10**9,
        None,
        None,
    )
    hour = totals(selected(usage, start="2026-01-01T12:00", end="2026-01-01T13:00"))
    assert hour.run_rate == 72 * 10**9


def test_a_window_after_the_data_has_no_length() -> None:
    selection = selected(usage_of(days_of("3")), start="2026-03-01", end="2026-04-01")
    found = totals(selection)
    assert elapsed(selection) == timedelta(0)
    assert (found.amounts.cost, found.amounts.tokens, found.models) == (0, 0, 0)
    assert (found.run_rate, found.top_model) == (None, None)
    assert found.amounts.rate_per_1k is None
    assert not breakdown(selection, "model").rows
    assert trend(selection).start == ()
    assert sparkline(selection) == ()


# priced, free, unpriced


def test_an_unpriced_part_makes_the_spend_a_lower_bound() -> None:
    usage = usage_of(days_of("3", None))
    amounts = totals(usage.select()).amounts
    assert (amounts.cost, amounts.tokens) == (3 * 10**9, 300)
    assert (amounts.priced_tokens, amounts.unpriced_tokens) == (150, 150)
    # rate and efficiency are of the priced tokens
    assert amounts.rate_per_1k == Fraction(1000 * 3 * 10**9, 150)
    assert amounts.tokens_per_unit == 50


def test_where_nothing_is_priced_tokens_rank() -> None:
    rows = [
        request("2026-01-01", "small"),
        request("2026-01-01", "big", input_tokens=900),
    ]
    usage = usage_of(rows)
    found = totals(usage.select())
    assert (found.amounts.cost, found.run_rate) == (None, None)
    assert (found.top_model, found.models) == ("big", 2)
    ranked = breakdown(usage.select(), "model")
    assert ranked.measure == "tokens"
    assert [(row.name, row.share) for row in ranked.rows] == [
        ("big", Fraction(950, 1100)),
        ("small", Fraction(150, 1100)),
    ]


def test_free_is_not_unpriced() -> None:
    free = {"model": "*", "input": "0", "output": "0"}
    amounts = totals(usage_of([request("2026-01-01")], free).select()).amounts
    assert (amounts.cost, amounts.unpriced_tokens) == (0, 0)
    assert (amounts.rate_per_1k, amounts.tokens_per_unit) == (0, None)


def test_the_share_of_an_unpriced_row_is_unknown_not_zero() -> None:
    rows = [request("2026-01-01", "a", cost="3"), request("2026-01-01", "b")]
    ranked = breakdown(usage_of(rows).select(), "model")
    assert [(row.name, row.amounts.cost, row.share) for row in ranked.rows] == [
        ("a", 3 * 10**9, 1),
        ("b", None, None),
    ]


def test_rows_rank_by_cost_then_tokens_then_name() -> None:
    rows = [
        request("2026-01-01", "d", cost="1"),
        request("2026-01-01", "c", cost="1"),
        request("2026-01-01", "b", cost="1", input_tokens=200),
        request("2026-01-01", "a"),
        request("2026-01-01", "e", cost="2"),
    ]
    usage = usage_of(rows)
    names = [row.name for row in breakdown(usage.select(), "model").rows]
    assert names == ["e", "b", "c", "d", "a"]
    assert totals(usage.select()).top_model == "e"
    assert [s.name for s in trend(usage.select(), by="model").series] == names


def test_models_are_unknown_where_none_is_reported() -> None:
    usage = usage_of([request("2026-01-01", None, cost="1")])
    found = totals(usage.select())
    assert (found.models, found.top_model) == (None, None)


def test_what_no_record_reports_is_unknown_and_a_reported_zero_is_not() -> None:
    row = request("2026-01-01")
    amounts = totals(usage_of([row]).select()).amounts
    assert (amounts.cache_read_tokens, amounts.reasoning_tokens) == (None, None)
    row = request("2026-01-01", cache_read_tokens=0, reasoning_tokens=0)
    amounts = totals(usage_of([row]).select()).amounts
    assert (amounts.cache_read_tokens, amounts.reasoning_tokens) == (0, 0)
    buckets = [
        {"start": "2026-01-01T00:00Z", "window_end": "2026-01-01T01:00Z", "input": 5}
    ]
    amounts = totals(usage_of(buckets).select()).amounts
    assert (amounts.requests, amounts.tokens, amounts.output_tokens) == (None, 5, None)


# cost type


def split_ledger() -> UsageFrame:
    return usage_of(
        [
            request("2026-01-01T10:00", "a", input_cost="1", output_cost="5"),
            request("2026-01-02T10:00", "b", input_cost="2", output_cost="1"),
        ]
    )


def test_a_cost_type_narrows_money_and_tokens_but_not_requests_and_models() -> None:
    usage = split_ledger()
    for side, cost, tokens, first in [
        ("both", 9, 300, "a"),
        ("input", 3, 200, "b"),
        ("output", 6, 100, "a"),
    ]:
        selection = selected(usage, cost_type=side)
        found = totals(selection)
        amounts = found.amounts
        assert (amounts.cost, amounts.tokens) == (cost * 10**9, tokens)
        assert (amounts.requests, found.models) == (2, 2)
        assert amounts.rate_per_1k == Fraction(1000 * cost * 10**9, tokens)
        assert amounts.tokens_per_unit == Fraction(tokens, cost)
        assert found.run_rate == Fraction(cost * 10**9, 2)
        assert found.tokens_per_day == Fraction(tokens, 2)
        # both sides stay, for the split bars
        assert (amounts.input_cost, amounts.output_cost) == (3 * 10**9, 6 * 10**9)
        rows = breakdown(selection, "model").rows
        assert found.top_model == rows[0].name == first
        assert sum(row.amounts.cost or 0 for row in rows) == cost * 10**9
        assert sum(row.share or 0 for row in rows) == 1
        (line,) = trend(selection).series
        assert sum(point.cost or 0 for point in line.points) == cost * 10**9
        assert sum(point.tokens or 0 for point in line.points) == tokens
        assert sum(p.cost or 0 for p in sparkline(selection)) == cost * 10**9


def test_an_unsplit_cost_belongs_to_neither_side() -> None:
    rows = [
        request("2026-01-01", "a", cost="7"),
        request("2026-01-01", "b", cost="3", input_cost="1", output_cost="2"),
    ]
    usage = usage_of(rows)
    both = totals(usage.select()).amounts
    assert (both.cost, both.unsplit_cost) == (10 * 10**9, 7 * 10**9)
    assert (both.input_cost, both.output_cost) == (10**9, 2 * 10**9)
    narrowed = totals(selected(usage, cost_type="input"))
    assert (narrowed.amounts.cost, narrowed.amounts.unsplit_cost) == (
        10**9,
        7 * 10**9,
    )
    assert (narrowed.top_model, narrowed.models) == ("b", 2)
    assert narrowed.amounts.rate_per_1k == Fraction(1000 * 10**9, 100)


def test_tokens_with_an_unsplit_cost_are_not_unpriced_on_a_side() -> None:
    rows = [request("2026-01-01", "a", cost="7"), request("2026-01-01", "b")]
    usage = usage_of(rows)
    for side, unpriced in [("both", 150), ("input", 100), ("output", 50)]:
        amounts = totals(selected(usage, cost_type=side)).amounts
        assert amounts.unpriced_tokens == unpriced
    alone = totals(selected(usage, cost_type="input", models=["a"])).amounts
    assert (alone.cost, alone.unpriced_tokens) == (None, 0)


def test_an_estimated_split_adds_up_to_the_recorded_total() -> None:
    usage = usage_of([request("2026-01-01", cost="1")], RATES)
    amounts = totals(usage.select()).amounts
    assert (amounts.cost, amounts.estimated_cost) == (10**9, 10**9)
    assert (amounts.input_cost, amounts.output_cost) == (5 * 10**8, 5 * 10**8)


# deltas


def test_a_delta_compares_the_equal_elapsed_length_directly_before() -> None:
    usage = usage_of(days_of("1", "2", "4", "8"))
    selection = selected(usage, start="2026-01-03", end="2026-01-05")
    before = previous_totals(selection)
    assert before is not None
    assert (before.amounts.cost, before.elapsed) == (3 * 10**9, 2 * DAY)
    assert delta(totals(selection).amounts.cost, before.amounts.cost) == 3
    # the window goes on after the data: the length is what has passed
    selection = selected(usage, start="2026-01-04", end="2026-02-01")
    before = previous_totals(selection)
    assert before is not None
    assert (before.amounts.cost, before.elapsed) == (4 * 10**9, DAY)


def test_there_is_no_delta_outside_of_what_the_ledger_covers() -> None:
    usage = usage_of(days_of("1", "2", "4"))
    assert previous_totals(usage.select()) is None
    assert (
        previous_totals(selected(usage, start="2026-01-02", end="2026-01-04")) is None
    )
    assert (
        previous_totals(selected(usage, start="2026-03-01", end="2026-03-02")) is None
    )
    inside = previous_totals(selected(usage, start="2026-01-02", end="2026-01-03"))
    assert inside is not None  # the whole first day is covered, not only from noon on


def test_a_delta_keeps_the_other_filters() -> None:
    rows = days_of("1", "2") + days_of("10", "30", model="other")
    selection = selected(
        usage_of(rows), start="2026-01-02", end="2026-01-03", models=["other"]
    )
    before = previous_totals(selection)
    assert before is not None
    assert before.amounts.cost == 10 * 10**9


def test_there_is_no_percentage_without_a_baseline() -> None:
    assert delta(5, 0) is None
    assert delta(5, None) is None
    assert delta(None, 5) is None
    assert delta(0, 5) == -1
    assert delta(Fraction(3, 2), 1) == Fraction(1, 2)


# trends


@pytest.mark.parametrize(
    ("length", "bucket"),
    [
        (2 * HOUR, "minute"),
        (2 * HOUR + timedelta(minutes=1), "15 minutes"),
        (12 * HOUR, "15 minutes"),
        (13 * HOUR, "hour"),
        (DAY, "hour"),
    ],
)
def test_the_bucket_follows_from_the_span(
    golden: UsageFrame, length: timedelta, bucket: str
) -> None:
    start = datetime(2026, 2, 22, tzinfo=UTC)
    assert trend(selected(golden, start=start, end=start + length)).bucket == bucket


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (12, "hour"), (13, "day"), (300, "day"), (301, "week"), (1800, "week"),
        (1900, "month"),
    ],
)  # fmt: skip
def test_the_bucket_of_long_spans(days: int, bucket: str) -> None:
    start = date(2020, 1, 1)
    ends = [request(str(start)), request(str(start + timedelta(days=days - 1)))]
    drawn = trend(usage_of(ends).select())
    assert (drawn.bucket, len(drawn.start) <= 300) == (bucket, True)


def test_a_trend_is_never_finer_than_the_grain() -> None:
    usage = usage_of(days_of("1", "1", "1", "1"))  # more than two days: 15 minutes
    selection = selected(usage, start="2026-01-02T12:00", end="2026-01-02T13:00")
    assert trend(selection).bucket == "15 minutes"
    chosen = trend(selection, bucket="minute")
    assert chosen.bucket == "15 minutes"
    assert [s.isoformat() for s in chosen.start] == ["2026-01-02T12:00:00+00:00"]
    assert chosen.series[0].points[0].cost == 10**9


def test_a_chosen_bucket_draws_at_most_300_points() -> None:
    usage = usage_of(days_of(*["1"] * 40))
    for asked, got in [("hour", "day"), ("day", "day"), ("week", "week")]:
        drawn = trend(usage.select(), bucket=asked)
        assert drawn.bucket == got
        assert len(drawn.start) <= 300
        assert sum(p.cost or 0 for p in drawn.series[0].points) == 40 * 10**9
    some = selected(usage, start="2026-01-05", end="2026-01-09")
    assert trend(some, bucket="hour").bucket == "hour"


def test_a_span_that_cuts_days_still_draws_at_most_300_points() -> None:
    start = datetime(2025, 1, 1, 12, tzinfo=UTC)
    rows = [request((start + timedelta(days=n)).isoformat()[:19]) for n in range(300)]
    rows.append(request((start + 300 * DAY - HOUR).isoformat()[:19]))
    drawn = trend(selected(usage_of(rows), start=start, end=start + 300 * DAY))
    assert len(drawn.start) <= 300
    assert drawn.bucket == "week"
    assert sum(p.requests or 0 for p in drawn.series[0].points) == 301


def test_an_unknown_bucket_is_refused_with_the_choices() -> None:
    from meterwidgets.errors import MeterError

    with pytest.raises(MeterError, match="bucket 'days' not found; did you mean 'day'"):
        trend(usage_of(days_of("1")).select(), bucket="days")


def test_a_trend_is_drawn_from_the_first_record_to_the_last() -> None:
    usage = usage_of([*days_of("1", "1"), request("2026-01-10", cost="5")])
    selection = selected(usage, start="2025-12-01", end="2026-02-01")
    drawn = trend(selection, bucket="day")
    assert (len(drawn.start), drawn.start[0].day, drawn.start[-1].day) == (10, 1, 10)


def test_a_gap_inside_is_a_zero() -> None:
    usage = usage_of([*days_of("1"), request("2026-01-04", cost="5")])
    (line,) = trend(usage.select(), bucket="day").series
    assert [point.cost for point in line.points] == [10**9, 0, 0, 5 * 10**9]
    assert [point.tokens for point in line.points] == [150, 0, 0, 150]
    assert [point.requests for point in line.points] == [1, 0, 0, 1]


def test_a_bucket_that_the_data_end_in_is_unfinished() -> None:
    usage = usage_of(days_of(*["1"] * 10))  # Thursday to Saturday of the next week
    assert trend(usage.select(), bucket="week").unfinished
    assert not trend(usage.select(), bucket="day").unfinished
    whole = usage_of(days_of(*["1"] * 11))  # to Sunday
    assert not trend(whole.select(), bucket="week").unfinished


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    usage = usage_of(days_of(*["1"] * 40))
    weeks = trend(usage.select(), bucket="week")
    assert {start.weekday() for start in weeks.start} == {0}
    months = trend(usage.select(), bucket="month")
    assert [(s.month, s.day) for s in months.start] == [(1, 1), (2, 1)]
    assert [p.cost for p in months.series[0].points] == [31 * 10**9, 9 * 10**9]


def dense(zone_day: date, tz: str) -> UsageFrame:
    """A request every 15 minutes, over five days around a day in a zone."""
    start = midnight(zone_day - 2 * DAY, tz)
    return usage_of(
        [
            request(
                (start + timedelta(minutes=15 * n)).isoformat()[:19],
                cost=f"0.{n:09}",
                input_tokens=n,
            )
            for n in range(5 * 96)
        ]
    )


ZONES = [
    ("UTC", date(2026, 3, 8), 24),
    ("America/New_York", date(2026, 3, 8), 23),
    ("America/New_York", date(2026, 11, 1), 25),
    ("Asia/Kolkata", date(2026, 3, 8), 24),
    ("Asia/Kathmandu", date(2026, 3, 8), 24),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ("America/Santiago", date(2026, 9, 6), 23),
    ("America/Havana", date(2026, 11, 1), 25),
]


@pytest.mark.parametrize(("tz", "day", "hours"), ZONES)
def test_the_sum_of_days_is_the_range_total_in_every_zone(
    tz: str, day: date, hours: float
) -> None:
    usage = dense(day, tz)
    selection = selected(usage, tz=tz)
    whole = totals(selection).amounts
    assert whole.records == 480
    for bucket in ("15 minutes", "hour", "day", "week", "month"):
        drawn = trend(selection, bucket=bucket)
        assert [*drawn.start] == sorted(set(drawn.start))
        for name in ("cost", "tokens", "requests", "input_tokens", "records"):
            points = drawn.series[0].points
            assert sum(getattr(p, name) or 0 for p in points) == getattr(whole, name)
    daily = trend(selection, bucket="day")
    lengths = {
        start: (end - start) / HOUR
        for start, end in zip(daily.start, daily.start[1:], strict=False)
    }
    assert lengths[midnight(day, tz)] == hours
    each = [
        totals(
            selected(usage, tz=tz, start=start, end=start + lengths[start] * HOUR)
        ).amounts.cost
        for start in lengths
    ]
    assert each == [p.cost for p in daily.series[0].points[: len(each)]]


def test_sides_that_only_together_are_more_than_an_int64_holds_are_exact() -> None:
    most = "999999999.999999999"
    rows = pa.table({
        "start": ["2026-02-22"] * 9, "input_tokens": [10**15] * 9, "output_tokens": [3] * 9,
        "input_cost": [most] * 9, "output_cost": [most] * 9, "currency": ["USD"] * 9,
    })  # fmt: skip
    usage = mw.read_usage(rows, prices=mw.PriceBook(catalogue=False), rejects=None)
    whole = totals(usage.select()).amounts
    assert whole.cost == 18 * (10**18 - 1)
    assert breakdown(usage.select(), "org").rows[0].amounts == whole


# sparklines


def test_a_sparkline_stays_inside_the_window_and_leaves_out_the_unfinished() -> None:
    usage = usage_of(days_of(*["1"] * 80))
    selection = selected(usage, start="2026-01-02T13:00", end="2026-03-03T13:00")
    assert totals(selection).amounts.records == 60
    course = sparkline(selection)
    assert len(course) <= 60
    weeks = selected(usage, start="2026-01-03T13:00", end="2026-03-20")
    assert [p.records for p in sparkline(weeks)] == [1, *[7] * 10]
    one = selected(usage, start="2026-01-02T11:00", end="2026-01-02T13:00")
    assert [p.records for p in sparkline(one)] == [1]


# random ledgers

names = st.sampled_from(["a", "b", "=c", None])
costs = st.one_of(st.none(), st.decimals(0, 50, places=9).map(str))
records = st.fixed_dictionaries(
    {
        "timestamp": st.integers(0, 40 * 96).map(
            lambda n: (
                datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=15 * n)
            ).isoformat()
        ),
        "org": names,
        "project": names,
        "user": names,
        "endpoint": names,
        "deployment": names,
        "model": names,
        "input_tokens": st.one_of(st.none(), st.integers(0, 10**6)),
        "output_tokens": st.one_of(st.none(), st.integers(0, 10**6)),
        "cost": costs,
    }
)
ledgers = st.lists(records, min_size=1, max_size=25)
prices = st.sampled_from([(), ({"model": "a", "input": "2.5", "output": "0.7"},)])
sides = st.sampled_from(["both", "input", "output"])
zones = st.sampled_from(
    ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
steady = settings(derandomize=True, deadline=None, max_examples=15)


def added(parts: list[Amounts], name: str) -> int:
    return sum(getattr(each, name) or 0 for each in parts)


@given(ledgers, prices, sides, zones, names)
@steady
def test_every_breakdown_and_trend_adds_up_to_the_headline(
    rows: list[Any], rates: Any, side: str, tz: str, org: str | None
) -> None:
    adds_up(rows, rates, side, tz, org)


@pytest.mark.slow
@given(ledgers, prices, sides, zones, names)
@settings(derandomize=True, deadline=None, max_examples=500)
def test_every_breakdown_and_trend_adds_up_on_many_ledgers(
    rows: list[Any], rates: Any, side: str, tz: str, org: str | None
) -> None:
    adds_up(rows, rates, side, tz, org)


def adds_up(rows: list[Any], rates: Any, side: str, tz: str, org: str | None) -> None:
    usage = usage_of(rows, *rates)
    filters = {"orgs": (org,)} if org else {}
    selection = selected(usage, tz=tz, cost_type=side, **filters)
    whole = totals(selection).amounts
    for by in BY:
        found = breakdown(selection, by)
        for name in ADDITIVE:
            parts = [row.amounts for row in found.rows]
            assert added(parts, name) == (getattr(whole, name) or 0), (by, name)
        shares = [row.share for row in found.rows if row.share is not None]
        assert not shares or sum(shares) == 1
        for most in (None, 2):
            lines = trend(selection, by=by, max_series=most).series
            points = [point for line in lines for point in line.points]
            for name in ADDITIVE:
                assert added(points, name) == (getattr(whole, name) or 0), (by, name)
    assert added([*sparkline(selection)], "cost") == (whole.cost or 0)


@given(ledgers, prices, zones)
@steady
def test_parts_never_exceed_the_whole(rows: list[Any], rates: Any, tz: str) -> None:
    amounts = totals(selected(usage_of(rows, *rates), tz=tz)).amounts
    parts = [amounts.input_cost, amounts.output_cost, amounts.unsplit_cost]
    assert sum(part or 0 for part in parts) == (amounts.cost or 0)
    tokens = amounts.tokens or 0
    assert amounts.priced_tokens + amounts.unpriced_tokens == tokens
    assert 0 <= amounts.unpriced_tokens <= tokens
    assert amounts.split_input_tokens <= (amounts.input_tokens or 0)
    assert amounts.split_output_tokens <= (amounts.output_tokens or 0)
    assert amounts.estimated_cost <= (amounts.cost or 0)


def test_the_others_of_a_breakdown_are_what_all_but_the_first_add_up_to() -> None:
    rows = breakdown(mw.demo_usage().select(), "user").rows
    *first, other = top_with_other(rows, 4)
    assert first == list(rows)[:3] == list(rows[:3])
    rest = list(rows)[3:]
    assert other.name == f"Other ({len(rest):,})"
    for name in ADDITIVE:
        of_rest = added([row.amounts for row in rest], name)
        assert (getattr(other.amounts, name) or 0) == of_rest
    assert other.value == sum(row.value for row in rest)
    assert top_with_other(rows, len(rows)) == tuple(rows)


@pytest.mark.parametrize("by", ["user", "deployment"])
def test_a_folded_trend_adds_up_to_the_whole_one(by: str) -> None:
    selection = mw.demo_usage().select(mw.Filters(preset="30d"))
    whole, shown = trend(selection, by=by), trend(selection, by=by, max_series=4)
    *first, other = shown.series
    assert shown.start == whole.start
    assert tuple(first) == whole.series[:3]
    assert other.name == f"Other ({len(whole.series) - 3:,})"
    rest = zip(*(each.points for each in whole.series[3:]), strict=True)
    for point, points in zip(other.points, rest, strict=True):
        for name, figure in point._asdict().items():
            known = [
                v for v in (getattr(each, name) for each in points) if v is not None
            ]
            assert figure == (sum(known) if known else None), name
