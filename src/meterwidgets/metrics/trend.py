"""Usage over time: trends by a dimension, and the sparklines of cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import Amounts, columns_from_sums
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.buckets import (
    bucket_edges,
    bucket_for,
    not_finer_than_grain,
)
from meterwidgets.metrics.memoize import memoize
from meterwidgets.schema import MEASURES


@dataclass(frozen=True)
class Series:
    """One line of a trend: a value of a dimension over time.

    Attributes:
        id: The value; None means "not reported", or everything.
        name: The name to show.
        points: What each time bucket adds up to.
        members: How many values this line stands for; more than one for "Other".
    """

    id: str | None
    name: str
    points: tuple[Amounts, ...]
    members: int = 1


@dataclass(frozen=True)
class Trend:
    """Usage over time, from the first bucket with usage to the last.

    Attributes:
        bucket: minute, 15 minutes, hour, day, week or month.
        start: The start of each bucket, in UTC.
        series: By cost, then tokens, then name.
        end: The end of the last bucket, or of the window or the data inside it; None
            without usage.
        unfinished: Whether the window or the data end inside the last bucket.
    """

    bucket: str
    start: tuple[datetime, ...]
    series: tuple[Series, ...]
    end: datetime | None = None
    unfinished: bool = False


@memoize
def trend(
    selection: Selection,
    *,
    by: str | None = None,
    bucket: str | None = None,
    max_series: int | None = None,
) -> Trend:
    """Usage over time.

    Args:
        selection: What to draw.
        by: A dimension with a series per value, or None for one series.
        bucket: The time bucket; by default it follows from the span. One that is finer
            than the grain, or makes more than 300 points, gives way to the next one
            that does not: ``Trend.bucket`` says which it is.
        max_series: Of more series than this, the last is "Other", the sum of the rest.

    Raises:
        MeterError: When there is no such bucket.
    """
    window, tz = selection.window, selection.filters.tz
    grain_s = selection.frame.cube.grain_s
    bucket = bucket or bucket_for(window.end - window.start, grain_s)
    bucket = not_finer_than_grain(bucket, grain_s)
    if selection.span is None:
        return Trend(bucket, (), ())
    first, last = selection.span
    bucket, edges = bucket_edges(first, last + timedelta(seconds=grain_s), bucket, tz)
    # The window may begin or end inside a bucket.
    inner = [max(window.start, edges[0]), *edges[1:-1], min(window.end, edges[-1])]
    series = tuple(_series(selection, inner, by, max_series))
    end = min(inner[-1], selection.frame.as_of(tz))
    return Trend(bucket, tuple(edges[:-1]), series, end, end < edges[-1])


def _series(
    selection: Selection,
    edges: Sequence[datetime],
    by: str | None,
    max_series: int | None,
) -> Iterator[Series]:
    """The series between edges of time, the largest first, then "Other"."""
    cost_type = selection.filters.cost_type
    if by is None:
        sums = selection.over(edges)[None]
        points = columns_from_sums(sums, cost_type).to_list()
        yield Series(None, "Total", tuple(points))
        return
    rows = breakdown(selection, by).rows
    fits = max_series is None or len(rows) <= max_series
    shown = rows if fits or max_series is None else rows[: max_series - 1]
    others = rows[len(shown) :]
    # Summing over time for thousands of users costs much more than for a few.
    is_large = by not in selection.cube.names
    ids = [row.id for row in shown]
    sums_of = selection.over(edges, by, values=ids if is_large else None)
    for row in shown:
        points = columns_from_sums(sums_of[row.id], cost_type).to_list()
        yield Series(row.id, row.name, tuple(points))
    if not others:
        return
    if is_large:  # "Other" is the total without the top ones, which needs no users
        total = selection.over(edges)[None]
        tops = [sums_of[id_] for id_ in ids]
        rest = {m: total[m] - np.sum([top[m] for top in tops], 0) for m in total}
    else:
        rest = {m: np.sum([sums_of[row.id][m] for row in others], 0) for m in MEASURES}
    points = columns_from_sums(rest, cost_type).to_list()
    yield Series(None, f"Other ({len(others):,})", tuple(points), len(others))


_SPARKLINE_POINTS = 60
_SPARKLINE_MEASURES = tuple(
    measure.name for measure in MEASURES.values() if measure.in_sparklines
)


@memoize
def sparkline(selection: Selection) -> tuple[Amounts, ...]:
    """Usage over time in at most 60 finished buckets, without a breakdown.

    Returns:
        Amounts whose unknown costs and tokens count as 0: a picture, not a table.
    """
    window, tz = selection.window, selection.filters.tz
    if selection.span is None:
        return ()
    first, last = selection.span
    grain_s = selection.frame.cube.grain_s
    end = last + timedelta(seconds=grain_s)
    bucket = bucket_for(end - first, grain_s, _SPARKLINE_POINTS)
    _, edges = bucket_edges(first, end, bucket, tz, max_points=_SPARKLINE_POINTS)
    edges[0] = max(window.start, edges[0])
    if edges[-1] > min(window.end, selection.frame.as_of(tz)) and len(edges) > 2:
        edges.pop()
    edges[-1] = min(window.end, edges[-1])
    summed = selection.over(edges, measures=_SPARKLINE_MEASURES).get(None)
    if summed is None:
        return ()
    # Measures that are not summed count as 0, and what is unknown as reported.
    reported = ("priced", "requests_reported", "input_reported", "output_reported")
    constant = dict.fromkeys(MEASURES, 0) | dict.fromkeys(reported, 1)
    points = len(edges) - 1
    sums = {name: [value] * points for name, value in constant.items()} | summed
    return tuple(columns_from_sums(sums, selection.filters.cost_type).to_list())
