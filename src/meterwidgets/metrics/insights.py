"""What is worth knowing about a selection: rules, thresholds and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.outliers import FACTOR, Outlier
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.overpriced import overpriced_requests
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import trend
from meterwidgets.text import isolated
from meterwidgets.zones import (
    day_before,
    day_of,
    is_skipped,
    midnight,
    weekday_name,
    zone,
)

CONCENTRATED = Fraction(8, 10)
UNPRICED = Fraction(1, 100)
SPIKE_MADS = 5
SPIKE_MINIMUM = 1_000_000_000
"""A spike is at least one currency unit above the median, in nano-units."""
_WEEKS, _DAYS, _FEWEST_DAYS = 8, 14, 7


@dataclass(frozen=True)
class Insight:
    """Something worth knowing about a selection.

    Attributes:
        rule: The rule that found it.
        severity: How much it matters.
        title: A few words.
        text: The figures, and what to do.
    """

    rule: Literal["over_list", "spike", "unpriced", "concentration", "single_model"]
    severity: Literal["info", "warning"]
    title: str
    text: str


def insights(selection: Selection) -> tuple[Insight, ...]:
    """The insights of a selection, worst first.

    Requests far over their list price come first because they distort every other
    figure.

    Source: METRICS, "Insights".
    """
    every_model = _without_filters(selection, "deployments", "models")
    candidates = (
        _overpriced(selection),
        _spike(selection) or _spike_outside(selection),
        _unpriced(selection),
        _concentration(every_model),
        _single_model(every_model),
    )
    return tuple(insight for insight in candidates if insight is not None)


def _without_filters(selection: Selection, *names: str) -> Selection:
    """A selection without some filters: what users did not choose."""
    filters = selection.filters
    for dimension in selection.filters.chosen:
        if f"{dimension}s" in names:
            filters = filters.choose(dimension)
    return selection if filters is selection.filters else selection.select(filters)


def _overpriced(selection: Selection) -> Insight | None:
    overpriced = overpriced_requests(selection)
    if not overpriced.count:
        return None
    is_one = overpriced.count == 1
    its, it = ("its", "it") if is_one else ("their", "them")
    subject = "One request" if is_one else f"{formats.count(overpriced.count)} requests"
    text = ""
    if not is_one:
        cost = formats.money(overpriced.cost, selection.currency)
        text = f"Together they cost {cost}. "
    if overpriced.details:
        text += _most_expensive(selection, overpriced.details[0], is_one=is_one)
    return Insight(
        "over_list",
        "warning",
        f"{subject} at over {FACTOR}x {its} list price",
        f"{text}Check what your gateway charges for that model, and leave {it} out to "
        f"see the figures without {it}.",
    )


def _most_expensive(selection: Selection, outlier: Outlier, *, is_one: bool) -> str:
    unit, tz = selection.currency, selection.filters.tz
    start = outlier.start.astimezone(zone(tz))
    model = "an unnamed model"
    if outlier.model is not None:
        model = isolated(selection.frame.label("model", outlier.model))
    when = f"on {times.day(start.date())} at {times.clock(start)} ({tz})"
    subject = f"The most expensive, a request to {model} {when},"
    if is_one:
        subject = f"A request to {model} {when}"
    return (
        f"{subject} cost {formats.money(outlier.cost, unit)} for "
        f"{formats.count(outlier.tokens)} tokens, "
        f"{formats.count(Fraction(outlier.cost, outlier.list_cost))} times its list "
        f"price of {formats.money(outlier.list_cost, unit)}. "
    )


def _single_model(selection: Selection) -> Insight | None:
    ranked = breakdown(selection, "model")
    if not ranked.rows or ranked.rows[0].share != 1 or ranked.rows[0].id is None:
        return None
    subject = "All cost is" if ranked.measure == "cost" else "All usage is"
    others = [isolated(row.name) for row in ranked.rows[1:] if row.id is not None]
    text = (
        f"{subject} concentrated in a single model. Consider exploring additional "
        "models for better flexibility and risk distribution."
    )
    if others:
        text += f" Used beside it, without any cost: {_first_names(others)}."
    return Insight("single_model", "info", "Single Model Usage", text)


def _first_names(names: Sequence[str]) -> str:
    """Up to three names, and how many more there are."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


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
    has = "has" if count == 1 else "have"
    if len(models) < len(ranked.rows):
        others, has = f"{others} and usage without a model name", "have"
    return Insight(
        "concentration",
        "info",
        "Concentrated Usage",
        f"{isolated(top.name)} has {percentages.share(top.share)} of the "
        f"{ranked.measure}; {others} {has} the rest. A price change or an outage would "
        "affect nearly all usage; consider a second model for part of the work.",
    )


def _unpriced(selection: Selection) -> Insight | None:
    amounts = totals(selection).amounts
    if not amounts.tokens:
        return None
    share = Fraction(amounts.unpriced_tokens, amounts.tokens)
    if share <= UNPRICED:
        return None
    text = (
        f"{percentages.share(share)} of the tokens "
        f"({formats.count(amounts.unpriced_tokens)}) have no price, so the spend is a "
        "lower bound."
    )
    if amounts.cost is None and not amounts.unsplit_cost:
        text = "Nothing in this selection has a price, so models are ranked by tokens."
    return Insight(
        "unpriced", "warning", "Unpriced Usage", f"{text} {_add_rates(selection)}."
    )


def _add_rates(selection: Selection) -> str:
    rows = breakdown(selection, "model").rows
    unpriced = [row for row in rows if row.amounts.unpriced_tokens]
    names = [isolated(row.name) for row in unpriced if row.id is not None]
    advice = "Add rates"
    if names:
        advice += f" for {_first_names(names)}"
    if len(names) < len(unpriced):
        advice += '; model = "*" also matches usage without a model name'
    return advice


def last_complete_day(selection: Selection) -> Selection:
    """The last complete day of a selection, the one that may have a spike."""
    tz = selection.filters.tz
    covered = min(selection.window.end, selection.frame.coverage.end)
    end = midnight(day_of(covered, tz), tz)
    return selection.at(midnight(day_before(end, tz), tz), end)


def _spike(selection: Selection) -> Insight | None:
    """The last complete day against the same weekdays, or the days, before it."""
    frame, tz = selection.frame, selection.filters.tz
    day = day_of(last_complete_day(selection).window.start, tz)
    first = day_of(frame.coverage.first, tz)
    if midnight(first, tz) < frame.coverage.first:  # in this zone, half of it
        first += timedelta(days=1)
    baseline, baseline_text = _baseline(day, first, tz)
    if len(baseline) < _FEWEST_DAYS or midnight(day, tz) < selection.window.start:
        return None
    by_model = _daily_costs(selection, min(baseline), day)
    total = {d: sum(costs[d] for costs in by_model.values()) for d in [*baseline, day]}
    median = _median([total[d] for d in baseline])
    mad = _median([abs(total[d] - median) for d in baseline])
    if total[day] <= median + max(SPIKE_MADS * mad, Fraction(SPIKE_MINIMUM)):
        return None
    medians = {m: _median([c[d] for d in baseline]) for m, c in by_model.items()}
    model = max(by_model, key=lambda m: by_model[m][day] - medians[m])
    name = "Usage without a model name"
    if model is not None:
        name = isolated(frame.label("model", model))

    def money(nano: int | Fraction) -> str:
        return formats.money(nano, selection.currency)

    return Insight(
        "spike",
        "warning",
        f"Spend spike on {weekday_name(day)}, {times.day(day, year=False)}",
        f"Cost was {money(total[day])}, against a median of {money(median)} "
        f"{baseline_text}. {name} rose to {money(by_model[model][day])} from a median "
        f"of {money(medians[model])}. Check who called it that day.",
    )


def _spike_outside(selection: Selection) -> Insight | None:
    """A spike of the whole ledger that the filters leave out, without its amounts."""
    chosen = [f"{dimension}s" for dimension in selection.filters.chosen]
    if not chosen:
        return None
    whole = _spike(_without_filters(selection, *chosen))
    if whole is None:
        return None
    return Insight(
        "spike",
        "warning",
        f"{whole.title}, outside the filters",
        "The cost of the whole ledger was far above its median that day, and that of "
        "this selection was not. Clear the filters to see which model rose.",
    )


def _baseline(day: date, first: date, tz: str) -> tuple[list[date], str]:
    """The days that a day is compared with, none before ``first``, and their words."""
    weekly = [day - timedelta(weeks=n) for n in range(1, _WEEKS + 1)]
    weekly = [d for d in weekly if not is_skipped(d, tz)]
    if len(weekly) == _WEEKS and weekly[-1] >= first:
        return weekly, f"on the eight previous {weekday_name(day)}s"
    daily = [day - timedelta(days=n) for n in range(1, _DAYS + 1)]
    daily = [d for d in daily if d >= first and not is_skipped(d, tz)]
    return daily, f"over the previous {len(daily)} days"


def _median(values: Sequence[int | Fraction]) -> Fraction:
    """The exact median: of an even number of values, the mean of the middle two."""
    ordered = sorted(Fraction(value) for value in values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2


def _daily_costs(
    selection: Selection, first: date, last: date
) -> dict[str | None, dict[date, int]]:
    """Model -> day -> cost; a day without usage is 0."""
    tz = selection.filters.tz
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    period = selection.at(midnight(first, tz), midnight(last + timedelta(days=1), tz))
    by_day = trend(period, by="model", bucket="day")
    dates = [day_of(start, tz) for start in by_day.start]
    by_model: dict[str | None, dict[date, int]] = {}
    for series in by_day.series:
        costs = [point.cost or 0 for point in series.points]
        cost_of = dict(zip(dates, costs, strict=True))
        by_model[series.id] = {day: cost_of.get(day, 0) for day in days}
    return by_model or {None: dict.fromkeys(days, 0)}
