"""A whole and its two or three parts: one bar, and a card for each part."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets.base import MeterWidget, counter, script, text


class SplitBar(MeterWidget):
    """Show how a whole splits, and let a click choose one part.

    Each part is a dict with ``key``, ``label``, ``value``, ``unit``, ``title``,
    ``share`` ("52%"), ``fraction`` (0 to 1), ``caption``, ``caption_title``,
    ``color``, ``muted`` and ``selectable``; what is left out is empty, and a part
    with a key is selectable unless it says otherwise.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

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
    inbound: ClassVar = {"selected": text(64), "reset": counter}

    title = t.Unicode().tag(sync=True)
    """The heading."""
    subtitle = t.Unicode().tag(sync=True)
    """A few words beside the heading."""
    total = t.Unicode().tag(sync=True)
    """The whole as text."""
    total_title = t.Unicode().tag(sync=True)
    """The exact whole; shown on hover."""
    parts = t.List(t.Dict()).tag(sync=True)
    """The parts in the order of the bar."""
    note = t.Unicode().tag(sync=True)
    """One line below: what is estimated or left out."""
    selected = t.Unicode().tag(sync=True, echo_update=False)
    """The key of the chosen part, or nothing for all; set by a click."""
    loading = t.Bool(False).tag(sync=True)
    """Whether a skeleton stands in place of the figures."""
    empty = t.Dict().tag(sync=True)
    """Why there is nothing (title, text) and the button's text (action)."""
    reset = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the empty state was pressed."""

    def __repr__(self) -> str:
        if self.empty:
            return f"SplitBar({self.title!r}, {self.empty.get('title', '')!r})"
        shown = " | ".join(_shown(part) for part in self.parts) or "no parts"
        return f"SplitBar({self.title!r}, {self.total!r}: {shown})"


def _shown(part: dict[str, Any]) -> str:
    words = (str(part.get(key, "")) for key in ("label", "value", "unit", "share"))
    return " ".join(word for word in words if word)
