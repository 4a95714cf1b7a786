"""Terms that only the name of a model states."""

from __future__ import annotations

import pytest

from ledger.pricing.test_prices import book, read, total

pytest.importorskip("genai_prices", reason="the catalogue is an extra")
PRICES = book(catalogue=True)
M = 1_000_000


@pytest.mark.parametrize(
    ("name", "standard", "cost"),
    [
        ("gpt-4o-batch", "gpt-4o", 0.5),
        ("gpt-4o:batch", "gpt-4o", 0.5),
        ("claude-opus-4-6-fast", "claude-opus-4-6", None),
        ("claude-opus-4.6-fast", "claude-opus-4-6", None),
        ("grok-4-fast", "grok-4-fast", 1),
    ],
)
def test_a_name_that_ends_with_a_term_states_it(
    name: str, standard: str, cost: float | None
) -> None:
    row = {"start": "2026-11-03T10:00:00Z", "input_tokens": str(M)}
    usage = read(row | {"model": name}, prices=PRICES)
    whole = total(read(row | {"model": standard}, prices=PRICES))
    assert whole > 0
    if cost is None:
        assert usage.select().sums()["priced"] == 0
    else:
        assert total(usage) == whole * int(cost * 2) / 2


def test_the_search_context_sets_the_fee_of_models_that_have_one() -> None:
    row = {"start": "2026-11-03T10:00:00Z", "input_tokens": str(M),
           "service_tier": "search context high"}  # fmt: skip
    asked = row | {"model": "sonar", "provider": "perplexity"}
    assert read(asked, prices=PRICES).select().sums()["priced"] == 0
    assert total(read(row | {"model": "gpt-4o"}, prices=PRICES)) > 0
