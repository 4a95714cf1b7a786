"""Log events of coding agents: Claude Code, Codex, Gemini CLI, in several encodings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]
Event = dict[str, Any]

AT = "2026-01-25T10:00:00Z"
CLAUDE: list[Event] = [
    {"event.name": "api_request", "event.timestamp": AT, "model": "claude-sonnet-4-5",
     "user.email": "a@example.com", "organization.id": "o", "session.id": "s",
     "input_tokens": 120, "output_tokens": 500, "cache_read_tokens": 20,
     "cache_creation_tokens": 30, "cost_usd": 0.0123, "duration_ms": 2500},
    {"event.name": "api_error", "event.timestamp": AT, "model": "claude-sonnet-4-5",
     "status_code": "529"},
    {"event.name": "tool_result", "event.timestamp": AT, "duration_ms": 12},
]  # fmt: skip
CODEX: list[Event] = [
    {"event.name": "codex.conversation_starts", "event.timestamp": AT, "model": "gpt-5"},
    {"event.name": "codex.sse_event", "event.timestamp": AT, "model": "gpt-5",
     "event.kind": "response.created"},
    {"event.name": "codex.sse_event", "event.timestamp": AT, "model": "gpt-5",
     "event.kind": "response.completed", "input_token_count": 1000,
     "output_token_count": 100, "cached_token_count": 800, "reasoning_token_count": 40,
     "tool_token_count": 1100},
]  # fmt: skip
GEMINI: list[Event] = [
    {"event.name": "gemini_cli.api_request", "event.timestamp": AT, "model": "gemini"},
    {"event.name": "gemini_cli.api_response", "event.timestamp": AT, "model": "gemini",
     "input_token_count": 100, "output_token_count": 40, "thoughts_token_count": 10,
     "cached_content_token_count": 5, "tool_token_count": 3, "total_token_count": 153},
    {"event.name": "gen_ai.client.inference.operation.details", "event.timestamp": AT,
     "gen_ai.request.model": "gemini", "gen_ai.usage.input_tokens": 100,
     "gen_ai.usage.output_tokens": 40},
]  # fmt: skip
QWEN = [e | {"event.name": e["event.name"].replace("gemini_cli", "qwen-code")} for e in GEMINI]  # fmt: skip


def _value(value: Any) -> dict[str, Any]:
    kind = {int: "intValue", float: "doubleValue"}.get(type(value), "stringValue")
    return {kind: str(value) if kind == "intValue" else value}


def listed(values: Event) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def otlp(events: list[Event]) -> str:
    records = [
        {"timeUnixNano": "1769335200000000000", "body": {"stringValue": "x"},
         "attributes": listed(event)} for event in events
    ]  # fmt: skip
    resource = {"attributes": listed({"service.name": "agent"})}
    return json.dumps({"resourceLogs": [
        {"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": records}]}
    ]})  # fmt: skip


def collector(events: list[Event]) -> str:
    return "".join(otlp([event]) + "\n" for event in events)


def snake_case(events: list[Event]) -> str:
    text = otlp(events)
    for camel, snake in (("resourceLogs", "resource_logs"), ("scopeLogs", "scope_logs"),
                         ("logRecords", "log_records"), ("Value", "_value"),
                         ("timeUnixNano", "time_unix_nano")):  # fmt: skip
        text = text.replace(camel, snake)
    return text


def clickhouse(events: list[Event]) -> str:
    return lines(
        {"Timestamp": "2026-01-25 10:00:00.000000000", "ServiceName": "agent",
         "Body": "x", "LogAttributes": {k: str(v) for k, v in event.items()}}
        for event in events
    )  # fmt: skip


def loki(events: list[Event]) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": [
        {"stream": {k.replace(".", "_"): str(v) for k, v in event.items()},
         "values": [["1769335200000000000", "x"]]} for event in events
    ]}})  # fmt: skip


def elasticsearch(events: list[Event]) -> str:
    return lines(
        {"_id": str(n), "_source": {"@timestamp": AT, "attributes": event}}
        for n, event in enumerate(events)
    )


def javascript_console(events: list[Event]) -> str:
    other = {"resource": {}, "scopeMetrics": [{"metrics": [{"dataPoints": []}]}]}
    span = {"traceId": "t", "id": "s", "name": "llm_call", "timestamp": 1769335200000000,
            "attributes": {"gen_ai.operation.name": "llm_call"}}  # fmt: skip
    rows = [{"hrTime": [1769335200, 0], "body": "x", "attributes": e} for e in events]
    return "".join(json.dumps(row, indent=2) + "\n" for row in (other, span, *rows))


ENCODINGS = [
    otlp, collector, snake_case, clickhouse, loki, elasticsearch, javascript_console
]  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_claude_code_counts_its_cache_beside_the_input(
    write: Write, encoding: Callable[[list[Event]], str]
) -> None:
    usage = read(write(encoding(CLAUDE), "a.json"))
    found = sums(usage)
    assert found["requests"] == 1
    assert (found["input_tokens"], found["output_tokens"]) == (170, 500)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (20, 30)
    assert found["cost"] == nano("0.0123")
    assert by(usage, "org", "requests") == {"o": 1}
    assert by(usage, "user", "requests") == {"a@example.com": 1}


@pytest.mark.parametrize("encoding", [collector, clickhouse])
def test_codex_counts_its_cache_and_reasoning_inside(
    write: Write, encoding: Callable[[list[Event]], str]
) -> None:
    found = sums(read(write(encoding(CODEX), "a.json")))
    assert found["requests"] == 1
    assert (found["input_tokens"], found["output_tokens"]) == (1000, 100)
    assert (found["cache_read_tokens"], found["reasoning_tokens"]) == (800, 40)


@pytest.mark.parametrize("events", [GEMINI, QWEN], ids=["gemini", "qwen"])
@pytest.mark.parametrize("encoding", [otlp, javascript_console])
def test_gemini_s_thoughts_stand_beside_its_output_and_its_two_events_are_one_response(
    write: Write, encoding: Callable[[list[Event]], str], events: list[Event]
) -> None:
    found = sums(read(write(encoding(events), "a.json")))
    assert found["requests"] == 1
    assert (found["input_tokens"], found["output_tokens"]) == (103, 50)
    assert (found["cache_read_tokens"], found["reasoning_tokens"]) == (5, 10)


def test_genai_s_own_event_is_usage_where_no_other_tells_it(write: Write) -> None:
    found = sums(read(write(otlp(GEMINI[2:]), "a.json")))
    assert (found["requests"], found["input_tokens"]) == (1, 100)
