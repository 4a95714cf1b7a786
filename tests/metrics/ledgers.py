"""Small ledgers, written as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.read import read_usage
from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.book import PriceBook


def usage_of(
    rows: Iterable[Mapping[str, Any]],
    *prices: Mapping[str, Any],
    catalogue: bool = False,
    **words: Any,
) -> UsageFrame:
    """A frame of rows given as mappings; what a row leaves out is null."""
    listed = list(rows)
    keys = dict.fromkeys(key for row in listed for key in row)
    table = pa.table({k: [_text(row.get(k)) for row in listed] for k in keys})
    columns = {"start": "timestamp"} if "timestamp" in keys else None
    book = PriceBook.parse(prices, catalogue=catalogue)
    return read_usage(table, columns=columns, prices=book, rejects=None, **words)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def request(at: str, model: str | None = "m", **values: Any) -> dict[str, Any]:
    """One request at a time in UTC, with 100 tokens in and 50 out."""
    return {
        "timestamp": f"{at}Z" if "T" in at else f"{at}T12:00:00Z",
        "model": model,
        "input_tokens": 100,
        "output_tokens": 50,
    } | values


def selected(usage: UsageFrame, **filters: Any) -> Selection:
    """The selection that some filters make."""
    return usage.select(Filters(**filters))
