"""The split bars: tokens and cost, input against output."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, percentages
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.amounts import amounts_from_sums as of_sums
from meterwidgets.present.words import NO_PRICE, Traits, empty_state, per_unit


def split_bar(selection: Selection, measure: str) -> Traits:
    """The split of tokens or cost into input and output."""
    amounts = of_sums(selection.sums())
    if measure == "tokens":
        return _token_split(selection, amounts)
    return _cost_split(selection, amounts)


def _token_split(selection: Selection, amounts: Amounts) -> Traits:
    unit, why = selection.currency, _no_ratio(amounts)
    sides = {
        "input": (amounts.input_tokens, amounts.input_per_unit),
        "output": (amounts.output_tokens, amounts.output_per_unit),
    }
    parts = [
        {
            "key": side,
            "label": side.capitalize(),
            "value": formats.count(tokens),
            "unit": "" if tokens is None else "tokens",
            "title": f"no record reports {side} tokens"
            if tokens is None
            else formats.count_exact(tokens),
            "caption": why if per is None else f"{formats.count(per)} {per_unit(unit)}",
            "caption_title": why if per is None else formats.count_exact(per),
        }
        for side, (tokens, per) in sides.items()
    ]
    values = [tokens for tokens, _ in sides.values()]
    return {
        "title": "Token Distribution",
        "subtitle": "input and output",
        "total": formats.DASH
        if amounts.tokens is None
        else f"{formats.count(amounts.tokens)} tokens",
        "total_title": "no record reports tokens"
        if amounts.tokens is None
        else formats.count_exact(amounts.tokens),
        "parts": _shared_out(parts, values, selection),
        "note": "",
        **empty_state(selection, amounts.records),
    }


def _cost_split(selection: Selection, amounts: Amounts) -> Traits:
    unit, why = selection.currency, _no_ratio(amounts)
    sides = {
        "input": (amounts.input_cost, amounts.input_rate_per_1k),
        "output": (amounts.output_cost, amounts.output_rate_per_1k),
    }
    parts = [
        {
            "key": side,
            "label": f"{side.capitalize()} cost",
            "value": formats.money(cost, unit),
            "unit": "",
            "title": _exact(cost, unit),
            "caption": why
            if rate is None
            else f"{formats.rate(rate, unit)} per 1K tokens",
            "caption_title": why if rate is None else formats.money_exact(rate, unit),
        }
        for side, (cost, rate) in sides.items()
    ]
    values = [cost for cost, _ in sides.values()]
    if amounts.unsplit_cost:
        values.append(amounts.unsplit_cost)
        parts.append(
            {
                "key": "unsplit",
                "label": "Not split",
                "value": formats.money(amounts.unsplit_cost, unit),
                "unit": "",
                "title": _exact(amounts.unsplit_cost, unit),
                "caption": "only a total is known",
                "caption_title": "no price gives the ratio of input to output",
            }
        )
    return {
        "title": "Cost Distribution",
        "subtitle": "by token type",
        "total": formats.money(amounts.cost, unit),
        "total_title": _exact(amounts.cost, unit),
        "parts": _shared_out(parts, values, selection),
        "note": _notice(selection, amounts),
        **empty_state(selection, amounts.records),
    }


def _notice(selection: Selection, amounts: Amounts) -> str:
    """What the split rests on, and what one side leaves out."""
    said = []
    if amounts.estimated_cost:
        cost = formats.money(amounts.estimated_cost, selection.currency)
        said.append(f"The split of {cost} is estimated from list prices.")
    if amounts.unsplit_cost and selection.filters.cost_type != "both":
        said.append("What is not split belongs to neither side and is left out.")
    return " ".join(said)


def _exact(nano: int | None, unit: str | None) -> str:
    return NO_PRICE if nano is None else formats.money_exact(nano, unit)


def _no_ratio(amounts: Amounts) -> str:
    return "not priced" if amounts.cost is None else "undefined without tokens or cost"


def _shared_out(
    parts: list[Traits], values: Sequence[int | None], selection: Selection
) -> list[Traits]:
    """Parts with their shares; the side that the filters leave out is muted."""
    known = [value or 0 for value in values]
    whole = sum(known)
    labels = percentages.split_shares(known)
    side = selection.filters.cost_type
    colors = {"input": "c1", "output": "c2", "unsplit": "other"}
    return [
        part
        | {
            "share": label,
            "fraction": value / whole if whole else 0.0,
            "color": colors[part["key"]],
            "muted": side not in ("both", part["key"]),
            "selectable": part["key"] != "unsplit",
        }
        for part, value, label in zip(parts, known, labels, strict=True)
    ]
