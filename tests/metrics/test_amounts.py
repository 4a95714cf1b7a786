"""Amounts: made by name, added up, and what is priced, free or unknown in them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa

import meterwidgets as mw
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.measures import MEASURES
from meterwidgets.metrics.amount_columns import (
    AmountColumns,
    amounts_from_sums,
    columns_from_sums,
)
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import sparkline, trend

from .ledgers import request, selected, usage_of


def columns() -> AmountColumns:
    """Two groups; every figure has a number of its own."""
    lists: dict[str, Any] = {
        name: [place, place + 100] for place, name in enumerate(Amounts._fields)
    }
    return AmountColumns(**lists)


def test_every_figure_has_a_column() -> None:
    assert {field.name for field in fields(AmountColumns)} == set(Amounts._fields)


def test_amounts_take_each_figure_from_the_column_of_its_name() -> None:
    made = columns()
    for group, amounts in enumerate(made.to_list()):
        assert amounts == made[group]
        for name in Amounts._fields:
            assert getattr(amounts, name) == getattr(made, name)[group]


def test_a_total_adds_each_figure_up_under_its_name() -> None:
    made = columns()
    total = made.total([0, 1])
    for name in Amounts._fields:
        assert getattr(total, name) == sum(getattr(made, name))


def test_a_total_of_unknown_figures_is_unknown_and_of_some_their_sum() -> None:
    sums = {name: [0, 0, 0] for name in MEASURES}
    sums |= {
        "records": [1, 1, 1],
        "requests": [0, 0, 7],
        "requests_reported": [0, 0, 1],
    }
    made = columns_from_sums(sums)
    assert made.total([0, 1]).requests is None
    assert made.total([0, 1, 2]).requests == 7


RATES = {"model": "*", "input": "2", "output": "4"}


def days_of(*amounts: str | None, first: str = "2026-01-01", **more: Any) -> list[Any]:
    """A request at noon of each day, with a recorded cost."""
    start = date.fromisoformat(first)
    return [
        request(str(start + timedelta(days=n)), cost=cost, **more)
        for n, cost in enumerate(amounts)
    ]


def test_an_unpriced_part_makes_the_spend_a_lower_bound() -> None:
    usage = usage_of(days_of("3", None))
    amounts = totals(usage.select()).amounts
    assert (amounts.cost, amounts.tokens) == (3 * 10**9, 300)
    assert (amounts.priced_tokens, amounts.unpriced_tokens) == (150, 150)
    # rate and efficiency are of the priced tokens
    assert amounts.rate_per_1k == Fraction(1000 * 3 * 10**9, 150)
    assert amounts.tokens_per_unit == 50


def test_free_is_not_unpriced() -> None:
    free = {"model": "*", "input": "0", "output": "0"}
    amounts = totals(usage_of([request("2026-01-01")], free).select()).amounts
    assert (amounts.cost, amounts.unpriced_tokens) == (0, 0)
    assert (amounts.rate_per_1k, amounts.tokens_per_unit) == (0, None)


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


def test_a_rate_divides_the_cost_and_the_tokens_of_the_same_records() -> None:
    usage = usage_of(
        [
            request("2026-01-01", input_tokens=1000, output_tokens=0, cost="2.00"),
            request("2026-01-01", input_tokens=None, output_tokens=None, cost="5.00"),
            request("2026-01-01", input_tokens=0, output_tokens=0, cost="1.00"),
            request("2026-01-01", input_tokens=7, output_tokens=7),
        ]
    )
    found = amounts_from_sums(usage.select().sums())
    assert (found.cost, found.cost_without_tokens) == (8 * 10**9, 6 * 10**9)
    assert found.rate_per_1k == 2 * 10**9
    assert found.tokens_per_unit == 500
    assert (found.tokens, found.unpriced_tokens) == (1014, 14)


def test_without_a_cost_that_has_tokens_there_is_no_rate() -> None:
    rows = [
        request("2026-01-01", input_tokens=None, output_tokens=None, cost="5.00"),
        request("2026-01-01"),
    ]
    found = amounts_from_sums(usage_of(rows).select().sums())
    assert (found.cost, found.rate_per_1k, found.tokens_per_unit) == (
        5 * 10**9, None, None,
    )  # fmt: skip


def test_a_side_is_rated_by_the_records_of_which_it_is_known() -> None:
    rows = [
        request("2026-01-01", input_cost="1.00", output_cost="2.00", cost="3.00"),
        request("2026-01-01", input_cost="4.00", input_tokens=None, cost="4.00"),
        request("2026-01-01", input_cost="1.00", output_cost="1.00", cost="9.00"),
    ]
    usage = usage_of(rows)
    found = amounts_from_sums(usage.select().sums(), "input")
    assert (found.input_cost, found.cost_without_tokens) == (6 * 10**9, 5 * 10**9)
    assert found.input_rate_per_1k == 10 * 10**9
    assert found.rate_per_1k == found.input_rate_per_1k
