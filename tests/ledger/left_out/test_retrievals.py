"""Polled responses: a gateway logs their cost again, the provider bills them once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import nano, read, sums

Write = Callable[..., Path]


def row(number: int, call: str, minute: int, **words: Any) -> dict[str, Any]:
    return {
        "request_id": f"r-{number}", "call_type": call, "api_key": "88dc28d0f030",
        "spend": 0.0023, "total_tokens": 521, "prompt_tokens": 121,
        "completion_tokens": 400, "startTime": f"2026-08-10T10:{minute:02}:00Z",
        "endTime": f"2026-08-10T10:{minute:02}:01Z", "model": "o3", "status": "success",
    } | words  # fmt: skip


NOT_READY = {"spend": 0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
ASKED, POLL = row(1, "aresponses", 0), row(2, "aget_responses", 2)
LATER = row(3, "get_responses", 4)
LEDGERS = {
    # BerriAI/litellm#17814 and #25015
    "an id each": ([ASKED, POLL, LATER], 1, 2),
    "one id": ([ASKED, POLL | {"request_id": "r-1"}], 1, 1),
    "polled before it was ready": ([ASKED, POLL | NOT_READY, LATER], 1, 2),
    "logged before it was ready": ([ASKED | NOT_READY, POLL], 2, 0),
    "logged before it was ready, one id": (
        [ASKED | NOT_READY, POLL | {"request_id": "r-1"}], 1, 0,
    ),
    "the request is not here": ([POLL, LATER], 1, 1),
    "another key": ([ASKED | {"api_key": "other"}, POLL], 2, 0),
    "another usage": ([ASKED | {"completion_tokens": 1}, POLL], 2, 0),
    "asked later": ([row(1, "aresponses", 30), POLL], 2, 0),
    "two requests alike": ([ASKED, row(4, "aresponses", 1), POLL], 2, 1),
}  # fmt: skip


@pytest.mark.parametrize("which", LEDGERS)
def test_a_retrieval_repeats_its_request(write: Write, which: str) -> None:
    rows, records, repeated = LEDGERS[which]
    usage = read(write(json.dumps(rows), "a.json"))
    assert (usage.quality.records, usage.quality.duplicates) == (records, repeated)


def test_a_request_and_its_polls_are_found_across_files(write: Write) -> None:
    write(json.dumps([POLL]), "l/a.json")
    usage = read(write(json.dumps([ASKED]), "l/b.json").parent)
    assert sums(usage)["cost"] == nano("0.0023")
    assert (
        "litellm: 1 retrieval repeats the cost of an answer or had none yet "
        "(521 tokens and 0.002300000 USD), left out" in usage.quality.notes
    )


def test_a_retrieval_without_its_request_is_counted_and_said(write: Write) -> None:
    usage = read(write(json.dumps([POLL]), "a.json"))
    assert sums(usage)["cost"] == nano("0.0023")
    assert any("1 retrieval is counted (521" in note for note in usage.quality.notes)


def test_a_batch_that_is_polled_costs_once(write: Write) -> None:
    """BerriAI/litellm#39980: each look at a batch that is complete logs its cost."""
    polls = [row(n, "aretrieve_batch", n) for n in (2, 3, 4)]
    rows = [row(1, "acreate_batch", 0) | NOT_READY, *polls]
    usage = read(write(json.dumps(rows), "a.json"))
    assert sums(usage)["cost"] == nano("0.0023")
    assert usage.quality.duplicates == 2
