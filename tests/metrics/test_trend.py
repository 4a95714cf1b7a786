"""Trends and sparklines in every zone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import meterwidgets as mw
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import sparkline, trend
from meterwidgets.zones import midnight

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
    assert [s.isoformat() for s in chosen.start] == ["2026-01-02T12:00:00+00:00"]
    assert chosen.series[0].points[0].cost == 10**9


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
