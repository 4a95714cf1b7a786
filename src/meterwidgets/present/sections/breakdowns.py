"""The rows of a breakdown as tables show them: figures, shares, colours, choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.breakdown import Breakdown, Row, breakdown, top_with_other
from meterwidgets.metrics.text import formats, percentages
from meterwidgets.present.vocabulary import values
from meterwidgets.present.vocabulary.colors import Slots, distinct_slots
from meterwidgets.present.vocabulary.words import exact, figure, printable

MOST_ROWS = 8
"""How many values are drawn; of more, the first seven and the rest as one."""


class TableRow(TypedDict):
    """A row of a donut's table or of the model list."""

    id: str
    name: str
    value: str
    title: str
    share: str
    fraction: float
    color: str
    selected: bool
    dimmed: bool
    selectable: bool


class ReportRow(TypedDict):
    """A row of a report's table: both measures, and their exact values."""

    name: str
    cost: str
    exact_cost: str
    tokens: str
    exact_tokens: str
    requests: str
    share: str


def slots_in(selection: Selection, by: str, slots: Slots) -> Slots:
    """Value -> its colour slot wherever a selection is broken down by a dimension.

    Args:
        selection: What is shown.
        by: The dimension.
        slots: Value -> slot, in the order of the whole ledger.
    """
    rows = breakdown(selection, by, apply_own_filter=False).rows
    return distinct_slots([row.id for row in rows], slots)


def chosen_values(selection: Selection, by: str) -> tuple[str | None, ...]:
    """The values of a dimension that the filters choose."""
    return selection.filters.chosen.get(by, ())


def table_rows(
    selection: Selection, ranked: Breakdown, rows: Sequence[Row], slots: Slots
) -> list[TableRow]:
    """Rows as the widgets show them; those that the filters leave out are dimmed.

    Args:
        selection: What is shown.
        ranked: A breakdown of it.
        rows: All of its rows, or the first and one for all others.
        slots: Value -> its colour slot.
    """
    chosen, currency = chosen_values(selection, ranked.by), selection.currency
    numbers = [row.value for row in rows]
    total = sum(max(number or 0, 0) for number in numbers)
    texts = _column(numbers, ranked.measure, currency)
    return [
        {
            "id": "other" if row.members > 1 else values.encode(row.id),
            "name": row.name,
            "value": text,
            "title": exact(number, ranked.measure, currency),
            "share": share,
            "fraction": max(number or 0, 0) / total if total else 0.0,
            "color": "other" if row.members > 1 else slots.get(row.id, "other"),
            "selected": row.members == 1 and row.id in chosen,
            "dimmed": bool(chosen) and (row.members > 1 or row.id not in chosen),
            "selectable": row.members == 1,
        }
        for row, number, text, share in zip(
            rows, numbers, texts, _shares(numbers), strict=True
        )
    ]


def report_rows(
    ranked: Breakdown, currency: str | None, *, most: int | None = None
) -> list[ReportRow]:
    """Rows as reports show them; none where no record reports the dimension.

    Args:
        ranked: The breakdown.
        currency: Of its costs.
        most: At most so many rows; of more, the last one adds up all others.
    """
    if all(row.id is None for row in ranked.rows):
        return []
    rows = top_with_other(ranked.rows, most or len(ranked.rows))
    costs = _column([row.amounts.cost for row in rows], "cost", currency)
    shares = _shares([row.value for row in rows])
    return [
        {
            "name": printable(row.name),
            "cost": cost,
            "exact_cost": formats.money_exact(row.amounts.cost, currency),
            "tokens": formats.count(row.amounts.tokens),
            "exact_tokens": formats.count_exact(row.amounts.tokens),
            "requests": formats.count(row.amounts.requests),
            "share": share,
        }
        for row, cost, share in zip(rows, costs, shares, strict=True)
    ]


def _column(
    numbers: Sequence[int | None], measure: UsageMeasure, currency: str | None
) -> list[str]:
    """The figures of a column; costs have the same number of decimals."""
    if measure == "cost":
        return formats.money_column(numbers, currency)
    return [figure(number, measure, currency) for number in numbers]


def _shares(numbers: Sequence[int | None]) -> list[str]:
    """Shares that add up to 100%; a dash where the figure is unknown."""
    shares = percentages.shares([number or 0 for number in numbers])
    return [
        formats.DASH if number is None else share
        for number, share in zip(numbers, shares, strict=True)
    ]
