"""The five cards of the Overview: texts, titles, changes, courses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any

from meterwidgets.dashboards.wording import NO_PRICE, Colors, Traits, apart, per_unit
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, times
from meterwidgets.metrics.compute import breakdown, delta, previous, sparkline, totals
from meterwidgets.metrics.results import Amounts, Totals

NO_MODEL = "no model is reported"


@dataclass(frozen=True)
class _Facts:
    """What the cards of one selection are made of."""

    now: Totals
    before: Totals | None
    course: Sequence[Amounts]
    unit: str | None
    colors: Colors
    rate_of: str

    def money(self, nano: Any) -> str:
        return formats.money(nano, self.unit)

    def rate(self, nano: Any) -> str:
        return formats.rate(nano, self.unit)

    def exact(self, nano: Any) -> str:
        return formats.money_exact(nano, self.unit)


def kpi_cards(selection: Selection, colors: Colors) -> Traits:
    """The five cards of the Overview.

    Args:
        selection: What they show.
        colors: Model -> its colour slot, in the order of the whole ledger.
    """
    side = selection.filters.cost_type
    facts = _Facts(
        totals(selection),
        previous(selection),
        sparkline(selection),
        selection.currency,
        _by_name(selection, colors),
        "blended average" if side == "both" else f"{side} only",
    )
    make = (_spend_card, _tokens_card, _models_card, _rate_card, _efficiency_card)
    return {"cards": [one(facts) for one in make]}


def _by_name(selection: Selection, colors: Colors) -> Colors:
    """Name of a model -> the slot that the ring of models shows it in."""
    rows = breakdown(selection, "model", own=False).rows
    slots = apart([row.id for row in rows], colors)
    return {row.name: slots[row.id] for row in rows}


def _spend_card(facts: _Facts) -> Traits:
    now, amounts = facts.now, facts.now.amounts
    length = times.days(now.elapsed) if now.elapsed else "outside the data"
    caption, caption_title, note = length, "", ""
    if now.run_rate is not None:
        caption = f"{facts.money(now.run_rate)}/day · {length}"
        caption_title = f"{facts.exact(now.run_rate)} a day over {length}"
    if amounts.cost is None:
        caption, caption_title = "no prices: tokens rank instead", ""
    elif amounts.unpriced_tokens and amounts.tokens:
        part = Fraction(amounts.unpriced_tokens, amounts.tokens)
        note = f"lower bound: {formats.share(part)} of tokens unpriced"
    return {
        "label": "Total Spend",
        "value": facts.money(amounts.cost),
        "title": NO_PRICE if amounts.cost is None else facts.exact(amounts.cost),
        "caption": caption,
        "caption_title": caption_title,
        "note": note,
        "spark": _spark([point.cost for point in facts.course]),
        **_delta(facts, lambda totals: totals.amounts.cost, facts.money, "bad"),
    }


def _tokens_card(facts: _Facts) -> Traits:
    tokens, per_day = facts.now.amounts.tokens, facts.now.tokens_per_day
    unknown = "no record reports tokens"
    return {
        "label": "Tokens",
        "value": formats.count(tokens),
        "title": unknown if tokens is None else formats.count_exact(tokens),
        "caption": f"{formats.count(per_day)}/day" if per_day is not None else "",
        "caption_title": f"{formats.count_exact(per_day)} a day" if per_day else "",
        "spark": _spark([point.tokens for point in facts.course]),
        **_delta(facts, lambda totals: totals.amounts.tokens, formats.count, "neutral"),
    }


def _models_card(facts: _Facts) -> Traits:
    top = facts.now.top_model
    first = "Most Tokens" if facts.now.amounts.cost is None else "Top Spender"
    return {
        "label": "Models",
        "value": formats.count(facts.now.models),
        "title": NO_MODEL if facts.now.models is None else "",
        "caption": NO_MODEL
        if facts.now.models is None
        else f"{first}: {top or 'none'}",
        "caption_title": top or "",
        "color": facts.colors.get(top, "") if top else "",
    }


def _rate_card(facts: _Facts) -> Traits:
    value, why = facts.now.amounts.rate_per_1k, _why_no_rate(facts.now.amounts)
    return {
        "label": "Rate/1K",
        "value": facts.rate(value),
        "title": why if value is None else f"{facts.exact(value)} per 1,000 tokens",
        "caption": why if value is None else facts.rate_of,
        "spark": _spark([point.rate_per_1k for point in facts.course], zero=False),
        **_delta(facts, lambda totals: totals.amounts.rate_per_1k, facts.rate, "bad"),
    }


def _efficiency_card(facts: _Facts) -> Traits:
    value = facts.now.amounts.tokens_per_unit
    why = _why_no_efficiency(facts.now.amounts)
    return {
        "label": "Efficiency",
        "value": formats.count(value),
        "title": why if value is None else formats.count_exact(value),
        "caption": why if value is None else per_unit(facts.unit),
        "spark": _spark([point.tokens_per_unit for point in facts.course], zero=False),
        **_delta(
            facts, lambda totals: totals.amounts.tokens_per_unit, formats.count, "good"
        ),
    }


def _why_no_rate(amounts: Amounts) -> str:
    return NO_PRICE if amounts.cost is None else "undefined without tokens"


def _why_no_efficiency(amounts: Amounts) -> str:
    return NO_PRICE if amounts.cost is None else "undefined without cost"


def _delta(
    facts: _Facts, of: Callable[[Totals], Any], text: Callable[[Any], str], rise: str
) -> Traits:
    """The change against the period before: its size, arrow, and whether it is good."""
    before = facts.before
    change = delta(of(facts.now), of(before)) if before is not None else None
    if change is None or before is None:
        return {}
    up = change > 0
    tone = rise if up else {"bad": "good", "good": "bad"}.get(rise, rise)
    return {
        "delta": formats.percent(change),
        "direction": "up" if up else "down" if change else "",
        "tone": tone if change else "neutral",
        "delta_title": f"{text(of(before))} in {times.before(before.elapsed)}",
    }


def _spark(values: Sequence[Any], *, zero: bool = True) -> list[float]:
    """A course between 0 and 1; ratios are drawn around their middle.

    A ratio's range is cut at five times its spread, so that one odd step does not
    flatten all others.
    """
    numbers: list[float] = []
    for value in values:  # where a ratio is undefined, the last one stands
        if value is not None:
            numbers.append(float(value))
        elif numbers:
            numbers.append(numbers[-1])
    if len(numbers) < 2 or not any(numbers):
        return []
    low, high = 0.0, max(numbers)
    if not zero:
        middle = median(numbers)
        spread = median(abs(number - middle) for number in numbers) * 5 or middle * 0.05
        low, high = max(min(numbers), middle - spread), min(high, middle + spread)
    if high <= low:
        return [0.5] * len(numbers)
    return [round(min(1, max(0, (n - low) / (high - low))), 4) for n in numbers]
