"""The donuts: a breakdown as ring and table."""

from __future__ import annotations

from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.breakdown import breakdown, top_with_other
from meterwidgets.metrics.totals import totals
from meterwidgets.present.filters.chosen import EmptyState, empty_state
from meterwidgets.present.sections.breakdowns import (
    MOST_ROWS,
    TableRow,
    chosen_values,
    slots_in,
    table_rows,
)
from meterwidgets.present.vocabulary.colors import Slots
from meterwidgets.present.vocabulary.words import exact, figure

_TITLES = {"org": "Top Organizations", "project": "Top Projects", "user": "Top Users"}
"""Dimension -> its heading, where that is not "... Distribution"."""


class DonutTraits(TypedDict):
    """A breakdown as `widgets.Donut` draws it."""

    title: str
    subtitle: str
    name_label: str
    value_label: str
    total: str
    total_title: str
    total_label: str
    rows: list[TableRow]
    more: int
    all_rows: list[TableRow]
    empty: EmptyState


def donut(
    selection: Selection, by: str, slots: Slots, *, expanded: bool
) -> DonutTraits:
    """A breakdown as ring and table; its own filter dims rows instead of hiding them.

    Args:
        selection: What to break down.
        by: The dimension.
        slots: Value -> its colour slot, in the order of the whole ledger.
        expanded: Whether all rows are listed.
    """
    ranked = breakdown(selection, by, apply_own_filter=False)
    label = selection.frame.dimensions.named(by).label
    measure, currency = ranked.measure, selection.currency
    total: int | None = getattr(totals(selection).amounts, measure)
    rows = top_with_other(ranked.rows, MOST_ROWS)
    below_zero = any((row.value or 0) < 0 for row in rows)
    slots = slots_in(selection, by, slots)
    return {
        "title": _TITLES.get(by, f"{label} Distribution"),
        "subtitle": _subtitle(measure, below_zero),
        "name_label": label,
        "value_label": measure.capitalize(),
        "total": figure(total, measure, currency),
        "total_title": exact(total, measure, currency),
        "total_label": "selected" if chosen_values(selection, by) else "total",
        "rows": table_rows(selection, ranked, rows, slots),
        "more": len(ranked.rows) if len(rows) < len(ranked.rows) else 0,
        "all_rows": table_rows(selection, ranked, ranked.rows, slots)
        if expanded
        else [],
        "empty": empty_state(selection, len(ranked.rows)),
    }


def _subtitle(measure: UsageMeasure, below_zero: bool) -> str:
    if measure != "cost":
        return "by tokens, as nothing is priced"
    return "by cost; ring above zero" if below_zero else "by cost"
