"""What a batch was answered is read, and never priced as if it were no batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import meterwidgets as mw
from ledger.figures import lines, nano, read, sums

Write = Callable[..., Path]
AT = 1_771_754_400


def output(number: int, usage: dict[str, Any] | None, **body: Any) -> dict[str, Any]:
    """A line of the output of a batch of OpenAI."""
    answer = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": AT,
              "model": "gpt-5-nano", "usage": usage} | body  # fmt: skip
    response = {"status_code": 200, "request_id": f"r{number}", "body": answer}
    return {"id": f"batch_req_{number}", "custom_id": f"c{number}",
            "response": response if usage else None,
            "error": None if usage else {"code": "batch_expired"}}  # fmt: skip


CHAT = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 60}}  # fmt: skip
RESPONSES = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100,
             "input_tokens_details": {"cached_tokens": 400},
             "output_tokens_details": {"reasoning_tokens": 60}}  # fmt: skip
BATCH = {
    "id": "batch_1", "object": "batch", "endpoint": "/v1/responses", "created_at": AT,
    "status": "completed", "model": "gpt-5-nano", "usage": RESPONSES,
    "request_counts": {"completed": 98, "failed": 2, "total": 100},
}  # fmt: skip
VERTEX = {
    "status": "", "processed_time": "2026-02-22T10:00:00.826+00:00", "request": {},
    "response": {"candidates": [], "modelVersion": "gemini-2.5-flash", "usageMetadata": {
        "promptTokenCount": 1000, "candidatesTokenCount": 40, "thoughtsTokenCount": 60,
        "cachedContentTokenCount": 400, "totalTokenCount": 1100}},
}  # fmt: skip
BOOK = mw.PriceBook.parse(
    [
        {"model": "*", "input": "2", "output": "10"},
        {"model": "*", "service_tier": "batch", "input": "1", "output": "5"},
    ],
    catalogue=False,
)


def assert_a_request(usage: mw.UsageFrame, requests: int = 1) -> None:
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (requests, 1000)
    assert (found["output_tokens"], found["cache_read_tokens"]) == (100, 400)
    assert found["reasoning_tokens"] == 60
    assert found["cost"] == nano("0.0015")


def test_the_output_of_a_batch_has_the_price_of_a_batch(write: Write) -> None:
    rows = [output(1, CHAT), output(2, None)]
    assert_a_request(read(write(lines(rows), "a.jsonl"), prices=BOOK))
    other = output(1, RESPONSES, object="response", created=None, created_at=AT)
    assert_a_request(read(write(lines([other]), "b.jsonl"), prices=BOOK))


def test_a_batch_without_a_price_of_its_own_is_unpriced_and_said(write: Write) -> None:
    book = mw.PriceBook.parse([{"model": "*", "input": "2"}], catalogue=False)
    usage = read(write(lines([output(1, CHAT)]), "a.jsonl"), prices=book)
    assert sums(usage)["cost"] == 0
    assert any("service tier batch has no price" in n for n in usage.quality.notes)


def test_a_batch_that_is_downloaded_twice_counts_once(write: Write) -> None:
    write(lines([output(1, CHAT)]), "l/a.jsonl")
    usage = read(write(lines([output(1, CHAT)]), "l/b.jsonl").parent, prices=BOOK)
    assert_a_request(usage)
    assert usage.quality.duplicates == 1


def test_batches_count_their_requests(write: Write) -> None:
    answer = {"object": "list", "data": [BATCH], "has_more": False}
    assert_a_request(read(write(json.dumps(answer), "a.json"), prices=BOOK), 98)


def test_batches_beside_their_output_are_said(write: Write) -> None:
    write(lines([output(1, CHAT)]), "l/a.jsonl")
    usage = read(write(lines([BATCH]), "l/b.jsonl").parent, prices=BOOK)
    assert any("both cover 1 day" in note for note in usage.quality.notes)


def test_a_batch_of_vertex_is_read(write: Write) -> None:
    assert_a_request(read(write(lines([VERTEX]), "a.jsonl"), prices=BOOK))
