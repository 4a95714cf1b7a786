"""The trends: cost or tokens over time, an area per value of a dimension."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import times
from meterwidgets.metrics.buckets import edges
from meterwidgets.metrics.trend import Series, Trend
from meterwidgets.metrics.trend import trend as over_time
from meterwidgets.present.donuts import SHOWN, slots_of
from meterwidgets.present.words import Colors, Traits, empty_state, key

TITLES = {"cost": "Token Usage Cost Trend", "tokens": "Token Count Trend"}
WORDS = {"cost": "Cost", "tokens": "Tokens"}
SEGMENTS = {"deployment": "Deployment", "model": "Model"}
"""What a reader can choose an area for."""
SHAPES: Final = ("stacked", "lines", "share")
"""How several areas stand together."""
CHOICES = {"by": tuple(SEGMENTS), "shape": SHAPES}
"""What a reader can choose of a trend, and among what."""


def trend(
    selection: Selection, measure: str, by: str, colors: Colors, *, brief: bool = False
) -> Traits:
    """Cost or tokens over time.

    Args:
        selection: What to draw.
        measure: "cost", or "tokens"; where nothing is priced it is tokens.
        by: A dimension: an area per value, up to eight.
        colors: Value -> its colour slot, in the order of the whole ledger.
        brief: Whether the words beside the heading leave out per what, and the zone.
    """
    found = over_time(selection, by=by, max_series=SHOWN)
    priced = not found.series or any(_known(each, "cost") for each in found.series)
    drawn = "cost" if measure == "cost" and priced else "tokens"
    unknown = _unknown(found.series, drawn)
    unpriced = ", as nothing is priced" if measure != drawn else ""
    tz = selection.filters.tz
    slots = slots_of(selection, by, colors)
    ticks = times.axis_labels(found.start, found.bucket, tz) if found.start else []
    here = ZoneInfo(tz)
    words = "over time" if brief else f"per {found.bucket}, {tz}"
    return {
        "subtitle": f"{WORDS[drawn]} {words}{unpriced}",
        "times": [start.astimezone(here).replace(tzinfo=None) for start in found.start],
        "labels": [
            times.bucket_label(start, found.bucket, tz) for start in found.start
        ],
        "ticks": [{"place": place, "text": text} for place, text in ticks],
        "series": [_series(series, drawn, slots, unknown) for series in found.series],
        "unit": (selection.currency or "") if drawn == "cost" else "",
        "unfinished": times.unfinished_until(found.end, found.bucket, tz)
        if found.end and found.unfinished
        else "",
        **empty_state(selection, len(found.start)),
    }


def _series(
    series: Series, measure: str, slots: Colors, unknown: Container[int]
) -> Traits:
    other = series.members > 1
    values = [getattr(point, measure) for point in series.points]
    return {
        "id": "other" if other else key(series.id),
        "name": series.name,
        "color": "other" if other else slots.get(series.id, "other"),
        "values": [None if i in unknown else value for i, value in enumerate(values)]
        if _known(series, measure)
        else [None] * len(values),
    }


def _known(series: Series, measure: str) -> bool:
    """Whether any usage of a series has such a figure: no usage is 0, not unknown."""
    found = [getattr(point, measure) for point in series.points if point.records]
    return any(value is not None for value in found)


def _unknown(series: Sequence[Series], measure: str) -> set[int]:
    """The buckets whose usage has no such figure at all: it is unknown, not 0."""
    found = set()
    for place, points in enumerate(zip(*(each.points for each in series), strict=True)):
        used = [getattr(point, measure) for point in points if point.records]
        if used and all(value is None for value in used):
            found.add(place)
    return found


def brushed(selection: Selection, by: str, asked: Any) -> Filters:
    """The filters that a drag over a trend means: its buckets, inside the window.

    Args:
        selection: What is drawn.
        by: The dimension that it is drawn by.
        asked: The places of the ``first`` and the ``last`` bucket.

    Raises:
        MeterError: When there are no such buckets.
    """
    found: Trend = over_time(selection, by=by, max_series=SHOWN)
    first, last = asked["first"], asked["last"]
    if not 0 <= first <= last < len(found.start):
        raise MeterError("that part of the trend is gone; drag again")
    window, tz = selection.window, selection.filters.tz
    close = edges(
        found.start[last], found.start[last] + timedelta(seconds=1), found.bucket, tz
    )[-1]
    start: datetime = max(found.start[first], window.start)
    return selection.filters.replace(
        preset="custom", start=start, end=min(close, window.end)
    )
