"""What the tests of the sources share: reading without prices, sums, text lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import meterwidgets as mw


def read(ledger: Any, **words: Any) -> mw.UsageFrame:
    """Read a ledger, by default without a price but its own."""
    book = words.pop("prices", mw.PriceBook(catalogue=False))
    return mw.read_usage(ledger, prices=book, rejects=None, **words)


def sums(usage: mw.UsageFrame) -> dict[str, int]:
    """The sums of the whole ledger, with all costs together as ``cost``."""
    found = dict(usage.select().sums())
    found["cost"] = found["input_cost"] + found["output_cost"] + found["unsplit_cost"]
    return found


def by(usage: mw.UsageFrame, name: str, measure: str) -> dict[str | None, int]:
    """One measure by one dimension, users and keys included."""
    cells = usage.to_arrow().to_pylist()
    if name in {"user", "api_key"}:
        assert usage.user_cube is not None
        users = tuple(usage.user_cube.names["user"])
        cells = usage.select(mw.Filters(users=users)).to_arrow().to_pylist()
    found: dict[str | None, int] = {}
    for cell in cells:
        found[cell[name]] = found.get(cell[name], 0) + cell[measure]
    return found


def nano(amount: str | Decimal) -> int:
    """Money as billionths, rounded half-even as a record is."""
    return int(Decimal(amount).scaleb(9).to_integral_value(ROUND_HALF_EVEN))


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Records as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)
