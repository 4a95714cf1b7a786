"""Cards of models: how many, which costs most, how concentrated cost is."""

from __future__ import annotations

from meterwidgets.metrics import formats, percentages
from meterwidgets.metrics.breakdown import Row, concentration, top_with_other
from meterwidgets.metrics.totals import Totals
from meterwidgets.present.card_context import Facts, change
from meterwidgets.present.donuts import SHOWN
from meterwidgets.present.words import NO_PRICE, Traits
from meterwidgets.text import isolated

NO_MODEL = "no model is reported"
NO_SHARE = {"cost": "undefined without cost", "tokens": "undefined without tokens"}


def count(facts: Facts) -> Traits:
    """How many models, and the one that costs most."""
    top = facts.now.top_model
    first = "Most Tokens" if facts.now.amounts.cost is None else "Top Spender"
    return {
        "label": "Models",
        "value": formats.count(facts.now.models),
        "title": NO_MODEL if facts.now.models is None else "",
        "caption": NO_MODEL
        if facts.now.models is None
        else f"{first}: {isolated(top or 'none')}",
        "caption_title": top or "",
        "color": facts.colors.get(top, "") if top else "",
    }


def total(facts: Facts) -> Traits:
    """What all models together cost, or their tokens where nothing is priced."""
    now = facts.now
    by_cost = now.amounts.cost is not None
    said = [] if by_cost else ["tokens"]  # a figure is never cut, so its unit is below
    said += [] if now.models is None else [formats.plural(now.models, "model")]
    return {
        "label": "Total",
        "tag": "green",
        "value": facts.money(now.amounts.cost)
        if by_cost
        else formats.count(now.amounts.tokens),
        "title": facts.exact(now.amounts.cost) if by_cost else NO_PRICE,
        "caption": ", ".join([*said, facts.length]),
        **change(facts, lambda totals: totals.amounts.cost, facts.money, "bad"),
    }


def concentrated(facts: Facts) -> Traits:
    """The share of the top model; on hover, how many equal models that is like."""
    ranked = facts.now.by_model
    found, measure = concentration(ranked), ranked.measure
    rows = top_with_other(ranked.rows, SHOWN)
    listed = percentages.shares([row.value or 0 for row in rows])
    shown = dict(zip([row.id for row in rows], listed, strict=True))
    title = NO_MODEL if found.top is None else NO_SHARE[measure]
    if found.share is not None and found.hhi and found.effective_number:
        hhi = f"{formats.rounded(found.hhi, 3):f}"
        like = f"{formats.rounded(found.effective_number, 1):f}"
        title = f"HHI {hhi}: as concentrated as {like} equal models"
    return {
        "label": "Concentration",
        "tag": "teal",
        "value": formats.DASH
        if found.share is None or found.top is None
        else shown[found.top.id],
        "title": title,
        "caption": title if found.share is None else f"of {measure} in the top model",
    }


def top(facts: Facts) -> Traits:
    """The model with the largest cost, or with the most tokens."""
    found = concentration(facts.now.by_model).top
    card: Traits = {"label": "Top", "tag": "coral"}
    if found is None:
        return card | {"value": formats.DASH, "title": NO_MODEL, "caption": NO_MODEL}

    def cost(totals: Totals) -> int | None:
        rows = {row.id: row for row in totals.by_model.rows}
        row: Row | None = rows.get(found.id)
        return row.amounts.cost if row else None

    by_cost = facts.now.by_model.measure == "cost"
    caption = f"{formats.count(found.amounts.tokens)} tokens, the most"
    if by_cost and found.amounts.cost:
        caption = f"{facts.money(found.amounts.cost)}, the highest cost"
    elif by_cost:
        caption += ", and no cost"
    return card | {
        "value": found.name,
        "title": found.name,
        "caption": caption,
        "caption_title": facts.exact(found.amounts.cost) if by_cost else NO_PRICE,
        "color": facts.colors.get(found.name, ""),
        **change(facts, cost, facts.money, "bad"),
    }


def average(facts: Facts) -> Traits:
    """Cost per model with usage."""
    value = facts.now.cost_per_model
    why = NO_PRICE if facts.now.amounts.cost is None else "undefined without models"
    return {
        "label": "Avg",
        "tag": "coral",
        "value": facts.money(value),
        "title": why if value is None else facts.exact(value),
        "caption": why if value is None else "cost per model",
        **change(facts, lambda totals: totals.cost_per_model, facts.money, "neutral"),
    }
