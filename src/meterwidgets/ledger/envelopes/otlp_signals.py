"""Log records and points of metrics in OTLP/JSON, one a row, with their resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_LOGS = (
    ("resourceLogs", "scopeLogs", "logRecords"),
    ("resource_logs", "scope_logs", "log_records"),
)
_METRICS = (
    ("resourceMetrics", "scopeMetrics", "metrics"),
    ("resource_metrics", "scope_metrics", "metrics"),
)
_KINDS = ("sum", "gauge", "histogram")
_SAMPLED = 200


def log_records(raw: RawLedger) -> RawLedger | None:
    """A ledger of OTLP as a row a log record; None where it has none.

    Returns:
        Rows of the ``record`` and its ``resource``.
    """
    return _unnested(raw, _LOGS, "record")


def metric_points(raw: RawLedger) -> RawLedger | None:
    """A ledger of OTLP as a row a point of a metric; None where it has none.

    Returns:
        Rows of the ``point``, its ``metric`` and its ``resource``.
    """
    metrics = _unnested(raw, _METRICS, "metric")
    if metrics is None:
        return None
    rows: tuple[Mapping[str, Any], ...] = metrics.sample.records
    points = tuple(
        {**row, "point": point} for row in rows for point in _points(row["metric"])
    )[:_SAMPLED]
    lists = ", ".join(
        f"json_extract(j, '$.metric.{kind}.{name}[*]')::VARCHAR[]"
        for kind in _KINDS
        for name in ("dataPoints", "data_points")
    )

    def select(rows: str) -> str:
        # a metric without points stays a row, which says nothing
        return (
            "SELECT file, filename, coalesce('{\"point\":' || point || ',' "
            "|| j[2:], j) AS j FROM (SELECT *, unnest(coalesce(nullif(TRY(flatten("
            f"[{lists}])), []), [NULL])) AS point FROM ({rows}))"
        )

    return metrics.with_records(select, *_sample(points))


def _points(metric: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in _KINDS:
        inner = metric.get(kind) or {}
        yield from inner.get("dataPoints") or inner.get("data_points") or []


def _unnested(
    raw: RawLedger, signals: tuple[tuple[str, str, str], ...], name: str
) -> RawLedger | None:
    """The innermost lists of a signal, by the first of its spellings that is there."""
    if raw.json_paths is None:
        return None
    for resources, scopes, items in signals:
        found: Iterator[Mapping[str, Any]] = raw.sample.within(resources)
        records = tuple(
            {name: item, "resource": each.get("resource") or {}}
            for each in found
            for scope in each.get(scopes) or ()
            for item in scope.get(items) or ()
        )[:_SAMPLED]
        if records:
            select = _select_items(
                name, f"$.{resources}[*]", f"$.{scopes}[*].{items}[*]"
            )
            return raw.with_records(select, *_sample(records))
    return None


def _sample(
    records: tuple[dict[str, Any], ...],
) -> tuple[Sample, dict[str, tuple[str, ...]]]:
    paths = json_paths(records)
    return Sample(tuple(paths), records), paths


def _select_items(name: str, resources: str, items: str) -> Callable[[str], str]:
    def select(rows: str) -> str:
        # what has none, such as a line of another signal, stays a row of its own
        row = (
            f"'{{\"{name}\":' || item || ',\"resource\":' || "
            "coalesce(json_extract(r, '$.resource')::VARCHAR, '{}') || '}'"
        )
        return (
            f"SELECT file, filename, coalesce({row}, j) AS j FROM (SELECT *, "
            f"unnest(coalesce(nullif(json_extract(r, {literal(items)})::VARCHAR[], "
            "[]), [NULL])) AS item FROM (SELECT *, unnest(coalesce(nullif("
            f"TRY(json_extract(j, {literal(resources)}))::VARCHAR[], []), [NULL])) "
            f"AS r FROM ({rows})))"
        )

    return select
