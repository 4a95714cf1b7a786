"""Portkey's log export: a line a request, its tokens in units, its cost in cents."""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import first_of, usd_for


def _matches(sample: Sample) -> bool:
    return {"ai_org", "ai_model", "req_units", "res_units"} <= set(sample.columns)


SOURCE = Source(
    name="portkey",
    title="Portkey's log export (JSONL, CSV)",
    matches=_matches,
    timezone="UTC",
    fields={
        "record_id": column("id"),
        "start": column("created_at"),
        "project": Field(
            first_of("{workspace_slug}", "{workspace_id}"),
            "workspace_slug, else workspace_id",
        ),
        "user": Field(first_of("{metadata._user}", "{_user}"), "metadata._user"),
        "session": column("trace_id"),
        "provider": column("ai_org"),
        "model": column("ai_model"),
        "status": column("response_status_code"),
        "input_tokens": column("req_units"),
        "cache_read_tokens": Field(
            first_of(
                "{response.body.usage.prompt_tokens_details.cached_tokens}",
                "{response.usage.prompt_tokens_details.cached_tokens}",
            ),
            "the usage in the response, where it was exported",
        ),
        "output_tokens": column("res_units"),
        "cost": Field("from_cents({cost})", "cost / 100 (cents; 0 = not priced)"),
        "currency": Field(
            f"coalesce(nonempty({{cost_currency}}), {usd_for('{cost}')})",
            "cost_currency",
        ),
        "latency_ms": column("response_time"),
    },
    free_when="contains(upper({cache_status}), 'HIT') "
    "AND NOT contains(upper({cache_status}), 'MISS')",
    cannot_tell=(
        "organization, API key and endpoint",
        "cached and reasoning tokens, unless the response was exported",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)
