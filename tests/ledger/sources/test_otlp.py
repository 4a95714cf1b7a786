"""OpenTelemetry GenAI spans: attributes as lists, text numbers, leaves only."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]

START = 1_771_754_400_000_000_000  # 2026-02-22T10:00:00Z
NEW = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5", "gen_ai.response.model": "gpt-5-2025-08-07",
    "gen_ai.usage.input_tokens": 40, "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.cache_read.input_tokens": 30,
    "gen_ai.usage.cache_creation.input_tokens": 5,
    "gen_ai.usage.reasoning.output_tokens": 7, "user.id": "u-1",
}  # fmt: skip
OLD = {
    "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.prompt_tokens": 11, "gen_ai.usage.completion_tokens": 3,
}  # fmt: skip


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    def kind(value: object) -> dict[str, Any]:
        if isinstance(value, int):
            return {"intValue": str(value)}
        if isinstance(value, list):
            return {"arrayValue": {"values": [{"stringValue": each} for each in value]}}
        return {"stringValue": value}

    return [{"key": key, "value": kind(value)} for key, value in values.items()]


def span(number: int, values: dict[str, Any], parent: int = 0) -> dict[str, Any]:
    return {
        "traceId": "5b8aa5a2d2c872e8321cf37308d69df2", "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "", "name": "chat gpt-5",
        "startTimeUnixNano": str(START + number),
        "endTimeUnixNano": str(START + number + 1_500_000_000),
        "attributes": attributes(values), "status": {},
    }  # fmt: skip


def export(*spans: dict[str, Any], service: str = "search") -> dict[str, Any]:
    return {"resourceSpans": [{
        "resource": {"attributes": attributes({"service.name": service})},
        "scopeSpans": [{"scope": {"name": "x"}, "spans": list(spans)}],
    }]}  # fmt: skip


@pytest.mark.parametrize("shape", ["document", "indented", "lines"])
def test_a_span_is_read_in_every_shape(write: Write, shape: str) -> None:
    whole = export(span(1, NEW), span(2, OLD))
    text = {
        "document": json.dumps(whole),
        "indented": json.dumps(whole, indent=1),
        "lines": lines([export(span(1, NEW)), export(span(2, OLD))]),
    }[shape]
    usage = read(write(text, "a.json"))
    found = sums(usage)
    assert usage.quality.records == found["requests"] == 2
    assert (found["input_tokens"], found["output_tokens"]) == (51, 23)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (30, 5)
    assert found["reasoning_tokens"] == 7
    assert by(usage, "model", "requests") == {"gpt-5-2025-08-07": 1, "gpt-4o": 1}
    assert by(usage, "deployment", "requests") == {"gpt-5": 1, "gpt-4o": 1}
    assert by(usage, "project", "requests") == {"search": 2}
    assert by(usage, "user", "requests") == {"u-1": 1, None: 1}
    assert usage.start.isoformat() == "2026-02-22T10:00:00+00:00"
    assert not usage.quality.assumed_tz


def test_cached_and_reasoning_tokens_are_parts_and_not_added(write: Write) -> None:
    """Ask 5: cached tokens counted or billed twice. Ask 6: reasoning priced twice."""
    found = sums(read(write(json.dumps(export(span(1, NEW))), "a.json")))
    assert (found["input_tokens"], found["output_tokens"]) == (40, 20)


def test_an_agent_is_not_counted_with_its_calls(write: Write) -> None:
    agent = span(1, NEW | {"gen_ai.operation.name": "invoke_agent"})
    tool = span(4, {"gen_ai.operation.name": "execute_tool"}, parent=1)
    calls = [span(2, NEW, parent=1), span(3, NEW, parent=1)]
    usage = read(write(json.dumps(export(agent, *calls, tool)), "a.json"))
    assert sums(usage)["input_tokens"] == 80
    assert "1 row holds no usage, left out" in usage.quality.notes[0]


def test_a_call_around_a_call_is_counted_once_across_files(write: Write) -> None:
    write(json.dumps(export(span(1, NEW))), "l/b.json")
    inner = export(span(2, NEW, parent=1), service="client")
    usage = read(write(json.dumps(inner), "l/a.json").parent)
    assert (usage.quality.records, usage.quality.duplicates) == (1, 1)
    assert by(usage, "project", "requests") == {"client": 1}


def test_a_span_that_was_sent_twice_counts_once(write: Write) -> None:
    rows = [export(span(1, NEW)), export(span(1, NEW))]
    assert read(write(lines(rows), "a.jsonl")).quality.duplicates == 1


def test_other_attributes_and_kinds_do_not_shift_the_values(write: Write) -> None:
    values = {"gen_ai.response.finish_reasons": ["stop"], **NEW, "x": "y"}
    odd = span(1, values)
    odd["attributes"].insert(0, {"key": "empty", "value": {}})
    odd["attributes"].insert(3, {"key": "number", "value": {"intValue": 9}})
    odd["attributes"].append({"key": "user.id", "value": {"stringValue": "later"}})
    usage = read(write(json.dumps(export(odd)), "a.json"))
    assert sums(usage)["input_tokens"] == 40
    assert by(usage, "user", "requests") == {"u-1": 1}


def test_an_unreadable_count_names_its_span(write: Write) -> None:
    bad = span(2, NEW | {"gen_ai.usage.output_tokens": "many"})
    usage = read(write(json.dumps(export(span(1, NEW), bad)), "a.json"))
    assert (
        "a.json, span 2: output_tokens 'many' is not a number"
        in (usage.quality.notes[0])
    )


def test_a_large_trace_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(9)
    tokens, exports = 0, []
    for number in range(200):
        spans = []
        for call in range(1, 40):
            place = number * 100 + call
            given = made.randrange(10**6)
            fields = NEW | {"gen_ai.usage.input_tokens": given + 40}
            spans.append(span(place, fields, parent=place - 1 if call % 3 == 0 else 0))
            # the parent of a call is a call: it goes out, and so does the agent
            if call % 3 != 2:
                tokens += given + 40
        agent = NEW | {"gen_ai.operation.name": "invoke_agent"}
        spans.append(span(number * 100 + 50, agent))
        exports.append(export(*spans))
    usage = read(write(lines(exports), "a.jsonl"))
    assert sums(usage)["input_tokens"] == tokens
    assert usage.quality.records == 200 * 26
    assert usage.quality.rejected == 0


AGENT = NEW | {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.usage.input_tokens": 80, "gen_ai.usage.output_tokens": 40,
}  # fmt: skip
NOTHING = {"http.method": "POST"}
NO_TOKENS = {key: 0 if isinstance(value, int) else value for key, value in NEW.items()}
TREES = {
    "through spans without usage": (
        [span(1, AGENT), span(2, NOTHING, 1), span(3, NOTHING, 2), span(4, NEW, 3),
         span(5, NEW, 2)], 80, 2,
    ),
    "agents in agents": (
        [span(1, AGENT), span(2, AGENT, 1), span(3, NEW, 2), span(4, NEW, 2)], 80, 2,
    ),
    "an agent that lost its links": ([span(1, AGENT), span(2, NEW)], 40, 1),
    "an agent whose calls nobody kept": ([span(1, AGENT), span(2, NOTHING, 1)], 80, 1),
    "a cycle of calls": ([span(1, NEW, 2), span(2, NEW, 1)], 80, 2),
    "a cycle above a call": (
        [span(1, AGENT, 2), span(2, AGENT, 1), span(3, NEW, 2)], 40, 1,
    ),
    "its own parent": ([span(1, NEW, 1)], 40, 1),
    "a call below that failed": ([span(1, AGENT), span(2, NO_TOKENS, 1)], 80, 2),
    "an agent in an agent that counts both": (
        [span(1, AGENT), span(2, NEW, 1),
         span(3, NEW | {"gen_ai.operation.name": "invoke_agent"}, 1)], 80, 2,
    ),
    "an agent that repeats the calls beside it": (
        [span(1, AGENT), span(2, NEW, 1), span(4, NEW, 1), span(3, AGENT, 1)], 80, 2,
    ),
    "a tool that calls a model": (
        [span(1, AGENT), span(2, NEW, 1),
         span(3, NEW | {"gen_ai.operation.name": "execute_tool"}, 1)], 40, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("tree", TREES)
def test_each_usage_counts_once_where_it_was_measured(write: Write, tree: str) -> None:
    """strands-agents/harness-sdk#1267, langfuse/langfuse#7549 and #14754."""
    spans, tokens, requests = TREES[tree]
    usage = read(write(json.dumps(export(*spans)), "a.json"))
    assert (sums(usage)["input_tokens"], sums(usage)["requests"]) == (tokens, requests)


def test_an_agent_counts_while_no_call_of_its_trace_runs(write: Write) -> None:
    """microsoft/Application-Insights-Workbooks#3208: agents that report for themselves."""
    chat = span(2, NEW, 1)
    remote = span(3_000_000_000, NEW | {"gen_ai.operation.name": "invoke_agent"}, 1)
    around = span(1, AGENT)
    around["endTimeUnixNano"] = str(START + 9_000_000_000)
    usage = read(write(json.dumps(export(around, chat, remote)), "a.json"))
    assert (sums(usage)["input_tokens"], sums(usage)["requests"]) == (80, 2)


def test_what_an_agent_repeats_is_said_with_its_tokens(write: Write) -> None:
    agent = AGENT | {"gen_ai.usage.input_tokens": 500}
    usage = read(write(json.dumps(export(span(1, agent), span(2, NEW, 1))), "a.json"))
    assert usage.quality.duplicates == 1
    assert (
        "otlp: 1 record repeats the usage of those below (540 tokens), left out"
        in usage.quality.notes
    )
    assert any("480 in all: calls may be missing" in n for n in usage.quality.notes)


VOCABULARIES: dict[str, dict[str, Any]] = {
    "OpenInference": {
        "openinference.span.kind": "LLM", "llm.model_name": "gpt-5",
        "llm.token_count.prompt": 40, "llm.token_count.completion": 20,
        "llm.token_count.total": 60, "llm.token_count.prompt_details.cache_read": 30,
        "llm.token_count.prompt_details.cache_write": 5,
        "llm.token_count.completion_details.reasoning": 7,
    },
    "Traceloop": {
        "llm.request.type": "chat", "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.prompt_tokens": 40, "gen_ai.usage.completion_tokens": 20,
        "llm.usage.total_tokens": 60, "gen_ai.usage.cache_read_input_tokens": 30,
        "gen_ai.usage.cache_creation_input_tokens": 5,
        "gen_ai.usage.reasoning_tokens": 7,
    },
    "older Traceloop": {
        "llm.request.model": "gpt-5", "llm.usage.prompt_tokens": 40,
        "llm.usage.completion_tokens": 20, "llm.usage.cache_read_input_tokens": 30,
        "llm.usage.cache_creation_input_tokens": 5, "llm.usage.reasoning_tokens": 7,
    },
    "Vercel AI SDK": {
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "gpt-5",
        "ai.usage.inputTokens": 40, "ai.usage.outputTokens": 20,
        "ai.usage.inputTokenDetails.cacheReadTokens": 30,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 5,
        "ai.usage.outputTokenDetails.reasoningTokens": 7,
    },
    "older Semantic Kernel": {
        "gen_ai.request.model": "gpt-5", "gen_ai.response.prompt_tokens": 40,
        "gen_ai.response.completion_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 30,
        "gen_ai.usage.cache_write.input_tokens": 5,
        "gen_ai.usage.reasoning_tokens": 7,
    },
    "Logfire": {
        "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.output_tokens": 20, "gen_ai.usage.details.cache_read_tokens": 30,
        "gen_ai.usage.details.cache_write_tokens": 5,
        "gen_ai.usage.details.reasoning_tokens": 7,
    },
}  # fmt: skip


@pytest.mark.parametrize("words", VOCABULARIES)
def test_a_span_means_the_same_in_other_words(write: Write, words: str) -> None:
    usage = read(write(json.dumps(export(span(1, VOCABULARIES[words]))), "a.json"))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (40, 20)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (30, 5)
    assert found["reasoning_tokens"] == 7
    assert by(usage, "model", "requests") == {"gpt-5": 1}


def test_the_span_around_the_vercel_sdks_call_repeats_it(write: Write) -> None:
    """traceroot-ai/traceroot#1187: 28,466 tokens shown as 57,172."""
    outer = span(1, {"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 28466,
                     "ai.usage.completionTokens": 120})  # fmt: skip
    inner = span(2, {"ai.operationId": "ai.generateText.doGenerate",
                     "ai.usage.promptTokens": 28466, "ai.usage.completionTokens": 120,
                     "gen_ai.usage.input_tokens": 28466,
                     "gen_ai.usage.output_tokens": 120}, 1)  # fmt: skip
    found = sums(read(write(json.dumps(export(outer, inner)), "a.json")))
    assert found["input_tokens"] + found["output_tokens"] == 28586


@pytest.mark.parametrize(
    "name", ["responses", "rerank", "generate_content", "retrieval"]
)
def test_an_operation_of_any_name_with_tokens_is_usage(write: Write, name: str) -> None:
    values = NEW | {"gen_ai.operation.name": name}
    found = sums(read(write(json.dumps(export(span(1, values))), "a.json")))
    assert (found["requests"], found["input_tokens"]) == (1, 40)


def test_a_span_may_know_its_tokens_in_total_only_and_its_cost(write: Write) -> None:
    values = {"gen_ai.operation.name": "embeddings", "llm.usage.total_tokens": 12,
              "gen_ai.usage.cost": "0.25"}  # fmt: skip
    found = sums(read(write(json.dumps(export(span(1, values))), "a.json")))
    assert (found["input_tokens"], found["cost"]) == (12, 250_000_000)


def test_tempos_and_older_envelopes_hold_the_same_spans(write: Write) -> None:
    whole = export(span(1, NEW))["resourceSpans"]
    older = [{"resource": each["resource"],
              "instrumentationLibrarySpans": each["scopeSpans"]} for each in whole]  # fmt: skip
    for document in ({"batches": whole}, {"trace": {"resourceSpans": whole}},
                     {"resourceSpans": older}, {"batches": older}):  # fmt: skip
        found = sums(read(write(json.dumps(document), "a.json")))
        assert (found["requests"], found["input_tokens"]) == (1, 40)
