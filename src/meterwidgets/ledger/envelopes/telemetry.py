"""Spans and log events of OpenTelemetry, in whichever encoding, as rows of one shape.

Consoles, tracing back ends and warehouses write them with other names, and keep their
attributes in other places. The rows have the names of ClickHouse's exporter, with an
object of the attributes that were asked for; the ledger around them knows what they
mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.envelopes.answers import unwrapped
from meterwidgets.ledger.envelopes.attributes import Container, at, containers
from meterwidgets.ledger.envelopes.otlp_signals import log_records, metric_points
from meterwidgets.ledger.readers.frames.objects import columns_as_objects
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_IDS = {
    "TraceId": "context.trace_id TraceId trace_id traceId traceID SpanContext.TraceID "
    "trace.id trace.trace_id operation_Id",
    "SpanId": "context.span_id SpanId span_id spanId spanID SpanContext.SpanID "
    "span.id trace.span_id id",
}
_PLACES = {
    **_IDS,
    "ParentSpanId": "parent_id ParentSpanId parent_span_id parentSpanId parentSpanID "
    "parentSpanContext.spanId Parent.SpanID trace.parent_id parentId parent.id "
    "operation_ParentId",
    "References": "references",
    "Timestamp": "start_time Timestamp @timestamp start_time_unix_nano "
    "startTimeUnixNano StartTime startTime start_ns timeUnixNano time_unix_nano "
    "observedTimeUnixNano observed_time_unix_nano hrTime hrTimeObserved timestamp time",
    "end_time": "end_time end_time_unix_nano endTimeUnixNano EndTime endTime",
    "ServiceName": "ServiceName serviceName service.name service_name cloud_RoleName",
    "StatusCode": "status.status_code StatusCode status_code status.code Status.Code "
    "statusCode",
}
"""Column of our rows -> its usual places, the likeliest first."""
_METRICS = {
    "metric.name": {
        "attributes": "point.attributes",
        "Value": "point.asInt point.as_int point.asDouble point.as_double point.sum",
        "Count": "point.count",
        "StartTimeUnix": "point.startTimeUnixNano point.start_time_unix_nano",
        "TimeUnix": "point.timeUnixNano point.time_unix_nano",
        "AggTemp": "metric.sum.aggregationTemporality "
        "metric.sum.aggregation_temporality metric.histogram.aggregationTemporality "
        "metric.histogram.aggregation_temporality",
        "ServiceName": "service",
    },
    "MetricName": {
        "attributes": "Attributes",
        "Value": "Value Sum",
        "Count": "Count",
        "StartTimeUnix": "StartTimeUnix",
        "TimeUnix": "TimeUnix",
        "AggTemp": "AggregationTemporality AggTemp",
        "ServiceName": "ServiceName",
    },
}
"""Where points of metrics have their name -> column of our rows -> its places."""
_EVENT = "event.name"
_MOST = 6
"""So many places of one column are looked at."""


def spans(
    raw: RawLedger, names: Collection[str], anchors: Collection[str]
) -> RawLedger | None:
    """A JSON ledger of spans as rows of one shape; None where it holds no spans.

    Args:
        raw: The ledger.
        names: The attributes that are read.
        anchors: Those of which a span with usage has one.
    """
    if raw.json_paths is None:
        if not containers([dict.fromkeys(raw.sample.columns, "")], anchors):
            return None
        raw = columns_as_objects(raw)
    for inner in _inside(raw):
        records = inner.sample.records
        found = containers(records, anchors)
        cells = _cells(inner, found)
        if found and cells.keys() >= {*_IDS, "Timestamp"}:
            # names and numbers may lie apart
            every = list(dict.fromkeys([*found, *containers(records, names)]))
            cells["SpanAttributes"] = _attributes(every[:_MOST], sorted(names))
            return reshaped(inner, cells)
    return None


def events(
    raw: RawLedger, known: tuple[str, ...], names: Collection[str]
) -> RawLedger | None:
    """A JSON ledger of log events as rows of one shape; None where it holds none.

    Args:
        raw: The ledger.
        known: How the names of events begin, of which it has to have one.
        names: The attributes that are read.
    """
    if raw.json_paths is None:
        return None
    for inner in _inside(log_records(raw) or raw):
        records = inner.sample.records
        found = [
            each
            for each in containers(records, [_EVENT])
            if any(
                str(each.value(record, _EVENT)).startswith(known) for record in records
            )
        ]
        if found:
            cells = _cells(inner, found)
            cells["LogAttributes"] = _attributes(found, sorted(names))
            return reshaped(inner, cells)
    return None


def points(
    raw: RawLedger, metrics: Collection[str], names: Collection[str]
) -> RawLedger | None:
    """A JSON ledger of points of metrics as rows of one shape; None where it has none.

    Args:
        raw: The ledger.
        metrics: The metrics of which it has to have one.
        names: The attributes that are read.
    """
    if raw.json_paths is None:
        return None
    for inner in _inside(metric_points(raw) or raw):
        for name, places in _METRICS.items():
            records = inner.sample.records
            if any(at(each, name.split(".")) in metrics for each in records):
                container = _attributes_of_points(inner, places["attributes"])
                cells = {
                    column: _first(inner, listed.split())
                    for column, listed in places.items()
                }
                cells["MetricName"] = _first(inner, [name])
                cells["Series"] = cells.pop("attributes")
                cells["Attributes"] = _attributes([container], sorted(names))
                for column in ("StartTimeUnix", "TimeUnix"):
                    cells[column] = f"unix_time({cells[column]})"
                return reshaped(inner, cells)
    return None


def _attributes_of_points(raw: RawLedger, column: str) -> Container:
    """What holds the attributes of points: a list in OTLP, else an object."""
    path = tuple(column.split("."))
    values = [at(each, path) for each in raw.sample.records]
    is_list = any(isinstance(each, list) for each in values)
    return Container(path, "list" if is_list else "object")


def _inside(raw: RawLedger) -> Iterator[RawLedger]:
    """A ledger, and the lists in its records, two deep."""
    yield raw
    for inner in unwrapped(raw):
        yield inner
        yield from unwrapped(inner, with_outer=True)


def _places(
    columns: Collection[str], found: Sequence[Container]
) -> dict[str, list[str]]:
    """Column of our rows -> the columns of a ledger that say it, likeliest first."""
    around = {""} | {
        "".join(f"{part}." for part in each.path[:end])
        for each in found
        for end in range(1, len(each.path) + 1)
    }
    around |= {"outer."} if "item." in around else set()
    places = {
        name: [
            column
            for place in usual.split()
            for prefix in sorted(around)
            if (column := f"{prefix}{place}") in columns
        ]
        for name, usual in _PLACES.items()
    }
    places["ServiceName"] += [
        each for each in columns if each.endswith((".serviceName", ".service.name"))
    ]
    return {name: listed[:_MOST] for name, listed in places.items() if listed}


def _cells(raw: RawLedger, found: Sequence[Container]) -> dict[str, str]:
    """Column of our rows -> SQL text of its value, over the JSON text ``j``."""
    cells = {
        name: _first(raw, columns)
        for name, columns in _places(raw.sample.columns, found).items()
    }
    for name in {"Timestamp", "end_time"} & cells.keys():
        cells[name] = f"unix_time({cells[name]})"
    parents = [cells.pop("ParentSpanId")] if "ParentSpanId" in cells else []
    if "References" in cells:  # Jaeger's
        linked = f"TRY(json_extract_string({cells.pop('References')}, '$[0].spanID'))"
        parents.append(linked)
    if parents:
        cells["ParentSpanId"] = f"parent_span({', '.join([*parents, 'NULL'][:2])})"
    return cells


def _attributes(found: Sequence[Container], names: Sequence[str]) -> str:
    """SQL text of the object of attributes."""
    first, *others = (each.values(names) for each in found)
    for other in others:
        both = f"list_zip({first}, {other})"
        first = f"list_transform({both}, lambda x: coalesce(x[1], x[2]))"
    listed = ", ".join(map(literal, names))
    return f"to_json(MAP([{listed}]::VARCHAR[], {first}))"


def _first(raw: RawLedger, columns: Sequence[str]) -> str:
    """SQL text of the first of some columns that is filled."""
    texts = (
        f"nullif(TRY(json_extract_string(j, {raw.json_path(each)})), '')"
        for each in columns
    )
    return f"coalesce({', '.join(texts)})"


def reshaped(raw: RawLedger, cells: Mapping[str, str]) -> RawLedger:
    """A ledger whose rows are objects of some cells.

    Args:
        raw: The ledger; what is no JSON object stays a row as it is.
        cells: Name -> SQL text over the JSON text ``j``.
    """
    made = ", ".join(f"{literal(name)}, {sql}" for name, sql in cells.items())

    def select(rows: str) -> str:
        return (
            "SELECT file, filename, CASE WHEN TRY(json_type(j)) = 'OBJECT' "
            f"THEN json_object({made})::VARCHAR ELSE j END AS j FROM ({rows})"
        )

    sample = Sample(tuple(cells), (dict.fromkeys(cells),))
    found = raw.with_records(select, sample, {name: (name,) for name in cells})
    return replace(found, select_pages=raw.select_pages or raw.select_rows)
