"""OpenRouter's activity: a CSV of 24 columns, a generation a row.

``tokens_cached`` is inside ``tokens_prompt``, ``tokens_reasoning`` inside
``tokens_completion``. Times have no zone and are UTC.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Source


def _recognises(sample: Sample) -> bool:
    return {"generation_id", "tokens_prompt", "cost_total"} <= set(sample.columns)


SOURCE = Source(
    name="openrouter",
    title="OpenRouter's activity (CSV)",
    recognises=_recognises,
    columns={
        "record_id": "generation_id",
        "start": "created_at (UTC)",
        "project": "app_name",
        "user": "user",
        "api_key": "api_key_name",
        "provider": "provider_name",
        "model": "model_permaslug",
        "status": "error where finish_reason_normalized says so, else ok",
        "input_tokens": "tokens_prompt (cached tokens included)",
        "cache_read_tokens": "tokens_cached",
        "output_tokens": "tokens_completion (reasoning included)",
        "reasoning_tokens": "tokens_reasoning",
        "cost": "cost_total (USD; 0 = free where the variant is free)",
        "latency_ms": "generation_time_ms",
    },
    fields={
        "record_id": "{generation_id}",
        "start": "{created_at}",
        "project": "{app_name}",
        "user": "{user}",
        "api_key": "{api_key_name}",
        "provider": "{provider_name}",
        "model": "{model_permaslug}",
        "status": "CASE {finish_reason_normalized} WHEN 'error' THEN 'error' "
        "ELSE 'ok' END",
        "input_tokens": "{tokens_prompt}",
        "cache_read_tokens": "{tokens_cached}",
        "output_tokens": "{tokens_completion}",
        "reasoning_tokens": "{tokens_reasoning}",
        "cost": "{cost_total}",
        "currency": "'USD'",
        "latency_ms": "{generation_time_ms}",
    },
    cannot_tell=(
        "organization and endpoint",
        "cache writes",
        "what a provider billed itself for a key of one's own (byok_usage_inference)",
        "the split of a cost into input and output (estimated from list prices)",
    ),
    zone="UTC",
    recorded_zero="{variant} = 'free'",
)
