"""What of a trend the browser draws itself: words, axes, legend, reading."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets import trend_plot
from meterwidgets.widgets.base import MeterWidget, counter, script, text, texts


class _Shown(t.HasTraits):
    """The traits that `Trend` hands to its frame as they are."""

    title = t.Unicode().tag(sync=True)
    """The heading."""
    subtitle = t.Unicode().tag(sync=True)
    """A few words beside the heading: what is counted, per what, in which zone."""
    unfinished = t.Unicode().tag(sync=True)
    """Why the last bucket is drawn pale and dashed; "" when it is finished."""
    shape = t.Enum(trend_plot.SHAPES, "stacked").tag(sync=True, echo_update=False)
    """How the series stand together: stacked, lines or share."""
    shapes = t.List(t.Enum(trend_plot.SHAPES)).tag(sync=True)
    """The shapes that the reader may choose from; a control from two up."""
    by = t.Unicode().tag(sync=True, echo_update=False)
    """The key of the chosen one of `choices`; set by a click."""
    choices = t.List(t.Dict()).tag(sync=True)
    """What the series may be: key and label each; a control from two up."""
    hidden = t.List(t.Unicode()).tag(sync=True, echo_update=False)
    """The ids of the series that the legend has off; set by a click."""
    brushable = t.Bool(False).tag(sync=True)
    """Whether a drag, or Enter twice, chooses buckets."""
    brushed = t.Dict().tag(sync=True, echo_update=False)
    """The last choice of buckets: n counts them, first and last are places."""
    reset = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the empty state was pressed."""
    retry = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the error was pressed."""
    loading = t.Bool(False).tag(sync=True)
    """Whether a skeleton stands in place of the figures."""
    empty = t.Dict().tag(sync=True)
    """Why there is nothing (title, text) and the button's text (action)."""
    error = t.Dict().tag(sync=True)
    """What went wrong (title, text) and the button's text (action)."""
    note = t.Unicode().tag(sync=True)
    """One line below the plot."""


SHARED = tuple(_Shown.class_own_traits())
FROM_FRAME = ("shape", "by", "hidden", "brushed", "reset", "retry")


def _brushed(value: object) -> dict[str, int]:
    """Accept the places of a first and a last bucket."""
    if not isinstance(value, dict) or set(value) != {"n", "first", "last"}:
        raise ValueError("expected n, first and last")
    found = {key: counter(value[key]) for key in ("n", "first", "last")}
    if found["first"] > found["last"]:
        raise ValueError("expected the first bucket before the last")
    return found


class TrendFrame(MeterWidget, _Shown):
    """All of a `Trend` but its areas: words, axes, legend, tooltip and keyboard.

    Examples:
        >>> frame = TrendFrame(title="Usage Trend")
        >>> frame
        TrendFrame('Usage Trend')
        >>> frame.close()
    """

    _esm = script("trend_plot", "trend")
    inbound: ClassVar = {
        "shape": text(10),
        "by": text(1000),
        "hidden": texts(100, 1000),
        "brushed": _brushed,
        "reset": counter,
        "retry": counter,
        "export": counter,
    }

    legend = t.List(t.Dict()).tag(sync=True)
    """All series: id, name, color."""
    points = t.List(t.Dict()).tag(sync=True)
    """The tooltip of each bucket: label, values of the shown series, total."""
    heights = t.List(t.List()).tag(sync=True)
    """Where the shown series' dots are in each bucket, from 0 to 1; None for none."""
    axis = t.List(t.Dict()).tag(sync=True)
    """The ticks of the y-axis: at, from 0 to 1, text, and whether it is zero."""
    ticks = t.List(t.Dict()).tag(sync=True)
    """The labels that the x-axis may have: place and text."""
    strides = t.List(t.List(t.Int())).tag(sync=True)
    """Which of them may stay where there is less room: every k-th from the r-th on."""
    summary = t.Unicode().tag(sync=True)
    """The trend in one line."""
    export = t.Int(0).tag(sync=True, echo_update=False)
    """How often the table was asked for."""
    table = t.Dict().tag(sync=True)
    """The table that was asked for last: n, as `export` counts, name and text."""

    def set_state(self, sync_data: object) -> None:
        """Take of what the browser sent what these series and choices allow."""
        if isinstance(sync_data, dict):
            sync_data = {k: v for k, v in sync_data.items() if self._possible(k, v)}
        super().set_state(sync_data)

    def _possible(self, name: str, value: Any) -> bool:
        if name == "shape":
            return value in self.shapes
        if name == "by":
            return value in [choice.get("key") for choice in self.choices]
        if name == "hidden":
            ids = [one["id"] for one in self.legend]
            return isinstance(value, list) and not all(key in value for key in ids)
        if name == "brushed":
            last = value.get("last") if isinstance(value, dict) else None
            inside = isinstance(last, int) and last < len(self.points)
            return inside and bool(self.brushable)
        return True

    def __repr__(self) -> str:
        return f"TrendFrame({self.title!r})"
