"""More input tokens than a model takes at once: not one request, or a wrong count."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.pricing.test_price_tiers import noted
from ledger.pricing.test_prices import book, read, total

pytest.importorskip("genai_prices", reason="the catalogue is an extra")
PRICES = book(catalogue=True)
M = 1_000_000


def test_a_count_that_no_request_can_have_is_said_with_its_money() -> None:
    long = {"model": "gpt-4o", "input_tokens": "500000", "output_tokens": "0"}
    usage = read(long, long, long | {"input_tokens": "128000"}, prices=PRICES)
    assert total(usage) == Decimal("2.82")
    (note,) = noted(usage, "at most")
    assert note.startswith(
        "2 requests to gpt-4o with 1,000,000 input tokens, at 2.50 USD: one "
        "takes 128,000 at most"
    )


@pytest.mark.parametrize(
    "row",
    [{"model": "gpt-4o", "requests": "9"},
     {"model": "claude-sonnet-4-5"},  # has rates for more than its window
     {"model": "text-embedding-3-small", "provider": "openai"},
     {"model": "m"}],
)  # fmt: skip
def test_nothing_is_said_of_what_may_well_be(row: dict[str, str]) -> None:
    usage = read({"input_tokens": "500000", "output_tokens": "0"} | row, prices=PRICES)
    assert not noted(usage, "at most")


def test_a_recorded_cost_stays() -> None:
    row = {
        "model": "gpt-4o",
        "input_tokens": "500000",
        "output_tokens": "9",
        "cost": "7",
    }
    usage = read(row, prices=PRICES)
    assert total(usage) == 7
    (note,) = noted(usage, "at most")
    assert "at 7.00 USD" in note
