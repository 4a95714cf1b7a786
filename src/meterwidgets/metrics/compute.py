"""The one aggregator: from exact sums to the figures of METRICS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np

from meterwidgets.frame.rollup.measures import MEASURES
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import amounts, amounts_of, figures
from meterwidgets.metrics.buckets import bucket_for, drawn, finest
from meterwidgets.metrics.results import (
    Amounts,
    Breakdown,
    Concentration,
    Rows,
    Series,
    Totals,
    Trend,
)

_DAY = timedelta(days=1)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def once(
    function: Callable[Concatenate[Selection, _P], _T],
) -> Callable[Concatenate[Selection, _P], _T]:
    """Compute a figure of a selection once: several widgets of a page ask for it."""

    @wraps(function)
    def found(selection: Selection, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (function, args, *sorted(kwargs.items()))
        if key not in selection.results:
            selection.results[key] = function(selection, *args, **kwargs)
        result: _T = selection.results[key]
        return result

    return found


@once
def totals(selection: Selection) -> Totals:
    """The headline of a selection.

    Source: METRICS, "Definitions": total spend, run rate, tokens, models.
    """
    whole = amounts(selection.sums(), selection.filters.cost_type)
    ranked = breakdown(selection, "model")
    named = [row for row in ranked.rows if row.id is not None]
    length = elapsed(selection)
    per_day = None
    if length >= timedelta(hours=1):
        per_day = Fraction(_DAY // timedelta(microseconds=1)) / (
            length // timedelta(microseconds=1)
        )
    return Totals(
        amounts=whole,
        models=len(named) if named or not whole.records else None,
        top_model=named[0].name if named else None,
        elapsed=length,
        run_rate=_times(whole.cost, per_day),
        tokens_per_day=_times(whole.tokens, per_day),
        requests_per_day=_times(whole.requests, per_day),
        by_model=ranked,
    )


def _times(value: int | None, factor: Fraction | None) -> Fraction | None:
    return None if value is None or factor is None else value * factor


def elapsed(selection: Selection) -> timedelta:
    """From the start of the window to its end, or to the end of the data.

    Source: METRICS, "Run rate": min(window end, as_of) - window start.
    """
    window = selection.window
    as_of = selection.frame.as_of(selection.filters.tz)
    return max(min(window.end, as_of) - window.start, timedelta(0))


@once
def breakdown(selection: Selection, by: str, *, own: bool = True) -> Breakdown:
    """A dimension's rows under the filters.

    Args:
        selection: What to break down.
        by: The dimension, such as "org".
        own: Whether the filter on that dimension itself applies.
    """
    values, sums = selection.parts(by, own=own)
    of = figures(sums, selection.filters.cost_type)
    priced = not values or any(cost is not None for cost in of["cost"])
    measure = "cost" if priced else "tokens"
    parts = of[measure]
    names = selection.frame.shown(by, values)
    order = sorted(range(len(values)), key=lambda at: values[at] or "")
    order.sort(key=names.__getitem__)
    for name in ("tokens", "cost"):  # what is sorted by last ranks first
        order.sort(key=[number or 0 for number in of[name]].__getitem__, reverse=True)
    whole = sum(part or 0 for part in parts)
    rows = Rows(order, values, names, list(of.values()), parts, whole)
    return Breakdown(by, measure, rows)


@once
def trend(
    selection: Selection,
    *,
    by: str | None = None,
    bucket: str | None = None,
    most: int | None = None,
) -> Trend:
    """Usage over time.

    Args:
        selection: What to draw.
        by: A dimension with a series per value, or None for one series.
        bucket: The time bucket; by default it follows from the span. One that is
            finer than the grain, or makes more than 300 points, gives way to the
            next one that does not: ``Trend.bucket`` says which it is.
        most: So many series at the most; of more, the first and one of what the
            others add up to.

    Raises:
        MeterError: When there is no such bucket.
    """
    window, tz = selection.window, selection.filters.tz
    grain_s = selection.frame.cube.grain_s
    name = finest(bucket or bucket_for(window.end - window.start, grain_s), grain_s)
    if selection.span is None:
        return Trend(name, (), ())
    first, last = selection.span
    name, marks = drawn(first, last + timedelta(seconds=grain_s), name, tz)
    cut = [max(window.start, marks[0]), *marks[1:-1], min(window.end, marks[-1])]
    series = tuple(_series(selection, cut, by, most))
    end = min(cut[-1], selection.frame.as_of(tz))
    return Trend(name, tuple(marks[:-1]), series, end, end < marks[-1])


def _series(
    selection: Selection, cut: Sequence[datetime], by: str | None, most: int | None
) -> Iterator[Series]:
    """The lines between edges of time, ranked and folded before they are drawn."""
    side = selection.filters.cost_type
    if by is None:
        whole = selection.over(cut)[None]
        yield Series(None, "Total", tuple(amounts_of(whole, side)))
        return
    ranked = breakdown(selection, by).rows
    first = ranked if most is None or len(ranked) <= most else ranked[: most - 1]
    others = ranked[len(first) :]
    apart = by not in selection.cube.names  # thousands of users
    ids = [row.id for row in first]
    over = selection.over(cut, by, values=ids if apart else None)
    for row in first:
        yield Series(row.id, row.name, tuple(amounts_of(over[row.id], side)))
    if not others:
        return
    if apart:  # they are what is left of the whole, which needs no users
        whole = selection.over(cut)[None]
        rest = {m: whole[m] - np.sum([over[id_][m] for id_ in ids], 0) for m in whole}
    else:
        rest = {m: np.sum([over[row.id][m] for row in others], 0) for m in MEASURES}
    name = f"Other ({len(others):,})"
    yield Series(None, name, tuple(amounts_of(rest, side)), len(others))


_SPARK_POINTS = 60
_SPARK_MEASURES = (
    "records", "requests", "input_tokens", "output_tokens", "input_cost", "output_cost",
    "unsplit_cost", "priced_input_tokens", "priced_output_tokens",
    "split_input_tokens", "split_output_tokens",
)  # fmt: skip


@once
def sparkline(selection: Selection) -> tuple[Amounts, ...]:
    """The course of a selection in at most 60 finished steps, without a breakdown.

    Returns:
        Amounts whose costs and tokens count what is unknown as nothing: a picture of
        the course, not a table.
    """
    window, tz = selection.window, selection.filters.tz
    if selection.span is None:
        return ()
    first, last = selection.span
    grain_s = selection.frame.cube.grain_s
    end = last + timedelta(seconds=grain_s)
    name = bucket_for(end - first, grain_s, _SPARK_POINTS)
    _, marks = drawn(first, end, name, tz, points=_SPARK_POINTS)
    marks[0] = max(window.start, marks[0])
    if marks[-1] > min(window.end, selection.frame.as_of(tz)) and len(marks) > 2:
        marks.pop()
    marks[-1] = min(window.end, marks[-1])
    found = selection.over(marks, measures=_SPARK_MEASURES).get(None, {})
    reported = ("priced", "requests_reported", "input_reported", "output_reported")
    known = dict.fromkeys(MEASURES, 0) | dict.fromkeys(reported, 1)
    steps = len(marks) - 1
    sums = {name: [value] * steps for name, value in known.items()} | found
    return tuple(amounts_of(sums, selection.filters.cost_type)) if found else ()


def concentration(found: Breakdown) -> Concentration:
    """How concentrated a breakdown is.

    Source: METRICS, "Concentration": the largest share, and HHI = sum of shares².

    Examples:
        >>> import meterwidgets as mw
        >>> found = concentration(breakdown(mw.demo_usage().select(), "model"))
        >>> found.top.name, round(float(found.effective), 2)
        ('qwen2.5-72b-instruct', 3.21)
    """
    named = [row for row in found.rows if row.id is not None]
    shares = [row.share for row in found.rows if row.share is not None]
    hhi = sum((share**2 for share in shares), Fraction(0)) or None
    top = named[0] if named else None
    return Concentration(top, top.share if top else None, hhi)


@once
def previous(selection: Selection) -> Totals | None:
    """The same filters over the equal elapsed length directly before.

    Returns:
        None when that is not wholly inside what the ledger covers.

    Source: METRICS, "Delta".
    """
    length, start = elapsed(selection), selection.window.start
    if not length or start - length < selection.frame.coverage(selection.filters.tz):
        return None
    before = selection.at(start - length, start)
    return totals(before)


def delta(now: int | Fraction | None, then: int | Fraction | None) -> Fraction | None:
    """(current - previous) / previous; None without a baseline.

    Examples:
        >>> delta(112, 100), delta(5, 0)
        (Fraction(3, 25), None)
    """
    if now is None or not then:
        return None
    return Fraction(now - then) / Fraction(then)
