"""The texts of a card: those of `widgets.KpiCard`, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Tone = Literal["neutral", "good", "bad"]


class Delta(TypedDict):
    """The change against the previous period; empty texts where there is none."""

    delta: str
    direction: Literal["", "up", "down"]
    tone: Tone
    delta_title: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card, ready to draw.

    Attributes:
        label: What the figure is; its `CardSpec` fills it in.
        label_color: Colour slot of a dot before the label.
        tag: Colour of the label as a pill.
        value: The figure; a dash where it is unknown.
        title: The exact figure, on hover.
        caption: One short line below the figure.
        caption_title: The caption at length, on hover.
        note: A caveat below the caption.
        color: Colour slot of a dot before the caption.
        delta: The change against the previous period, without a sign.
        direction: Where the change points.
        tone: Whether the change is welcome.
        delta_title: What the change is measured against, on hover.
        spark: The figure over time, as heights between 0 and 1.
    """

    label: str = ""
    label_color: str = ""
    tag: Literal["", "green", "teal", "coral"] = ""
    value: str
    title: str = ""
    caption: str = ""
    caption_title: str = ""
    note: str = ""
    color: str = ""
    delta: str = ""
    direction: Literal["", "up", "down"] = ""
    tone: Tone = "neutral"
    delta_title: str = ""
    spark: Sequence[float] = ()

    @property
    def traits(self) -> dict[str, Any]:
        """The card as `KpiCards` takes it."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class CardRow:
    """A row of cards with its heading, if it has one."""

    title: str
    subtitle: str
    cards: tuple[Card, ...]

    @property
    def traits(self) -> dict[str, Any]:
        """The row as `KpiCards` draws it."""
        return dict(vars(self)) | {"cards": [card.traits for card in self.cards]}
