"""The headline of a selection, and its change against the period before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import Amounts, amounts_from_sums
from meterwidgets.metrics.breakdown import Breakdown, breakdown
from meterwidgets.metrics.memoize import memoize

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_SHORTEST = timedelta(hours=1)
"""Less time than this is too short for a run rate."""


@dataclass(frozen=True)
class Totals:
    """The headline of a selection.

    Attributes:
        amounts: What its records add up to.
        models: The number of models with usage; None where none is reported.
        top_model: The one with the largest cost, or tokens where nothing is priced.
        elapsed: From the start of the window to its end or the end of the data.
        run_rate: Cost per day of that time; None for less than an hour.
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
    return Totals(
        amounts=amounts,
        models=len(named) if named or not amounts.records else None,
        top_model=named[0].name if named else None,
        elapsed=length,
        run_rate=_per_day(amounts.cost, length),
        tokens_per_day=_per_day(amounts.tokens, length),
        requests_per_day=_per_day(amounts.requests, length),
        by_model=by_model,
    )


def _per_day(value: int | None, length: timedelta) -> Fraction | None:
    if value is None or length < _SHORTEST:
        return None
    return value * Fraction(_DAY // _MICROSECOND, length // _MICROSECOND)


def elapsed(selection: Selection) -> timedelta:
    """From the start of the window to its end, or to the end of the data.

    Source: METRICS, "Run rate": min(window end, as_of) - window start.
    """
    window = selection.window
    as_of = selection.frame.as_of(selection.filters.tz)
    return max(min(window.end, as_of) - window.start, timedelta(0))


@memoize
def previous_totals(selection: Selection) -> Totals | None:
    """The headline under the same filters of the equal time directly before.

    Returns:
        None when that time is not wholly inside what the ledger covers.

    Source: METRICS, "Delta".
    """
    length, start = elapsed(selection), selection.window.start
    if not length or start - length < selection.frame.coverage(selection.filters.tz):
        return None
    return totals(selection.at(start - length, start))


def delta(
    current: int | Fraction | None, previous: int | Fraction | None
) -> Fraction | None:
    """(current - previous) / previous; None without a baseline.

    Examples:
        >>> delta(112, 100), delta(5, 0)
        (Fraction(3, 25), None)
    """
    if current is None or not previous:
        return None
    return Fraction(current - previous) / Fraction(previous)
