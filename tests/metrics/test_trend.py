"""Trends and sparklines in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import meterwidgets as mw
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import sparkline, trend
from meterwidgets.zones import is_skipped, midnight

from .ledgers import request, selected, usage_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days_of(*amounts: str | None, first: str = "2026-01-01", **more: Any) -> list[Any]:
    """A request at noon of each day, with a recorded cost."""
    start = date.fromisoformat(first)
    return [
        request(str(start + timedelta(days=n)), cost=cost, **more)
        for n, cost in enumerate(amounts)
    ]


def test_a_trend_is_never_finer_than_the_grain() -> None:
    usage = usage_of(days_of("1", "1", "1", "1"))  # more than two days: 15 minutes
    selection = selected(usage, start="2026-01-02T12:00", end="2026-01-02T13:00")
    assert trend(selection).bucket == "15 minutes"
    chosen = trend(selection, bucket="minute")
    assert chosen.bucket == "15 minutes"
    assert [start.minute for start in chosen.start] == [0, 15, 30, 45]
    assert [point.cost for point in chosen.series[0].points] == [10**9, 0, 0, 0]


def test_a_trend_of_the_ledger_is_drawn_from_the_first_record_to_the_last() -> None:
    usage = usage_of([*days_of("1", "1"), request("2026-01-10", cost="5")])
    drawn = trend(usage.select(), bucket="day")
    assert (len(drawn.start), drawn.start[0].day, drawn.start[-1].day) == (10, 1, 10)
    today = trend(selected(usage, preset="today"), bucket="hour")
    assert [start.hour for start in today.start] == [12]


def test_a_trend_of_a_chosen_range_is_drawn_over_it_and_0_only_where_it_was_seen() -> (
    None
):
    usage = usage_of([*days_of("1", "1"), request("2026-01-10", cost="5")])
    selection = selected(usage, start="2025-12-01", end="2026-02-01")
    drawn = trend(selection, bucket="day")
    assert (len(drawn.start), drawn.start[0].day, drawn.start[-1].day) == (62, 1, 31)
    costs = [point.cost for point in drawn.series[0].points]
    assert costs[:31] == [None] * 31
    assert costs[31:41] == [10**9, 10**9, *[0] * 7, 5 * 10**9]
    assert costs[41:] == [None] * 21
    assert (drawn.unfinished, drawn.is_first_partial) == (False, False)


def test_the_first_and_the_last_bucket_are_partial_where_coverage_cuts_them() -> None:
    rows = [request(f"2026-01-{day:02}T10:00:00", cost="1") for day in range(7, 21)]
    usage = usage_of(rows, written="2026-01-20T10:30")  # Wednesday to Tuesday
    weeks = trend(usage.select(), bucket="week")
    assert (weeks.is_first_partial, weeks.unfinished) == (True, True)
    assert weeks.end == usage.coverage.end
    days = trend(usage.select(), bucket="day")
    assert (days.is_first_partial, days.unfinished) == (False, True)
    tokyo = trend(selected(usage, preset="30d", tz="Asia/Tokyo"), bucket="day")
    assert tokyo.is_first_partial  # there the first day began nine hours earlier


def bucket(start: str, end: str, tokens: int, cost: str = "1") -> dict[str, Any]:
    """Usage of a longer time."""
    return {
        "window_start": start, "window_end": end, "model": "m",
        "input_tokens": tokens, "output_tokens": 0, "cost": cost,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("length", "known"),
    [
        (timedelta(minutes=5), "15 minutes"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(hours=1), "hour"),
        (timedelta(hours=6), "day"),
        (timedelta(days=1), "day"),
        (timedelta(days=7), "week"),
        (timedelta(days=31), "month"),
    ],
)
def test_a_trend_is_never_finer_than_what_is_known(
    length: timedelta, known: str
) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    starts = [first + n * length for n in range(3)]
    starts.append(max(starts[-1], first + timedelta(days=3)))
    edges = [(start.isoformat(), (start + length).isoformat()) for start in starts]
    usage = usage_of([bucket(*each, 100) for each in edges])
    assert trend(usage.select(), bucket="minute").bucket == known


def test_one_percent_of_a_selection_may_be_known_by_longer_times() -> None:
    hours = [
        bucket(f"2026-01-{d:02}T{h:02}:00Z", f"2026-01-{d:02}T{h:02}:59Z", 100)
        for d in range(1, 5)
        for h in range(24)
    ]
    day = bucket("2026-01-04T00:00Z", "2026-01-05T00:00Z", 90, "0.9")
    few = usage_of([*hours, day])
    assert trend(few.select(), bucket="hour").bucket == "hour"
    assert few.select().has_coarser_usage
    many = usage_of([*hours, day | {"input_tokens": 200}])
    assert trend(many.select(), bucket="hour").bucket == "day"
    dear = usage_of([*hours, day | {"cost": "2"}])
    assert trend(dear.select(), bucket="hour").bucket == "day"


def test_what_is_known_is_a_matter_of_the_selection() -> None:
    requests = [
        {"window_start": f"2026-01-0{d}T10:00Z", "window_end": None, "model": "b",
         "input_tokens": 10, "output_tokens": 0, "cost": "1"}
        for d in range(1, 5)
    ]  # fmt: skip
    day = bucket("2026-01-01T00:00Z", "2026-01-02T00:00Z", 1000)
    usage = usage_of([*requests, day])
    assert trend(usage.select(), bucket="hour").bucket == "day"
    assert trend(selected(usage, models=["b"]), bucket="hour").bucket == "hour"


@pytest.mark.parametrize("tz", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_a_day_that_a_zone_skipped_is_no_bucket(tz: str) -> None:
    skipped = date(2011, 12, 30)
    assert is_skipped(skipped, tz)
    days = [skipped + timedelta(days=n) for n in (-9, -8, -3, -2, 2, 3)]
    usage = usage_of([request(f"{day}T20:00:00", cost="1") for day in days], tz=tz)
    for name in ("hour", "day", "week", "month"):
        drawn = trend(selected(usage, tz=tz), bucket=name)
        assert len(drawn.start) == len(set(drawn.start))
        assert sum(point.cost or 0 for point in drawn.series[0].points) == 6 * 10**9
    insights(selected(usage, tz=tz))


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


def test_a_sparkline_stays_inside_the_window_and_leaves_out_parts_of_buckets() -> None:
    usage = usage_of(days_of(*["1"] * 80))
    selection = selected(usage, start="2026-01-02T13:00", end="2026-03-03T13:00")
    assert totals(selection).amounts.records == 60
    course = sparkline(selection)
    assert len(course) <= 60
    weeks = selected(usage, start="2026-01-03T13:00", end="2026-03-20")
    assert [p.records for p in sparkline(weeks)] == [7] * 10
    one = selected(usage, start="2026-01-02T11:00", end="2026-01-02T13:00")
    assert [p.records for p in sparkline(one)] == [1]


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
