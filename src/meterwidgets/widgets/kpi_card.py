"""Headline figures: one card alone, or a row of cards in one widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t

from meterwidgets.errors import unknown
from meterwidgets.widgets.base import MeterWidget, script

_POINTS = 60
_TAGS = ("", "green", "teal", "coral")
_KEYS = (
    "label",
    "label_color",
    "tag",
    "value",
    "title",
    "caption",
    "caption_title",
    "note",
    "color",
    "delta",
    "direction",
    "tone",
    "delta_title",
    "spark",
    "loading",
)


def _check_spark(points: Sequence[float]) -> list[float]:
    if len(points) > _POINTS:
        raise t.TraitError(f"spark has {len(points)} points, at most {_POINTS} fit")
    shown = [float(point) for point in points]
    if not all(0.0 <= point <= 1.0 for point in shown):
        raise t.TraitError(
            "spark holds heights between 0 and 1; scale the series first"
        )
    return shown


def _check_tag(tag: str) -> str:
    if tag not in _TAGS:
        raise t.TraitError(f"tag {tag!r} not found; tags: {', '.join(_TAGS[1:])}")
    return tag


class KpiCard(MeterWidget):
    """Show one headline figure with its caption, its change and its course.

    Every text arrives ready to read; a figure that is not known is an en dash with
    its reason as `title`.

    Args:
        label: What the figure is.
        value: The figure as text.
        **traits: Any other trait by name.

    Raises:
        TypeError: If a keyword is no trait.

    Examples:
        >>> card = KpiCard("Total Spend", "$0.16", title="$0.160000000")
        >>> card
        KpiCard('Total Spend', '$0.16')
        >>> card.caption = "$0.16/day · 1 day"
        >>> card.close()
    """

    _esm = script("kpi_card")

    label = t.Unicode().tag(sync=True)
    """What the figure is."""
    label_color = t.Unicode().tag(sync=True)
    """Colour slot of a dot before the label: c1 to c8, other, total, or none."""
    tag = t.Unicode().tag(sync=True)
    """Colour of the label as a pill with a dot: green, teal, coral, or none."""
    value = t.Unicode("–").tag(sync=True)
    """The figure as text; an en dash where there is none."""
    title = t.Unicode().tag(sync=True)
    """The exact figure, or why there is none; shown on hover."""
    caption = t.Unicode().tag(sync=True)
    """One short line below the figure."""
    caption_title = t.Unicode().tag(sync=True)
    """The caption at length; shown on hover."""
    note = t.Unicode().tag(sync=True)
    """A caveat below the caption, such as "lower bound: 3.1% of tokens unpriced"."""
    color = t.Unicode().tag(sync=True)
    """Colour slot of a dot before the caption: c1 to c8, other, total, or none."""
    delta = t.Unicode().tag(sync=True)
    """The change as text without a sign: 11.9%."""
    direction = t.Enum(["", "up", "down"], default_value="").tag(sync=True)
    """Where the change points."""
    tone = t.Enum(["neutral", "good", "bad"], default_value="neutral").tag(sync=True)
    """Whether the change is welcome."""
    delta_title = t.Unicode().tag(sync=True)
    """What the change is measured against; shown on hover."""
    spark = t.List(t.Float()).tag(sync=True)
    """The course as at most 60 heights between 0 and 1."""
    loading = t.Bool(False).tag(sync=True)
    """Whether a skeleton stands in place of the figure."""

    def __init__(self, label: str = "", value: str = "–", **traits: Any) -> None:
        super().__init__(label=label, value=value or "–", **traits)

    @t.validate("spark")
    def _valid_spark(self, proposal: dict[str, Any]) -> list[float]:
        return _check_spark(proposal["value"])

    @t.validate("tag")
    def _valid_tag(self, proposal: dict[str, Any]) -> str:
        return _check_tag(proposal["value"])

    def __repr__(self) -> str:
        return f"KpiCard({self.label!r}, {self.value!r})"


def _check_card(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return one card with every key present, as the browser expects it."""
    for key in card:
        if key not in _KEYS:
            raise TypeError(f"KpiCards: {unknown('key', key, _KEYS)}")
    texts = {key: str(card.get(key) or "") for key in _KEYS if key != "spark"}
    return {
        **texts,
        "value": texts["value"] or "–",
        "tone": texts["tone"] or "neutral",
        "tag": _check_tag(texts["tag"]),
        "spark": _check_spark(card.get("spark") or []),
        "loading": bool(card.get("loading")),
    }


class KpiCards(MeterWidget):
    """Show a row of headline figures that wraps with the room there is.

    With a title it has a heading above the cards.

    Args:
        cards: One dict per card, with the keywords of `KpiCard`.
        **traits: Any other trait by name.

    Raises:
        TypeError: If a keyword or a key of a card is not known.

    Examples:
        >>> row = KpiCards([{"label": "Total Spend", "value": "$0.16"}])
        >>> row
        KpiCards(Total Spend $0.16)
        >>> row.close()
    """

    _esm = script("kpi_card")

    cards = t.List(t.Dict()).tag(sync=True)
    """The cards, each a dict with the traits of `KpiCard`."""
    title = t.Unicode().tag(sync=True)
    """The heading above the cards; none if empty."""
    subtitle = t.Unicode().tag(sync=True)
    """A few words beside the heading."""
    loading = t.Bool(False).tag(sync=True)
    """Whether skeletons stand in place of all figures."""

    def __init__(self, cards: Sequence[Mapping[str, Any]] = (), **traits: Any) -> None:
        super().__init__(cards=[_check_card(card) for card in cards], **traits)

    @t.validate("cards")
    def _valid_cards(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [_check_card(card) for card in proposal["value"]]

    def __repr__(self) -> str:
        shown = (f"{card['label']} {card['value']}" for card in self.cards)
        head = f"{self.title!r}: " if self.title else ""
        return f"KpiCards({head}{' | '.join(shown)})"
