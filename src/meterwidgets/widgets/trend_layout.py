"""The layout of a trend: where its series and ticks lie, and the texts beside them.

Exact until the last step, which gives positions as fractions of the plot's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import nan
from typing import Any, Literal, get_args

from meterwidgets.metrics.text import axes, formats, percentages
from meterwidgets.widgets.trend_series import (
    Series,
    Value,
    column_texts,
    sum_known,
)
from meterwidgets.widgets.trend_ticks import value_ticks

Shape = Literal["stacked", "lines", "share"]
"""How the series of a trend stand together."""
SHAPES: tuple[Shape, ...] = get_args(Shape)
_Scale = Callable[[Value], float]
Rows = list[list[float]]


@dataclass(frozen=True)
class TrendLayout:
    """A trend, ready to draw: texts for the body, rows for the figure."""

    points: list[dict[str, Any]]
    """The texts of the tooltip per bucket: label, values, total."""
    heights: list[list[float | None]]
    """The y of each series' dots, from 0 at the bottom to 1 at the top."""
    axis: list[dict[str, Any]]
    """The ticks of the y-axis: at, from 0 to 1, text, and whether it is zero."""
    rows: Rows
    """The lines of the figure, as `Layer` takes them."""
    below: list[int]
    """The places of the series whose lines follow the baseline, as they go below it."""
    summary: str
    """The trend in one sentence: its range and its highest bucket."""


def lay_out(
    series: Sequence[Series],
    *,
    labels: Sequence[str],
    unit: str = "",
    shape: Shape = "stacked",
    title: str = "",
) -> TrendLayout:
    """Return the layout of a trend.

    Args:
        series: The visible series, largest first: the first is at the bottom of a
            stack.
        labels: The name of each bucket.
        unit: The currency of values in nano-units; "" for counts.
        shape: How the series stand together.
        title: The beginning of the summary.

    Examples:
        >>> layout = lay_out([Series("a", "A", "c1", (10**9, 3 * 10**9))],
        ...     labels=["Mon", "Tue"], unit="USD", title="Cost")
        >>> layout.summary
        'Cost, Mon to Tue, highest $3.00 on Tue'
        >>> layout.heights, layout.axis[-1]
        ([[0.3333, 1.0]], {'at': 1.0, 'text': '$3', 'zero': False})
    """
    buckets = [[line.values[i] for line in series] for i in range(len(labels))]
    totals = [sum_known(bucket) for bucket in buckets]
    edges = _upper_edges(buckets, shape)
    lower_edges = _lower_edges(buckets) if shape == "stacked" else []
    both = (*edges, *lower_edges)
    known_edges = [edge for bucket in both for edge in bucket if edge is not None]
    top = 100 if shape == "share" else max([0, *known_edges])
    ticks = value_ticks(min([0, *known_edges]), top)
    scale = _scale(ticks)
    rows = [[scale(bucket[k]) for bucket in edges] for k in range(len(series))]
    lower = [[scale(bucket[k]) for bucket in lower_edges] for k in range(len(series))]
    below = [k for k, line in enumerate(series) if lower_edges and _goes_below(line)]
    filled = shape != "lines" and bool(rows)
    return TrendLayout(
        points=_points(buckets, totals, labels, unit, shape),
        heights=[
            _dots(rows[k], lower[k] if k in below else rows[k], line)
            for k, line in enumerate(series)
        ],
        axis=_axis(ticks, scale, unit, shape),
        rows=[*reversed(rows), [scale(0)] * len(labels), *(lower[k] for k in below)]
        if filled
        else rows,
        below=below,
        summary=_summary(title, totals, labels, unit),
    )


def _upper_edges(buckets: Sequence[Sequence[Value]], shape: Shape) -> list[list[Value]]:
    """Return the upper edge of each series in each bucket, in the axis' unit.

    What is below zero adds nothing to a stack: it stands in one of its own.
    """
    if shape == "lines":
        return [list(bucket) for bucket in buckets]
    edges = []
    for bucket in buckets:
        positive_sum = sum(max(0, value or 0) for value in bucket)
        edge: int | Fraction = 0
        bucket_edges: list[Value] = []
        for value in bucket:
            part = max(0, value or 0)
            share = Fraction(100 * part) / (positive_sum or 1)
            edge += share if shape == "share" else part
            bucket_edges.append(edge)
        edges.append(bucket_edges)
    return edges


def _lower_edges(buckets: Sequence[Sequence[Value]]) -> list[list[Value]]:
    """Return the lower edge of each series in the stack below zero of each bucket."""
    return [
        list(accumulate(min(0, value or 0) for value in bucket)) for bucket in buckets
    ]


def _goes_below(series: Series) -> bool:
    return any(value is not None and value < 0 for value in series.values)


def _scale(ticks: Sequence[Fraction]) -> _Scale:
    """Return what maps a value to a fraction of the axis, NaN if it is unknown."""
    low = ticks[0]
    span = ticks[-1] - low if len(ticks) > 1 else Fraction(1)
    denominator = low.denominator * span.numerator

    def scale(value: Value) -> float:
        # (value - low) / span in whole numbers: there are thousands of values, and
        # arithmetic of fractions is slow.
        if value is None:
            return nan
        above = value.numerator * low.denominator - low.numerator * value.denominator
        return above * span.denominator / (value.denominator * denominator)

    return scale


def _dots(
    row: Sequence[float], lower: Sequence[float], series: Series
) -> list[float | None]:
    """Return the y of a series' dots; its lower row counts where it is below zero."""
    return [
        None if value is None else round(under if value < 0 else height, 4)
        for height, under, value in zip(row, lower, series.values, strict=True)
    ]


def _axis(
    ticks: Sequence[Fraction], scale: _Scale, unit: str, shape: Shape
) -> list[dict[str, Any]]:
    if shape == "share":
        texts = [f"{int(tick)}%" for tick in ticks]
    else:
        texts = axes.number_labels(ticks, unit or None)
    return [
        {"at": scale(tick), "text": text, "zero": not tick}
        for tick, text in zip(ticks, texts, strict=True)
    ]


def _points(
    buckets: Sequence[Sequence[Value]],
    totals: Sequence[Value],
    labels: Sequence[str],
    unit: str,
    shape: Shape,
) -> list[dict[str, Any]]:
    points = []
    for bucket, total, label in zip(buckets, totals, labels, strict=True):
        *texts, total_text = column_texts([*bucket, total], unit)
        if shape == "share":
            shares = percentages.shares([max(0, value or 0) for value in bucket])
            texts = [
                formats.DASH if value is None else share
                for value, share in zip(bucket, shares, strict=True)
            ]
        points.append({"label": label, "values": texts, "total": total_text})
    return points


def _summary(
    title: str, totals: Sequence[Value], labels: Sequence[str], unit: str
) -> str:
    known = [i for i, total in enumerate(totals) if total is not None]
    if not known:
        return title
    highest = max(known, key=lambda i: totals[i] or 0)
    figure = column_texts([totals[highest]], unit)[0]
    if len(labels) == 1:
        return f"{title}, {labels[0]}: {figure}"
    return (
        f"{title}, {labels[0]} to {labels[-1]}, highest {figure} on {labels[highest]}"
    )
