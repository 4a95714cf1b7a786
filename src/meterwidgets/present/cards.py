"""The rows of cards: which cards stand on which page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from meterwidgets.frame.selection import Selection
from meterwidgets.present import model_cards, usage_cards
from meterwidgets.present.card_context import Facts
from meterwidgets.present.words import Colors, Traits

_Card = Callable[[Facts], Traits]

CARDS: Mapping[str, Sequence[_Card]] = {
    "overview": (
        usage_cards.spend,
        usage_cards.tokens,
        model_cards.count,
        usage_cards.rate,
        usage_cards.efficiency,
    ),
    "token_usage": (
        usage_cards.all_tokens,
        partial(usage_cards.side, name="input"),
        partial(usage_cards.side, name="output"),
    ),
    "model_analytics": (
        model_cards.total,
        model_cards.concentrated,
        model_cards.top,
        model_cards.average,
    ),
    "my_usage": (
        usage_cards.spend,
        usage_cards.tokens,
        usage_cards.requests,
        usage_cards.rate,
    ),
}
"""Page -> the cards in its row."""

HEADINGS = {"model_analytics": ("Model Insights", "Key metrics & recommendations")}
"""Page -> what stands above its row of cards."""


def kpi_cards(selection: Selection, page: str, colors: Colors) -> Traits:
    """The row of cards of a page.

    Args:
        selection: What they show.
        page: A key of ``CARDS``.
        colors: Model -> its colour slot, in the order of the whole ledger.
    """
    facts = Facts.of(selection, colors)
    title, subtitle = HEADINGS.get(page, ("", ""))
    cards = [make(facts) for make in CARDS[page]]
    return {"title": title, "subtitle": subtitle, "cards": cards}
