"""Portkey's log export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]
LOG = {
    "id": "p1", "trace_id": "t1", "created_at": "2026-02-22T10:00:00Z", "cost": 0.35,
    "ai_org": "openai", "ai_model": "gpt-4o", "req_units": 1000, "res_units": 100,
    "total_units": 1100, "cost_currency": "USD", "response_time": 900,
    "response_status_code": 200, "is_success": True, "cache_status": "MISS",
}  # fmt: skip


def test_costs_are_cents_and_units_are_tokens(write: Write) -> None:
    usage = read(write(lines([LOG, LOG | {"id": "p2", "cost": 1e-05}]), "a.jsonl"))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (2000, 200)
    assert found["cost"] == nano("0.0035001")
    assert by(usage, "model", "requests") == {"gpt-4o": 2}


def test_a_cost_of_nothing_is_free_only_from_the_cache(write: Write) -> None:
    rows = [LOG | {"cost": 0}, LOG | {"id": "p2", "cost": 0, "cache_status": "HIT"}]
    usage = read(write(lines(rows), "a.jsonl"))
    assert any("1 record has no price" in note for note in usage.quality.notes)
