"""The split bars: tokens and cost, input against output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amount_columns import amounts_from_sums
from meterwidgets.metrics.amounts import Amounts, UsageMeasure
from meterwidgets.metrics.text import formats, percentages
from meterwidgets.metrics.text.formats import Number
from meterwidgets.present.filters.chosen import EmptyState, empty_state
from meterwidgets.present.vocabulary.words import NO_PRICE, per_unit

Side = Literal["input", "output", "unsplit", "fees"]
_Figures = tuple[int | None, Number | None]
"""Of one side: its tokens or cost, and how much of the other one buys, or costs."""
_SLOTS: dict[Side, str] = {
    "input": "c1", "output": "c2", "unsplit": "other", "fees": "c3"
}  # fmt: skip


class _PartTexts(TypedDict):
    key: Side
    label: str
    value: str
    unit: str
    title: str
    caption: str
    caption_title: str


class SplitPart(_PartTexts):
    """One side of a split; what is not split has a part of its own."""

    share: str
    fraction: float
    color: str
    muted: bool
    selectable: bool


class Split(TypedDict):
    """A whole and its parts as `widgets.SplitBar` draws them."""

    title: str
    subtitle: str
    total: str
    total_title: str
    parts: list[SplitPart]
    note: str
    empty: EmptyState


def split_bar(selection: Selection, measure: UsageMeasure) -> Split:
    """The split of tokens or cost into input and output, whatever the cost type is."""
    amounts = amounts_from_sums(selection.sums())
    if measure == "tokens":
        return _token_split(selection, amounts)
    return _cost_split(selection, amounts)


def _token_split(selection: Selection, amounts: Amounts) -> Split:
    unit, no_ratio = per_unit(selection.currency), _no_ratio(amounts)
    sides: dict[Side, _Figures] = {
        "input": (amounts.input_tokens, amounts.input_per_unit),
        "output": (amounts.output_tokens, amounts.output_per_unit),
    }
    unknown = "no record reports tokens"
    parts: list[_PartTexts] = [
        {
            "key": side,
            "label": side.capitalize(),
            "value": formats.count(tokens),
            "unit": "" if tokens is None else "tokens",
            "title": f"no record reports {side} tokens"
            if tokens is None
            else formats.count_exact(tokens),
            "caption": no_ratio if per is None else f"{formats.count(per)} {unit}",
            "caption_title": no_ratio if per is None else formats.count_exact(per),
        }
        for side, (tokens, per) in sides.items()
    ]
    total = amounts.tokens
    return {
        "title": "Token Distribution",
        "subtitle": "input and output",
        "total": formats.DASH if total is None else f"{formats.count(total)} tokens",
        "total_title": unknown if total is None else formats.count_exact(total),
        "parts": _with_shares(
            parts, [tokens for tokens, _ in sides.values()], selection
        ),
        "note": "",
        "empty": empty_state(selection, amounts.records),
    }


def _cost_split(selection: Selection, amounts: Amounts) -> Split:
    currency, no_ratio = selection.currency, _no_ratio(amounts)
    sides: dict[Side, _Figures] = {
        "input": (amounts.input_cost, amounts.input_rate_per_1k),
        "output": (amounts.output_cost, amounts.output_rate_per_1k),
    }
    parts: list[_PartTexts] = [
        {
            "key": side,
            "label": f"{side.capitalize()} cost",
            "value": formats.money(cost, currency),
            "unit": "",
            "title": _exact(cost, currency),
            "caption": no_ratio
            if rate is None
            else f"{formats.rate(rate, currency)} per 1K tokens",
            "caption_title": no_ratio
            if rate is None
            else formats.money_exact(rate, currency),
        }
        for side, (cost, rate) in sides.items()
    ]
    costs = [cost for cost, _ in sides.values()]
    if amounts.unsplit_cost:
        costs.append(amounts.unsplit_cost)
        parts.append(_unsplit_part(amounts.unsplit_cost, currency))
    if amounts.fee_cost:
        costs.append(amounts.fee_cost)
        parts.append(_fees_part(amounts.fee_cost, currency))
    return {
        "title": "Cost Distribution",
        "subtitle": "by token type",
        "total": formats.money(amounts.cost, currency),
        "total_title": _exact(amounts.cost, currency),
        "parts": _with_shares(parts, costs, selection),
        "note": _note(selection, amounts),
        "empty": empty_state(selection, amounts.records),
    }


def _unsplit_part(cost: int, currency: str | None) -> _PartTexts:
    return {
        "key": "unsplit",
        "label": "Not split",
        "value": formats.money(cost, currency),
        "unit": "",
        "title": _exact(cost, currency),
        "caption": "only a total is known",
        "caption_title": "no price gives the ratio of input to output",
    }


def _fees_part(cost: int, currency: str | None) -> _PartTexts:
    return {
        "key": "fees",
        "label": "Fees",
        "value": formats.money(cost, currency),
        "unit": "",
        "title": _exact(cost, currency),
        "caption": "paid by request, search or call",
        "caption_title": "of neither side, and in no rate",
    }


def _note(selection: Selection, amounts: Amounts) -> str:
    """Where the split comes from, and the cost that one side leaves out."""
    currency, notes = selection.currency, []
    if amounts.estimated_cost:
        cost = formats.money(amounts.estimated_cost, currency)
        notes.append(f"The split of {cost} is estimated from list prices.")
    if amounts.unsplit_cost and selection.filters.cost_type != "both":
        cost = formats.money(amounts.unsplit_cost, currency)
        notes.append(
            f"{cost} is known only as a total; it belongs to neither side and is left "
            "out."
        )
    if amounts.fee_cost and selection.filters.cost_type != "both":
        cost = formats.money(amounts.fee_cost, currency)
        notes.append(f"{cost} of fees belong to neither side and are left out.")
    return " ".join(notes)


def _exact(nano: int | None, currency: str | None) -> str:
    return NO_PRICE if nano is None else formats.money_exact(nano, currency)


def _no_ratio(amounts: Amounts) -> str:
    if amounts.cost is None:
        return "not priced"
    if amounts.unsplit_cost and amounts.input_cost is None:
        return "its cost is not split"
    return "undefined without tokens or cost"


def _with_shares(
    parts: Sequence[_PartTexts], values: Sequence[int | None], selection: Selection
) -> list[SplitPart]:
    """Parts with their shares; the side that the filters leave out is muted."""
    total = sum(max(value or 0, 0) for value in values)
    shares = percentages.split_shares([value or 0 for value in values])
    side = selection.filters.cost_type
    return [
        {
            **part,
            "share": formats.DASH if value is None else share,
            "fraction": max(value or 0, 0) / total if total else 0.0,
            "color": _SLOTS[part["key"]],
            "muted": side not in ("both", part["key"]),
            "selectable": part["key"] in ("input", "output"),
        }
        for part, value, share in zip(parts, values, shares, strict=True)
    ]
