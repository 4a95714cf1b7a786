"""Any table (CSV, Parquet, JSONL, a dataframe) through a mapping of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source

COLUMN_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "record_id": (
        "request_id", "record_id", "generation_id", "event_id", "uuid", "response_id",
        "id",
    ),
    "covers": (
        "parent_run_id", "parent_span_id", "parent_observation_id", "parent_id",
        "operation_parent_id", "span_parents",
    ),
    "start": (
        "start", "start_time", "timestamp", "window_start", "bucket_start",
        "starting_at", "created_at", "time", "ts", "datetime", "created",
        "request_time", "event_time", "date", "day", "hour", "started_at", "usage_date",
        "month", "week", "week_start", "month_start", "billing_month", "usage_month",
        "index_level_0", "time_generated", "period_start", "interval_start",
        "bucket_start_time", "usage_start", "hour_start", "time_bucket",
        "time_dimension", "submitted_at", "begin", "period", "billing_period", "dt",
        "ds",
    ),
    "end": (
        "end", "end_time", "window_end", "bucket_end", "ending_at", "usage_end_time",
        "usage_end_date", "period_end", "interval_end", "bucket_end_time", "usage_end",
    ),
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
    "model": ("model", "model_name", "main_model", "model_id", "model_permaslug",
        "snapshot_id", "model_version",
    ),
    "status": (
        "status", "status_code", "response_code", "http_status", "http_status_code",
    ),
    "service_tier": ("service_tier",),
    "speed": ("speed_tier",),
    "geography": ("geography", "inference_geo"),
    "region": ("region", "aws_region"),
    "session": ("session_id", "session", "conversation_id", "thread_id"),
    "end_user": ("end_user", "end_user_id"),
    "requests": (
        "requests", "num_model_requests", "api_requests", "request_count", "calls",
    ),
    "input_tokens": (
        "native_tokens_prompt", "input_tokens", "prompt_tokens", "context_tokens",
        "tokens_prompt",
        "tokens_in", "prompt_token_count", "prompt_eval_count", "input", "n_prompt",
        "prompt_n", "n_input", "request_tokens", "tokens_sent", "sent_tokens",
    ),
    "cache_read_tokens": (
        "native_tokens_cached", "cache_read_tokens", "cached_tokens",
        "cache_read_input_tokens", "input_cached_tokens", "tokens_cached",
        "cached_content_token_count", "prompt_cache_hit_tokens", "cache_read",
        "cached_input", "input_cached", "prompt_cached",
    ),
    "cache_write_tokens": (
        "cache_write_tokens", "cache_creation_input_tokens",
        "input_cache_write_tokens", "cache_write", "cache_creation",
        "input_w_cache_write",
    ),
    "cache_write_1h_tokens": (
        "cache_write_1h_tokens", "ephemeral_1h_input_tokens",
    ),
    "input_audio_tokens": (
        "input_audio_tokens", "audio_input_tokens", "prompt_audio_tokens",
    ),
    "input_image_tokens": (
        "input_image_tokens", "image_input_tokens", "prompt_image_tokens",
    ),
    "output_tokens": (
        "native_tokens_completion", "output_tokens", "completion_tokens",
        "generated_tokens", "tokens_completion", "tokens_out",
        "candidates_token_count", "eval_count",
        "output", "n_completion", "n_gen", "n_generated", "n_output", "predicted_n",
        "response_tokens", "tokens_received", "received_tokens",
    ),
    "reasoning_tokens": (
        "native_tokens_reasoning", "reasoning_tokens", "tokens_reasoning",
        "thoughts_token_count",
    ),
    "output_audio_tokens": (
        "output_audio_tokens", "audio_output_tokens", "completion_audio_tokens",
    ),
    "output_image_tokens": (
        "output_image_tokens", "image_output_tokens", "completion_image_tokens",
    ),
    "searches": (
        "searches", "web_search_requests", "num_searches", "search_count",
        "num_search_queries", "web_search_calls", "web_search_count", "web_searches",
        "search_queries",
    ),
    "tool_calls": ("tool_call_count", "num_tool_calls"),
    "context_tokens": ("context_tokens",),
    "total_tokens": ("total_tokens", "tokens_total", "total_token_count"),
    "other_input_tokens": ("other_input_tokens",),
    "other_output_tokens": ("other_output_tokens",),
    "cost": (
        "cost", "spend", "cost_usd", "total_cost", "cost_total", "usd", "amount",
        "amount_value",
    ),
    "input_cost": ("input_cost", "prompt_cost"),
    "output_cost": ("output_cost", "completion_cost"),
    "fee_cost": ("fee_cost",),
    "currency": (
        "currency", "billing_currency", "currency_code", "billing_currency_code",
        "cost_currency", "amount_currency",
    ),
    "latency_ms": (
        "latency_ms", "request_duration_ms", "duration_ms", "generation_time_ms",
    ),
    "first_token_ms": ("first_token_ms", "ttft_ms", "time_to_first_token_ms"),
    "extra": ("extra",),
}  # fmt: skip
"""Our field -> its usual names, the likeliest first; case and "_" don't count.

Further names are understood by their words; see ``column_names``.
"""

PARENTS: Mapping[str, tuple[str, ...]] = {
    "parent_run_id": ("run_id", "id"),
    "parent_span_id": ("span_id", "id"),
    "parent_observation_id": ("observation_id", "id"),
    "parent_id": ("span_id",),
    "operation_parent_id": ("id",),
    "span_parents": ("span_id",),
}
"""The name of a parent's id -> the names of the id that it is one of.

Without the latter it is no tree of spans: a message's parent is the one before it.
"""

PART_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "fresh_input_tokens": (
        "uncached_input_tokens", "prompt_cache_miss_tokens", "no_cache_tokens",
        "input_w_o_cache_write",
    ),
    "tool_input_tokens": ("tool_use_prompt_token_count", "total_tool_use_tokens"),
    "cache_write_5m_tokens": ("ephemeral_5m_input_tokens",),
}  # fmt: skip
"""Part of a field -> its usual names: columns that are added up to a field."""


def _matches(sample: Sample) -> bool:
    return True


SOURCE = Source(
    name="table",
    title="Any CSV, Parquet, JSONL or dataframe, by columns",
    matches=_matches,
    is_mapped=True,
    is_nested=True,
    fields={
        name: Field("", ", ".join(names)) for name, names in COLUMN_SYNONYMS.items()
    },
    cannot_tell=("whatever no column says",),
)
