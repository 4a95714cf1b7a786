"""The body of a trend: everything but its areas, which the browser draws itself."""

from __future__ import annotations

from typing import Any

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import Traits, inbound, synced
from meterwidgets.widgets.trend_layout import SHAPES, Shape


def _brushed(value: object) -> object:
    """Accept the first and the last bucket of a brush, in order."""
    brush = _BRUSH(value)
    if brush["first"] > brush["last"]:  # type: ignore[index]
        raise ValueError("expected the first bucket before the last")
    return brush


_BRUSH = validators.record(
    n=validators.count, first=validators.count, last=validators.count
)


SCRIPT_FILES = (
    "trend_axes",
    "trend_tooltip",
    "trend_brush",
    "trend_overlay",
    "trend_areas",
)


class TrendTraits(Traits):
    """The traits that a `Trend` shares with its body."""

    title: str = synced(t.Unicode())
    """The heading."""
    subtitle: str = synced(t.Unicode())
    """A few words beside the heading: the measure, the bucket and the time zone."""
    ticks: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The labels that the x-axis may have: place, the index of a bucket, and text."""
    begun: str = synced(t.Unicode())
    """Why the first bucket is drawn pale and dashed; "" when all of it is covered."""
    unfinished: str = synced(t.Unicode())
    """Why the last bucket is drawn pale and dashed; "" when it is finished."""
    shape: Shape = inbound(t.Enum(SHAPES, "stacked"), accept=validators.text(10))
    """How the series stand together: stacked, lines or share."""
    shapes: list[Shape] = synced(t.List(t.Enum(SHAPES)))
    """The shapes that the user may choose from; a control from two up."""
    by: str = inbound(t.Unicode(), accept=validators.text(1000))
    """The key of the selected one of `choices`; set by a click."""
    choices: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The breakdowns to choose from, each a key and a label; a control from two up."""
    hidden: list[str] = inbound(t.List(t.Unicode()), accept=validators.texts(100, 1000))
    """The ids of the series that are off in the legend; set by a click."""
    brushable: bool = synced(t.Bool(False))
    """Whether a drag, or Enter twice, selects buckets."""
    brushed: dict[str, int] = inbound(t.Dict(), accept=_brushed)
    """The last brush: its number n, and the indices of its first and last bucket."""
    reset: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the empty state was pressed."""
    retry: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the error was pressed."""
    loading: bool = synced(t.Bool(False))
    """Whether a skeleton stands in for the figures."""
    empty: dict[str, Any] = synced(t.Dict())
    """Why there is nothing to show (title, text) and the button's text (action)."""
    error: dict[str, Any] = synced(t.Dict())
    """What went wrong (title, text) and the button's text (action)."""
    note: str = synced(t.Unicode())
    """One line below the plot."""


class TrendBody(MeterWidget, TrendTraits):
    """The heading, controls, legend, axes, tooltip and keyboard reading of a `Trend`.

    Examples:
        >>> body = TrendBody(title="Usage Trend")
        >>> body
        TrendBody('Usage Trend')
        >>> body.close()
    """

    _esm = script(*SCRIPT_FILES, "trend")

    legend: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """All series: id, name, color."""
    points: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The texts of each bucket's tooltip: label, values by visible series, total."""
    heights: list[list[float | None]] = synced(t.List(t.List()))
    """The y of the visible series' dots per bucket, from 0 to 1; None for no dot."""
    axis: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The ticks of the y-axis: at, from 0 to 1, text, and whether it is zero."""
    strides: list[list[int]] = synced(t.List(t.List(t.Int())))
    """The ways to thin out `ticks`, densest first, each a stride and an offset."""
    summary: str = synced(t.Unicode())
    """The trend in one sentence."""
    partial: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The buckets that are parts: place, and text, how much of it is covered."""
    export: int = inbound(t.Int(0), accept=validators.count)
    """How often the CSV file was asked for."""
    table: dict[str, Any] = synced(t.Dict())
    """The CSV file that was last asked for: n, the count in `export`, name and text."""

    def set_state(self, sync_data: object) -> None:
        """Take what the browser sent, as far as these series and choices allow it."""
        if isinstance(sync_data, dict):
            sync_data = {k: v for k, v in sync_data.items() if self._is_possible(k, v)}
        super().set_state(sync_data)

    def _is_possible(self, name: str, value: Any) -> bool:
        if name == "shape":
            return value in self.shapes
        if name == "by":
            return value in [choice.get("key") for choice in self.choices]
        if name == "hidden":
            ids = [line["id"] for line in self.legend]
            return isinstance(value, list) and not all(id_ in value for id_ in ids)
        if name == "brushed":
            last = value.get("last") if isinstance(value, dict) else None
            in_range = isinstance(last, int) and last < len(self.points)
            return in_range and self.brushable
        return True

    def __repr__(self) -> str:
        return f"TrendBody({self.title!r})"
