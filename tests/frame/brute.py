"""The same figures by going through all raw rows, in plain Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

import meterwidgets as mw

DIMENSIONS = ("org", "project", "deployment", "model", "endpoint", "user", "api_key")
Row = dict[str, Any]

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Pacific/Apia", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo",
)  # fmt: skip
"""Also :30 and :45, a change by half an hour, and changes at midnight."""

# around changes of the clocks, a skipped day (Apia), a leap day, a new year
_MOMENTS = [
    datetime(*moment, tzinfo=UTC)
    for moment in (
        (2024, 2, 29), (2025, 3, 9, 7), (2025, 3, 30, 1), (2025, 4, 5, 15),
        (2025, 4, 24, 22), (2025, 9, 7, 4), (2025, 10, 26, 1), (2025, 11, 2, 6),
        (2025, 12, 31, 23), (2011, 12, 30, 10),
    )
]  # fmt: skip

_name = st.sampled_from([None, "a", "b", "c, d"])
_count = st.one_of(st.none(), st.integers(0, 10**9))


@st.composite
def ledgers(draw: st.DrawFn, days: int = 4) -> list[Row]:
    """Rows of one ledger of a few days around one moment."""
    moment = draw(st.sampled_from(_MOMENTS))
    rows = []
    for _ in range(draw(st.integers(1, 30))):
        offset = draw(st.integers(-days * 86_400_000_000, days * 86_400_000_000 - 1))
        row: Row = {"start": moment + timedelta(microseconds=offset)}
        row |= {dimension: draw(_name) for dimension in DIMENSIONS}
        read, made = draw(_count), draw(_count)
        row |= {"input_tokens": read, "output_tokens": made}
        row["cache_read_tokens"] = draw(st.sampled_from([None, 0, (read or 0) // 2]))
        row["reasoning_tokens"] = draw(st.sampled_from([None, (made or 0) // 3]))
        money = st.decimals(0, 10**6, places=9, allow_nan=False)
        row["cost"] = draw(st.one_of(st.none(), money))
        if row["cost"] is None and read is None and made is None:
            row["output_tokens"] = draw(st.integers(0, 10**9))  # else it is rejected
        known = row["cost"] is not None
        row["currency"] = draw(st.sampled_from(["USD", "EUR"])) if known else None
        rows.append(row)
    return rows


def table(rows: list[Row]) -> pa.Table:
    """The rows as text, as a file would have them."""

    def text(value: Any) -> str | None:
        if isinstance(value, Decimal):
            return f"{value:f}"
        return None if value is None else str(value)

    return pa.table(
        {
            name: pa.array([text(row[name]) for row in rows], pa.string())
            for name in rows[0]
        }
    )


def usage(rows: list[Row], tz: str = "UTC") -> mw.UsageFrame:
    """The rows as a frame; nothing but what was recorded is priced."""
    book = mw.PriceBook(catalogue=False)
    named = {name: name for name in rows[0]}
    return mw.read_usage(table(rows), prices=book, columns=named, rejects=None, tz=tz)


def filled(rows: list[Row]) -> list[Row]:
    """The rows as records: deployment and model stand in for each other."""
    return [
        row
        | {
            "deployment": row["deployment"] or row["model"],
            "model": row["model"] or row["deployment"],
        }
        for row in rows
    ]


def sums(rows: Iterable[Row], currency: str | None) -> Counter[str]:
    """The measures of some rows; amounts in other currencies are left out."""
    found: Counter[str] = Counter()
    for row in rows:
        if row["currency"] not in (None, currency):
            continue
        found["records"] += 1
        found["requests"] += 1
        for name in ("input", "output", "cache_read", "reasoning"):
            count = row[f"{name}_tokens"]
            found[f"{name}_tokens"] += count or 0
            found[f"{name}_reported"] += count is not None
        if row["cost"] is not None:
            found["priced"] += 1
            found["cost"] += int(row["cost"].scaleb(9))
            found["priced_input_tokens"] += row["input_tokens"] or 0
    return found


def same(found: Mapping[str, int], expected: Counter[str]) -> bool:
    """Whether the sums of a selection are those of some rows, to the integer."""
    cost = found["input_cost"] + found["output_cost"] + found["unsplit_cost"]
    return cost == expected["cost"] and all(
        found[name] == count for name, count in expected.items() if name != "cost"
    )


def cells(frame: mw.UsageFrame) -> str:
    """All cells as text, in an order of their own."""
    rows = frame.to_arrow().to_pylist()
    return "\n".join(sorted(json.dumps(row, default=str) for row in rows))
