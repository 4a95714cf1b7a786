"""Every model with its rank, its cost, its share and a bar."""

from __future__ import annotations

from typing import Any

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, synced

_REPR_KEYS = ("badge", "name", "value", "share")


class ModelList(MeterWidget):
    """List models by rank with cost, share and bar, and let a click select some.

    Each row is a dict with ``id``, ``badge`` (its rank as text, "…" for the sum of
    the others, which stays last), ``name``, ``value``, ``title`` (the exact value),
    ``share`` ("37.7%"), ``fraction`` (0 to 1, for the bar), ``color`` (a slot),
    ``caption`` (a small line below the name) and the flags ``selected``,
    ``dimmed`` and ``selectable``; keys that are left out are empty, and a row is
    selectable unless it says otherwise. Users sort the list in the browser.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> models = ModelList(subtitle="1 model", total="$0.16", rows=[
        ...     {"id": "q", "badge": "1", "name": "qwen", "value": "$0.16",
        ...      "share": "100.0%", "fraction": 1.0, "color": "c1"}])
        >>> models
        ModelList('Model List', '1 model', '$0.16': 1 qwen $0.16 100.0%)
        >>> models.close()
    """

    _esm = script("selectable_rows", "model_list")

    title: str = synced(t.Unicode("Model List"))
    """The heading."""
    subtitle: str = synced(t.Unicode())
    """A few words beside the heading, such as "7 models"."""
    total: str = synced(t.Unicode())
    """The sum of all rows as text."""
    total_title: str = synced(t.Unicode())
    """The exact sum; shown on hover."""
    total_label: str = synced(t.Unicode("Total Cost"))
    """The words after the sum."""
    name_label: str = synced(t.Unicode("Model"))
    """Head of the column of names."""
    value_label: str = synced(t.Unicode("Cost & Share"))
    """Head of the column of figures."""
    bar_label: str = synced(t.Unicode("Distribution"))
    """Head of the column of bars."""
    share_suffix: str = synced(t.Unicode("of total"))
    """The words after each share."""
    rows: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The rows by rank, as the class describes them."""
    more: int = synced(t.Int(0))
    """The n of "Show all n"; 0 for no button."""
    all_rows: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """Every row, once the user asked for all."""
    expanded: bool = inbound(t.Bool(False), accept=validators.boolean)
    """Whether the user asked for all rows; set by a click."""
    selected: list[str] = inbound(
        t.List(t.Unicode()), accept=validators.texts(1000, 1000)
    )
    """The ids of the selected rows; set by a click."""
    reset: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the empty state was pressed."""
    loading: bool = synced(t.Bool(False))
    """Whether a skeleton stands in for the figures."""
    empty: dict[str, Any] = synced(t.Dict())
    """Why there is nothing to show (title, text) and the button's text (action)."""
    note: str = synced(t.Unicode())
    """One line below the table."""

    def __repr__(self) -> str:
        if self.empty:
            return f"ModelList({self.title!r}, {self.empty.get('title', '')!r})"
        heads = (self.title, self.subtitle, self.total)
        head = ", ".join(repr(text) for text in heads if text)
        rows = " | ".join(_row_text(row) for row in self.rows) or "no rows"
        return f"ModelList({head}: {rows})"


def _row_text(row: dict[str, Any]) -> str:
    return " ".join(str(row[key]) for key in _REPR_KEYS if row.get(key))
