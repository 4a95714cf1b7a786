"""Anthropic's usage and cost reports: disjoint tokens, cents as text."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import by, nano, read, sums

Write = Callable[..., Path]
Shared = Callable[[str], Path]

RESULT = {
    "api_key_id": "k-1",
    "cache_creation": {
        "ephemeral_1h_input_tokens": 1000,
        "ephemeral_5m_input_tokens": 500,
    },
    "cache_read_input_tokens": 200,
    "model": "claude-opus-5",
    "output_tokens": 500,
    "uncached_input_tokens": 1500,
    "workspace_id": "w-1",
}
COST = {
    "amount": "123.78912", "cost_type": "tokens", "currency": "USD",
    "model": "claude-opus-5", "token_type": "output_tokens", "workspace_id": "w-1",
}  # fmt: skip


def bucket(day: int, *results: dict[str, Any]) -> dict[str, Any]:
    return {"starting_at": f"2026-01-{day:02}T00:00:00Z",
            "ending_at": f"2026-01-{day + 1:02}T00:00:00Z",
            "results": list(results)}  # fmt: skip


def page(*buckets: dict[str, Any], more: bool = False) -> str:
    return json.dumps({"data": list(buckets), "has_more": more, "next_page": None})


def cost_of(write: Write, amount: object) -> mw.UsageFrame:
    return read(write(page(bucket(1, COST | {"amount": amount}, COST)), "a.json"))


def test_the_real_usage_report_is_read(shared: Shared) -> None:
    usage = read(shared("anthropic/usage_report_messages.json"))
    found = sums(usage)
    assert found["input_tokens"] == 1500 + 200 + 1000 + 500
    assert found["cache_read_tokens"] == 200
    assert found["cache_write_tokens"] == 1500
    assert found["output_tokens"] == 500
    assert any("partial" in note for note in usage.quality.notes)


def test_the_real_cost_report_is_in_cents(shared: Shared) -> None:
    usage = read(shared("anthropic/cost_report.json"))
    assert sums(usage)["unsplit_cost"] == 1_237_891_200
    assert sums(usage)["input_reported"] == 0


def test_no_request_count_is_unknown_and_not_none(write: Write) -> None:
    found = sums(read(write(page(bucket(1, RESULT)), "a.json")))
    assert (found["records"], found["requests_reported"]) == (1, 0)


def test_cached_tokens_are_added_to_the_uncached_once(write: Write) -> None:
    """Ask 5: cached tokens counted or billed twice."""
    rates = {"model": "*", "input": "5", "output": "25", "cache_read": "0.5",
             "cache_write": "6.25", "cache_write_1h": "10"}  # fmt: skip
    path = write(page(bucket(1, RESULT)), "a.json")
    found = sums(read(path, prices=mw.PriceBook.parse([rates])))
    dollars = Decimal(1500 * 5 + 500 * 25) + 100 + Decimal("6.25") * 500 + 10_000
    assert found["cost"] == nano(dollars / 1_000_000)


@pytest.mark.parametrize(
    ("cents", "dollars"),
    [("123.45", "1.2345"), ("0", "0"), ("0.00001", "0.0000001"), ("1,234.5", "12.345"),
     ("99999999999.99", "999999999.9999"), (7, "0.07"), (" 50 ", "0.5"),
     ("0.00000005", "0"), ("0.00000015", "0.000000002")],
)  # fmt: skip
def test_cents_are_exact(write: Write, cents: object, dollars: str) -> None:
    found = sums(cost_of(write, cents))
    assert found["cost"] == nano(dollars) + 1_237_891_200


@pytest.mark.parametrize("amount", ["many", "1e3x", "12.3.4", "9" * 14])
def test_an_amount_that_is_none_is_rejected(write: Write, amount: str) -> None:
    usage = cost_of(write, amount)
    assert (usage.quality.records, usage.quality.rejected) == (1, 1)
    assert sums(usage)["cost"] == 1_237_891_200


def test_a_negative_amount_is_a_correction(write: Write) -> None:
    usage = cost_of(write, "-5")
    assert (usage.quality.records, usage.quality.rejected) == (2, 0)
    assert sums(usage)["cost"] == 1_237_891_200 - 50_000_000
    assert "1 record is a correction: -0.05 USD, counted with the minus" in (
        usage.quality.notes
    )


def test_usage_and_costs_are_never_added_twice(write: Write) -> None:
    rates = mw.PriceBook.parse([{"model": "*", "input": "10", "output": "100"}])
    write(page(bucket(1, RESULT)), "both/usage.json")
    folder = write(page(bucket(1, COST)), "both/cost.json").parent
    usage = read(folder, prices=rates)
    assert sums(usage)["cost"] == 1_237_891_200
    assert sums(usage)["input_tokens"] == 3200
    assert any("both given: 1 cost row counts" in note for note in usage.quality.notes)


def test_a_large_report_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(6)
    names = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
    rows, total, cents = [], dict.fromkeys([*names, "write"], 0), Decimal()
    costs = []
    for day in range(1, 29):
        results = []
        for number in range(200):
            five, hour = made.randrange(900), made.randrange(900)
            counts = {name: made.randrange(10**6) for name in names}
            results.append(RESULT | counts | {"api_key_id": f"k-{number}",
                "cache_creation": {"ephemeral_5m_input_tokens": five,
                                   "ephemeral_1h_input_tokens": hour}})  # fmt: skip
            for name in names:
                total[name] += counts[name]
            total["write"] += five + hour
        rows.append(bucket(day, *results))
        amount = f"{made.randrange(10**9)}.{made.randrange(10**7):07}"
        cents += Decimal(amount)
        costs.append(bucket(day, COST | {"amount": amount}))
    usage = read(write(page(*rows), "usage.json"))
    found = sums(usage)
    assert usage.quality.records == 28 * 200
    assert found["cache_read_tokens"] == total["cache_read_input_tokens"]
    assert found["cache_write_tokens"] == total["write"]
    assert found["output_tokens"] == total["output_tokens"]
    assert (
        found["input_tokens"]
        == (total["uncached_input_tokens"] + total["cache_read_input_tokens"])
        + total["write"]
    )
    assert len(by(usage, "api_key", "records")) == 200
    costs_found = sums(read(write(page(*costs), "costs.json")))
    assert costs_found["cost"] == nano(cents / 100)
