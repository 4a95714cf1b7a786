"""On random ledgers, every breakdown and trend adds up to the headline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import sparkline, trend

from .ledgers import selected, usage_of

BY = ("org", "project", "deployment", "model", "endpoint", "user")


ADDITIVE = (
    "records", "requests", "cost", "input_cost", "output_cost", "unsplit_cost",
    "tokens", "input_tokens", "output_tokens", "unpriced_tokens", "priced_tokens",
)  # fmt: skip


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
).filter(
    lambda each: any(
        each[name] is not None for name in ("input_tokens", "output_tokens", "cost")
    )
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
    # it leaves out the ends of a window that only a part of a bucket covers
    seen = added([*sparkline(selection)], "cost")
    assert seen == (whole.cost or 0) if tz == "UTC" else seen <= (whole.cost or 0)


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
