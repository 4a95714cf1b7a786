"""Cost or tokens over time: areas or lines, a legend, and a reading of each bucket."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, ClassVar

import traitlets as t
from ipywidgets import Box

from meterwidgets.errors import MeterError, unknown
from meterwidgets.metrics import formats
from meterwidgets.widgets import trend_plot
from meterwidgets.widgets.base import (
    Guarded,
    MeterWidget,
    card_classes,
    counter,
    quiet_layout,
    script,
    text,
    texts,
)


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


_SHARED = tuple(_Shown.class_own_traits())
_FROM_FRAME = ("shape", "by", "hidden", "brushed", "reset", "retry")
_OWN = ("times", "labels", "ticks", "series", "unit")
_DRAWN = frozenset({*_OWN, "title", "subtitle", "unfinished", "shape", "hidden"})


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

    def __init__(self, **traits: Any) -> None:
        from meterwidgets.widgets import bq  # brings pandas: only when one is made

        _check(traits)
        self._bq, self._frame, self._figure = bq, TrendFrame(), bq.areas()
        self._held, self._stale = 0, True
        box = quiet_layout()
        try:
            super().__init__(
                children=(self._frame, self._figure),
                layout=box,
                _dom_classes=card_classes("mw-trend"),
                **traits,
            )
            with self.hold_sync():
                for name in _SHARED:
                    setattr(self._frame, name, getattr(self, name))
        except BaseException:
            super().close()
            self._close_parts(box)
            raise
        self.observe(self._forward, names=[*_SHARED, *_OWN])
        self._frame.observe(self._take, names=[*_FROM_FRAME, "export"])

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
        self._frame.close()
        self._bq.close_figure(self._figure)

    def _forward(self, change: dict[str, Any]) -> None:
        name = change["name"]
        with self.hold_sync():
            if name in _SHARED:
                setattr(self._frame, name, change["new"])
            self._stale = self._stale or name in _DRAWN

    def _take(self, change: dict[str, Any]) -> None:
        if change["name"] == "export":
            self._frame.table = self._table(change["new"])
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
        self._bq.update_areas(self._figure, solid, pale)
        self._frame.update(
            legend=[{"id": x.id, "name": x.name, "color": x.color} for x in lines],
            points=shown.points,
            heights=shown.heights,
            axis=shown.axis,
            ticks=self.ticks,
            strides=self._strides(),
            summary=shown.summary,
        )
        self._stale = False

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
        return trend_plot.strides(seconds, clocks)

    def _table(self, n: int) -> dict[str, Any]:
        """The exact values as CSV text; asked for by a click, never sent before."""
        lines = self._lines()
        out = StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        names = [*(line.name for line in lines), "Total"]
        unit = f" ({self.unit})" if self.unit else ""
        writer.writerow(["Time", *(_harmless(f"{name}{unit}") for name in names)])
        for i, label in enumerate(self.labels):
            values = [line.values[i] for line in lines]
            exact = [self._exact(x) for x in (*values, trend_plot.total(values))]
            writer.writerow([_harmless(label), *exact])
        return {"n": n, "name": f"{self.title or 'Trend'}.csv", "text": out.getvalue()}

    def _exact(self, value: trend_plot.Value) -> str:
        if value is None:
            return ""
        if self.unit:
            return formats.decimal_text(value) or ""
        return formats.count_exact(value).replace(",", "")


def _check(traits: dict[str, Any]) -> None:
    for name in traits:
        if name not in _SHARED + _OWN:
            known = sorted(_SHARED + _OWN)
            raise TypeError(f"Trend: {unknown('keyword', name, known)}")


def _harmless(name: str) -> str:
    """Names come from outside; a spreadsheet must not run them.

    Examples:
        >>> _harmless("=HYPERLINK(1)"), _harmless("qwen")
        ("'=HYPERLINK(1)", 'qwen')
    """
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else name
