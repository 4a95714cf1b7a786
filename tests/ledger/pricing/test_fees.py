"""A fee is a part of the cost: of neither side, and in no rate."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from metrics.ledgers import request, usage_of

from meterwidgets.frame.filters import Filters
from meterwidgets.metrics.amount_columns import amounts_from_sums
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import totals
from meterwidgets.present.sections.splits import split_bar
from meterwidgets.report import csv, html, json, text

RATES = {"model": "m", "input": "1000", "output": "2000"}  # 0.1 and 0.1 a request
NANO = 10**9


def amounts(*rows: dict[str, Any], rates: bool = False) -> Amounts:
    usage = usage_of(rows, *([RATES] if rates else []))
    return amounts_from_sums(usage.select().sums())


def parts(found: Amounts) -> tuple[int | None, ...]:
    return found.input_cost, found.output_cost, found.unsplit_cost, found.fee_cost


@pytest.mark.parametrize(
    ("recorded", "rates", "expected"),
    [
        # a total without a price: what is not the fee stays unsplit
        ({"cost": 1, "fee_cost": "0.25"}, False, (None, None, 0.75, 0.25)),
        # with a price it is split in its ratio
        ({"cost": 1, "fee_cost": "0.25"}, True, (0.375, 0.375, 0, 0.25)),
        # sides and a fee
        ({"input_cost": 1, "output_cost": 2, "fee_cost": 3}, False, (1, 2, 0, 3)),
        # one side, the total and a fee: the rest is the other side's
        ({"cost": 6, "input_cost": 1, "fee_cost": 3}, False, (1, 2, 0, 3)),
        # the fee is all that was paid
        ({"cost": 1, "fee_cost": 1}, False, (0, 0, 0, 1)),
        # only the fee is recorded: the tokens are priced by the rates
        ({"fee_cost": "0.25"}, True, (0.1, 0.1, 0, 0.25)),
    ],
)  # fmt: skip
def test_the_parts_add_up_to_the_cost(
    recorded: dict[str, Any], rates: bool, expected: tuple[float | None, ...]
) -> None:
    found = amounts(request("2026-01-01", **recorded), rates=rates)
    exact = tuple(None if part is None else round(part * NANO) for part in expected)
    assert parts(found) == exact
    assert found.cost == sum(part or 0 for part in exact)
    assert found.unpriced_tokens == 0


def test_tokens_of_which_only_the_fee_is_known_are_unpriced() -> None:
    found = amounts(request("2026-01-01", fee_cost="0.25"))
    assert (found.cost, found.fee_cost) == (NANO // 4, NANO // 4)
    assert (found.priced_tokens, found.unpriced_tokens) == (0, 150)


def test_a_fee_without_tokens_is_a_record_of_its_own() -> None:
    fee = {"timestamp": "2026-01-01T00:00:00Z", "model": "m", "fee_cost": "0.01"}
    found = amounts(fee, request("2026-01-01", cost=1))
    assert (found.records, found.cost, found.fee_cost) == (
        2,
        1_010_000_000,
        10_000_000,
    )
    assert found.rate_per_1k == Fraction(NANO * 1000, 150)


def test_a_fee_in_another_currency_than_the_rates_keeps_the_tokens_unpriced() -> None:
    usage = usage_of([request("2026-01-01", fee_cost="0.25", currency="EUR")], RATES)
    found = amounts_from_sums(usage.select().sums())
    assert usage.currencies == ("EUR",)
    assert (found.cost, found.unpriced_tokens) == (NANO // 4, 150)


def test_no_rate_counts_a_fee() -> None:
    with_fee = amounts(request("2026-01-01", cost=2, fee_cost=1))
    without = amounts(request("2026-01-01", cost=1))
    assert with_fee.cost == 2 * NANO
    assert with_fee.rate_per_1k == without.rate_per_1k == Fraction(NANO * 1000, 150)
    assert with_fee.tokens_per_unit == without.tokens_per_unit


def test_a_fee_larger_than_the_cost_that_it_is_part_of_is_said() -> None:
    usage = usage_of(
        [request("2026-01-01", cost=1, fee_cost=2), request("2026-01-02", cost=1)]
    )
    assert any("fee_cost" in note for note in usage.quality.notes)


def test_breakdowns_add_up_to_the_spend_with_its_fees() -> None:
    usage = usage_of([
        request("2026-01-01", "a", cost=2, fee_cost=1),
        request("2026-01-01", "b", cost=3),
        request("2026-01-02", "a", fee_cost="0.5"),
    ])  # fmt: skip
    spend = totals(usage.select()).amounts.cost
    assert spend == 5_500_000_000
    rows = breakdown(usage.select(), "model").rows
    assert sum(row.amounts.cost or 0 for row in rows) == spend
    assert sum(row.amounts.fee_cost or 0 for row in rows) == 1_500_000_000


def test_a_split_bar_has_a_segment_for_fees_only_where_there_are_some() -> None:
    fee = usage_of([request("2026-01-01", input_cost=1, output_cost=2, fee_cost=1)])
    bar = split_bar(fee.select(), "cost")
    assert [part["key"] for part in bar["parts"]] == ["input", "output", "fees"]
    assert [part["share"] for part in bar["parts"]] == ["25%", "50%", "25%"]
    assert not bar["parts"][2]["selectable"]
    assert bar["total"] == "$4.00"
    none = usage_of([request("2026-01-01", input_cost=1, output_cost=2)])
    parts_without = split_bar(none.select(), "cost")["parts"]
    assert [part["key"] for part in parts_without] == ["input", "output"]


def test_one_side_leaves_the_fees_out_and_says_so() -> None:
    usage = usage_of([request("2026-01-01", input_cost=1, output_cost=2, fee_cost=1)])
    selection = usage.select(Filters(cost_type="input"))
    assert totals(selection).amounts.cost == NANO
    note = split_bar(selection, "cost")["note"]
    assert note == "$1.00 of fees belong to neither side and are left out."
    assert split_bar(usage.select(), "cost")["note"] == ""


def test_reports_have_a_line_for_fees() -> None:
    usage = usage_of([request("2026-01-01", input_cost=1, output_cost=2, fee_cost=1)])
    selection = usage.select()
    figures = json.report(selection)
    assert figures["totals"]["fee_cost"] == "1.000000000"
    assert figures["totals"]["cost"] == "4.000000000"
    assert figures["by"]["model"][0]["fee_cost"] == "1.000000000"
    assert "fees $1.00 (25%; paid by request, search or call)" in text.dumps(selection)
    assert 'class="fees"' in html.dumps(selection)
    head, total = csv.dumps(selection).splitlines()[:2]
    columns = dict(zip(head.split(","), total.split(","), strict=True))
    assert columns["fee_cost"] == "1.000000000"


def test_repricing_counts_no_recorded_fee() -> None:
    usage = usage_of([request("2026-01-01", cost=1, fee_cost="0.5")], RATES)
    sums = usage.reprice().select().sums()
    assert (sums["fee_cost"], sums["input_cost"]) == (0, NANO // 10)
