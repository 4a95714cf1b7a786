"""The donuts: a breakdown as ring and table."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.dashboards.wording import Colors, Traits, apart, empty_state, key
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats
from meterwidgets.metrics.compute import breakdown, totals
from meterwidgets.metrics.results import Breakdown, Row, folded

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
    wanted = _wanted(selection, by)
    title, name_label = TITLES[by]
    whole = totals(selection).amounts
    unit = selection.currency
    by_cost = found.measure == "cost"
    total = formats.money(whole.cost, unit) if by_cost else formats.count(whole.tokens)
    exact = (
        formats.money_exact(whole.cost, unit)
        if by_cost
        else formats.count_exact(whole.tokens)
    )
    shown = folded(found.rows, SHOWN)
    colors = apart([row.id for row in found.rows], colors)
    return {
        "title": title,
        "subtitle": "by cost" if by_cost else "by tokens, as nothing is priced",
        "name_label": name_label,
        "value_label": "Cost" if by_cost else "Tokens",
        "total": total,
        "total_title": exact,
        "total_label": "selected" if wanted else "total",
        "rows": _rows(found, shown, wanted, colors, unit),
        "more": len(found.rows) if len(shown) < len(found.rows) else 0,
        "all_rows": _rows(found, found.rows, wanted, colors, unit) if expanded else [],
        "selected": [key(value) for value in wanted],
        **empty_state(selection, len(found.rows)),
    }  # fmt: skip


def _wanted(selection: Selection, by: str) -> tuple[str | None, ...]:
    chosen: tuple[str | None, ...] = getattr(selection.filters, f"{by}s")
    return chosen


def _rows(
    found: Breakdown,
    rows: Sequence[Row],
    wanted: Sequence[str | None],
    colors: Colors,
    unit: str | None,
) -> list[Traits]:
    values = [found.value(row) for row in rows]
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
            "title": _exact(value, unit, by_cost),
            "share": formats.DASH if value is None else part,
            "fraction": (value or 0) / whole if whole else 0.0,
            "color": "other" if row.members > 1 else colors.get(row.id, "other"),
            "selected": row.members == 1 and row.id in wanted,
            "dimmed": bool(wanted) and (row.members > 1 or row.id not in wanted),
            "selectable": row.members == 1,
        }
        for row, value, text, part in zip(
            rows, values, texts, formats.shares(known), strict=True
        )
    ]  # fmt: skip


def _exact(value: int | None, unit: str | None, by_cost: bool) -> str:
    if value is None:
        return "not priced" if by_cost else "not reported"
    return formats.money_exact(value, unit) if by_cost else formats.count_exact(value)
