"""The spans of ``otlp`` in other envelopes: one a row, or in Jaeger's traces.

The attributes and their names are the same; only their encoding differs: an object
instead of a list of keys and typed values (the console exporter, ClickHouse), a column
each (Phoenix), or a list of tags (Jaeger).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import otlp
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.sql import first_of

_ATTRIBUTE = re.compile(
    r"\{@span values\}\[list_position\(\{@span keys\}, '([^']+)'\)\]"
)
"""The SQL text of an attribute in ``otlp``."""


def _is_row(sample: Sample) -> bool:
    if {"TraceId", "SpanId"} <= set(sample.columns):
        return any(each.startswith("SpanAttributes") for each in sample.columns)
    return any(
        {"context", "parent_id"} <= row.keys()
        and isinstance(attributes := row.get("attributes"), Mapping)
        and not {*otlp.USAGE}.isdisjoint(attributes)
        for row in sample.records
    )


def _is_table(sample: Sample) -> bool:
    names = set(sample.columns)
    return (
        {"context.span_id", "start_time"} <= names
        and not any(isinstance(row.get("context"), Mapping) for row in sample.records)
        and any(f"attributes.{name}" in names for name in otlp.USAGE)
    )


def _is_jaeger(sample: Sample) -> bool:
    return any(
        {"traceID", "spanID", "tags"} <= span.keys()
        for span in sample.within("data", "spans")
    )


def attribute_object(of: str, column: str) -> dict[str, str]:
    """The lists of keys and of values of an object of attributes."""
    entries = (
        f"map_entries(TRY_CAST(json_or_literal({column}) AS MAP(VARCHAR, VARCHAR)))"
    )
    return {
        f"@{of} keys": f"list_transform({entries}, lambda e: e.key)",
        f"@{of} values": f"list_transform({entries}, lambda e: e.value)",
    }


_TRACE = f"span_key({first_of('{context.trace_id}', '{TraceId}')})"
_PARENT = first_of("{parent_id}", "{ParentSpanId}")
_NANOSECONDS = "TRY_CAST({Duration} AS BIGINT)"

ROWS = Source(
    name="otel_spans",
    title="OpenTelemetry spans, one a row (console exporter, ClickHouse)",
    matches=_is_row,
    timezone="UTC",
    where=otlp.SOURCE.where,
    fields={
        **otlp.SOURCE.fields,
        "record_id": Field(
            f"{_TRACE} || '/' || span_key({first_of('{context.span_id}', '{SpanId}')})",
            "the ids of the trace and the span",
        ),
        "covers": Field(f"{_TRACE} || '/' || span_key({_PARENT})"),
        "start": Field(
            first_of("{start_time}", "{Timestamp}"), "start_time, Timestamp"
        ),
        "end": Field("{end_time}", "end_time"),
        "project": Field(
            first_of(otlp.attribute("service.name", of="resource"), "{ServiceName}"),
            "service.name of the resource",
        ),
        "status": Field(
            "CASE WHEN upper(coalesce({status.status_code}, {StatusCode})) IN "
            "('ERROR', 'STATUS_CODE_ERROR', '2') THEN 'error' ELSE 'ok' END",
            "status.status_code, StatusCode",
        ),
        "latency_ms": Field(
            f"CAST({_NANOSECONDS} // 1000000 AS VARCHAR)", "Duration (nanoseconds)"
        ),
    },
    free_when=otlp.SOURCE.free_when,
    remarks=otlp.SOURCE.remarks,
    derived=attribute_object("span", "coalesce({attributes}, {SpanAttributes})")
    | attribute_object(
        "resource", "coalesce({resource.attributes}, {ResourceAttributes})"
    ),
    is_nested=True,
    trace=otlp.SOURCE.trace,
    sums_trace=otlp.SOURCE.sums_trace,
    cannot_tell=otlp.SOURCE.cannot_tell,
)


def _column(text: str) -> str:
    """SQL text with a column in place of each attribute."""
    return _ATTRIBUTE.sub(r"{attributes.\1}", text)


TABLE = Source(
    name="otel_table",
    title="OpenTelemetry spans as a table, a column an attribute (Phoenix)",
    matches=_is_table,
    timezone="UTC",
    where=_column(otlp.SOURCE.where),
    fields={
        **{
            name: Field(_column(each.sql), each.doc)
            for name, each in otlp.SOURCE.fields.items()
            if name not in ("latency_ms", "project")
        },
        "record_id": Field(
            "concat_ws('/', span_key({context.trace_id}), span_key({context.span_id}))",
            "the ids of the trace and the span",
        ),
        "covers": Field(
            "CASE WHEN nonempty({parent_id}) IS NOT NULL "
            "THEN concat_ws('/', span_key({context.trace_id}), span_key({parent_id})) "
            "END"
        ),
        "start": Field("{start_time}", "start_time (UTC)"),
        "end": Field("{end_time}", "end_time"),
        "status": Field(
            "CASE WHEN upper({status_code}) = 'ERROR' THEN 'error' ELSE 'ok' END",
            "status_code",
        ),
    },
    free_when=otlp.SOURCE.free_when,
    remarks={words: _column(text) for words, text in otlp.SOURCE.remarks.items()},
    is_nested=True,
    trace=otlp.SOURCE.trace,
    sums_trace=otlp.SOURCE.sums_trace,
    cannot_tell=otlp.SOURCE.cannot_tell,
)

_START, _DURATION = "{span.startTime}", "TRY_CAST({span.duration} AS BIGINT)"

JAEGER = Source(
    name="jaeger",
    title="OpenTelemetry spans in Jaeger's traces (its API's JSON)",
    matches=_is_jaeger,
    timezone="UTC",
    levels=(Level("trace", ("data",)), Level("span", ("spans",))),
    where=otlp.SOURCE.where,
    fields={
        **otlp.SOURCE.fields,
        "record_id": Field(
            "span_key({span.traceID}) || '/' || span_key({span.spanID})",
            "traceID and spanID",
        ),
        "covers": Field(
            "span_key({span.traceID}) || '/' || span_key(coalesce(TRY("
            "json_extract_string({span.references}, '$[0].spanID')), "
            "nullif({span.parentSpanID}, '')))"
        ),
        "start": Field(_START, "startTime (microseconds)"),
        "end": Field(
            f"CAST(TRY_CAST({_START} AS BIGINT) + {_DURATION} AS VARCHAR)",
            "startTime + duration",
        ),
        "project": Field(
            "TRY(json_extract_string({trace.processes}, "
            "'$.\"' || {span.processID} || '\".serviceName'))",
            "serviceName of the process",
        ),
        "status": Field(
            f"CASE WHEN lower({otlp.attribute('error')}) = 'true' "
            f"OR {otlp.attribute('otel.status_code')} = 'ERROR' "
            "THEN 'error' ELSE 'ok' END",
            "the tags error and otel.status_code",
        ),
        "latency_ms": Field(f"CAST({_DURATION} // 1000 AS VARCHAR)", "duration"),
    },
    free_when=otlp.SOURCE.free_when,
    remarks=otlp.SOURCE.remarks,
    derived={
        "@span": "jaeger_tags({span.tags})",
        "@span keys": "list_transform({@span}, lambda x: x.key)",
        "@span values": "list_transform({@span}, lambda x: x.value)",
    },
    is_nested=True,
    trace=otlp.SOURCE.trace,
    sums_trace=otlp.SOURCE.sums_trace,
    cannot_tell=otlp.SOURCE.cannot_tell,
)

_SNAKE = {
    "{span.traceId}": "{span.trace_id}",
    "{span.spanId}": "{span.span_id}",
    "{span.parentSpanId}": "{span.parent_span_id}",
    "{span.startTimeUnixNano}": "{span.start_time_unix_nano}",
    "{span.endTimeUnixNano}": "{span.end_time_unix_nano}",
}
_KINDS = ("string", "int", "double", "bool")


def _is_snake(sample: Sample) -> bool:
    return any("scope_spans" in each for each in sample.within("resource_spans"))


def _snake(text: str) -> str:
    """SQL text with the names of protobuf's fields as Python writes them."""
    for name, other in _SNAKE.items():
        text = text.replace(name, other)
    return text


def _snake_attributes(of: str, column: str) -> dict[str, str]:
    """The lists of keys and of values of a list of attributes."""
    text = column
    for kind in _KINDS:
        text = f"replace({text}, '\"{kind}_value\":', '\"{kind}Value\":')"
    return otlp.attribute_lists(of, text)


SNAKE = Source(
    name="otlp_snake_case",
    title="OpenTelemetry GenAI spans (OTLP as Python's protobuf writes it)",
    matches=_is_snake,
    timezone="UTC",
    levels=(
        Level("resource", ("resource_spans",)),
        Level("scope", ("scope_spans",)),
        Level("span", ("spans",)),
    ),
    where=otlp.SOURCE.where,
    fields={
        name: Field(_snake(each.sql), _snake(each.doc))
        for name, each in otlp.SOURCE.fields.items()
    },
    free_when=otlp.SOURCE.free_when,
    remarks=otlp.SOURCE.remarks,
    derived=_snake_attributes("span", "{span.attributes}")
    | _snake_attributes("resource", "{resource.resource.attributes}"),
    is_nested=True,
    trace=otlp.SOURCE.trace,
    sums_trace=otlp.SOURCE.sums_trace,
    cannot_tell=otlp.SOURCE.cannot_tell,
)

SAME_IDS = (otlp.SOURCE.name, ROWS.name, TABLE.name, JAEGER.name, SNAKE.name)
"""The sources that give a span one id, in whichever envelope it comes."""
