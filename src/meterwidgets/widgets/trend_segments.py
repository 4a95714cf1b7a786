"""The segments of a trend: solid where a bucket is whole, pale where it is a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan

from meterwidgets.widgets.trend_series import Series

Rows = list[list[float]]
Segment = tuple[list[float], Rows]
"""The x of its points, and the y of each line there."""
_BAR_HALF_WIDTH = 0.06  # of a single bucket's bar, as a fraction of the plot's width


@dataclass(frozen=True, kw_only=True)
class Partial:
    """Which of the known buckets of a trend are only partly covered.

    Attributes:
        first: Whether the first one is.
        last: Whether the last one is.
        known: The buckets to draw: nothing is said of the time around them.
    """

    first: bool = False
    last: bool = False
    known: slice = field(default_factory=lambda: slice(None))


def bucket_positions(count: int) -> list[float]:
    """Return the x of each bucket, from 0 at the left to 1 at the right.

    Examples:
        >>> bucket_positions(3), bucket_positions(1)
        ([0.0, 0.5, 1.0], [0.5])
    """
    return [0.5] if count == 1 else [i / (count - 1) for i in range(count)]


def known_places(series: Sequence[Series]) -> slice:
    """Return the buckets from the first to the last one of which anything is known.

    Examples:
        >>> known_places([Series("a", "A", "c1", (None, 1, None, 2, None))])
        slice(1, 4, None)
    """
    columns = enumerate(zip(*(line.values for line in series), strict=True))
    known = [i for i, values in columns if any(v is not None for v in values)]
    return slice(known[0], known[-1] + 1) if known else slice(0, 0)


def split_partial(
    rows: Sequence[Sequence[float]], count: int, partial: Partial
) -> tuple[Segment, Segment]:
    """Split rows into the whole buckets and the segments to the partial ones.

    A single bucket becomes a bar of two points, as bqplot squeezes rows of one.

    Args:
        rows: The rows of all buckets.
        count: How many buckets there are.
        partial: Which of them are parts.

    Returns:
        The solid segment, then the pale one, which has a gap of NaN where it consists
        of both ends; either may be empty.

    Examples:
        >>> split_partial([[1, 2, 3]], 3, Partial(last=True))
        (([0.0, 0.5], [[1, 2]]), ([0.5, 1.0], [[2, 3]]))
        >>> split_partial([[1]], 1, Partial())
        (([0.44, 0.56], [[1, 1]]), ([], []))
        >>> known = slice(1, 3)
        >>> split_partial([[0, 1, 2, 0, 0]], 5, Partial(first=True, known=known))
        (([], []), ([0.25, 0.5], [[1, 2]]))
    """
    x = bucket_positions(count)[partial.known]
    lines = [list(row)[partial.known] for row in rows]
    empty: Segment = ([], [])
    if not lines or not x:
        return empty, empty
    if len(x) == 1:
        half = _BAR_HALF_WIDTH / count
        bar_x = [max(0.0, x[0] - half), min(1.0, x[0] + half)]
        bar = bar_x, [row * 2 for row in lines]
        return (empty, bar) if partial.first or partial.last else (bar, empty)
    begin, end = int(partial.first), len(x) - int(partial.last)
    whole = slice(begin, end)
    solid = (x[whole], [row[whole] for row in lines]) if end - begin > 1 else empty
    if not (partial.first or partial.last):
        return solid, empty
    if partial.first and partial.last and len(x) > 2:  # no line joins the two ends
        gapped = [[*row[:2], nan, *row[-2:]] for row in lines]
        return solid, ([*x[:2], x[1], *x[-2:]], gapped)
    side = slice(2) if partial.first else slice(-2, None)
    return solid, (x[side], [row[side] for row in lines])
