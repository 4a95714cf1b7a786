"""The dearest requests behind a figure, and what all the others add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.compute import totals
from meterwidgets.metrics.results import ratio

MOST = 10


@dataclass(frozen=True)
class Request:
    """One record of the store.

    Attributes:
        start: When.
        model: As reported; null is None, here and below.
        deployment: Likewise.
        org: Likewise.
        user: Likewise.
        input_tokens: Prompt tokens.
        output_tokens: Completion tokens.
        value: What it is ranked by, on the side that the filters show: its cost in
            nano-units, or its tokens where nothing is priced.
        list_cost: What its tokens cost by the list, on both sides.
        times: Its whole cost as a multiple of that.
        share: Of the selection.
        flagged: Whether it is far over its list price; see ``ledger.outliers``.
        file: Where it was read from.
        row: And which row of it.
    """

    start: datetime
    model: str | None
    deployment: str | None
    org: str | None
    user: str | None
    input_tokens: int | None
    output_tokens: int | None
    value: int | None
    list_cost: int | None
    times: Fraction | None
    share: Fraction | None
    flagged: bool
    file: str | None
    row: int | None


@dataclass(frozen=True)
class Behind:
    """What a figure is made of: the rows and the rest add up to it, exactly.

    Attributes:
        measure: "cost", or "tokens" where nothing is priced.
        rows: The dearest, or largest, first.
        more: How many further records there are.
        rest: What those add up to; None where the figure is not known.
        total: The figure.
    """

    measure: str
    rows: tuple[Request, ...]
    more: int
    rest: int | None
    total: int | None


def behind(selection: Selection, *, most: int = MOST) -> Behind:
    """The dearest requests of a selection.

    Args:
        selection: Of a store; a narrower cost type counts on that side only.
        most: At most so many of them.

    Raises:
        LedgerError: When the frame is of no store, or that has gone on meanwhile.
    """
    amounts, side = totals(selection).amounts, selection.filters.cost_type
    measure = "tokens" if amounts.cost is None else "cost"
    order = measure if side == "both" else f"{side}_{measure}"
    total = amounts.tokens if measure == "tokens" else amounts.cost
    found = selection.records(order=order, limit=most).to_pylist()
    rows = tuple(_request(record, order, total) for record in found)
    rest = None if total is None else total - sum(row.value or 0 for row in rows)
    return Behind(measure, rows, selection.sums()["records"] - len(rows), rest, total)


def _request(record: dict[str, Any], order: str, total: int | None) -> Request:
    """A record as a row, ranked by a column of it."""
    sides = record["input_tokens"], record["output_tokens"]
    tokens = None if sides == (None, None) else sum(side or 0 for side in sides)
    values = {name: _nano(value) for name, value in record.items()}
    values["tokens"] = tokens
    return Request(
        **{name: record[name] for name in _AS_IT_IS},
        value=values[order],
        list_cost=values["list_cost"],
        times=ratio(values["cost"], values["list_cost"]),
        share=ratio(values[order], total),
        flagged=record["outlier"] is not None,
    )


_AS_IT_IS = (
    "start", "model", "deployment", "org", "user", "input_tokens", "output_tokens",
    "file", "row",
)  # fmt: skip


def _nano(value: Any) -> Any:
    """Money as nano-units; anything else as it is."""
    return int(value.scaleb(9)) if isinstance(value, Decimal) else value
