"""Cards of models: how many, which costs most, how concentrated cost is."""

from __future__ import annotations

from meterwidgets.metrics.breakdown import concentration, top_with_other
from meterwidgets.metrics.text import formats, percentages
from meterwidgets.metrics.totals import Totals
from meterwidgets.present.cards.card import Card
from meterwidgets.present.cards.context import CardContext
from meterwidgets.present.cards.spec import card
from meterwidgets.present.cards.usage import spend_note
from meterwidgets.present.sections.breakdowns import MOST_ROWS
from meterwidgets.present.vocabulary.words import NO_PRICE
from meterwidgets.text import isolated

_NO_MODEL = "no model is reported"


@card("Models", reason=_NO_MODEL)
def models(context: CardContext) -> Card:
    """How many models, and the one that costs most."""
    top = context.totals.top_model
    ranked = "Most Tokens" if context.totals.amounts.cost is None else "Top Spender"
    return Card(
        value=formats.count(context.totals.models),
        caption=f"{ranked}: {isolated(top or 'none')}",
        caption_title=top or "",
        color=context.model_slots.get(top, "") if top else "",
    )


@card("Total", reason=NO_PRICE, reason_in_caption=False)
def total(context: CardContext) -> Card:
    """What all models together cost, or their tokens where nothing is priced."""
    cost, models = context.totals.amounts.cost, context.totals.models
    # A long figure must fit, so its unit stands below it.
    caption = ["tokens"] if cost is None else []
    caption += [] if models is None else [formats.plural(models, "model")]
    return Card(
        tag="green",
        value=formats.count(context.totals.amounts.tokens)
        if cost is None
        else context.money(cost),
        title=NO_PRICE if cost is None else context.exact_money(cost),
        caption=", ".join([*caption, context.duration]),
        note=spend_note(context),
        **context.delta(
            lambda totals: totals.amounts.cost, context.money, rise="bad", of_cost=True
        ),
    )


def _no_concentration(context: CardContext) -> str:
    by_model = context.totals.by_model
    if concentration(by_model).top is None:
        return _NO_MODEL
    return f"undefined without {by_model.measure}"


@card("Concentration", reason=_no_concentration)
def concentrated(context: CardContext) -> Card:
    """The share of the top model; on hover, how many equal models that is like."""
    by_model = context.totals.by_model
    ranked = concentration(by_model)
    if ranked.share is None or ranked.top is None:
        return Card(tag="teal", value=formats.DASH)
    # As the list of models writes it: its shares are rounded to add up.
    rows = top_with_other(by_model.rows, MOST_ROWS)
    shares = percentages.shares([row.value or 0 for row in rows])
    share = dict(zip([row.id for row in rows], shares, strict=True))[ranked.top.id]
    title = f"undefined without {by_model.measure}"
    if ranked.hhi and ranked.effective_number:
        hhi = f"{formats.rounded(ranked.hhi, 3):f}"
        effective = f"{formats.rounded(ranked.effective_number, 1):f}"
        title = f"HHI {hhi}: as concentrated as {effective} equal models"
    return Card(
        tag="teal",
        value=share,
        title=title,
        caption=f"of {by_model.measure} in the top model",
    )


@card("Top", reason=_NO_MODEL)
def top(context: CardContext) -> Card:
    """The model with the largest cost, or with the most tokens."""
    by_model = context.totals.by_model
    top = concentration(by_model).top
    if top is None:
        return Card(tag="coral", value=formats.DASH)

    def cost(totals: Totals) -> int | None:
        rows = {row.id: row for row in totals.by_model.rows}
        return rows[top.id].amounts.cost if top.id in rows else None

    by_cost = by_model.measure == "cost"
    caption = f"{formats.count(top.amounts.tokens)} tokens, the most"
    if by_cost and top.amounts.cost:
        caption = f"{context.money(top.amounts.cost)}, the highest cost"
    elif by_cost:
        caption += ", and no cost"
    return Card(
        tag="coral",
        value=top.name,
        title=top.name,
        caption=caption,
        caption_title=context.exact_money(top.amounts.cost) if by_cost else NO_PRICE,
        color=context.model_slots.get(top.name, ""),
        **context.delta(cost, context.money, rise="bad", of_cost=True),
    )


def _no_average(context: CardContext) -> str:
    unpriced = context.totals.amounts.cost is None
    return NO_PRICE if unpriced else "undefined without models"


@card("Avg", reason=_no_average)
def average(context: CardContext) -> Card:
    """Cost per model with usage."""
    average = context.totals.cost_per_model
    return Card(
        tag="coral",
        value=context.money(average),
        title=context.exact_money(average),
        caption="cost per model",
        **context.delta(
            lambda totals: totals.cost_per_model,
            context.money,
            rise="neutral",
            of_cost=True,
        ),
    )
