"""The sources of OpenTelemetry that read rows of one shape, whatever their encoding."""

from __future__ import annotations

from meterwidgets.ledger.envelopes import telemetry
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.sources import otel_events, otel_metrics, otlp, spans
from meterwidgets.ledger.sources.base import Source

NAMES = (otel_events.SOURCE.name, otel_metrics.SOURCE.name, spans.ROWS.name)


def rows(raw: RawLedger) -> tuple[RawLedger, Source] | None:
    """The events, points or spans in a ledger, and what reads them; None for others."""
    if events := telemetry.events(raw, otel_events.KNOWN, otel_events.NAMES):
        return events, otel_events.SOURCE
    if points := telemetry.points(raw, otel_metrics.METRICS, otel_metrics.NAMES):
        return points, otel_metrics.SOURCE
    if found := telemetry.spans(raw, otlp.NAMES, otlp.USAGE):
        return found, spans.ROWS
    return None
