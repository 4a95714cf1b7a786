"""What is worth knowing about a selection: rules, thresholds, words with figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, overpriced, times
from meterwidgets.metrics.compute import breakdown, totals, trend
from meterwidgets.metrics.results import Insight
from meterwidgets.zones import day_of, midnight

CONCENTRATED = Fraction(8, 10)
UNPRICED = Fraction(1, 100)
SPIKE_MADS = 5
SPIKE_LEAST = 1_000_000_000
_WEEKS, _DAYS, _FEWEST = 8, 14, 7


def insights(selection: Selection) -> tuple[Insight, ...]:
    """The insights of a selection, worst first.

    A request far over its list price comes first, for it bends all the other figures.

    Source: METRICS, "Insights".
    """
    found = (
        overpriced.insight(selection),
        _spike(selection),
        _unpriced(selection),
        _concentration(selection),
        _single_model(selection),
    )
    return tuple(insight for insight in found if insight is not None)


def _single_model(selection: Selection) -> Insight | None:
    ranked = breakdown(selection, "model")
    if not ranked.rows or ranked.rows[0].share != 1 or ranked.rows[0].id is None:
        return None
    all_of = "All cost is" if ranked.measure == "cost" else "All usage is"
    return Insight(
        "single_model",
        "info",
        "Single Model Usage",
        f"{all_of} concentrated in a single model. Consider exploring additional "
        "models for better flexibility and risk distribution.",
    )


def _concentration(selection: Selection) -> Insight | None:
    ranked = breakdown(selection, "model")
    top = ranked.rows[0] if ranked.rows else None
    models = [row for row in ranked.rows if row.id is not None]
    if top is None or top.id is None or len(models) < 2:
        return None
    if top.share is None or not CONCENTRATED < top.share < 1:
        return None
    count = len(models) - 1
    others = "the other model" if count == 1 else f"the other {count:,} models"
    if len(models) < len(ranked.rows):
        others += " and what names none"
    return Insight(
        "concentration",
        "info",
        "Concentrated Usage",
        f"{formats.isolated(top.name)} has {formats.share(top.share)} of the "
        f"{ranked.measure}, {others} "
        "the rest. A change of its price or an outage would hit nearly everything; try "
        "a second model for part of the work.",
    )


def _unpriced(selection: Selection) -> Insight | None:
    amounts = totals(selection).amounts
    if not amounts.tokens:
        return None
    part = Fraction(amounts.unpriced_tokens, amounts.tokens)
    if part <= UNPRICED:
        return None
    said = (
        f"{formats.share(part)} of the tokens "
        f"({formats.count(amounts.unpriced_tokens)}) have no price, so the spend is a "
        "lower bound."
    )
    if amounts.cost is None and not amounts.unsplit_cost:
        said = (
            "No record in this selection has a price, so tokens rank instead of cost."
        )
    return Insight(
        "unpriced",
        "warning",
        "Unpriced Usage",
        f"{said} {_add_rates(selection)}.",
    )


def _add_rates(selection: Selection) -> str:
    rows = breakdown(selection, "model").rows
    unpriced = [row for row in rows if row.amounts.unpriced_tokens]
    names = [formats.isolated(row.name) for row in unpriced if row.id is not None]
    advice = "Add rates"
    if names:
        advice += f" for {', '.join(names[:3])}"
    if len(names) > 3:
        advice += f" and {len(names) - 3:,} more"
    if len(names) < len(unpriced):
        advice += '; model = "*" also matches what names no model'
    return advice


def last_day(selection: Selection) -> Selection:
    """The last complete day of a selection, which may have a spike."""
    tz = selection.filters.tz
    end = day_of(min(selection.window.end, selection.frame.as_of(tz)), tz)
    return selection.at(midnight(end - timedelta(days=1), tz), midnight(end, tz))


def _spike(selection: Selection) -> Insight | None:
    """The last complete day against the same weekdays, or the days, before it."""
    frame, tz, unit = selection.frame, selection.filters.tz, selection.currency
    last = day_of(last_day(selection).window.start, tz)
    before, words = _before(last, day_of(frame.coverage(tz), tz))
    if len(before) < _FEWEST or midnight(last, tz) < selection.window.start:
        return None
    by_model = _daily(selection, min(before), last)
    total = {day: sum(c[day] for c in by_model.values()) for day in [*before, last]}
    middle = _median([total[day] for day in before])
    spread = _median([abs(total[day] - middle) for day in before])
    if total[last] <= middle + max(SPIKE_MADS * spread, Fraction(SPIKE_LEAST)):
        return None
    usual = {m: _median([c[day] for day in before]) for m, c in by_model.items()}
    risen = max(by_model, key=lambda model: by_model[model][last] - usual[model])
    name = "What names no model"
    if risen is not None:
        name = formats.isolated(frame.label("model", risen))
    return Insight(
        "spike",
        "warning",
        f"Spend spike on {last:%A}, {times.day(last, year=False)}",
        f"Cost was {formats.money(total[last], unit)}, against a median of "
        f"{formats.money(middle, unit)} {words}. {name} rose to "
        f"{formats.money(by_model[risen][last], unit)} from a median of "
        f"{formats.money(usual[risen], unit)}. Check who called it that day.",
    )


def _before(last: date, first: date) -> tuple[list[date], str]:
    """The days that a day is compared with, not before a first one, and their words."""
    weekly = [last - timedelta(weeks=n) for n in range(1, _WEEKS + 1)]
    if weekly[-1] >= first:
        return weekly, f"on the eight {last:%A}s before"
    daily = [last - timedelta(days=n) for n in range(1, _DAYS + 1)]
    daily = [day for day in daily if day >= first]
    return daily, f"over the {len(daily)} days before"


def _median(values: Sequence[int | Fraction]) -> Fraction:
    """Of two in the middle their exact mean."""
    ordered = sorted(Fraction(value) for value in values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2


def _daily(
    selection: Selection, first: date, last: date
) -> dict[str | None, dict[date, int]]:
    """Model -> day -> cost; a day without usage is 0."""
    tz = selection.filters.tz
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    over = selection.at(midnight(first, tz), midnight(last + timedelta(days=1), tz))
    drawn = trend(over, by="model", bucket="day")
    starts = [day_of(start, tz) for start in drawn.start]
    found: dict[str | None, dict[date, int]] = {}
    for series in drawn.series:
        costs = [point.cost or 0 for point in series.points]
        known = dict(zip(starts, costs, strict=True))
        found[series.id] = {day: known.get(day, 0) for day in days}
    return found or {None: dict.fromkeys(days, 0)}
