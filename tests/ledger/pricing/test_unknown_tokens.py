"""Tokens that a bad value leaves unknown: no price of the others stands for all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.pricing.test_price_tiers import noted
from ledger.pricing.test_prices import book, read, total

PRICES = book({"model": "m", "input": "1", "output": "4", "input_audio": "30"})
GOOD = {"input_tokens": "1000000", "output_tokens": "500000"}


@pytest.mark.parametrize(
    "bad",
    [{"input_tokens": "x"}, {"output_tokens": "-1"}, {"output_tokens": "1.5"},
     {"input_audio_tokens": "-1"}],
)  # fmt: skip
def test_a_record_with_an_unknown_side_has_no_price_and_that_is_said(
    bad: dict[str, Any],
) -> None:
    usage = read(GOOD, GOOD | bad, prices=PRICES)
    assert total(usage) == 3
    assert usage.select().sums()["priced"] == 1
    (note,) = noted(usage, "too low")
    assert note.startswith("1 record has no price: a bad value leaves some")


def test_its_recorded_cost_stays_and_is_not_split() -> None:
    usage = read(GOOD | {"input_tokens": "x", "cost": "0.5"}, prices=PRICES)
    sums = usage.select().sums()
    assert total(usage) == Decimal("0.5")
    assert sums["unsplit_cost"] == 500_000_000
    assert not noted(usage, "too low")


def test_a_side_that_the_ledger_does_not_report_costs_nothing() -> None:
    assert total(read({"input_tokens": "1000000"}, prices=PRICES)) == 1
