"""The most expensive requests of a selection, and what all the others add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure, ratio
from meterwidgets.metrics.totals import totals

LIMIT = 10


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request, as the store keeps it.

    Attributes:
        start: When it was made.
        model: The model as reported; None means null, here and below.
        deployment: The deployment as reported.
        org: The organization as reported.
        user: The user as reported.
        input_tokens: Prompt tokens.
        output_tokens: Completion tokens.
        value: What it is ranked by, on the side that the filters choose: its cost in
            nano-units, or its tokens where nothing is priced.
        list_cost: What its tokens cost at list prices, on both sides.
        list_cost_multiple: Its cost on both sides as a multiple of that.
        share: Its share of the selection.
        is_overpriced: Whether it is far over its list price; see
            ``ledger.pricing.outliers``.
        file: The file that it was read from.
        row: Its row in that file.
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
    list_cost_multiple: Fraction | None
    share: Fraction | None
    is_overpriced: bool
    file: str | None
    row: int | None


@dataclass(frozen=True)
class TopRequests:
    """The requests that make up most of a figure; with the rest they add up to it.

    Attributes:
        measure: What they are ranked by: tokens where nothing is priced.
        requests: The top ones, the largest first.
        rest_count: The number of the others.
        rest: What the others add up to; None where the figure is not known.
        total: The figure.
    """

    measure: UsageMeasure
    requests: tuple[Request, ...]
    rest_count: int
    rest: int | None
    total: int | None


def top_requests(selection: Selection, *, limit: int = LIMIT) -> TopRequests:
    """The most expensive requests of a selection.

    Args:
        selection: A selection of a store; its cost type ranks by that side only.
        limit: The most requests to return.

    Raises:
        LedgerError: When the frame is not of a store, or the store has changed since.
    """
    amounts, cost_type = totals(selection).amounts, selection.filters.cost_type
    measure: UsageMeasure = "tokens" if amounts.cost is None else "cost"
    order = measure if cost_type == "both" else f"{cost_type}_{measure}"
    total = amounts.measured(measure)
    records = selection.records(order=order, limit=limit).to_pylist()
    requests = tuple(_request(record, order, total) for record in records)
    rest = None
    if total is not None:
        rest = total - sum(request.value or 0 for request in requests)
    rest_count = selection.sums()["records"] - len(requests)
    return TopRequests(measure, requests, rest_count, rest, total)


def _request(record: dict[str, Any], order: str, total: int | None) -> Request:
    """A request from a record of the store, ranked by one of its columns."""
    sides = record["input_tokens"], record["output_tokens"]
    tokens = None if sides == (None, None) else sum(side or 0 for side in sides)
    values = {name: _to_nano(value) for name, value in record.items()}
    values["tokens"] = tokens
    return Request(
        **{name: record[name] for name in _COPIED_FIELDS},
        value=values[order],
        list_cost=values["list_cost"],
        list_cost_multiple=ratio(values["cost"], values["list_cost"]),
        share=ratio(values[order], total),
        is_overpriced=record["outlier"] is not None,
    )


_COPIED_FIELDS = (
    "start", "model", "deployment", "org", "user", "input_tokens", "output_tokens",
    "file", "row",
)  # fmt: skip


def _to_nano(value: Any) -> Any:
    """Money in nano-units; anything else unchanged."""
    return int(value.scaleb(9)) if isinstance(value, Decimal) else value
