"""The headline: run rates, models, and the change against the period before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from meterwidgets.frame.filters import Preset
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import compared, delta, elapsed, totals
from meterwidgets.metrics.trend import sparkline, trend

from .ledgers import request, selected, usage_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days_of(*amounts: str | None, first: str = "2026-01-01", **more: Any) -> list[Any]:
    """A request at noon of each day, with a recorded cost."""
    start = date.fromisoformat(first)
    return [
        request(str(start + timedelta(days=n)), cost=cost, **more)
        for n, cost in enumerate(amounts)
    ]


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


def test_there_is_no_run_rate_under_45_minutes() -> None:
    usage = usage_of(days_of("3"))
    short = totals(selected(usage, start="2026-01-01T12:00", end="2026-01-01T12:44"))
    assert (short.amounts.cost, short.run_rate, short.tokens_per_day) == (
        3 * 10**9,
        None,
        None,
    )
    long = totals(selected(usage, start="2026-01-01T12:00", end="2026-01-01T12:45"))
    assert long.run_rate == 96 * 10**9


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


def test_models_are_unknown_where_none_is_reported() -> None:
    usage = usage_of([request("2026-01-01", None, cost="1")])
    found = totals(usage.select())
    assert (found.models, found.top_model) == (None, None)


def test_a_delta_compares_the_equal_length_directly_before() -> None:
    usage = usage_of(days_of("1", "2", "4", "8", requests=20))
    before = compared(selected(usage, start="2026-01-03", end="2026-01-05"))
    assert before is not None
    assert before.change(lambda totals: totals.amounts.cost) == 3
    assert (before.start.day, before.end.day) == (1, 3)


def test_a_delta_ends_with_the_last_record() -> None:
    # the window goes on after the data, so noon to noon is compared
    usage = usage_of(days_of("1", "2", "4", "8", requests=20))
    before = compared(selected(usage, start="2026-01-04", end="2026-02-01"))
    assert before is not None
    assert before.current.amounts.cost == 8 * 10**9
    assert before.end - before.start == timedelta(hours=12, minutes=15)
    assert before.previous.amounts.cost == 4 * 10**9


def test_there_is_no_delta_outside_of_what_the_ledger_covers() -> None:
    usage = usage_of(days_of("1", "2", "4", requests=20))
    assert compared(usage.select()) is None
    assert compared(selected(usage, start="2026-01-02", end="2026-01-04")) is None
    assert compared(selected(usage, start="2026-03-01", end="2026-03-02")) is None
    inside = compared(selected(usage, start="2026-01-02", end="2026-01-03"))
    assert inside is not None  # the whole first day is covered, not only from noon on


def test_a_delta_keeps_the_other_filters() -> None:
    rows = days_of("1", "2", requests=20)
    rows += days_of("10", "30", model="other", requests=20)
    selection = selected(
        usage_of(rows), start="2026-01-02", end="2026-01-03", models=["other"]
    )
    before = compared(selection)
    assert before is not None
    assert before.previous.amounts.cost == 10 * 10**9


def test_changes_of_too_little_are_noise() -> None:
    few = usage_of(days_of("1", "2", requests=19))
    assert compared(selected(few, preset="today")) is None
    cheap = usage_of(days_of("0.0009", "2", requests=20))
    alike = compared(selected(cheap, start="2026-01-02", end="2026-01-03"))
    assert alike is not None
    assert alike.change(lambda t: t.amounts.cost, of_cost=True) is None
    assert alike.change(lambda t: t.amounts.requests) == 0


def minutes_of(first: datetime, last: datetime, cost: str = "1") -> list[Any]:
    """A request each minute."""
    count = (last - first) // timedelta(minutes=1)
    times = [first + n * timedelta(minutes=1) for n in range(count)]
    return [request(f"{at:%Y-%m-%dT%H:%M:%S}", cost=cost) for at in times]


@pytest.mark.parametrize("preset", ["1h", "24h", "today", "7d", "mtd"])
def test_a_steady_rate_has_no_change_whenever_one_looks(preset: Preset) -> None:
    rows = minutes_of(datetime(2026, 1, 1), datetime(2026, 2, 20, 10, 7))
    usage = usage_of(rows, written="2026-02-20T10:07")
    alike = compared(selected(usage, preset=preset))
    assert alike is not None
    assert alike.change(lambda totals: totals.amounts.cost) == 0


def test_a_month_before_without_that_day_has_no_delta() -> None:
    rows = days_of(*["1"] * 90, requests=20)  # 1 January to 31 March
    usage = usage_of(rows)
    assert compared(selected(usage, preset="mtd")) is None
    assert compared(selected(usage_of(rows[:-3]), preset="mtd")) is not None  # 28th


def test_same_clock_times_are_compared_over_a_change_of_the_clocks() -> None:
    rows = minutes_of(datetime(2026, 3, 16), datetime(2026, 3, 30, 10))
    usage = usage_of(rows, tz="Europe/Berlin", written="2026-03-30T12:00")
    alike = compared(selected(usage, preset="7d", tz="Europe/Berlin"))
    assert alike is not None
    # up to 11:45 AM in Berlin on both sides; the Sunday between had 23 hours
    assert alike.current.amounts.requests == 6 * 1440 + (11 * 60 + 45) - 60
    assert alike.previous.amounts.requests == 6 * 1440 + (11 * 60 + 45)


def test_there_is_no_percentage_without_a_baseline() -> None:
    assert delta(5, 0) is None
    assert delta(5, None) is None
    assert delta(None, 5) is None
    assert delta(0, 5) == -1
    assert delta(Fraction(3, 2), 1) == Fraction(1, 2)
