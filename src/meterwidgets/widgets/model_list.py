"""Every model with its rank, its cost, its share and a bar."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets.base import MeterWidget, counter, flag, script, texts

_SHOWN = ("badge", "name", "value", "share")


class ModelList(MeterWidget):
    """List models by rank with cost, share and bar, and let a click choose some.

    Each row is a dict with ``id``, ``badge`` (its rank as text, "…" for the sum of
    the others, which stays last), ``name``, ``value``, ``title`` (the exact value),
    ``share`` ("37.7%"), ``fraction`` (0 to 1, for the bar), ``color`` (a slot),
    ``caption`` (a small line below the name) and the flags ``selected``,
    ``dimmed`` and ``selectable``; what is left out is empty, and a row is
    selectable unless it says otherwise. Readers sort in the browser.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

    Examples:
        >>> models = ModelList(subtitle="1 model", total="$0.16", rows=[
        ...     {"id": "q", "badge": "1", "name": "qwen", "value": "$0.16",
        ...      "share": "100.0%", "fraction": 1.0, "color": "c1"}])
        >>> models
        ModelList('Model List', '1 model', '$0.16': 1 qwen $0.16 100.0%)
        >>> models.close()
    """

    _esm = script("rows", "model_list")
    inbound: ClassVar = {
        "expanded": flag,
        "selected": texts(1000, 1000),
        "reset": counter,
    }

    title = t.Unicode("Model List").tag(sync=True)
    """The heading."""
    subtitle = t.Unicode().tag(sync=True)
    """A few words beside the heading, such as "7 models"."""
    total = t.Unicode().tag(sync=True)
    """The sum of all rows as text."""
    total_title = t.Unicode().tag(sync=True)
    """The exact sum; shown on hover."""
    total_label = t.Unicode("Total Cost").tag(sync=True)
    """The words after the sum."""
    name_label = t.Unicode("Model").tag(sync=True)
    """Head of the column of names."""
    value_label = t.Unicode("Cost & Share").tag(sync=True)
    """Head of the column of figures."""
    bar_label = t.Unicode("Distribution").tag(sync=True)
    """Head of the column of bars."""
    share_suffix = t.Unicode("of total").tag(sync=True)
    """The words after each share."""
    rows = t.List(t.Dict()).tag(sync=True)
    """The rows by rank, as the class describes them."""
    more = t.Int(0).tag(sync=True)
    """The n of "Show all n"; 0 for no button."""
    all_rows = t.List(t.Dict()).tag(sync=True)
    """Every row, once the reader asked for all."""
    expanded = t.Bool(False).tag(sync=True, echo_update=False)
    """Whether the reader asked for all rows; set by a click."""
    selected = t.List(t.Unicode()).tag(sync=True, echo_update=False)
    """The ids of the chosen rows; set by a click."""
    reset = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the empty state was pressed."""
    loading = t.Bool(False).tag(sync=True)
    """Whether a skeleton stands in place of the figures."""
    empty = t.Dict().tag(sync=True)
    """Why there is nothing (title, text) and the button's text (action)."""
    note = t.Unicode().tag(sync=True)
    """One line below the table."""

    def __repr__(self) -> str:
        if self.empty:
            return f"ModelList({self.title!r}, {self.empty.get('title', '')!r})"
        heads = (self.title, self.subtitle, self.total)
        head = ", ".join(repr(text) for text in heads if text)
        shown = " | ".join(_shown(row) for row in self.rows) or "no rows"
        return f"ModelList({head}: {shown})"


def _shown(row: dict[str, Any]) -> str:
    return " ".join(str(row[key]) for key in _SHOWN if row.get(key))
