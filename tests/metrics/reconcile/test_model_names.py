"""Names of one model are matched, names of two are not."""

from __future__ import annotations

import pytest

from meterwidgets.metrics.reconcile.model_names import match_names


@pytest.mark.parametrize(
    ("ledger", "invoice"),
    [
        ("gpt-5-nano", "gpt-5-nano-2025-08-07"),
        ("openai/gpt-5-nano", "gpt-5-nano"),
        ("azure/eu/gpt-4.1", "gpt-4.1-2025-04-14"),
        ("anthropic/claude-sonnet-4", "claude-sonnet-4-20250514"),
        ("bedrock/us.anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3.5-haiku"),
        ("claude-opus-4@20250514", "claude-opus-4-20250514"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    ],
)
def test_names_of_one_model_are_matched(ledger: str, invoice: str) -> None:
    ours, theirs, said = match_names([ledger], [invoice])
    assert ours[ledger] == theirs[invoice] == invoice
    assert [(each.ledger, each.invoice) for each in said] == [((ledger,), (invoice,))]


@pytest.mark.parametrize(
    ("ledger", "invoice"),
    [
        ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4.1", "gpt-4"),
        ("qwen2.5-72b", "qwen2.5-7b"),
        ("titan-embed-text-v1", "titan-embed-text-v2"),
    ],
)
def test_names_of_two_models_are_not_matched(ledger: str, invoice: str) -> None:
    assert match_names([ledger], [invoice])[2] == ()


def test_dated_names_that_both_sides_have_stay_apart() -> None:
    names = ["gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"]
    ours, theirs, said = match_names(names, names)
    assert ours == theirs == {name: name for name in names}
    assert said == ()
