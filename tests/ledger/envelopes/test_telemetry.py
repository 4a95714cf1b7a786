"""Spans as back ends, consoles and warehouses write them are the same spans."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]

TRACE = "0af7651916cd43dd8448eb211c80319c"
AGENT: dict[str, Any] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 300, "gen_ai.usage.output_tokens": 60}  # fmt: skip
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 60,
}  # fmt: skip
SECOND = CHAT | {
    "gen_ai.usage.input_tokens": 200, "gen_ai.usage.output_tokens": 40,
    "gen_ai.usage.cache_read.input_tokens": 0,
}  # fmt: skip
SPANS = [("a", "", AGENT), ("b", "a", CHAT), ("c", "a", SECOND)]
"""An agent that repeats its two calls."""
US = 1769335200_000000
ISO = "2026-01-25T10:00:00.000Z"


def _id(name: str) -> str:
    return name * 16 if name else ""


def _pretty(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, indent=2) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(dict.fromkeys(k for r in rows for k in r)))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in values.items() if isinstance(each, int)}


def _words(values: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in values.items() if isinstance(each, str)}


def zipkin() -> str:
    return json.dumps([
        {"traceId": TRACE, "id": _id(name), "parentId": _id(parent) or None,
         "timestamp": US, "duration": 9, "localEndpoint": {"serviceName": "app"},
         "tags": {key: str(value) for key, value in values.items()}}
        for name, parent, values in SPANS
    ])  # fmt: skip


def zipkin_traces() -> str:
    return f"[{zipkin()}, []]"


def javascript_console() -> str:
    return _pretty([
        {"traceId": TRACE, "id": _id(name), "timestamp": US, "duration": 9.5,
         "parentSpanContext": {"traceId": TRACE, "spanId": _id(parent)},
         "attributes": values, "status": {"code": 0},
         "resource": {"attributes": {"service.name": "app"}}}
        for name, parent, values in SPANS
    ])  # fmt: skip


def javascript_spans() -> str:
    return lines(
        {"traceId": TRACE, "spanId": _id(name), "parentSpanId": _id(parent) or None,
         "startTime": [US // 10**6, 5], "endTime": [US // 10**6 + 1, 5],
         "attributes": values, "resource": {"attributes": {"service.name": "app"}}}
        for name, parent, values in SPANS
    )  # fmt: skip


def go_console() -> str:
    def listed(values: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"Key": key, "Value": {"Type": "STRING", "Value": value}}
                for key, value in values.items()]  # fmt: skip

    return _pretty([
        {"Name": "chat", "SpanContext": {"TraceID": TRACE, "SpanID": _id(name)},
         "Parent": {"TraceID": TRACE, "SpanID": _id(parent) or "0" * 16},
         "StartTime": "2026-01-25T11:00:00.123456789+01:00",
         "EndTime": "2026-01-25T11:00:01.123456789+01:00", "Attributes": listed(values),
         "Status": {"Code": "Unset"}, "Resource": listed({"service.name": "app"})}
        for name, parent, values in SPANS
    ])  # fmt: skip


def _jaeger_span(name: str, parent: str) -> dict[str, Any]:
    links = [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": _id(parent)}]
    return {"traceID": TRACE, "spanID": _id(name), "references": links if parent else [],
            "startTime": US, "duration": 9, "process": {"serviceName": "app"}}  # fmt: skip


def jaeger_in_elasticsearch() -> str:
    return lines(
        {"_index": "jaeger-span-2026-01-25", "_source": {
            **_jaeger_span(name, parent),
            "tags": [{"key": k, "type": "string", "value": str(v)} for k, v in values.items()],
        }}
        for name, parent, values in SPANS
    )  # fmt: skip


def jaeger_tags_as_fields() -> str:
    return lines(
        {**_jaeger_span(name, parent),
         "tag": {key.replace(".", "@"): value for key, value in values.items()}}
        for name, parent, values in SPANS
    )  # fmt: skip


def elasticsearch_hits() -> str:
    return json.dumps({"took": 1, "hits": {"hits": [
        {"_index": "traces", "_id": name, "_source": {
            "@timestamp": ISO, "trace_id": TRACE, "span_id": _id(name),
            "parent_span_id": _id(parent), "attributes": values}}
        for name, parent, values in SPANS
    ]}})  # fmt: skip


def elastic_apm() -> str:
    def labels(values: dict[str, Any]) -> dict[str, Any]:
        return {key.replace(".", "_"): value for key, value in values.items()}

    return lines(
        {"@timestamp": ISO, "trace": {"id": TRACE}, "span": {"id": _id(name)},
         "parent": {"id": _id(parent)}, "service": {"name": "app"},
         "labels": labels(_words(values)), "numeric_labels": labels(_numbers(values))}
        for name, parent, values in SPANS
    )  # fmt: skip


def signoz() -> str:
    return lines(
        {"timestamp": ISO, "trace_id": TRACE, "span_id": _id(name),
         "parent_span_id": _id(parent), "attributes_string": _words(values),
         "attributes_number": _numbers(values)}
        for name, parent, values in SPANS
    )  # fmt: skip


def honeycomb_csv() -> str:
    return _csv([
        {"Timestamp": ISO, "trace.trace_id": TRACE, "trace.span_id": _id(name),
         "trace.parent_id": _id(parent), "service.name": "app", **values}
        for name, parent, values in SPANS
    ])  # fmt: skip


def application_insights() -> str:
    return _csv([
        {"timestamp": ISO, "id": _id(name), "operation_Id": TRACE,
         "operation_ParentId": _id(parent) or TRACE, "cloud_RoleName": "app",
         "customDimensions": json.dumps({k: str(v) for k, v in values.items()})}
        for name, parent, values in SPANS
    ])  # fmt: skip


def cloud_trace() -> str:
    return json.dumps({"traces": [{"projectId": "p", "traceId": TRACE, "spans": [
        {"spanId": str(ord(name)), "startTime": ISO, "endTime": ISO,
         **({"parentSpanId": str(ord(parent))} if parent else {}),
         "labels": {key: str(value) for key, value in values.items()}}
        for name, parent, values in SPANS
    ]}]})  # fmt: skip


def clickhouse_csv() -> str:
    return _csv([
        {"Timestamp": "2026-01-25 10:00:00.000000000", "TraceId": TRACE,
         "SpanId": _id(name), "ParentSpanId": _id(parent), "ServiceName": "app",
         "SpanAttributes": str({k: str(v) for k, v in values.items()}), "Duration": 9}
        for name, parent, values in SPANS
    ])  # fmt: skip


def clickhouse_compact() -> str:
    names = ["Timestamp", "TraceId", "SpanId", "ParentSpanId", "SpanAttributes"]
    rows = [
        ["2026-01-25 10:00:00.000000000", TRACE, _id(name), _id(parent),
         {k: str(v) for k, v in values.items()}]
        for name, parent, values in SPANS
    ]  # fmt: skip
    meta = [{"name": name, "type": "String"} for name in names]
    return json.dumps({"meta": meta, "data": rows, "rows": 3})


@pytest.mark.parametrize(
    "encoding",
    [
        zipkin, zipkin_traces, javascript_console, javascript_spans, go_console,
        jaeger_in_elasticsearch, jaeger_tags_as_fields, elasticsearch_hits, elastic_apm,
        signoz, honeycomb_csv, application_insights, cloud_trace, clickhouse_csv,
        clickhouse_compact,
    ],
)  # fmt: skip
def test_an_agent_s_span_repeats_its_calls_in_every_encoding(
    write: Write, encoding: Callable[[], str]
) -> None:
    text = encoding()
    usage = read(write(text, "a.json" if text[0] in "[{" else "a.csv"))
    found = sums(usage)
    assert found["requests"] == 2
    assert (found["input_tokens"], found["output_tokens"]) == (300, 60)
    assert found["cache_read_tokens"] == 60
    assert by(usage, "model", "requests") == {"gpt-4o": 2}


def test_one_span_in_two_encodings_is_one_request(write: Write) -> None:
    paths = [write(zipkin(), "a.json"), write(go_console(), "b.json")]
    found = sums(read(paths))
    assert (found["requests"], found["input_tokens"]) == (2, 300)


def test_attributes_in_objects_of_objects_are_read(write: Write) -> None:
    count = {"prompt": 100, "completion": 20, "prompt_details": {"cache_read": 60}}
    span = {"context": {"trace_id": TRACE, "span_id": "b" * 16}, "parent_id": None,
            "start_time": ISO, "end_time": ISO, "cumulative_token_count": {"total": 999},
            "attributes": {"llm": {"model_name": "gpt-4o", "token_count": count}}}  # fmt: skip
    found = sums(read(write(lines([span]), "a.jsonl")))
    assert (found["input_tokens"], found["output_tokens"]) == (100, 20)
    assert found["cache_read_tokens"] == 60


def test_a_table_without_ids_of_spans_stays_a_table(write: Write) -> None:
    row = {"event_name": "chat", "ts": ISO, "model": "m", "input_tokens": 5,
           "gen_ai.usage.output_tokens": 2}  # fmt: skip
    found = sums(read(write(lines([row, row]), "a.jsonl")))
    assert (found["requests"], found["input_tokens"]) == (2, 10)
