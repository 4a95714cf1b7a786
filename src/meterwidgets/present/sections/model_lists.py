"""The model list: models, or deployments, by cost with badge, share and bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.breakdown import Row, breakdown, top_with_other
from meterwidgets.metrics.text import formats
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

TITLES = {"model": "Model List", "deployment": "Deployment List"}


class ModelRow(TableRow):
    """A row with its place in the ranking."""

    badge: str


class ModelListTraits(TypedDict):
    """A ranking as `widgets.ModelList` draws it."""

    subtitle: str
    name_label: str
    value_label: str
    total: str
    total_title: str
    total_label: str
    rows: list[ModelRow]
    more: int
    all_rows: list[ModelRow]
    empty: EmptyState


def model_list(
    selection: Selection, by: str, slots: Slots, *, expanded: bool
) -> ModelListTraits:
    """Models, or deployments, by cost.

    Args:
        selection: What to list.
        by: "model" or "deployment".
        slots: Value -> its colour slot, in the order of the whole ledger.
        expanded: Whether all rows are listed.
    """
    ranked = breakdown(selection, by, apply_own_filter=False)
    measure, currency = ranked.measure, selection.currency
    total: int | None = getattr(totals(selection).amounts, measure)
    rows = top_with_other(ranked.rows, MOST_ROWS)
    slots = slots_in(selection, by, slots)
    reported = sum(row.id is not None for row in ranked.rows)
    label = measure.capitalize()
    scope = "Selected" if chosen_values(selection, by) else "Total"

    def with_badges(rows: Sequence[Row]) -> list[ModelRow]:
        table = table_rows(selection, ranked, rows, slots)
        return [
            {**row, "badge": str(place) if row["selectable"] else "…"}
            for place, row in enumerate(table, start=1)
        ]

    return {
        "subtitle": formats.plural(reported, by)
        if reported
        else f"no {by} is reported",
        "name_label": by.capitalize(),
        "value_label": f"{label} & Share",
        "total": figure(total, measure, currency),
        "total_title": exact(total, measure, currency),
        "total_label": f"{scope} {label}",
        "rows": with_badges(rows),
        "more": len(ranked.rows) if len(rows) < len(ranked.rows) else 0,
        "all_rows": with_badges(ranked.rows) if expanded else [],
        "empty": empty_state(selection, len(ranked.rows)),
    }
