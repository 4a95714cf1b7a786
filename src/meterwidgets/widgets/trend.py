"""Cost or tokens over time: areas or lines, a legend, and a tooltip per bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import traitlets as t

from meterwidgets.errors import MeterError
from meterwidgets.metrics.text import formats
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.composite import Composite
from meterwidgets.widgets.traits import local
from meterwidgets.widgets.trend_body import TrendBody, TrendTraits
from meterwidgets.widgets.trend_csv import csv_file
from meterwidgets.widgets.trend_layout import lay_out
from meterwidgets.widgets.trend_segments import Partial, known_places, split_partial
from meterwidgets.widgets.trend_series import (
    Series,
    figure_text,
    parse_series,
    sum_known,
)
from meterwidgets.widgets.trend_ticks import label_strides

if TYPE_CHECKING:
    from meterwidgets.widgets.bqplot_figures import Layer


class Trend(Composite, TrendTraits):
    """Show cost or tokens over time, by series.

    Setting a trait redraws it; set several under `hold_sync`, or with `update`: the
    body gets one message, and each layer of the figure at most one. `brushed`, `by`,
    `shape` and `hidden` follow the user:
    ``trend.observe(on_change, names="brushed")``.

    Raises:
        TypeError: If a keyword is not a trait.
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

    css_class: ClassVar = "mw-trend"
    figure_traits: ClassVar = frozenset(
        {"times", "labels", "ticks", "series", "unit"}
        | {"title", "subtitle", "unfinished", "begun", "shape", "hidden"}
    )

    times: list[Any] = local(t.List(t.Any()))
    """The start of each bucket: naive wall clock in the display zone."""
    labels: list[str] = local(t.List(t.Unicode()))
    """The name of each bucket, which heads its tooltip."""
    series: list[dict[str, Any]] = local(t.List(t.Dict()))
    """Largest first: id, name, color (a slot), values; None is unknown."""
    unit: str = local(t.Unicode())
    """The currency of values in nano-units; "" for counts."""

    def __repr__(self) -> str:
        for state in (self.error, self.empty):
            if state:
                return f"Trend({self.title!r}, {state.get('title', '')!r})"
        sums = (
            f"{line.name} {figure_text(sum_known(line.values), self.unit)}"
            for line in self._visible(self._parsed())
        )
        points = formats.plural(len(self.times), "point")
        return f"Trend({self.title!r}, {points}: {' | '.join(sums) or 'no series'})"

    def _make_parts(self) -> tuple[MeterWidget, Any]:
        from meterwidgets.widgets.bqplot_figures import AreaFigure  # slow to load

        layers, drawn = self._lay_out()
        figure = AreaFigure(*layers)
        return TrendBody(**self._shared_values(TrendBody), **drawn), figure

    def _draw(self) -> None:
        layers, drawn = self._lay_out()
        self._figure.draw(*layers)
        self._body.update(**drawn)

    def _from_body(self, change: t.Bunch) -> None:
        if change.name != "export":
            super()._from_body(change)
            return
        file = csv_file(self._parsed(), self.labels, unit=self.unit, title=self.title)
        self._body.table = {**file, "n": change.new}

    def _parsed(self) -> tuple[Series, ...]:
        if len(self.labels) != len(self.times):
            raise MeterError(
                f"{len(self.labels)} labels for {len(self.times)} times; give one each"
            )
        return parse_series(self.series, len(self.times))

    def _visible(self, series: tuple[Series, ...]) -> tuple[Series, ...]:
        """Return the series that are on in the legend; all if none would be."""
        return tuple(line for line in series if line.id not in self.hidden) or series

    def _lay_out(self) -> tuple[tuple[Layer, Layer], dict[str, Any]]:
        """Return the layers of the figure, and the body's traits that depend on it."""
        from meterwidgets.widgets.bqplot_figures import Layer

        series = self._parsed()
        visible = self._visible(series)
        layout = lay_out(
            visible,
            labels=self.labels,
            unit=self.unit,
            shape=self.shape,
            title=f"{self.title}: {self.subtitle}".removesuffix(": "),
        )
        slots = [line.color for line in visible]
        filled = self.shape != "lines"
        below = [slots[place] for place in layout.below]
        slots = slots[::-1] if filled else slots
        known = known_places(series)
        partial = Partial(
            first=bool(self.begun), last=bool(self.unfinished), known=known
        )
        solid, pale = (
            Layer(x, rows, slots, filled, below) if x else Layer()
            for x, rows in split_partial(layout.rows, len(self.times), partial)
        )
        return (solid, pale), {
            "legend": [{"id": x.id, "name": x.name, "color": x.color} for x in series],
            "points": layout.points,
            "heights": layout.heights,
            "axis": layout.axis,
            "strides": self._strides(),
            "summary": layout.summary,
            "partial": [
                {"place": known.start, "text": self.begun},
                {"place": known.stop - 1, "text": self.unfinished},
            ],
        }

    def _strides(self) -> list[list[int]]:
        for tick in self.ticks:
            if not 0 <= tick["place"] < len(self.times):
                raise MeterError(
                    f"a tick at place {tick['place']} for {len(self.times)} times; "
                    "places count from 0"
                )
        times = [self.times[tick["place"]] for tick in self.ticks]
        seconds = [(time - times[0]).total_seconds() for time in times]
        clocks = [time.hour * 3600 + time.minute * 60 + time.second for time in times]
        return label_strides(seconds, clocks)
