"""The headline: run rates, models, and the change against the period before."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import delta, elapsed, previous_totals, totals
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


def test_models_are_unknown_where_none_is_reported() -> None:
    usage = usage_of([request("2026-01-01", None, cost="1")])
    found = totals(usage.select())
    assert (found.models, found.top_model) == (None, None)


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
