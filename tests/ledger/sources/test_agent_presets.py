"""Coding agents and chat servers: what their own files and tables count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, nano, read, sums
from ledger.sources.test_trace_presets import as_csv

Write = Callable[..., Path]

MS = 1769335200_000


def said(second: int, **text: Any) -> dict[str, Any]:
    return {"ts": MS + second, "type": "say", "say": "api_req_started",
            "text": json.dumps(text), "modelInfo": {"modelId": "m"}}  # fmt: skip


def taken(number: int, kind: str, count: int, **parts: int) -> dict[str, Any]:
    return {"_id": {"$oid": f"x{number}"}, "user": {"$oid": "u"}, "tokenType": kind,
            "model": "m", "rawAmount": -count, "tokenValue": -count * 2.5, **parts,
            "createdAt": {"$date": "2026-01-25T10:00:00.000Z"}}  # fmt: skip


CLINE = [
    {"ts": MS, "type": "say", "say": "task", "text": "fix"},
    said(1, tokensIn=10, tokensOut=20, cacheWrites=3, cacheReads=5, cost=0.01),
    said(2, request="not answered yet"),
]
ROO = [said(1, apiProtocol="anthropic", tokensIn=1000, tokensOut=20, cacheWrites=30,
            cacheReads=500, cost=0.01)]  # fmt: skip
LIBRECHAT = [
    taken(1, "prompt", 160, inputTokens=-100, writeTokens=-10, readTokens=-50),
    taken(2, "completion", 20), taken(3, "credits", -1_000_000),
]  # fmt: skip
KIMI = [
    {"type": "metadata", "protocol_version": "1.3"},
    {"timestamp": 1770983428.5, "message": {"type": "StatusUpdate", "payload": {
        "message_id": "m1", "token_usage": {"input_other": 100, "output": 20,
                                            "input_cache_read": 500,
                                            "input_cache_creation": 7}}}},
]  # fmt: skip
GOOSE = {
    "id": "s", "working_dir": "/p", "created_at": "2026-01-25 10:00:00",
    "updated_at": "2026-01-25 10:05:00", "total_tokens": 120, "input_tokens": 100,
    "output_tokens": 20, "accumulated_total_tokens": 360,
    "accumulated_input_tokens": 300, "accumulated_output_tokens": 60,
    "provider_name": "openai", "model_config_json": json.dumps({"model_name": "m"}),
}  # fmt: skip
DROID = {
    "model": "m", "providerLock": "anthropic",
    "providerLockTimestamp": "2026-01-25T10:00:00.000Z",
    "tokenUsage": {"inputTokens": 100, "outputTokens": 20, "cacheCreationTokens": 30,
                   "cacheReadTokens": 400, "thinkingTokens": 5},
}  # fmt: skip
DIFY = {
    "id": "m1", "app_id": "a", "model_id": "m", "message_tokens": 100,
    "answer_tokens": 20, "total_price": "0.00045", "currency": "USD",
    "provider_response_latency": 1.2, "created_at": 1769335200,
}  # fmt: skip
LOBECHAT = {
    "id": "m2", "role": "assistant", "createdAt": MS, "fromModel": "m",
    "metadata": {"totalInputTokens": 100, "totalOutputTokens": 20, "totalTokens": 120,
                 "inputCachedTokens": 50},
}  # fmt: skip
LUNARY = {
    "id": "r", "type": "llm", "name": "m", "createdAt": "2026-01-25T10:00:00Z",
    "tokens": {"prompt": 100, "completion": 20, "total": 120}, "cost": 0.001,
}  # fmt: skip
OTHER = {"id": "m1", "role": "user", "createdAt": MS}

LEDGERS: dict[str, tuple[str, tuple[int, int, int, str]]] = {
    "cline": (json.dumps(CLINE), (18, 20, 5, "0.01")),
    "roo": (json.dumps(ROO), (1000, 20, 500, "0.01")),
    "librechat": (lines(LIBRECHAT), (160, 20, 50, "0.00045")),
    "kimi": (lines(KIMI), (607, 20, 500, "0")),
    "goose": (as_csv([GOOSE]), (300, 60, 0, "0")),
    "droid": (json.dumps(DROID, indent=1), (530, 20, 400, "0")),
    "dify": (json.dumps({"data": [DIFY], "has_more": False}), (100, 20, 0, "0.00045")),
    "dify table": (as_csv([DIFY]), (100, 20, 0, "0.00045")),
    "lobechat": (
        json.dumps({"state": {"messages": [OTHER, LOBECHAT]}}),
        (100, 20, 50, "0"),
    ),
    "lunary": (json.dumps({"total": 1, "data": [LUNARY]}), (100, 20, 0, "0.001")),
}


@pytest.mark.parametrize("name", LEDGERS)
def test_an_agent_s_own_counts_are_read(write: Write, name: str) -> None:
    text, (tokens_in, tokens_out, cached, cost) = LEDGERS[name]
    usage = read(write(text, "a.json" if text[0] in "[{" else "a.csv"))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (tokens_in, tokens_out)
    assert (found["cache_read_tokens"], found["cost"]) == (cached, nano(cost))
    assert not usage.quality.rejected
    if name != "kimi":
        assert by(usage, "model", "records").keys() == {"m"}


def test_claude_code_s_spans_name_their_tokens_as_its_events_do(write: Write) -> None:
    values = {"span.type": "llm_request", "model": "m", "input_tokens": 120,
              "output_tokens": 500, "cache_read_tokens": 20,
              "cache_creation_tokens": 30}  # fmt: skip
    listed = [
        {"key": key, "value": {"stringValue": str(each)}}
        for key, each in values.items()
    ]
    span = {"traceId": "t", "spanId": "s", "startTimeUnixNano": f"{MS}000000",
            "endTimeUnixNano": f"{MS}000001", "attributes": listed}  # fmt: skip
    text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    found = sums(read(write(text, "a.json")))
    assert (found["requests"], found["input_tokens"]) == (1, 170)
    assert (found["cache_read_tokens"], found["output_tokens"]) == (20, 500)


PRESETS: dict[str, Any] = {
    "cline": CLINE, "librechat": LIBRECHAT[0], "kimi": KIMI[1], "goose": GOOSE,
    "droid": DROID, "dify": DIFY, "lobechat": LOBECHAT, "lunary": LUNARY,
}  # fmt: skip
"""Source -> a ledger of it."""
