"""Logs of gateways and of clouds' model services, each in the envelopes it comes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]

PAYLOAD = {
    "id": "chatcmpl-1", "trace_id": "t", "call_type": "acompletion", "cache_hit": None,
    "status": "success", "custom_llm_provider": "openai", "saved_cache_cost": 0.0,
    "startTime": 1769335201.123, "endTime": 1769335202.5, "model": "gpt-4o-mini",
    "metadata": {
        "user_api_key_hash": "88dc28", "user_api_key_alias": "search-key",
        "user_api_key_team_id": "team-1", "user_api_key_team_alias": "Search",
        "user_api_key_org_id": "org-1", "user_api_key_user_id": "u1",
        "usage_object": {"prompt_tokens": 100, "completion_tokens": 20,
                         "prompt_tokens_details": {"cached_tokens": 40}},
    },
    "response_cost": 2.7e-05, "total_tokens": 120, "prompt_tokens": 100,
    "completion_tokens": 20, "end_user": "", "api_base": "https://api.openai.com",
    "model_group": "gpt-4o-mini", "response": {"usage": {"prompt_tokens": 100}},
    "hidden_params": {"response_cost": 2.7e-05},
    "cost_breakdown": {"total_cost": 2.7e-05},
}  # fmt: skip
CACHED = PAYLOAD | {"id": "chatcmpl-2", "cache_hit": True, "response_cost": 0.0}


def test_litellms_payload_has_its_cost_and_its_owners(write: Write) -> None:
    usage = read(write(json.dumps(PAYLOAD) + json.dumps(CACHED)))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (2, 200)
    assert (found["cache_read_tokens"], found["output_tokens"]) == (80, 40)
    # the answer from the cache was free, whatever else the payload says
    assert found["cost"] == nano("0.000027")
    assert by(usage, "org", "requests") == {"org-1": 2}
    assert by(usage, "project", "requests") == {"team-1": 2}
    assert by(usage, "user", "requests") == {"u1": 2}


def test_litellms_payload_lies_in_logs_and_queues(write: Write) -> None:
    log = [{"ddsource": "litellm", "message": json.dumps(PAYLOAD), "status": "info"}]
    queue = {"Messages": [{"MessageId": "1", "Body": json.dumps(PAYLOAD)}]}
    nested = {"id": "A", "attributes": {"service": "litellm", "attributes": PAYLOAD}}
    for each in (log, queue, [nested]):
        usage = read(write(json.dumps(each)))
        assert sums(usage)["cost"] == nano("0.000027")
        assert by(usage, "org", "requests") == {"org-1": 1}


def call(number: int, **changes: Any) -> dict[str, Any]:
    """A line of Bedrock's invocation log."""
    return {
        "timestamp": f"2026-03-11T00:0{number}:00Z", "accountId": "111122223333",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/team/ana"},
        "region": "us-east-1", "requestId": f"r{number}", "operation": "Converse",
        "modelId": "amazon.nova-lite-v1:0", "schemaType": "ModelInvocationLog",
        "input": {"inputTokenCount": 10, "cacheReadInputTokenCount": 100,
                  "cacheWriteInputTokenCount": 20},
        "output": {"outputTokenCount": 5, "outputBodyJson": {
            "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 135}}},
    } | changes  # fmt: skip


def test_each_operation_of_bedrock_counts_the_same(write: Write) -> None:
    embedding = call(2, operation="InvokeModel", input={"inputTokenCount": 44}, output={
        "outputBodyJson": {"inputTextTokenCount": 44}})  # fmt: skip
    stream = call(3, operation="InvokeModelWithResponseStream", output={
        "outputBodyJson": [{"usage": {"output_tokens": 3}}], "outputTokenCount": 3,
    })  # fmt: skip
    rows = [call(1), embedding, stream]
    message = [{"@timestamp": "2026-03-11 00:00:00.000", "@message": r} for r in rows]
    for text in (lines(rows), lines(message)):
        usage = read(write(text))
        found = sums(usage)
        assert (found["requests"], found["input_tokens"]) == (3, 130 + 44 + 130)
        assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (200, 40)
        assert found["output_tokens"] == 8
        assert by(usage, "org", "requests") == {"111122223333": 3}


def test_cursors_events_are_in_cents_and_their_parts_disjoint(write: Write) -> None:
    tokens = {"inputTokens": 126, "outputTokens": 450, "cacheWriteTokens": 6112,
              "cacheReadTokens": 11964, "totalCents": 20.18232}  # fmt: skip
    event = {"timestamp": "1750979225854", "model": "claude-4.5-sonnet",
             "kind": "Usage-based", "requestsCosts": 5, "isTokenBasedCall": True,
             "userEmail": "a@example.com"}  # fmt: skip
    page = {
        "totalUsageEventsCount": 2,
        "usageEvents": [
            event | {"tokenUsage": tokens},
            event | {"timestamp": "1750979225999", "kind": "Included in Business"},
        ],
        "pagination": {"numPages": 1, "currentPage": 1, "hasNextPage": False},
    }
    found = sums(read(write(json.dumps(page))))
    assert (found["requests"], found["input_tokens"]) == (2, 126 + 6112 + 11964)
    assert (found["output_tokens"], found["cost"]) == (450, nano("0.2018232"))
