"""Cost or tokens over time: areas or lines, a legend, and a reading of each bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import traitlets as t
from ipywidgets import Box

from meterwidgets.errors import MeterError, unknown
from meterwidgets.metrics import formats
from meterwidgets.widgets import trend_axes, trend_plot, trend_table
from meterwidgets.widgets.base import Guarded, card_classes, quiet_layout
from meterwidgets.widgets.trend_frame import FROM_FRAME, SHARED, TrendFrame

_OWN = ("times", "labels", "ticks", "series", "unit")
_DRAWN = frozenset({*_OWN, "title", "subtitle", "unfinished", "shape", "hidden"})


class Trend(Guarded, Box):  # type: ignore[misc]
    """Show how cost or tokens went over time, and by whom.

    Setting a trait draws it; set several under `hold_sync`, or with `update`: the
    frame gets one message, and each layer of the figure at most one. `brushed`,
    `by`, `shape` and `hidden` follow the reader:
    ``trend.observe(on_change, names="brushed")``.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.
        MeterError: If a series does not fit the times, or has an unknown colour.

    Examples:
        >>> from datetime import datetime
        >>> trend = Trend(title="Usage Trend", unit="USD",
        ...     times=[datetime(2026, 2, 21), datetime(2026, 2, 22)],
        ...     labels=["Sat, Feb 21, 2026", "Sun, Feb 22, 2026"],
        ...     series=[{"id": "q", "name": "qwen", "color": "c1",
        ...              "values": [90_000_000, 70_000_000]}])
        >>> trend
        Trend('Usage Trend', 2 points: qwen $0.16)
        >>> trend.close()
    """

    title = t.Unicode()
    subtitle = t.Unicode()
    times = t.List(t.Any())
    """The start of each bucket: naive wall clock in the zone of the display."""
    labels = t.List(t.Unicode())
    """The name of each bucket, as the tooltip heads it."""
    ticks = t.List(t.Dict())
    """The labels that the x-axis may have: place, of a bucket, and text."""
    series = t.List(t.Dict())
    """Largest first: id, name, color (a slot), values; None is not known."""
    unit = t.Unicode()
    """The currency of values in nano-units; "" for counts."""
    unfinished = t.Unicode()
    shape = t.Enum(trend_plot.SHAPES, "stacked")
    shapes = t.List(t.Enum(trend_plot.SHAPES))
    by = t.Unicode()
    choices = t.List(t.Dict())
    hidden = t.List(t.Unicode())
    brushable = t.Bool(False)
    brushed = t.Dict()
    reset = t.Int(0)
    retry = t.Int(0)
    loading = t.Bool(False)
    empty = t.Dict()
    error = t.Dict()
    note = t.Unicode()
    _frame: Any = None
    _figure: Any = None

    def __init__(self, **traits: Any) -> None:
        from meterwidgets.widgets import bq  # loads bqplot: only when one is made

        _check(traits)
        self._bq, self._held, self._stale = bq, 0, False
        box = quiet_layout()
        try:
            super().__init__(
                layout=box, _dom_classes=card_classes("mw-trend"), **traits
            )
        except BaseException:
            super().close()
            self._close_parts(box)
            raise
        self.observe(self._forward, names=[*SHARED, *_OWN])
        self._frame.observe(self._take, names=[*FROM_FRAME, "export"])

    def open(self) -> None:
        """Open the box with its parts, each drawn before its first message."""
        if self._frame is None:
            layers, drawn = self._plot()
            self._figure = self._bq.areas(*layers)
            shared = {name: getattr(self, name) for name in SHARED}
            self._frame = TrendFrame(**shared, **drawn)
            self.children = (self._frame, self._figure)
        super().open()

    def update(self, **traits: Any) -> None:
        """Set several traits; the frame gets one message, a layer at most one.

        Args:
            **traits: New values by trait name.

        Raises:
            TypeError: If a name is not a trait of this widget.
            MeterError: If a series does not fit the times, or has an unknown colour.
        """
        _check(traits)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Hold back messages of the frame and the figure until the end."""
        self._held += 1
        try:
            with super().hold_sync(), self._frame.hold_sync():
                yield
                if self._held == 1 and self._stale:
                    self._draw()
        finally:
            self._held -= 1

    def close(self) -> None:
        """Close the box and all that it made: frame, figure, marks, scales."""
        if self.comm is None:
            return
        layout = self.layout
        super().close()
        self._close_parts(layout)

    def __repr__(self) -> str:
        for state in (self.error, self.empty):
            if state:
                return f"Trend({self.title!r}, {state.get('title', '')!r})"
        sums = (
            f"{line.name} {trend_plot.text(trend_plot.total(line.values), self.unit)}"
            for line in self._shown(self._lines())
        )
        points = formats.plural(len(self.times), "point")
        return f"Trend({self.title!r}, {points}: {' | '.join(sums) or 'no series'})"

    def _close_parts(self, layout: Any) -> None:
        layout.close()
        if self._frame is not None:
            self._frame.close()
        if self._figure is not None:
            self._bq.close_figure(self._figure)

    def _forward(self, change: dict[str, Any]) -> None:
        name = change["name"]
        with self.hold_sync():
            if name in SHARED:
                setattr(self._frame, name, change["new"])
            self._stale = self._stale or name in _DRAWN

    def _take(self, change: dict[str, Any]) -> None:
        if change["name"] == "export":
            self._frame.table = trend_table.table(
                self._lines(), self.labels, unit=self.unit, title=self.title
            ) | {"n": change["new"]}
        else:
            setattr(self, change["name"], change["new"])

    def _lines(self) -> tuple[trend_plot.Line, ...]:
        if len(self.labels) != len(self.times):
            raise MeterError(
                f"{len(self.labels)} labels for {len(self.times)} times; give one each"
            )
        return trend_plot.lines(self.series, len(self.times))

    def _shown(self, lines: tuple[trend_plot.Line, ...]) -> tuple[Any, ...]:
        """The series that the legend has on; all, when it would be none."""
        return tuple(line for line in lines if line.id not in self.hidden) or lines

    def _draw(self) -> None:
        layers, drawn = self._plot()
        self._bq.update_areas(self._figure, *layers)
        self._frame.update(**drawn)
        self._stale = False

    def _plot(self) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """The layers of the figure, and what the frame says of them."""
        lines = self._lines()
        count = len(self.times)
        shown = trend_plot.plot(
            self._shown(lines),
            labels=self.labels,
            unit=self.unit,
            shape=self.shape,
            title=f"{self.title}: {self.subtitle}".removesuffix(": "),
        )
        slots = [line.color for line in shown.shown]
        filled = self.shape != "lines"
        solid, pale = (
            self._bq.Layer(*part, slots[::-1] if filled else slots, filled)
            if part[0]
            else self._bq.Layer()
            for part in trend_plot.parts(
                shown.rows, count, unfinished=bool(self.unfinished)
            )
        )
        return (solid, pale), {
            "legend": [{"id": x.id, "name": x.name, "color": x.color} for x in lines],
            "points": shown.points,
            "heights": shown.heights,
            "axis": shown.axis,
            "ticks": self.ticks,
            "strides": self._strides(),
            "summary": shown.summary,
        }

    def _strides(self) -> list[list[int]]:
        for tick in self.ticks:
            if not 0 <= tick["place"] < len(self.times):
                raise MeterError(
                    f"a tick at place {tick['place']} for {len(self.times)} times; "
                    "places count from 0"
                )
        at = [self.times[tick["place"]] for tick in self.ticks]
        seconds = [(time - at[0]).total_seconds() for time in at]
        clocks = [time.hour * 3600 + time.minute * 60 + time.second for time in at]
        return trend_axes.strides(seconds, clocks)


def _check(traits: dict[str, Any]) -> None:
    for name in traits:
        if name not in SHARED + _OWN:
            known = sorted(SHARED + _OWN)
            raise TypeError(f"Trend: {unknown('keyword', name, known)}")
