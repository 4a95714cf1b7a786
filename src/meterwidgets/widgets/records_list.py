"""The dearest requests behind a figure, and one line that all the others make."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets.base import MeterWidget, counter, flag, script

_SHOWN = ("time", "model", "value", "times", "share")


class RecordsList(MeterWidget):
    """List what a figure is made of: a few requests, and the rest in one line.

    It is folded until its reader asks; whoever made it then fills `rows`. Each row is
    a dict of texts: ``time``, ``model``, ``deployment`` (where it has another name),
    ``org``, ``user``, ``input`` and ``output`` (tokens), ``value``, ``times`` (its
    list price), ``share``, ``source`` (the file and row, on hover), and their exact
    values as ``time_title``, ``input_title``, ``output_title``, ``value_title`` and
    ``times_title``; ``flagged`` marks one that is far over its list price. What is
    left out is empty.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

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
    inbound: ClassVar = {"is_open": flag, "refresh": counter}

    title = t.Unicode("What made this").tag(sync=True)
    """The heading."""
    subtitle = t.Unicode().tag(sync=True)
    """What the requests are of: the range of time."""
    total = t.Unicode().tag(sync=True)
    """The figure that rows and rest add up to."""
    total_title = t.Unicode().tag(sync=True)
    """The exact figure; shown on hover."""
    value_label = t.Unicode("Cost").tag(sync=True)
    """What the requests are ranked by."""
    rows = t.List(t.Dict()).tag(sync=True)
    """The dearest first, as the class describes them."""
    rest = t.Dict().tag(sync=True)
    """The line of all the others: name, value, value_title, share."""
    empty = t.Dict().tag(sync=True)
    """Why there are none (title, text) and the button's text (action)."""
    is_open = t.Bool(False).tag(sync=True, echo_update=False)
    """Whether the reader asked for them; set by a click."""
    called = t.Int(0).tag(sync=True)
    """How often something else, such as a banner, led here; the focus follows."""
    refresh = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the empty state was pressed."""

    def __repr__(self) -> str:
        if not self.is_open:
            return f"RecordsList({self.title!r}, folded)"
        if self.empty:
            return f"RecordsList({self.title!r}, {self.empty.get('title', '')!r})"
        lines = [_line(row, _SHOWN) for row in self.rows]
        lines += [_line(self.rest, ("name", "value", "share"))] if self.rest else []
        shown = " | ".join(lines) or "no requests"
        return f"RecordsList({self.title!r}, {self.total!r}: {shown})"


def _line(row: dict[str, Any], keys: tuple[str, ...]) -> str:
    return " ".join(str(row[key]) for key in keys if row.get(key))
