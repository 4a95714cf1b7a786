"""The trends: cost or tokens over time, an area per value of a dimension."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.buckets import edges
from meterwidgets.metrics.text import times
from meterwidgets.metrics.trend import Series, Trend
from meterwidgets.metrics.trend import trend as trend_of
from meterwidgets.present.filters.chosen import EmptyState, empty_state
from meterwidgets.present.sections.breakdowns import MOST_ROWS, slots_in
from meterwidgets.present.vocabulary import values
from meterwidgets.present.vocabulary.colors import Slots

TITLES: dict[UsageMeasure, str] = {
    "cost": "Token Usage Cost Trend",
    "tokens": "Token Count Trend",
}
SEGMENTS = {"deployment": "Deployment", "model": "Model"}
"""The dimensions that a reader can switch between."""
SHAPES: Final = ("stacked", "lines", "share")
"""How several areas stand together."""
CHOICES = {"by": tuple(SEGMENTS), "shape": SHAPES}
"""Trait of a trend -> the values that a reader can give it."""


class Tick(TypedDict):
    """A mark of the time axis: the place of its bucket, and its text."""

    place: int
    text: str


class TrendSeries(TypedDict):
    """One area: its values, None where they are unknown."""

    id: str
    name: str
    color: str
    values: list[int | None]


class TrendTraits(TypedDict):
    """Usage over time as `widgets.Trend` draws it."""

    subtitle: str
    times: list[datetime]
    labels: list[str]
    ticks: list[Tick]
    series: list[TrendSeries]
    unit: str
    begun: str
    unfinished: str
    empty: EmptyState


def trend(
    selection: Selection,
    measure: UsageMeasure,
    by: str,
    slots: Slots,
    *,
    brief: bool = False,
) -> TrendTraits:
    """Cost or tokens over time.

    Args:
        selection: What to draw.
        measure: "cost", or "tokens"; where nothing is priced it is tokens.
        by: A dimension: an area per value, up to eight.
        slots: Value -> its colour slot, in the order of the whole ledger.
        brief: Whether the subtitle leaves out the bucket and the zone.
    """
    over_time = trend_of(selection, by=by, max_series=MOST_ROWS)
    tz, bucket = selection.filters.tz, over_time.bucket
    priced = not over_time.series or any(
        _reports(each, "cost") for each in over_time.series
    )
    drawn_measure: UsageMeasure = "cost" if measure == "cost" and priced else "tokens"
    per_bucket = "over time" if brief else f"per {bucket}, {tz}"
    unpriced = "" if measure == drawn_measure else ", as nothing is priced"
    unknown = _unknown_buckets(over_time.series, drawn_measure)
    slots = slots_in(selection, by, slots)
    ticks = times.axis_labels(over_time.start, bucket, tz) if over_time.start else []
    unfinished = over_time.end if over_time.unfinished else None
    here = ZoneInfo(tz)
    return {
        "subtitle": f"{drawn_measure.capitalize()} {per_bucket}{unpriced}",
        "times": [
            start.astimezone(here).replace(tzinfo=None) for start in over_time.start
        ],
        "labels": [times.bucket_label(start, bucket, tz) for start in over_time.start],
        "ticks": [{"place": place, "text": text} for place, text in ticks],
        "series": [
            _series(series, drawn_measure, slots, unknown)
            for series in over_time.series
        ],
        "unit": (selection.currency or "") if drawn_measure == "cost" else "",
        "unfinished": times.unfinished_until(unfinished, bucket, tz)
        if unfinished
        else "",
        "begun": _begun(selection, over_time),
        "empty": empty_state(selection, len(over_time.start)),
    }


def _begun(selection: Selection, over_time: Trend) -> str:
    """From when on the first bucket is covered, where that is a part of it."""
    if not over_time.is_first_partial:
        return ""
    start = max(selection.window.start, selection.frame.coverage.first)
    return times.begun_from(start, over_time.bucket, selection.filters.tz)


def _series(
    series: Series, measure: UsageMeasure, slots: Slots, unknown: Container[int]
) -> TrendSeries:
    """One area; usage without the figure is unknown, no usage is 0."""
    is_other = series.members > 1
    reported = _reports(series, measure)
    return {
        "id": "other" if is_other else values.encode(series.id),
        "name": series.name,
        "color": "other" if is_other else slots.get(series.id, "other"),
        "values": [
            getattr(point, measure) if reported and place not in unknown else None
            for place, point in enumerate(series.points)
        ],
    }


def _reports(series: Series, measure: UsageMeasure) -> bool:
    """Whether any usage of a series has such a figure."""
    return any(
        getattr(point, measure) is not None for point in series.points if point.records
    )


def _unknown_buckets(series: Sequence[Series], measure: UsageMeasure) -> set[int]:
    """The places of buckets whose usage has no such figure at all."""
    unknown = set()
    for place, points in enumerate(zip(*(each.points for each in series), strict=True)):
        figures = [getattr(point, measure) for point in points if point.records]
        if figures and all(figure is None for figure in figures):
            unknown.add(place)
    return unknown


def brushed_filters(
    selection: Selection, by: str, brushed: Mapping[str, int]
) -> Filters:
    """The filters that a drag over a trend means: its buckets, inside the window.

    Args:
        selection: What is drawn.
        by: The dimension that it is drawn by.
        brushed: The places of the ``first`` and the ``last`` bucket.

    Raises:
        MeterError: When there are no such buckets.
    """
    over_time = trend_of(selection, by=by, max_series=MOST_ROWS)
    first, last = brushed["first"], brushed["last"]
    if not 0 <= first <= last < len(over_time.start):
        raise MeterError("that part of the trend is gone; drag again")
    window, tz = selection.window, selection.filters.tz
    last_start = over_time.start[last]
    second = timedelta(seconds=1)
    last_end = edges(last_start, last_start + second, over_time.bucket, tz)[-1]
    return selection.filters.replace(
        preset="custom",
        start=max(over_time.start[first], window.start),
        end=min(last_end, window.end),
    )
