"""What a trend shows: stacks, shares and texts, exact until the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, nan
from numbers import Integral
from typing import Any

from meterwidgets.errors import MeterError
from meterwidgets.metrics import formats
from meterwidgets.widgets import trend_axes

SHAPES = ("stacked", "lines", "share")
Value = int | Fraction | None
_BAR = 0.06  # half the width of a single bucket's bar, of the plot's


@dataclass(frozen=True)
class Line:
    """One series: whose it is, its colour slot, and a value per bucket."""

    id: str
    name: str
    color: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Plot:
    """A trend, ready to draw: texts for the reader, rows for the figure."""

    shown: tuple[Line, ...]
    """The series that are not hidden; the first is at the bottom of a stack."""
    points: list[dict[str, Any]]
    """Texts of the tooltip per bucket: label, values, total."""
    heights: list[list[float | None]]
    """Where each series' dots are, from 0 at the bottom to 1 at the top."""
    axis: list[dict[str, Any]]
    """The ticks of the y-axis: at, from 0 to 1, text, and whether it is zero."""
    rows: list[list[float]]
    """The figure's lines, as `bq.Layer` takes them."""
    summary: str
    """The trend in one line: its range and its highest bucket."""


def lines(series: Sequence[Mapping[str, Any]], points: int) -> tuple[Line, ...]:
    """Read the series of a trend.

    Args:
        series: One mapping each: id, name, color, values.
        points: How many values each must have.

    Raises:
        MeterError: When a key is missing, or values are too few, many, or no numbers.

    Examples:
        >>> lines([{"id": "a", "name": "A", "color": "c1", "values": [1, None]}], 2)
        (Line(id='a', name='A', color='c1', values=(1, None)),)
    """
    found = []
    for one in series:
        missing = [key for key in ("id", "name", "color", "values") if key not in one]
        if missing:
            raise MeterError(
                f"a series without {', '.join(missing)}; "
                "each needs id, name, color, values"
            )
        name, values = str(one["name"]), tuple(one["values"])
        if len(values) != points:
            raise MeterError(
                f"series {name!r} has {len(values)} values for {points} times; "
                "give one per time, None where it is not known"
            )
        exact = tuple(_exact(value, name) for value in values)
        found.append(Line(str(one["id"]), name, str(one["color"]), exact))
    return tuple(found)


def _exact(value: object, name: str) -> Value:
    if value is None or value != value:  # NaN is what is not known, too
        return None
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Fraction) or (isinstance(value, float) and isfinite(value)):
        whole = Fraction(value)
        return whole.numerator if whole.denominator == 1 else whole
    raise MeterError(f"series {name!r} has the value {value!r}; expected a number")


def text(value: Value, unit: str) -> str:
    """One figure: money when a currency is named, else a count."""
    return formats.money(value, unit) if unit else formats.count(value)


def column(values: Sequence[Value], unit: str) -> list[str]:
    """Figures that stand one below the other."""
    if unit:
        return formats.money_column(values, unit)
    return [formats.count(value) for value in values]


def total(values: Sequence[Value]) -> Value:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def plot(
    series: Sequence[Line],
    *,
    labels: Sequence[str],
    unit: str = "",
    shape: str = "stacked",
    title: str = "",
) -> Plot:
    """Make of a trend what its widget draws.

    Args:
        series: What is shown, largest first.
        labels: The name of each bucket.
        unit: The currency of values in nano-units; "" for counts.
        shape: "stacked", "lines" or "share".
        title: What the summary begins with.

    Examples:
        >>> drawn = plot([Line("a", "A", "c1", (10**9, 3 * 10**9))],
        ...     labels=["Mon", "Tue"], unit="USD", title="Cost")
        >>> drawn.summary
        'Cost, Mon to Tue, highest $3.00 on Tue'
        >>> drawn.heights, drawn.axis[-1]
        ([[0.3333, 1.0]], {'at': 1.0, 'text': '$3', 'zero': False})
    """
    buckets = [[line.values[i] for line in series] for i in range(len(labels))]
    totals = [total(bucket) for bucket in buckets]
    tops = _tops(buckets, shape)
    every = [top for bucket in tops for top in bucket if top is not None]
    marks = trend_axes.ticks(
        min([0, *every]), 100 if shape == "share" else max([0, *every])
    )
    low, high = marks[0], marks[-1] if len(marks) > 1 else marks[0] + 1
    low, span = Fraction(low), Fraction(high - low)
    scale = low.denominator * span.numerator

    def at(top: Value) -> float:
        """(top - low) / span, by whole numbers: there are thousands of them."""
        if top is None:
            return nan
        over = top.numerator * low.denominator - low.numerator * top.denominator
        return over * span.denominator / (top.denominator * scale)

    rows = [[at(bucket[k]) for bucket in tops] for k in range(len(series))]
    known = [
        [line.values[i] is not None for i in range(len(labels))] for line in series
    ]
    heights = [
        [round(top, 4) if there else None for top, there in zip(row, has, strict=True)]
        for row, has in zip(rows, known, strict=True)
    ]
    filled = shape != "lines" and bool(rows)
    stack = [*reversed(rows), [at(0)] * len(labels)] if filled else rows
    names = _axis(marks, unit, shape)
    return Plot(
        shown=tuple(series),
        points=_points(buckets, totals, labels, unit, shape),
        heights=heights,
        axis=[
            {"at": at(mark), "text": name, "zero": not mark}
            for mark, name in zip(marks, names, strict=True)
        ],
        rows=stack,
        summary=_summary(title, totals, labels, unit),
    )


def _tops(buckets: Sequence[Sequence[Value]], shape: str) -> list[list[Value]]:
    """The upper edge of each series in each bucket, in the axis' unit."""
    if shape == "lines":
        return [list(bucket) for bucket in buckets]
    found = []
    for bucket in buckets:
        whole = sum(max(0, value or 0) for value in bucket)
        edge: int | Fraction = 0
        edges: list[Value] = []
        for value in bucket:
            if shape == "share":
                edge += Fraction(100 * max(0, value or 0)) / (whole or 1)
            else:
                edge += value or 0
            edges.append(edge)
        found.append(edges)
    return found


def _axis(marks: Sequence[Fraction], unit: str, shape: str) -> list[str]:
    if shape == "share":
        return [f"{int(mark)}%" for mark in marks]
    return formats.axis(marks, unit or None)


def _points(
    buckets: Sequence[Sequence[Value]],
    totals: Sequence[Value],
    labels: Sequence[str],
    unit: str,
    shape: str,
) -> list[dict[str, Any]]:
    found = []
    for bucket, whole, label in zip(buckets, totals, labels, strict=True):
        *texts, sum_text = column([*bucket, whole], unit)
        if shape == "share":
            parts = formats.shares([max(0, value or 0) for value in bucket])
            texts = [
                formats.DASH if value is None else part
                for value, part in zip(bucket, parts, strict=True)
            ]
        found.append({"label": label, "values": texts, "total": sum_text})
    return found


def _summary(
    title: str, totals: Sequence[Value], labels: Sequence[str], unit: str
) -> str:
    known = [place for place, value in enumerate(totals) if value is not None]
    if not known:
        return title
    top = max(known, key=lambda place: totals[place] or 0)
    figure = column([totals[top]], unit)[0]
    if len(labels) == 1:
        return f"{title}, {labels[0]}: {figure}"
    return f"{title}, {labels[0]} to {labels[-1]}, highest {figure} on {labels[top]}"


def places(count: int) -> list[float]:
    """Where each of so many buckets is, from 0 at the left to 1 at the right.

    Examples:
        >>> places(3), places(1)
        ([0.0, 0.5, 1.0], [0.5])
    """
    return [0.5] if count == 1 else [i / (count - 1) for i in range(count)]


def parts(
    rows: Sequence[Sequence[float]], count: int, *, unfinished: bool
) -> tuple[
    tuple[list[float], list[list[float]]], tuple[list[float], list[list[float]]]
]:
    """Cut rows into what is finished and the segment that is not.

    A single bucket becomes a bar: two points, so that no row is squeezed.

    Returns:
        Places and rows of the solid part, then of the pale one; either may be empty.

    Examples:
        >>> parts([[1, 2, 3]], 3, unfinished=True)
        (([0.0, 0.5], [[1, 2]]), ([0.5, 1.0], [[2, 3]]))
        >>> parts([[1]], 1, unfinished=False)
        (([0.44, 0.56], [[1, 1]]), ([], []))
    """
    x = places(count)
    every = [list(row) for row in rows]
    nothing: tuple[list[float], list[list[float]]] = ([], [])
    if not every or not count:
        return nothing, nothing
    if count == 1:
        bar = [0.5 - _BAR, 0.5 + _BAR], [row * 2 for row in every]
        return (nothing, bar) if unfinished else (bar, nothing)
    if not unfinished:
        return (x, every), nothing
    pale = x[-2:], [row[-2:] for row in every]
    solid = (x[:-1], [row[:-1] for row in every]) if count > 2 else nothing
    return solid, pale
