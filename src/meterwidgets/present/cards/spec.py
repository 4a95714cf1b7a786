"""How a card is declared: its label, what makes it, and the reason for a dash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from meterwidgets.metrics.text.formats import DASH
from meterwidgets.present.cards.card import Card
from meterwidgets.present.cards.context import CardContext


@dataclass(frozen=True, kw_only=True)
class CardSpec:
    """A card that pages can have; `card` declares one.

    Attributes:
        name: Its name in Python: ``spend``.
        label: What stands above its figure: "Total Spend".
        texts: Makes what stands below.
        reason: Why its figure is a dash, where it is one.
        reason_in_caption: Whether the reason stands below a dash, not only on hover.
    """

    name: str
    label: str
    texts: Callable[[CardContext], Card]
    reason: Callable[[CardContext], str]
    reason_in_caption: bool = True

    def present(self, context: CardContext) -> Card:
        """The card of a selection; a dash has its reason, and no sparkline."""
        card = replace(self.texts(context), label=self.label)
        if card.value != DASH:
            return card
        reason = self.reason(context)
        caption = reason if self.reason_in_caption else card.caption
        return replace(card, title=reason, caption=caption, spark=[])


def card(
    label: str,
    *,
    reason: str | Callable[[CardContext], str],
    reason_in_caption: bool = True,
) -> Callable[[Callable[[CardContext], Card]], CardSpec]:
    """Declare a function as a card; `present.pages` puts it on its pages.

    Args:
        label: What stands above its figure.
        reason: Why its figure is a dash: a sentence, or a function that chooses one.
        reason_in_caption: Whether the reason stands below a dash, not only on hover.
    """

    def declare(texts: Callable[[CardContext], Card]) -> CardSpec:
        return CardSpec(
            name=texts.__name__,
            label=label,
            texts=texts,
            reason=reason if callable(reason) else lambda _: reason,
            reason_in_caption=reason_in_caption,
        )

    return declare
