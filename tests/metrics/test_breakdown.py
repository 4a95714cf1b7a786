"""How the values of a dimension are ranked and folded."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown, top_with_other
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import trend

from .ledgers import request, usage_of

ADDITIVE = (
    "records", "requests", "cost", "input_cost", "output_cost", "unsplit_cost",
    "tokens", "input_tokens", "output_tokens", "unpriced_tokens", "priced_tokens",
)  # fmt: skip


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


names = st.sampled_from(["a", "b", "=c", None])


def added(parts: list[Amounts], name: str) -> int:
    return sum(getattr(each, name) or 0 for each in parts)


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
