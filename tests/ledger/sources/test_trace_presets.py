"""Traces and sessions of products, in the files that they export."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]
Rows = list[dict[str, Any]]

AT = "2026-01-25T10:00:00.000000"


def as_csv(rows: Rows, text: Callable[[Any], str] = json.dumps) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(dict.fromkeys(k for r in rows for k in r)))
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: text(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        )
    return stream.getvalue()


def python_csv(rows: Rows) -> str:
    return as_csv(rows, str)


def figures(path: Path | Sequence[Path]) -> tuple[int, ...]:
    found = sums(read(path))
    names = ("requests", "input_tokens", "output_tokens", "cache_read_tokens",
             "reasoning_tokens", "cost")  # fmt: skip
    return tuple(found[name] for name in names)


def run(
    name: str, kind: str, parent: str | None, tokens: int, cost: str
) -> dict[str, Any]:
    return {
        "id": name, "run_type": kind, "parent_run_id": parent, "trace_id": "t",
        "start_time": AT, "end_time": AT, "status": "success", "dotted_order": name,
        "total_tokens": tokens + tokens // 5, "prompt_tokens": tokens,
        "completion_tokens": tokens // 5, "total_cost": cost,
        "prompt_token_details": {"cache_read": tokens // 10},
        "extra": {"metadata": {"ls_model_name": "gpt-4o-mini", "note": "it's"}},
    }  # fmt: skip


RUNS = [
    run("a", "chain", None, 300, "0.0006"), run("b", "chain", "a", 300, "0.0006"),
    run("c", "llm", "b", 100, "0.0002"), run("d", "llm", "b", 200, "0.0004"),
    run("e", "tool", "b", 0, "0"),
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [lines(RUNS), json.dumps({"runs": RUNS, "cursors": {"next": None}}), as_csv(RUNS)],
)
def test_langsmith_s_chains_repeat_their_calls_and_its_tools_are_none(
    write: Write, text: str
) -> None:
    path = write(text, "a.json" if text[0] == "{" else "a.csv")
    assert figures(path) == (2, 300, 60, 30, 0, nano("0.0006"))
    assert by(read(path), "model", "requests") == {"gpt-4o-mini": 2}


def test_runs_inside_their_parents_are_rows_of_their_own(write: Write) -> None:
    tree = RUNS[0] | {"child_runs": [RUNS[1] | {"child_runs": RUNS[2:]}]}
    for text in (json.dumps(tree, indent=1), json.dumps({"runs": [tree]})):
        path = write(text, "a.json")
        assert figures(path) == (2, 300, 60, 30, 0, nano("0.0006"))


def test_langsmith_s_older_runs_tell_their_tokens_in_outputs(write: Write) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    row = {key: RUNS[2][key] for key in ("id", "run_type", "start_time", "trace_id")}
    row["outputs"] = {"llm_output": {"token_usage": usage, "model_name": "gpt-4o"}}
    assert figures(write(lines([row]), "a.json"))[:3] == (1, 100, 20)


def event(
    number: int, provider: str, flag: bool | None, **counts: Any
) -> dict[str, Any]:
    exclusive = {} if flag is None else {"$ai_cache_reporting_exclusive": flag}
    return {
        "uuid": f"u{number}", "event": "$ai_generation", "distinct_id": "ana",
        "timestamp": AT + "Z",
        "properties": {"$ai_provider": provider, "$ai_model": "m", **exclusive,
                       **{f"$ai_{name}": count for name, count in counts.items()}},
    }  # fmt: skip


EVENTS = [
    event(1, "openai", False, input_tokens=100, output_tokens=20,
          cache_read_input_tokens=50, reasoning_tokens=5, total_cost_usd=0.003),
    event(2, "anthropic", None, input_tokens=1000, output_tokens=30,
          cache_read_input_tokens=60, cache_creation_input_tokens=40,
          total_cost_usd=0.01),
    {"uuid": "u3", "event": "$pageview", "distinct_id": "ana", "timestamp": AT,
     "properties": {"$current_url": "x"}},
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        lines(EVENTS),
        json.dumps({"next": None, "results": EVENTS}),
        lines(each | {"properties": json.dumps(each["properties"])} for each in EVENTS),
        as_csv(EVENTS),
    ],
)
def test_posthog_s_flag_or_provider_tells_where_the_cache_stands(
    write: Write, text: str
) -> None:
    path = write(text, "a.json" if text[0] == "{" else "a.csv")
    assert figures(path) == (2, 1200, 50, 110, 5, nano("0.013"))
    assert by(read(path), "user", "requests") == {"ana": 2}


def mlflow_span(number: int, parent: int | None, **counts: int) -> dict[str, Any]:
    def key(span: int) -> str:
        return base64.b64encode(f"span{span:04}".encode()).decode()

    usage = {"input_tokens": counts.get("i"), "output_tokens": counts.get("o"),
             "total_tokens": sum(counts.values())}  # fmt: skip
    values = {"mlflow.spanType": '"AGENT"'}
    if counts:
        values = {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.llm.model": '"gpt-4o"',
                  "mlflow.chat.tokenUsage": json.dumps(usage),
                  "mlflow.llm.cost": '{"total_cost": 0.01}'}  # fmt: skip
    return {"trace_id": "bWxmbG93LXRyYWNlLTAwMQ==", "span_id": key(number),
            "parent_span_id": None if parent is None else key(parent),
            "start_time_unix_nano": 1769335200 * 10**9, "attributes": values}  # fmt: skip


MLFLOW = [mlflow_span(0, None), mlflow_span(1, 0, i=100, o=20), mlflow_span(2, 0, i=200, o=40)]  # fmt: skip
INFO = {"trace_id": "tr-1", "request_time": AT + "Z", "state": "OK", "trace_metadata": {
    "mlflow.trace.tokenUsage": '{"input_tokens": 300, "output_tokens": 60}'}}  # fmt: skip
TRACE = {"info": INFO, "data": {"spans": MLFLOW}}
FRAME = [{"trace_id": "tr-1", "request_time": 1769335200000, "spans": MLFLOW}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TRACE, indent=1), json.dumps({"traces": [TRACE]}),
        as_csv(FRAME), python_csv(FRAME),
    ],
)  # fmt: skip
def test_mlflow_s_traces_are_counted_span_by_span(write: Write, text: str) -> None:
    path = write(text, "a.json" if text[0] == "{" else "a.csv")
    assert figures(path) == (2, 300, 60, 0, 0, nano("0.02"))
    assert by(read(path), "model", "requests") == {"gpt-4o": 2}


def test_an_mlflow_trace_without_its_spans_tells_their_sum(write: Write) -> None:
    assert figures(write(json.dumps({"info": INFO}), "a.json"))[1:3] == (300, 60)


DATADOG: dict[str, Any] = {
    "meta": {"page": {}},
    "data": [
        {"id": name, "type": "span", "attributes": {
            "span_id": name, "parent_id": parent, "span_kind": kind, "ml_app": "app",
            "start_ns": 1769335200 * 10**9, "model_name": "gpt-4o",
            "metrics": {"input_tokens": tokens, "output_tokens": tokens // 5}}}
        for name, parent, kind, tokens in (("a", "undefined", "agent", 300),
                                           ("b", "a", "llm", 100), ("c", "a", "llm", 200))
    ],
}  # fmt: skip


def test_datadog_s_agents_repeat_their_calls(write: Write) -> None:
    assert figures(write(json.dumps(DATADOG), "a.json"))[:3] == (2, 300, 60)


def gemini(number: int, **tokens: int) -> dict[str, Any]:
    return {"id": f"a{number}", "timestamp": AT + "Z", "type": "gemini",
            "model": "gemini-2.5-pro", "content": "x", "tokens": tokens}  # fmt: skip


CHAT: Rows = [
    {"id": "u", "timestamp": AT + "Z", "type": "user", "content": "x"},
    gemini(1, input=1500, output=200, cached=100, thoughts=50, tool=0, total=1750),
    gemini(2, input=2000, output=300, cached=50, thoughts=100, tool=30, total=2430),
]
HEAD = {"sessionId": "s", "projectHash": "p", "startTime": AT + "Z"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(HEAD | {"messages": CHAT}, indent=2),
        lines([HEAD, *CHAT[:2], {"$set": {"lastUpdated": AT}}, *CHAT[1:]]),
    ],
)
def test_gemini_s_chats_count_thoughts_and_what_tools_read(
    write: Write, text: str
) -> None:
    assert figures(write(text, "a.json")) == (2, 3530, 650, 150, 150, 0)


QWEN: dict[str, Any] = {
    "uuid": "u1", "sessionId": "s", "timestamp": AT + "Z", "type": "assistant",
    "model": "qwen3-coder", "usageMetadata": {
        "promptTokenCount": 1000, "candidatesTokenCount": 50, "thoughtsTokenCount": 10,
        "cachedContentTokenCount": 500, "totalTokenCount": 1060},
}  # fmt: skip


def test_qwen_s_answers_count_once_beside_its_records_of_telemetry(
    write: Write,
) -> None:
    told = {"event.name": "qwen-code.api_response", "input_token_count": 1000}
    record = {"uuid": "u2", "sessionId": "s", "timestamp": AT + "Z", "type": "system",
              "systemPayload": {"uiEvent": told}}  # fmt: skip
    path = write(lines([QWEN, record]), "a.jsonl")
    assert figures(path) == (1, 1000, 60, 500, 10, 0)


def test_opencode_s_database_holds_its_messages_as_text(write: Write) -> None:
    tokens = {"input": 100, "output": 10, "reasoning": 5,
              "cache": {"read": 50, "write": 25}}  # fmt: skip
    data = {"role": "assistant", "modelID": "m", "providerID": "p", "cost": 0.0021,
            "time": {"created": 1767312000000}, "tokens": tokens}  # fmt: skip
    row = {
        "id": "msg_1",
        "session_id": "s",
        "time_created": 1767312000000,
        "data": data,
    }
    assert figures(write(as_csv([row]), "a.csv")) == (1, 175, 15, 50, 5, nano("0.0021"))


def braintrust(name: str, kind: str, tokens: int) -> dict[str, Any]:
    counts = {"prompt_tokens": tokens, "completion_tokens": tokens // 5,
              "tokens": tokens + tokens // 5, "prompt_cached_tokens": tokens // 10}  # fmt: skip
    return {
        "id": name, "span_id": name, "root_span_id": "a", "created": AT + "Z",
        "span_parents": None if name == "a" else ["a"], "metadata": {"model": "m"},
        "span_attributes": {"type": kind}, "metrics": {"start": 1769335200.5, **counts},
    }  # fmt: skip


BRAINTRUST = [
    braintrust("a", "task", 300), braintrust("b", "llm", 100),
    braintrust("c", "llm", 200), braintrust("d", "score", 0),
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        lines(BRAINTRUST), json.dumps({"events": BRAINTRUST, "cursor": None}),
        as_csv(BRAINTRUST),
    ],
)  # fmt: skip
def test_braintrust_s_tasks_repeat_their_calls_and_its_scores_are_none(
    write: Write, text: str
) -> None:
    path = write(text, "a.json" if text[0] == "{" else "a.csv")
    assert figures(path) == (2, 300, 60, 30, 0, 0)


HELICONE = {
    "request_id": "q", "request_created_at": "2026-01-25 10:00:00.000",
    "request_user_id": "ana", "response_status": 200, "model": "gpt-4o",
    "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
    "prompt_cache_read_tokens": 50, "reasoning_tokens": 5, "delay_ms": 1200,
    "cost": 0.00045, "costUSD": 0.00045,
    "response_body": {"usage": {"prompt_tokens": 100, "completion_tokens": 20}},
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [json.dumps({"data": [HELICONE], "error": None}), as_csv([HELICONE])],
)
def test_helicone_s_requests_are_read(write: Write, text: str) -> None:
    path = write(text, "a.json" if text[0] == "{" else "a.csv")
    assert figures(path) == (1, 100, 20, 50, 5, nano("0.00045"))


PRESETS = {
    "langsmith": RUNS[2],
    "posthog": EVENTS[0],
    "gemini_cli": HEAD | {"messages": CHAT},
    "qwen_code": QWEN,
    "datadog_llm": DATADOG,
    "braintrust": BRAINTRUST[1],
    "helicone": HELICONE,
}
"""Source -> a ledger of it."""
