"""A total and its two or three parts: one bar, and a card for each part."""

from __future__ import annotations

from typing import Any

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, synced

_REPR_KEYS = ("label", "value", "unit", "share")


class SplitBar(MeterWidget):
    """Show how a total splits, and let a click select one part.

    Each part is a dict with ``key``, ``label``, ``value``, ``unit``, ``title``,
    ``share`` ("52%"), ``fraction`` (0 to 1), ``caption``, ``caption_title``,
    ``color``, ``muted`` and ``selectable``; keys that are left out are empty, and a
    part with a key is selectable unless it says otherwise.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> bar = SplitBar(title="Tokens", total="54K", parts=[
        ...     {"key": "input", "label": "Input", "value": "28K", "share": "52%",
        ...      "fraction": 28 / 54, "color": "c1"},
        ...     {"key": "output", "label": "Output", "value": "26K", "share": "48%",
        ...      "fraction": 26 / 54, "color": "c2"}])
        >>> bar
        SplitBar('Tokens', '54K': Input 28K 52% | Output 26K 48%)
        >>> bar.close()
    """

    _esm = script("split_bar")

    title: str = synced(t.Unicode())
    """The heading."""
    subtitle: str = synced(t.Unicode())
    """A few words beside the heading."""
    total: str = synced(t.Unicode())
    """The total as text."""
    total_title: str = synced(t.Unicode())
    """The exact total; shown on hover."""
    parts: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The parts in the order of the bar."""
    note: str = synced(t.Unicode())
    """One line below: what is estimated or left out."""
    selected: str = inbound(t.Unicode(), accept=validators.text(64))
    """The key of the selected part, or "" for all; set by a click."""
    loading: bool = synced(t.Bool(False))
    """Whether a skeleton stands in for the figures."""
    empty: dict[str, Any] = synced(t.Dict())
    """Why there is nothing to show (title, text) and the button's text (action)."""
    reset: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the empty state was pressed."""

    def __repr__(self) -> str:
        if self.empty:
            return f"SplitBar({self.title!r}, {self.empty.get('title', '')!r})"
        parts = " | ".join(_part_text(part) for part in self.parts) or "no parts"
        return f"SplitBar({self.title!r}, {self.total!r}: {parts})"


def _part_text(part: dict[str, Any]) -> str:
    texts = (str(part.get(key, "")) for key in _REPR_KEYS)
    return " ".join(text for text in texts if text)
