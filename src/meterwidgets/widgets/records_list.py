"""The most expensive requests behind a figure, and one line for all the others."""

from __future__ import annotations

from typing import Any

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, synced

_REPR_KEYS = ("time", "model", "value", "times", "share")


class RecordsList(MeterWidget):
    """List the requests behind a figure: the most expensive, and the rest in one line.

    It is collapsed until the user opens it; its owner then fills `rows`. Each row is
    a dict of texts: ``time``, ``model``, ``deployment`` (where it has another name),
    ``org``, ``user``, ``input`` and ``output`` (tokens), ``value``, ``times`` (its
    list price), ``share``, ``source`` (the file and row, on hover), and their exact
    values as ``time_title``, ``input_title``, ``output_title``, ``value_title`` and
    ``times_title``; ``flagged`` marks one that is far over its list price. Keys that
    are left out are empty.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> requests = RecordsList(total="$62.34", is_open=True, rows=[
        ...     {"time": "3:29 PM", "model": "qwen", "value": "$62.00",
        ...      "times": "9.1x", "share": "99.5%"}],
        ...     rest={"name": "3 more requests, together", "value": "$0.34"})
        >>> requests
        RecordsList('What made this', '$62.34': 3:29 PM qwen $62.00 9.1x 99.5% | \
3 more requests, together $0.34)
        >>> requests.close()
    """

    _esm = script("records_list")

    title: str = synced(t.Unicode("What made this"))
    """The heading."""
    subtitle: str = synced(t.Unicode())
    """The range of time of the requests."""
    total: str = synced(t.Unicode())
    """The figure that the rows and the rest add up to."""
    total_title: str = synced(t.Unicode())
    """The exact figure; shown on hover."""
    value_label: str = synced(t.Unicode("Cost"))
    """The measure that the requests are ranked by."""
    rows: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The most expensive first, as the class describes them."""
    rest: dict[str, Any] = synced(t.Dict())
    """The line for all the others: name, value, value_title, share."""
    empty: dict[str, Any] = synced(t.Dict())
    """Why there is nothing to show (title, text) and the button's text (action)."""
    is_open: bool = inbound(t.Bool(False), accept=validators.boolean)
    """Whether the list is open; set by a click."""
    called: int = synced(t.Int(0))
    """How often something else, such as a banner, led here; the focus moves here."""
    refresh: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the empty state was pressed."""

    def __repr__(self) -> str:
        if not self.is_open:
            return f"RecordsList({self.title!r}, folded)"
        if self.empty:
            return f"RecordsList({self.title!r}, {self.empty.get('title', '')!r})"
        lines = [_line(row, _REPR_KEYS) for row in self.rows]
        lines += [_line(self.rest, ("name", "value", "share"))] if self.rest else []
        text = " | ".join(lines) or "no requests"
        return f"RecordsList({self.title!r}, {self.total!r}: {text})"


def _line(row: dict[str, Any], keys: tuple[str, ...]) -> str:
    return " ".join(str(row[key]) for key in keys if row.get(key))
