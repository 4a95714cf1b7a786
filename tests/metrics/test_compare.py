"""Recorded beside repriced: exact, of the same usage, and never in two currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame

from .ledgers import request, usage_of

BOOK = mw.PriceBook.parse(
    [{"model": "a", "input": "2", "output": "8"}, {"model": "b", "input": "1", "output": "1"}],
    catalogue=False,
)  # fmt: skip
ROWS = [
    request("2026-01-01", "a", cost="0.001", org="x"),
    request("2026-01-02", "b", cost="0.0002", org="y"),
    request("2026-01-02", "b", org="x"),
    request("2026-01-03", "c", cost="0.0005", org="y"),
]


@pytest.fixture(scope="module")
def usage() -> UsageFrame:
    return usage_of(ROWS)


@pytest.fixture(scope="module")
def repriced(usage: UsageFrame) -> UsageFrame:
    return usage.reprice(BOOK)


def costs(row: Any) -> tuple[int | None, int | None, int | None]:
    return row.recorded.cost, row.repriced.cost, row.difference


def test_each_model_has_both_costs_and_their_difference(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    found = mw.compare(usage, repriced)
    assert {row.id: costs(row) for row in found.rows} == {
        "a": (1_000_000, 600_000, -400_000),
        "c": (500_000, None, None),
        "b": (200_000, 300_000, 100_000),
    }
    assert costs(found.total) == (1_700_000, 900_000, -800_000)
    assert {row.id: row.change for row in found.rows} == {
        "a": Fraction(-2, 5), "c": None, "b": Fraction(1, 2),
    }  # fmt: skip
    assert {row.id: row.prices_same_tokens for row in found.rows} == {
        "a": True, "b": False, "c": False,
    }  # fmt: skip


def test_filters_and_another_dimension_hold_for_both_sides(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    filters = mw.Filters(preset="custom", start=date(2026, 1, 2), orgs=("y",))
    found = mw.compare(usage, repriced, by="org", filters=filters)
    assert [costs(row) for row in found.rows] == [(700_000, 150_000, -550_000)]
    one_side = mw.compare(usage, repriced, filters=mw.Filters(cost_type="output"))
    assert {row.id: row.repriced.cost for row in one_side.rows}["a"] == 400_000


def test_it_is_a_value_in_the_next_cell(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    found = mw.compare(usage, repriced)
    rows = found.to_arrow().to_pylist()
    assert rows[0] == {
        "id": "a", "name": "a", "currency": "USD", "tokens": 150,
        "recorded": Decimal("0.001"), "repriced": Decimal("0.0006"),
        "difference": Decimal("-0.0004"), "recorded_unpriced_tokens": 0,
        "repriced_unpriced_tokens": 0,
    }  # fmt: skip
    assert rows[1]["repriced"] is rows[1]["difference"] is None
    assert found.to_arrow().schema.metadata == {b"pricing": b"repriced"}
    table = found.to_pandas()
    assert table["recorded"].sum() == Decimal("0.0017")
    assert table.attrs == {"pricing": "repriced"}
    assert pl.DataFrame(found)["difference"].null_count() == 1
    assert repr(found) == (
        "Comparison(by model: recorded $0.0017, repriced $0.0009, difference -$0.0008)"
    )


@settings(max_examples=8)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.none() | st.integers(0, 10**15),
            st.integers(0, 10**9),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_the_rows_add_up_to_the_totals_of_either_report(
    drawn: list[tuple[str, int | None, int]],
) -> None:
    rows = [
        request(
            "2026-01-01",
            model,
            input_tokens=tokens,
            cost=None if nano is None else f"{Decimal(nano).scaleb(-9):f}",
        )
        for model, nano, tokens in drawn
    ]
    usage = usage_of(rows)
    found = mw.compare(usage, usage.reprice(BOOK))
    for side in ("recorded", "repriced"):
        parts = [getattr(row, side) for row in found.rows]
        whole = getattr(found.total, side)
        known = [part.cost for part in parts if part.cost is not None]
        assert whole.cost == (sum(known) if known else None)
        assert whole.tokens == sum(part.tokens for part in parts)
        assert whole.unpriced_tokens == sum(part.unpriced_tokens for part in parts)
    assert whole.tokens == found.total.recorded.tokens
    if found.total.difference is not None:
        alone = [r.difference or (r.repriced.cost or 0) - (r.recorded.cost or 0) for r in found.rows]  # fmt: skip
        assert sum(alone) == found.total.difference


def test_a_ledger_without_any_cost_can_be_compared(repriced: UsageFrame) -> None:
    bare = usage_of([row | {"cost": None} for row in ROWS])
    found = mw.compare(bare, bare.reprice(BOOK), filters=mw.Filters())
    assert costs(found.total) == (None, 900_000, None)
    assert found.currency == "USD"


# what can't be compared


def test_two_frames_of_one_mode_are_not_compared(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    for pair in ((usage, usage), (repriced, repriced), (repriced, usage)):
        with pytest.raises(
            MeterError, match="expected a recorded one, then a repriced"
        ):
            mw.compare(*pair)


def test_a_repriced_ledger_is_not_reconciled_with_a_bill(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    for pair in ((repriced, usage), (usage, repriced)):
        with pytest.raises(MeterError, match="is repriced; expected what was recorded"):
            mw.reconcile(*pair)


def test_other_usage_is_not_compared(usage: UsageFrame) -> None:
    other = usage_of([*ROWS[:-1], ROWS[-1] | {"input_tokens": 101}])
    with pytest.raises(MeterError, match="are not the same usage"):
        mw.compare(usage, other.reprice(BOOK))


def test_costs_in_two_currencies_are_never_subtracted(usage: UsageFrame) -> None:
    euro = mw.PriceBook.parse(
        [{"model": "*", "input": "1", "output": "1"}], currency="EUR", catalogue=False
    )
    with pytest.raises(
        MeterError, match="in EUR and USD, which are never added or sub"
    ):
        mw.compare(usage, usage.reprice(euro))


def test_what_is_no_frame_is_an_error(usage: UsageFrame) -> None:
    with pytest.raises(MeterError, match="repriced is dict; expected a UsageFrame"):
        mw.compare(usage, {})  # type: ignore[arg-type]


def test_a_dimension_that_is_none_is_an_error(
    usage: UsageFrame, repriced: UsageFrame
) -> None:
    with pytest.raises(MeterError, match="did you mean 'model'"):
        mw.compare(usage, repriced, by="modle")
