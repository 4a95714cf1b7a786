"""The headline of a selection, and its change against the period before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import get_args

from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window, comparable
from meterwidgets.metrics.amount_columns import amounts_from_sums, columns_from_sums
from meterwidgets.metrics.amounts import UNKNOWN, Amounts, UsageMeasure
from meterwidgets.metrics.breakdown import Breakdown, breakdown
from meterwidgets.metrics.buckets import edges, not_finer_than_grain
from meterwidgets.metrics.memoize import memoize
from meterwidgets.zones import EPOCH

Number = int | Fraction
_DAY = timedelta(days=1)
_HOUR_S = 3600
_MICROSECOND = timedelta(microseconds=1)
_SHORTEST = timedelta(minutes=45)
"""Less time than this is too short for a run rate."""
_FEWEST_REQUESTS = 20
_LEAST_COST = 1_000_000
"""Changes of fewer requests, or of less than a tenth of a cent, are noise."""


@dataclass(frozen=True)
class Totals:
    """The headline of a selection.

    Attributes:
        amounts: What its records add up to.
        models: The number of models with usage; None where none is reported.
        top_model: The one with the largest cost, or tokens where nothing is priced.
        elapsed: The part of the window that the ledger covers.
        run_rate: Cost per day of that time; None for less than 45 minutes.
        tokens_per_day: Likewise.
        requests_per_day: Likewise.
        by_model: The models, ranked.
    """

    amounts: Amounts
    models: int | None
    top_model: str | None
    elapsed: timedelta
    run_rate: Fraction | None
    tokens_per_day: Fraction | None
    requests_per_day: Fraction | None
    by_model: Breakdown

    @property
    def cost_per_model(self) -> Fraction | None:
        """Cost / models with usage, of the records that name their model."""
        named = [row.amounts for row in self.by_model.rows if row.id is not None]
        costs = [amounts.cost for amounts in named if amounts.cost is not None]
        return Fraction(sum(costs), len(named)) if costs else None


@memoize
def totals(selection: Selection) -> Totals:
    """The headline of a selection.

    Source: METRICS, "Definitions": total spend, run rate, tokens, models.
    """
    amounts = amounts_from_sums(selection.sums(), selection.filters.cost_type)
    by_model = breakdown(selection, "model")
    named = [row for row in by_model.rows if row.id is not None]
    length = elapsed(selection)
    seen = _while_covered(selection, amounts)
    return Totals(
        amounts=amounts,
        models=len(named) if named or not amounts.records else None,
        top_model=named[0].name if named else None,
        elapsed=length,
        run_rate=_per_day(seen.cost, length),
        tokens_per_day=_per_day(seen.tokens, length),
        requests_per_day=_per_day(seen.requests, length),
        by_model=by_model,
    )


def _while_covered(selection: Selection, amounts: Amounts) -> Amounts:
    """What a selection adds up to, without usage that is dated in the future."""
    window, coverage = selection.window, selection.frame.coverage
    grain = timedelta(seconds=selection.cube.grain_s)
    end = EPOCH - (EPOCH - coverage.end) // grain * grain  # rounded up to the grain
    if selection.span is None or selection.span[1] < end or end <= window.start:
        return amounts
    sums = selection.sums_between([window.start, end]).get(None)
    if sums is None:
        return UNKNOWN
    return columns_from_sums(sums, selection.filters.cost_type).to_list()[0]


def _per_day(value: int | None, length: timedelta) -> Fraction | None:
    if value is None or length < _SHORTEST:
        return None
    return value * Fraction(_DAY // _MICROSECOND, length // _MICROSECOND)


def elapsed(selection: Selection) -> timedelta:
    """The part of the window that the ledger covers.

    Source: METRICS, "Coverage", elapsed.
    """
    window = selection.window
    return selection.frame.coverage.overlap(window.start, window.end)


@dataclass(frozen=True)
class Part:
    """A part of the whole ledger, under the same other filters.

    Attributes:
        measure: What they are compared by.
        shown: The part, in nano-units or tokens.
        whole: The whole.
    """

    measure: UsageMeasure
    shown: int
    whole: int


_SMALL_PART = Fraction(1, 4)
"""A range of less than this part of the whole ledger shows too little to go unsaid."""


def small_part(selection: Selection) -> Part | None:
    """How much of all times a selection's range has, where that is under a quarter.

    By cost, where the ledger has cost above zero; else by tokens.
    """
    if selection.filters.preset == "all":
        return None
    always = selection.filters.replace(preset="all", start=None, end=None)
    sums = selection.select(always).sums()
    all_times = amounts_from_sums(sums, selection.filters.cost_type)
    for measure in get_args(UsageMeasure):
        shown = totals(selection).amounts.measured(measure)
        whole = all_times.measured(measure)
        if shown is not None and whole is not None and whole > 0:
            is_small = shown < _SMALL_PART * whole
            return Part(measure, shown, whole) if is_small else None
    return None


@dataclass(frozen=True)
class Compared:
    """Two spans of time that are alike: the same clock times, both wholly covered.

    Attributes:
        current: The headline of the selection up to the last record.
        previous: The headline of one period earlier.
        start: The first moment of the earlier span.
        end: The first moment after it.
    """

    current: Totals
    previous: Totals
    start: datetime
    end: datetime

    def change(
        self, figure: Callable[[Totals], Number | None], *, of_cost: bool = False
    ) -> Fraction | None:
        """The change of a figure, as a fraction of what it was.

        Args:
            figure: What has changed.
            of_cost: Whether it is made of costs, so that it needs some on both sides.

        Returns:
            None without a baseline, or where too little was used to tell.
        """
        costs = [each.amounts.cost or 0 for each in (self.current, self.previous)]
        if of_cost and min(costs) < _LEAST_COST:
            return None
        return delta(figure(self.current), figure(self.previous))


@memoize
def compared(selection: Selection) -> Compared | None:
    """A selection and the same one period earlier, like with like.

    Returns:
        None when either is not wholly covered by the ledger, or has under 20 requests.

    Source: METRICS, "Delta".
    """
    periods = _comparable_periods(selection)
    if periods is None:
        return None
    current, previous = map(totals, periods)
    for amounts in (current.amounts, previous.amounts):
        if amounts.requests is not None and amounts.requests < _FEWEST_REQUESTS:
            return None
    window = periods[1].window
    return Compared(current, previous, window.start, window.end)


def _comparable_periods(selection: Selection) -> tuple[Selection, Selection] | None:
    """A selection up to the last record, and the same filters one period earlier.

    Returns:
        None where either is not wholly covered.
    """
    frame = selection.frame
    windows = comparable(
        selection.filters, selection.window, frame.coverage, frame.cube.grain_s
    )
    if windows is None:
        return None
    window, earlier = (_whole_buckets(selection, each) for each in windows)
    if window is None or earlier is None:
        return None
    same = (window.start, window.end) == (selection.window.start, selection.window.end)
    now = selection if same else selection.at(window.start, window.end)
    return now, selection.at(earlier.start, earlier.end)


def _whole_buckets(selection: Selection, window: Window) -> Window | None:
    """A window without the row of the ledger that ends after it; None if none is left.

    A day that is not over must not be compared with a whole one.
    """
    if selection.known_bucket_s < _HOUR_S:
        return window
    bucket = not_finer_than_grain("hour", selection.known_bucket_s)
    instants = edges(window.start, window.end, bucket, selection.frame.tz)
    end = max(edge for edge in instants if edge <= window.end or edge == instants[0])
    if instants[0] != window.start or end <= window.start:
        return None
    return replace(window, end=end)


def delta(current: Number | None, previous: Number | None) -> Fraction | None:
    """(current - previous) / previous; None without a baseline above 0.

    Examples:
        >>> delta(112, 100), delta(5, 0)
        (Fraction(3, 25), None)
    """
    if current is None or not previous or previous < 0:
        return None
    return Fraction(current - previous) / Fraction(previous)
