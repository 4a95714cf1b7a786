"""Cards of usage: spend, tokens and their sides, requests, rate, efficiency."""

from __future__ import annotations

from fractions import Fraction

from meterwidgets.metrics import formats, percentages
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.present.card_context import Facts, change, spark
from meterwidgets.present.words import NO_PRICE, Traits, per_unit

_RATE_OF = {"both": "blended average", "input": "input only", "output": "output only"}


def spend(facts: Facts) -> Traits:
    """Spend, its daily rate and how much time it is of."""
    now, amounts = facts.now, facts.now.amounts
    caption, caption_title, note = facts.length, "", ""
    if now.run_rate is not None:
        caption = f"{facts.money(now.run_rate)}/day · {facts.length}"
        caption_title = f"{facts.exact(now.run_rate)} a day over {facts.length}"
    if amounts.cost is None:
        caption, caption_title = "no prices: tokens rank instead", ""
    elif amounts.unpriced_tokens and amounts.tokens:
        part = Fraction(amounts.unpriced_tokens, amounts.tokens)
        note = f"lower bound: {percentages.share(part)} of tokens unpriced"
    return {
        "label": "Total Spend",
        "value": facts.money(amounts.cost),
        "title": NO_PRICE if amounts.cost is None else facts.exact(amounts.cost),
        "caption": caption,
        "caption_title": caption_title,
        "note": note,
        "spark": spark([point.cost for point in facts.course]),
        **change(facts, lambda totals: totals.amounts.cost, facts.money, "bad"),
    }


def tokens(facts: Facts) -> Traits:
    """Tokens, and how many a day."""
    tokens, per_day = facts.now.amounts.tokens, facts.now.tokens_per_day
    unknown = "no record reports tokens"
    return {
        "label": "Tokens",
        "value": formats.count(tokens),
        "title": unknown if tokens is None else formats.count_exact(tokens),
        "caption": _per_day(per_day),
        "caption_title": f"{formats.count_exact(per_day)} a day" if per_day else "",
        "spark": spark([point.tokens for point in facts.course]),
        **change(facts, lambda totals: totals.amounts.tokens, formats.count, "neutral"),
    }


def all_tokens(facts: Facts) -> Traits:
    """Tokens as the sum of their sides, and what they cost."""
    cost, card = facts.now.amounts.cost, tokens(facts)
    said = [] if cost is None else [facts.money(cost)]
    if card["caption"]:
        said.append(card["caption"])
    return card | {"label": "Total Tokens", "caption": " · ".join(said)}


def requests(facts: Facts) -> Traits:
    """Requests, and how many a day."""
    found, per_day = facts.now.amounts.requests, facts.now.requests_per_day
    unknown = "the ledger has no count of requests"
    return {
        "label": "Requests",
        "value": formats.count(found),
        "title": unknown if found is None else formats.count_exact(found),
        "caption": _per_day(per_day) if found is not None else unknown,
        "spark": spark([point.requests for point in facts.course])
        if found is not None
        else [],
        **change(
            facts, lambda totals: totals.amounts.requests, formats.count, "neutral"
        ),
    }


def side(facts: Facts, name: str) -> Traits:
    """The tokens of one side, what they cost, and their share of both.

    Args:
        facts: Of the selection.
        name: "input" or "output".
    """
    amounts = facts.now.amounts
    tokens = getattr(amounts, f"{name}_tokens")
    cost = getattr(amounts, f"{name}_cost")
    both = (amounts.input_tokens or 0) + (amounts.output_tokens or 0)
    said = [] if cost is None else [facts.money(cost)]
    if tokens is not None and both:
        said.append(f"{percentages.share(Fraction(tokens, both))} of tokens")
    unknown = f"no record reports {name} tokens"
    return {
        "label": f"{name.capitalize()} Tokens",
        "label_color": {"input": "c1", "output": "c2"}[name],
        "value": formats.count(tokens),
        "title": unknown if tokens is None else formats.count_exact(tokens),
        "caption": " · ".join(said),
        "caption_title": NO_PRICE if cost is None else facts.exact(cost),
        "spark": spark([getattr(point, f"{name}_tokens") for point in facts.course]),
        **change(
            facts,
            lambda totals: getattr(totals.amounts, f"{name}_tokens"),
            formats.count,
            "neutral",
        ),
    }


def rate(facts: Facts) -> Traits:
    """What 1,000 tokens cost."""
    value, why = facts.now.amounts.rate_per_1k, _why_no_rate(facts.now.amounts)
    return {
        "label": "Rate/1K",
        "value": facts.rate(value),
        "title": why if value is None else f"{facts.exact(value)} per 1,000 tokens",
        "caption": why if value is None else _RATE_OF[facts.side],
        "spark": spark([point.rate_per_1k for point in facts.course], zero=False),
        **change(facts, lambda totals: totals.amounts.rate_per_1k, facts.rate, "bad"),
    }


def efficiency(facts: Facts) -> Traits:
    """How many tokens a currency unit buys."""
    value = facts.now.amounts.tokens_per_unit
    why = _why_no_efficiency(facts.now.amounts)
    return {
        "label": "Efficiency",
        "value": formats.count(value),
        "title": why if value is None else formats.count_exact(value),
        "caption": why if value is None else per_unit(facts.unit),
        "spark": spark([point.tokens_per_unit for point in facts.course], zero=False),
        **change(
            facts, lambda totals: totals.amounts.tokens_per_unit, formats.count, "good"
        ),
    }


def _why_no_rate(amounts: Amounts) -> str:
    return NO_PRICE if amounts.cost is None else "undefined without tokens"


def _why_no_efficiency(amounts: Amounts) -> str:
    if amounts.tokens is None:
        return "undefined without tokens"
    return NO_PRICE if amounts.cost is None else "undefined without cost"


def _per_day(value: Fraction | None) -> str:
    return "" if value is None else f"{formats.count(value)}/day"
