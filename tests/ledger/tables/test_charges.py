"""Columns that decide what was charged: caches of gateways, keys of one's own, units."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
M = 1_000_000
ROW = {"timestamp": "2026-02-22T10:00:00Z", "model": "m", "prompt_tokens": M,
       "completion_tokens": 0}  # fmt: skip
BOOK = mw.PriceBook.parse(
    [{"model": "m", "input": "8", "output": "8", "cache_read": "1", "cache_write": "10",
      "cache_write_1h": "16", "search_fee": "0.01"}],
    catalogue=False,
)  # fmt: skip


def costs(write: Write, row: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """What the tokens cost, and the fees."""
    path = write(json.dumps(ROW | row), "a.jsonl")
    sums = mw.read_usage(path, prices=BOOK, rejects=None).select().sums()
    assert sums["priced"] == 1
    tokens = sum(sums[f"{part}_cost"] for part in ("input", "output", "unsplit"))
    return Decimal(tokens).scaleb(-9), Decimal(sums["fee_cost"]).scaleb(-9)


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "8", "0"),
    ({"cache_hit": True}, "0", "0"),
    ({"cache_hit": False}, "8", "0"),
    ({"cache_hit": True, "cost": 3}, "3", "0"),
    ({"cache_status": "HIT"}, "0", "0"),
    ({"cache_status": "MISS"}, "8", "0"),
    ({"cached": True}, "0", "0"),
    ({"cached": M}, "1", "0"),
    ({"cache_hit": True, "cached_tokens": M}, "1", "0"),  # the provider's own cache
    ({"usage": {"cost": 0.125, "is_byok": True,
                "cost_details": {"upstream_inference_cost": 2.5}}}, "2.5", "0.125"),
    ({"usage": {"cost": 2.5, "is_byok": False,
                "cost_details": {"upstream_inference_cost": 2.5}}}, "2.5", "0"),
    ({"usage": {"cost_in_usd_ticks": 25_000_000}}, "0.0025", "0"),
    ({"cache_creation_input_tokens": M, "cache_ttl": "1h"}, "16", "0"),
    ({"cache_creation_input_tokens": M, "cache_ttl": "5m"}, "10", "0"),
    ({"web_search_calls": 3}, "8", "0.03"),
    ({"output": [{"type": "web_search_call"}, {"type": "message"},
                 {"type": "web_search_call"}]}, "8", "0.02"),
    ({"output": "the text of an answer"}, "8", "0"),
    ({"usage": {"num_search_queries": 2}}, "8", "0.02"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "tokens", "fees"), CASES, ids=str)
def test_what_a_column_says_of_the_charge_counts(
    write: Write, said: dict[str, Any], tokens: str, fees: str
) -> None:
    assert costs(write, said) == (Decimal(tokens), Decimal(fees))


def test_the_tier_that_served_counts_and_not_the_one_asked_for(write: Write) -> None:
    book = mw.PriceBook.parse(
        [{"model": "m", "service_tier": "standard", "input": "1", "output": "1"}],
        catalogue=False,
    )
    row = ROW | {"request": {"service_tier": "priority"},
                 "response": {"service_tier": "default"}}  # fmt: skip
    path = write(json.dumps(row), "a.jsonl")
    sums = mw.read_usage(path, prices=book, rejects=None).select().sums()
    assert sums["input_cost"] == 10**9


@pytest.mark.parametrize(
    "column", ["file_search_calls", "n_images", "characters", "prompt_audio_seconds"]
)
def test_what_is_paid_by_the_piece_and_not_read_is_named(
    write: Write, column: str
) -> None:
    usage = mw.read_usage(
        write(json.dumps(ROW | {column: 3}), "a.jsonl"), prices=BOOK, rejects=None
    )
    assert any(f"not read: {column}" in note for note in usage.quality.notes)
