"""Usage over time: trends by a dimension, and the sparklines of cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from meterwidgets.frame.selection import Selection
from meterwidgets.measures import MEASURES
from meterwidgets.metrics.amount_columns import columns_from_sums
from meterwidgets.metrics.amounts import UNKNOWN, Amounts
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.buckets import (
    bucket_edges,
    bucket_for,
    not_finer_than_grain,
)
from meterwidgets.metrics.memoize import memoize


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
    """Usage over time, over the chosen range.

    Of one day, and of the whole ledger, from the first bucket with usage to the last.

    Attributes:
        bucket: minute, 15 minutes, hour, day, week or month.
        start: The start of each bucket, in UTC.
        series: By cost, then tokens, then name.
        end: The end of the last bucket that was seen, or of the window or the covered
            time inside it; None without usage.
        unfinished: Whether the window or the covered time end inside that bucket.
        is_first_partial: Whether they begin inside the first bucket that was seen.
    """

    bucket: str
    start: tuple[datetime, ...]
    series: tuple[Series, ...]
    end: datetime | None = None
    unfinished: bool = False
    is_first_partial: bool = False


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
    start, end = _axis(selection)
    bucket = bucket or bucket_for(window.end - window.start, _finest_s(selection))
    bucket = not_finer_than_grain(bucket, _finest_s(selection))
    if selection.span is None or end <= start:
        return Trend(bucket, (), ())
    bucket, edges = bucket_edges(start, end, bucket, tz)
    # The window may begin or end inside a bucket.
    inner = [max(window.start, edges[0]), *edges[1:-1], min(window.end, edges[-1])]
    series = tuple(_series(selection, inner, by, max_series))
    seen = _seen(selection, edges)
    if not seen:  # usage that is dated in the future
        return Trend(bucket, tuple(edges[:-1]), series, inner[-1])
    series = tuple(_only_seen(line, seen) for line in series)
    first, last = edges[seen.start], edges[seen.stop]
    coverage = selection.frame.coverage
    end = min(last, window.end, coverage.end)
    return Trend(
        bucket,
        tuple(edges[:-1]),
        series,
        end,
        unfinished=end < last,
        is_first_partial=first < max(window.start, coverage.first),
    )


def _axis(selection: Selection) -> tuple[datetime, datetime]:
    """The range of time that a trend is drawn over.

    Source: METRICS, "Coverage", axis.
    """
    window = selection.window
    is_day = window.days is not None and window.days[0] == window.days[1]
    if selection.span is None or not (is_day or selection.filters.preset == "all"):
        return window.start, window.end
    first, last = selection.span
    return first, last + timedelta(seconds=selection.frame.cube.grain_s)


def _seen(selection: Selection, edges: Sequence[datetime]) -> range:
    """The places of the buckets of which the ledger covers something."""
    coverage = selection.frame.coverage
    places = [
        place
        for place, (start, end) in enumerate(pairwise(edges))
        if start < coverage.end and end > coverage.first
    ]
    return range(places[0], places[-1] + 1) if places else range(0)


def _only_seen(series: Series, seen: range) -> Series:
    """A series whose buckets without coverage are unknown, where they have no usage."""
    points = tuple(
        point if place in seen or point.records else UNKNOWN
        for place, point in enumerate(series.points)
    )
    return replace(series, points=points)


def _series(
    selection: Selection,
    edges: Sequence[datetime],
    by: str | None,
    max_series: int | None,
) -> Iterator[Series]:
    """The series between edges of time, the largest first, then "Other"."""
    cost_type = selection.filters.cost_type
    if by is None:
        sums = selection.sums_between(edges)[None]
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
    sums_of = selection.sums_between(edges, by, values=ids if is_large else None)
    for row in shown:
        points = columns_from_sums(sums_of[row.id], cost_type).to_list()
        yield Series(row.id, row.name, tuple(points))
    if not others:
        return
    if is_large:  # "Other" is the total without the top ones, which needs no users
        total = selection.sums_between(edges)[None]
        tops = [sums_of[id_] for id_ in ids]
        rest = {m: total[m] - np.sum([top[m] for top in tops], 0) for m in total}
    else:
        rest = {m: np.sum([sums_of[row.id][m] for row in others], 0) for m in MEASURES}
    points = columns_from_sums(rest, cost_type).to_list()
    yield Series(None, f"Other ({len(others):,})", tuple(points), len(others))


def _finest_s(selection: Selection) -> int:
    """Seconds of the finest bucket that a trend may have."""
    return max(selection.frame.cube.grain_s, selection.known_bucket_s)


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
    end = last + timedelta(seconds=selection.frame.cube.grain_s)
    bucket = bucket_for(end - first, _finest_s(selection), _SPARKLINE_POINTS)
    _, edges = bucket_edges(first, end, bucket, tz, max_points=_SPARKLINE_POINTS)
    coverage = selection.frame.coverage
    # A part of a bucket never looks like a fall, nor like a rise.
    if edges[-1] > min(window.end, coverage.end) and len(edges) > 2:
        edges.pop()
    if edges[0] < max(window.start, coverage.first) and len(edges) > 2:
        edges.pop(0)
    edges[0], edges[-1] = max(window.start, edges[0]), min(window.end, edges[-1])
    summed = selection.sums_between(edges, measures=_SPARKLINE_MEASURES).get(None)
    if summed is None:
        return ()
    # Measures that are not summed count as 0, and what is unknown as reported.
    reported = ("priced", "requests_reported", "input_reported", "output_reported")
    constant = dict.fromkeys(MEASURES, 0) | dict.fromkeys(reported, 1)
    points = len(edges) - 1
    sums = {name: [value] * points for name, value in constant.items()} | summed
    return tuple(columns_from_sums(sums, selection.filters.cost_type).to_list())
