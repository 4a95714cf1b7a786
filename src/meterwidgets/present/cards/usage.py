"""Cards of usage: spend, tokens and their sides, requests, rate, efficiency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.text import formats, percentages
from meterwidgets.present.cards.card import Card
from meterwidgets.present.cards.context import CardContext
from meterwidgets.present.cards.spec import CardSpec, card
from meterwidgets.present.vocabulary.words import NO_PRICE, per_unit

_NO_TOKENS = "no record reports tokens"
_RATE_OF = {"both": "blended average", "input": "input only", "output": "output only"}


@card("Total Spend", reason=NO_PRICE, reason_in_caption=False)
def spend(context: CardContext) -> Card:
    """Spend, its daily rate and how much time it covers."""
    amounts, run_rate = context.totals.amounts, context.totals.run_rate
    caption, caption_title = context.duration, ""
    if run_rate is not None:
        caption = f"{context.money(run_rate)}/day · {context.duration}"
        caption_title = f"{context.exact_money(run_rate)} a day over {context.duration}"
    if amounts.cost is None:
        caption, caption_title = "No prices, so models are ranked by tokens", ""
    return Card(
        value=context.money(amounts.cost),
        title=context.exact_money(amounts.cost),
        caption=caption,
        caption_title=caption_title,
        note=spend_note(context),
        spark=context.spark(lambda point: point.cost),
        **context.delta(
            lambda totals: totals.amounts.cost, context.money, rise="bad", of_cost=True
        ),
    )


def spend_note(context: CardContext) -> str:
    """What stands beside a spend wherever it is shown; nothing beside none."""
    if context.totals.amounts.cost is None:
        return ""
    return " · ".join(_spend_notes(context))


def _spend_notes(context: CardContext) -> Iterator[str]:
    """What the spend leaves out, and what it counts below zero."""
    amounts = context.totals.amounts
    if amounts.unpriced_tokens and amounts.tokens:
        part = Fraction(amounts.unpriced_tokens, amounts.tokens)
        yield f"lower bound: {percentages.share(part)} of tokens unpriced"
    if amounts.negative_cost:
        yield f"with corrections of {context.money(amounts.negative_cost)}"
    if context.credits:
        beside = context.money(context.credits)
        yield f"without credits, taxes and purchases of {beside}"


@card("Tokens", reason=_NO_TOKENS, reason_in_caption=False)
def tokens(context: CardContext) -> Card:
    """Tokens, and how many a day."""
    tokens, per_day = context.totals.amounts.tokens, context.totals.tokens_per_day
    return Card(
        value=formats.count(tokens),
        title=formats.count_exact(tokens),
        caption=_per_day(per_day),
        caption_title=f"{formats.count_exact(per_day)} a day" if per_day else "",
        spark=context.spark(lambda point: point.tokens),
        **context.delta(
            lambda totals: totals.amounts.tokens, formats.count, rise="neutral"
        ),
    )


@card("Total Tokens", reason=_NO_TOKENS, reason_in_caption=False)
def total_tokens(context: CardContext) -> Card:
    """Tokens as the sum of their sides, and what they cost."""
    cost = context.totals.amounts.cost
    per_day = _per_day(context.totals.tokens_per_day)
    parts = ["" if cost is None else context.money(cost), per_day]
    caption = " · ".join(part for part in parts if part)
    return replace(tokens.texts(context), caption=caption, note=spend_note(context))


@card("Requests", reason="the ledger has no count of requests")
def requests(context: CardContext) -> Card:
    """Requests, and how many a day."""
    requests = context.totals.amounts.requests
    return Card(
        value=formats.count(requests),
        title=formats.count_exact(requests),
        caption=_per_day(context.totals.requests_per_day),
        spark=[] if requests is None else context.spark(lambda point: point.requests),
        **context.delta(
            lambda totals: totals.amounts.requests, formats.count, rise="neutral"
        ),
    )


def _token_side(side: Literal["input", "output"]) -> CardSpec:
    """The card of one side's tokens: what they cost, and their share of both."""

    def tokens_of(amounts: Amounts) -> int | None:
        return amounts.input_tokens if side == "input" else amounts.output_tokens

    def texts(context: CardContext) -> Card:
        amounts = context.totals.amounts
        tokens = tokens_of(amounts)
        cost = amounts.input_cost if side == "input" else amounts.output_cost
        both = (amounts.input_tokens or 0) + (amounts.output_tokens or 0)
        caption = [] if cost is None else [context.money(cost)]
        if tokens is not None and both:
            caption.append(f"{percentages.share(Fraction(tokens, both))} of tokens")
        return Card(
            label_color="c1" if side == "input" else "c2",
            value=formats.count(tokens),
            title=formats.count_exact(tokens),
            caption=" · ".join(caption),
            caption_title=NO_PRICE if cost is None else context.exact_money(cost),
            spark=context.spark(tokens_of),
            **context.delta(
                lambda totals: tokens_of(totals.amounts), formats.count, rise="neutral"
            ),
        )

    return CardSpec(
        name=f"{side}_tokens",
        label=f"{side.capitalize()} Tokens",
        texts=texts,
        reason=lambda _: f"no record reports {side} tokens",
        reason_in_caption=False,
    )


input_tokens = _token_side("input")
output_tokens = _token_side("output")


def _no_rate(context: CardContext) -> str:
    amounts = context.totals.amounts
    if amounts.cost_without_tokens:
        return "no cost has tokens of its own"
    return NO_PRICE if amounts.cost is None else "undefined without tokens"


@card("Rate/1K", reason=_no_rate)
def rate(context: CardContext) -> Card:
    """The cost of 1,000 tokens."""
    rate = context.totals.amounts.rate_per_1k
    return Card(
        value=context.rate(rate),
        title=f"{context.exact_money(rate)} per 1,000 tokens",
        caption=_RATE_OF[context.cost_type],
        note=_without_tokens(context),
        spark=context.spark(lambda point: point.rate_per_1k, is_ratio=True),
        **context.delta(
            lambda totals: totals.amounts.rate_per_1k,
            context.rate,
            rise="bad",
            of_cost=True,
        ),
    )


def _without_tokens(context: CardContext) -> str:
    """The cost that no rate divides, where there is some."""
    cost = context.totals.amounts.cost_without_tokens
    return f"leaves out {context.money(cost)} without tokens" if cost else ""


def _no_efficiency(context: CardContext) -> str:
    if context.totals.amounts.tokens is None:
        return "undefined without tokens"
    amounts = context.totals.amounts
    if amounts.cost_without_tokens:
        return "no cost has tokens of its own"
    if (amounts.cost or 0) < 0:
        return "undefined at a cost below zero"
    return NO_PRICE if amounts.cost is None else "undefined without cost"


@card("Efficiency", reason=_no_efficiency)
def efficiency(context: CardContext) -> Card:
    """How many tokens a currency unit buys."""
    tokens_per_unit = context.totals.amounts.tokens_per_unit
    return Card(
        value=formats.count(tokens_per_unit),
        title=formats.count_exact(tokens_per_unit),
        caption=per_unit(context.currency),
        note=_without_tokens(context),
        spark=context.spark(lambda point: point.tokens_per_unit, is_ratio=True),
        **context.delta(
            lambda totals: totals.amounts.tokens_per_unit,
            formats.count,
            rise="good",
            of_cost=True,
        ),
    )


def _per_day(value: Fraction | None) -> str:
    return "" if value is None else f"{formats.count(value)}/day"
