"""The donuts: a breakdown as ring and table."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, percentages
from meterwidgets.metrics.breakdown import Breakdown, Row, breakdown, top_with_other
from meterwidgets.metrics.totals import totals
from meterwidgets.present.words import Colors, Traits, apart, empty_state, key

TITLES = {
    "org": ("Top Organizations", "Organization"),
    "project": ("Top Projects", "Project"),
    "deployment": ("Deployment Distribution", "Deployment"),
    "model": ("Model Distribution", "Model"),
    "endpoint": ("Endpoint Distribution", "Endpoint"),
    "user": ("Top Users", "User"),
}
SHOWN = 8
"""How many values are drawn; of more, the first seven and the rest as one."""


def donut(selection: Selection, by: str, colors: Colors, *, expanded: bool) -> Traits:
    """A breakdown as ring and table; its own filter dims instead of hiding."""
    found = breakdown(selection, by, own=False)
    chosen = wanted(selection, by)
    title, name_label = TITLES[by]
    whole = totals(selection).amounts
    unit = selection.currency
    by_cost = found.measure == "cost"
    total = formats.money(whole.cost, unit) if by_cost else formats.count(whole.tokens)
    shown = top_with_other(found.rows, SHOWN)
    colors = slots_of(selection, by, colors)
    return {
        "title": title,
        "subtitle": "by cost" if by_cost else "by tokens, as nothing is priced",
        "name_label": name_label,
        "value_label": "Cost" if by_cost else "Tokens",
        "total": total,
        "total_title": exact(getattr(whole, found.measure), unit, by_cost),
        "total_label": "selected" if chosen else "total",
        "rows": table(found, shown, chosen, colors, unit),
        "more": len(found.rows) if len(shown) < len(found.rows) else 0,
        "all_rows": table(found, found.rows, chosen, colors, unit) if expanded else [],
        **empty_state(selection, len(found.rows)),
    }  # fmt: skip


def slots_of(selection: Selection, by: str, colors: Colors) -> Colors:
    """Value -> its colour slot wherever a selection is shown by a dimension.

    Args:
        selection: What is shown.
        by: The dimension.
        colors: Value -> slot, in the order of the whole ledger.
    """
    rows = breakdown(selection, by, own=False).rows
    return apart([row.id for row in rows], colors)


def wanted(selection: Selection, by: str) -> tuple[str | None, ...]:
    """The values of a dimension that the filters choose."""
    return selection.filters.chosen.get(by, ())


def table(
    found: Breakdown,
    rows: Sequence[Row],
    chosen: Sequence[str | None],
    colors: Colors,
    unit: str | None,
) -> list[Traits]:
    """Rows of a breakdown as a table shows them: figures, shares, colours, choice.

    Args:
        found: The breakdown.
        rows: Those of its rows that are shown, or one that stands for several.
        chosen: The values that the filters choose; the others are dimmed.
        colors: Value -> colour slot.
        unit: The currency.
    """
    values = [row.value for row in rows]
    known = [value or 0 for value in values]
    whole = sum(known)
    by_cost = found.measure == "cost"
    texts = (
        formats.money_column(values, unit)
        if by_cost
        else [formats.count(v) for v in values]
    )
    return [
        {
            "id": "other" if row.members > 1 else key(row.id),
            "name": row.name,
            "value": text,
            "title": exact(value, unit, by_cost),
            "share": formats.DASH if value is None else part,
            "fraction": (value or 0) / whole if whole else 0.0,
            "color": "other" if row.members > 1 else colors.get(row.id, "other"),
            "selected": row.members == 1 and row.id in chosen,
            "dimmed": bool(chosen) and (row.members > 1 or row.id not in chosen),
            "selectable": row.members == 1,
        }
        for row, value, text, part in zip(
            rows, values, texts, percentages.shares(known), strict=True
        )
    ]  # fmt: skip


def exact(value: int | None, unit: str | None, by_cost: bool) -> str:
    """A figure in full, or why there is none."""
    if value is None:
        return "not priced" if by_cost else "not reported"
    return formats.money_exact(value, unit) if by_cost else formats.count_exact(value)
