"""Any table (CSV, Parquet, JSONL, a dataframe) through a mapping of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source

COLUMN_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "record_id": ("request_id", "record_id", "generation_id", "event_id", "uuid", "id"),
    "start": (
        "start", "start_time", "timestamp", "window_start", "bucket_start",
        "starting_at", "created_at", "time", "ts", "datetime", "created",
        "request_time", "event_time", "date", "day",
    ),
    "end": ("end", "end_time", "window_end", "bucket_end", "ending_at"),
    "org": (
        "org", "organization", "tenant", "tenant_org", "organization_id", "org_id",
        "tenant_id", "customer", "account",
    ),
    "project": (
        "project", "project_id", "project_name", "team", "team_id", "workspace",
        "workspace_id", "app_name", "application",
    ),
    "user": ("user", "user_id", "username", "user_name", "user_email", "end_user"),
    "api_key": ("api_key", "api_key_id", "api_key_name", "key_alias"),
    "endpoint": ("endpoint", "route", "path", "call_type", "operation"),
    "deployment": (
        "deployment", "deployment_name", "model_deployment", "model_group",
        "served_model",
    ),
    "provider": ("provider", "provider_name", "custom_llm_provider", "vendor"),
    "model": ("model", "model_name", "main_model", "model_id", "model_permaslug"),
    "status": ("status",),
    "service_tier": ("service_tier",),
    "requests": (
        "requests", "num_model_requests", "api_requests", "request_count", "calls",
    ),
    "input_tokens": (
        "input_tokens", "prompt_tokens", "context_tokens", "tokens_prompt",
        "tokens_in", "input",
    ),
    "cache_read_tokens": (
        "cache_read_tokens", "cached_tokens", "cache_read_input_tokens",
        "input_cached_tokens", "tokens_cached",
    ),
    "cache_write_tokens": (
        "cache_write_tokens", "cache_creation_input_tokens",
        "input_cache_write_tokens",
    ),
    "cache_write_1h_tokens": (
        "cache_write_1h_tokens", "ephemeral_1h_input_tokens",
    ),
    "output_tokens": (
        "output_tokens", "completion_tokens", "generated_tokens",
        "tokens_completion", "tokens_out", "output",
    ),
    "reasoning_tokens": ("reasoning_tokens", "tokens_reasoning"),
    "cost": (
        "cost", "spend", "cost_usd", "total_cost", "cost_total", "usd", "amount",
    ),
    "input_cost": ("input_cost", "prompt_cost"),
    "output_cost": ("output_cost", "completion_cost"),
    "currency": ("currency", "billing_currency"),
    "latency_ms": (
        "latency_ms", "request_duration_ms", "duration_ms", "generation_time_ms",
    ),
}  # fmt: skip
"""Our field -> its usual names, the likeliest first; case and "_" don't count."""


def _matches(sample: Sample) -> bool:
    return True


SOURCE = Source(
    name="table",
    title="Any CSV, Parquet, JSONL or dataframe, by columns",
    matches=_matches,
    is_mapped=True,
    fields={
        name: Field("", ", ".join(names)) for name, names in COLUMN_SYNONYMS.items()
    },
    cannot_tell=("whatever no column says",),
)
