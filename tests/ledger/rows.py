"""Rows of every sort that a table of requests may have, good and bad, from one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

SEED = 20260222
COLUMNS = {
    "record_id": "request_id", "start": "When.it began", "org": "org", "project": "team",
    "user": "user_id", "model": "model", "deployment": "served", "provider": "provider",
    "service_tier": "tier", "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens", "cache_read_tokens": "cached",
    "cache_write_tokens": "written", "reasoning_tokens": "thought", "cost": "spend",
    "input_cost": "in `cost`", "currency": "money", "latency_ms": "ms",
    "speed": "mode", "geography": "geo", "session": "sid", "end_user": "customer",
    "input_audio_tokens": "heard", "searches": "looked up", "fee_cost": "fees",
}  # fmt: skip
"""Our field -> its column in ``texts``."""

_TIMES = (
    "2026-02-22T10:00:00Z", "2026-02-22T23:59:59.999999+05:45", "2026-03-08 02:30:00",
    "1771754400", "1771754400123", "2026-02-23", "2026-03-29T01:30:00-07:00",
)  # fmt: skip
_NO_TIMES = (
    "yesterday",
    None,
    "",
    "1999-12-31T23:59:59Z",
    "2100-01-01T00:00:00Z",
    "NaT",
)
_COUNTS = (
    "0",
    "1",
    "17",
    "1,000",
    "1e3",
    "12.0",
    " 42 ",
    "2147483648",
    None,
    "",
    "None",
)
_NO_COUNTS = (
    "1.5",
    "-1",
    "1000000000000001",
    "9" * 40,
    "1_000",
    "inf",
    "0x1f",
    "4２",
    "x",
)
_COSTS = (
    "0", "0.1", "0.0000000005", "0.0000000015", "0.00000000250000001", "1e-9", ".5",
    "$1,234.5", "999999.999999999", " 2.50 ", "12.3456789014999", None, "", "NaN",
)  # fmt: skip
_NO_COSTS = ("-0.01", "1000000000", "inf", "1,5", "abc", "1_0.5")


def _one(r: random.Random, good: Sequence[Any], bad: Sequence[Any] = ()) -> Any:
    return r.choice(bad if bad and r.random() < 0.03 else good)


def texts(count: int, seed: int = SEED, *, sharing: bool = True) -> pa.Table:
    """Requests as text, with ids that come again, alone and with their whole row.

    Args:
        count: The number of rows.
        seed: The seed of their values.
        sharing: Whether rows that differ may share an id.
    """
    r = random.Random(seed)
    rows: list[dict[str, str | None]] = []
    for number in range(count):
        if rows and r.random() < 0.05:
            again = dict(r.choice(rows))
            if r.random() < 0.5:
                again["prompt_tokens"] = "5"
                if not sharing:
                    again["request_id"] = f"id-again-{number}"
            rows.append(again)
            continue
        value = {
            "record_id": _one(r, [f"id-{number}", f"id-{number}", None]),
            "start": _one(r, _TIMES, _NO_TIMES),
            "org": _one(r, ["Acme", "Müller & Söhne", "  Acme ", None]),
            "project": _one(r, ["p1", "p2", "null"]),
            "user": _one(r, ["u-1", "u-2", "u-3", None]),
            "model": _one(r, ["m-large", "m-small", "other", None]),
            "deployment": _one(r, ["eu", None]),
            "provider": _one(r, ["p", None]),
            "service_tier": _one(r, [None, None, "default", "Batch", "auto"]),
            "currency": _one(r, [None, None, "usd", "EUR"], ["dollars"]),
            "cost": _one(r, _COSTS, _NO_COSTS),
            "input_cost": _one(r, [None] * 6 + ["0.05"]),
            "latency_ms": _one(r, _COUNTS, _NO_COUNTS),
            "speed": _one(r, [None, None, "Fast", "standard"]),
            "geography": _one(r, [None, None, "US", "global"]),
            "session": _one(r, [None, f"s-{number // 9}"]),
            "end_user": _one(r, [None, "Eve", " Müller "]),
            "input_audio_tokens": _one(r, [None, None, None, "0", "1"]),
            "searches": _one(r, [None, None, "3"], _NO_COUNTS),
            "fee_cost": _one(r, [None] * 6 + ["0", "0.01"]),
        }
        for name in ("input_tokens", "output_tokens"):
            value[name] = _one(r, _COUNTS, _NO_COUNTS)
        for name in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"):
            value[name] = _one(r, [None, None, None, "0", "1"])
        rows.append({COLUMNS[name]: each for name, each in value.items()})
    names = [COLUMNS[name] for name in COLUMNS]
    return pa.table({n: pa.array([row[n] for row in rows], pa.string()) for n in names})


def typed(count: int, seed: int = SEED) -> list[tuple[Any, ...]]:
    """The values of ``TYPED``, of types of their own, with what breaks rules."""
    r = random.Random(seed)
    first = datetime(2026, 2, 22, tzinfo=UTC)
    nan, inf = float("nan"), float("inf")
    doubles = (0.0, -0.0, 1.0, 17.0, 1e3, nan, None)
    costs = (0.0, 0.1, 1e-9, 5e-10, 1.5e-9, 2.5e-9, 1e6 + 1e-9, 123.456789, nan, None)
    exact = ("0", "0.1", "0.000000000500000000", "0.000000001500000000", "12.5", None)
    return [
        (
            _one(r, [first + timedelta(microseconds=r.randrange(10**11))], [None]),
            _one(
                r, [first.replace(tzinfo=None) + timedelta(minutes=r.randrange(10**4))]
            ),
            _one(r, [date(2026, 2, 22), date(2026, 2, 23)], [None, date(1999, 1, 1)]),
            _one(r, ["m-large", "m-small", "gpt-4o", None]),
            _one(r, ["u-1", "u-2", None]),
            _one(r, [0, 1, 17, 10**15, None], [-1, 10**15 + 1, 2**63 - 1]),
            _one(r, doubles, [1.5, -1.0, inf, 1e16]),
            _one(r, [0, 1, 127, None], [-1]),
            _one(r, [each and Decimal(each) for each in exact], [Decimal("-1")]),
            _one(r, costs, [-0.1, inf, 1e10]),
        )
        for _ in range(count)
    ]


TYPED = (
    "at timestamp, local timestamp_ntz, day date, model string, user string, whole bigint,"
    " real double, tiny tinyint, exact decimal(38,18), floating double"
)
"""The columns of ``typed``, in the words of Spark."""
