"""Headline figures: one card alone, or a row of cards in one widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import traitlets as t

from meterwidgets.errors import unknown
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import positional, synced

_MAX_SPARK_POINTS = 60
_TAGS = ("", "green", "teal", "coral")
_UNKNOWN = "–"


def _check_spark(heights: Sequence[float]) -> list[float]:
    if len(heights) > _MAX_SPARK_POINTS:
        raise t.TraitError(
            f"spark has {len(heights)} points, at most {_MAX_SPARK_POINTS} fit"
        )
    floats = [float(height) for height in heights]
    if not all(0.0 <= height <= 1.0 for height in floats):
        raise t.TraitError(
            "spark holds heights between 0 and 1; scale the series first"
        )
    return floats


def _check_tag(tag: str) -> str:
    if tag not in _TAGS:
        raise t.TraitError(f"tag {tag!r} not found; tags: {', '.join(_TAGS[1:])}")
    return tag


class KpiCard(MeterWidget):
    """Show one headline figure with its caption, its change and a sparkline.

    Texts are shown as they are; an unknown figure is an en dash with the reason as its
    `title`.

    Args:
        label: The name of the figure.
        value: The figure as text.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> card = KpiCard("Total Spend", "$0.16", title="$0.160000000")
        >>> card
        KpiCard('Total Spend', '$0.16')
        >>> card.caption = "$0.16/day · 1 day"
        >>> card.close()
    """

    _esm = script("kpi_card")

    label: str = positional(t.Unicode(), default="", kw_only=False)
    """The name of the figure."""
    label_color: str = synced(t.Unicode())
    """Colour slot of a dot before the label: c1 to c8, other, total, or none."""
    tag: str = synced(t.Unicode())
    """Colour of the label as a pill with a dot: green, teal, coral, or none."""
    value: str = positional(t.Unicode(_UNKNOWN), default=_UNKNOWN, kw_only=False)
    """The figure as text; an en dash where there is none."""
    title: str = synced(t.Unicode())
    """The exact figure, or why there is none; shown on hover."""
    caption: str = synced(t.Unicode())
    """One short line below the figure."""
    caption_title: str = synced(t.Unicode())
    """The caption in full; shown on hover."""
    note: str = synced(t.Unicode())
    """A caveat below the caption, such as "lower bound: 3.1% of tokens unpriced"."""
    color: str = synced(t.Unicode())
    """Colour slot of a dot before the caption: c1 to c8, other, total, or none."""
    delta: str = synced(t.Unicode())
    """The change as text without a sign: 11.9%."""
    direction: Literal["", "up", "down"] = synced(
        t.Enum(["", "up", "down"], default_value="")
    )
    """The direction of the change."""
    tone: Literal["neutral", "good", "bad"] = synced(
        t.Enum(["neutral", "good", "bad"], default_value="neutral")
    )
    """Whether the change is welcome."""
    delta_title: str = synced(t.Unicode())
    """What the change is measured against; shown on hover."""
    spark: list[float] = synced(t.List(t.Float()))
    """The sparkline: at most 60 heights between 0 and 1."""
    loading: bool = synced(t.Bool(False))
    """Whether a skeleton stands in for the figure."""

    if not TYPE_CHECKING:  # type checkers derive it from the traits

        def __init__(self, label="", value=_UNKNOWN, **traits):
            super().__init__(label=label, value=value or _UNKNOWN, **traits)

    @t.validate("spark")
    def _valid_spark(self, proposal: dict[str, Any]) -> list[float]:
        return _check_spark(proposal["value"])

    @t.validate("tag")
    def _valid_tag(self, proposal: dict[str, Any]) -> str:
        return _check_tag(proposal["value"])

    def __repr__(self) -> str:
        return f"KpiCard({self.label!r}, {self.value!r})"


_KEYS = tuple(KpiCard.public_names())


def _check_card(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return one card with every key present, as the browser expects it."""
    for key in card:
        if key not in _KEYS:
            raise TypeError(f"KpiCards: {unknown('key', key, _KEYS)}")
    texts = {key: str(card.get(key) or "") for key in _KEYS}
    return {
        **texts,
        "value": texts["value"] or _UNKNOWN,
        "tone": texts["tone"] or "neutral",
        "tag": _check_tag(texts["tag"]),
        "spark": _check_spark(card.get("spark") or []),
        "loading": bool(card.get("loading")),
    }


class KpiCards(MeterWidget):
    """Show a row of headline figures that wraps to the width there is.

    With a title it has a heading above the cards.

    Args:
        cards: One dict per card, with the keywords of `KpiCard`.

    Raises:
        TypeError: If a keyword or a key of a card is unknown.

    Examples:
        >>> row = KpiCards([{"label": "Total Spend", "value": "$0.16"}])
        >>> row
        KpiCards(Total Spend $0.16)
        >>> row.close()
    """

    _esm = script("kpi_card")

    cards: list[dict[str, Any]] = positional(
        t.List(t.Dict()), default=(), kw_only=False
    )
    """The cards, each a dict with the traits of `KpiCard`."""
    title: str = synced(t.Unicode())
    """The heading above the cards; none if empty."""
    subtitle: str = synced(t.Unicode())
    """A few words beside the heading."""
    loading: bool = synced(t.Bool(False))
    """Whether skeletons stand in for all figures."""

    if not TYPE_CHECKING:  # type checkers derive it from the traits

        def __init__(self, cards=(), **traits):
            super().__init__(cards=list(cards), **traits)

    @t.validate("cards")
    def _valid_cards(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [_check_card(card) for card in proposal["value"]]

    def __repr__(self) -> str:
        figures = (f"{card['label']} {card['value']}" for card in self.cards)
        heading = f"{self.title!r}: " if self.title else ""
        return f"KpiCards({heading}{' | '.join(figures)})"
