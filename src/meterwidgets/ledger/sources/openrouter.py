"""OpenRouter's activity: a CSV of 24 columns, a generation a row.

``tokens_cached`` is inside ``tokens_prompt``, ``tokens_reasoning`` inside
``tokens_completion``. Times have no zone and are UTC.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column


def _matches(sample: Sample) -> bool:
    return {"generation_id", "tokens_prompt", "cost_total"} <= set(sample.columns)


SOURCE = Source(
    name="openrouter",
    title="OpenRouter's activity (CSV)",
    matches=_matches,
    timezone="UTC",
    fields={
        "record_id": column("generation_id"),
        "start": column("created_at", "UTC"),
        "project": column("app_name"),
        "user": column("user"),
        "api_key": column("api_key_name"),
        "provider": column("provider_name"),
        "model": column("model_permaslug"),
        "status": Field(
            "CASE {finish_reason_normalized} WHEN 'error' THEN 'error' ELSE 'ok' END",
            "error where finish_reason_normalized says so, else ok",
        ),
        "input_tokens": column("tokens_prompt", "cached tokens included"),
        "cache_read_tokens": column("tokens_cached"),
        "output_tokens": column("tokens_completion", "reasoning included"),
        "reasoning_tokens": column("tokens_reasoning"),
        "cost": column("cost_total", "USD; 0 = free where the variant is free"),
        "currency": Field("'USD'"),
        "latency_ms": column("generation_time_ms"),
    },
    free_when="{variant} = 'free'",
    cannot_tell=(
        "organization and endpoint",
        "cache writes",
        "what a provider billed itself for a key of one's own (byok_usage_inference)",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)
