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
    assert "2 rows are not requests, left out" in usage.quality.notes[0]


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
