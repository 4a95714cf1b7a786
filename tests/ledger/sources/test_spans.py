"""The same spans in other envelopes: console, ClickHouse, Phoenix, Jaeger."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, read, sums
from ledger.sources.test_otlp import NEW, VOCABULARIES

Write = Callable[..., Path]
Tree = list[tuple[str, str, dict[str, Any]]]


def console(spans: Tree) -> str:
    return json.dumps([
        {"name": "chat", "context": {"trace_id": "0xt", "span_id": name},
         "parent_id": parent or None, "start_time": "2026-01-25T10:00:00.000000Z",
         "end_time": "2026-01-25T10:00:02.500000Z", "attributes": values,
         "status": {"status_code": "UNSET"},
         "resource": {"attributes": {"service.name": "search"}}}
        for name, parent, values in spans
    ])  # fmt: skip


def clickhouse(spans: Tree) -> str:
    return lines(
        {"Timestamp": "2026-01-25 10:00:00.000000000", "TraceId": "t", "SpanId": name,
         "ParentSpanId": parent, "ServiceName": "search", "Duration": 2_500_000_000,
         "StatusCode": "Unset",
         "SpanAttributes": {key: str(value) for key, value in values.items()}}
        for name, parent, values in spans
    )  # fmt: skip


def phoenix(spans: Tree) -> str:
    rows = [
        {"context.span_id": name, "context.trace_id": "t", "parent_id": parent,
         "start_time": "2026-01-25 10:00:00+00:00", "status_code": "OK",
         "end_time": "2026-01-25 10:00:02.5+00:00",
         **{f"attributes.{key}": value for key, value in values.items()}}
        for name, parent, values in spans
    ]  # fmt: skip
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def jaeger(spans: Tree) -> str:
    return json.dumps({"data": [{
        "traceID": "t", "processes": {"p1": {"serviceName": "search", "tags": []}},
        "spans": [
            {"traceID": "t", "spanID": name, "operationName": "chat",
             "references": [{"refType": "CHILD_OF", "traceID": "t", "spanID": parent}]
             * bool(parent),
             "startTime": 1769335200000000, "duration": 2500000, "processID": "p1",
             "tags": [{"key": key, "type": "string", "value": value}
                      for key, value in values.items()]}
            for name, parent, values in spans
        ],
    }]})  # fmt: skip


def snake_case(spans: Tree) -> str:
    """As protobuf's MessageToDict writes OTLP with the names of its fields."""

    def value(each: object) -> dict[str, str]:
        kind = "int_value" if isinstance(each, int) else "string_value"
        return {kind: str(each)}

    found = [
        {"trace_id": "t", "span_id": name, "parent_span_id": parent,
         "start_time_unix_nano": "1769335200000000000",
         "end_time_unix_nano": "1769335202500000000",
         "attributes": [{"key": key, "value": value(each)}
                        for key, each in values.items()]}
        for name, parent, values in spans
    ]  # fmt: skip
    service = {"key": "service.name", "value": {"string_value": "search"}}
    return json.dumps({"resource_spans": [
        {"resource": {"attributes": [service]}, "scope_spans": [{"spans": found}]}
    ]})  # fmt: skip


ENVELOPES = {
    "a.json": console, "a.jsonl": clickhouse, "a.csv": phoenix, "j.json": jaeger,
    "s.json": snake_case,
}  # fmt: skip
WORDS = {"today's": NEW, **VOCABULARIES}


@pytest.mark.parametrize("name", ENVELOPES)
@pytest.mark.parametrize("words", WORDS)
def test_a_span_means_the_same_in_every_envelope(
    write: Write, name: str, words: str
) -> None:
    spans = [("1", "", WORDS[words]), ("2", "1", WORDS[words])]
    usage = read(write(ENVELOPES[name](spans), name))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (1, 40)
    assert (found["output_tokens"], found["cache_read_tokens"]) == (20, 30)
    assert (usage.quality.duplicates, usage.quality.assumed_tz) == (1, False)
    assert usage.start.isoformat() == "2026-01-25T10:00:00+00:00"
    project = None if name == "a.csv" else "search"
    assert by(usage, "project", "requests") == {project: 1}
