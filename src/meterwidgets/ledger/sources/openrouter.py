"""OpenRouter's activity: a CSV with a generation a row, or its API's rows a day.

``tokens_cached`` is inside ``tokens_prompt``, ``tokens_reasoning`` inside
``tokens_completion``. Records of generations have two counts: their
``native_tokens_*`` are those that are billed. Times have no zone and are UTC. With a
key of one's own (BYOK) OpenRouter's cost is its fee only; the provider's bill,
``byok_usage_inference``, is added to it.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.buckets import bucket_key
from meterwidgets.ledger.sources.sql import as_json, first_of, next_day, sum_of_costs


def _matches(sample: Sample) -> bool:
    return {"generation_id", "tokens_prompt", "cost_total"} <= set(sample.columns)


def _is_generation(sample: Sample) -> bool:
    columns = set(sample.columns)
    counts = {"native_tokens_prompt", "native_tokens_completion", "created_at"}
    return counts <= columns and not columns.isdisjoint({"usage", "total_cost"})


def _is_activity(sample: Sample) -> bool:
    columns = {"date", "usage", "byok_usage_inference", "requests"}
    return columns <= set(sample.columns)


_IS_OWN_KEY = "coalesce(parse_amount({byok_usage_inference}) > 0, false)"
"""SQL condition of usage that a provider bills itself."""

_FEE = (
    f"CASE WHEN {_IS_OWN_KEY} AND NOT coalesce(parse_amount({{cost_web_search}}) > 0 "
    "OR parse_amount({cost_file_processing}) > 0, false) THEN {cost_total} END"
)
_ACTIVITY_FEE = f"CASE WHEN {_IS_OWN_KEY} THEN {{usage}} END"
_REMARKS = {
    "ran with a key of one's own (BYOK): their cost is what the provider billed and "
    "OpenRouter's fee": _IS_OWN_KEY
}

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
        "fee_cost": Field(
            sum_of_costs("{cost_web_search}", "{cost_file_processing}", _FEE),
            "cost_web_search + cost_file_processing, and cost_total beside a bill of "
            "the provider",
        ),
        "cost": Field(
            sum_of_costs("{cost_total}", "{byok_usage_inference}"),
            "cost_total + byok_usage_inference (USD; 0 = free where the variant is "
            "free)",
        ),
        "currency": Field("'USD'"),
        "latency_ms": column("generation_time_ms"),
    },
    free_when="{variant} = 'free'",
    remarks=_REMARKS,
    family="openrouter",
    cannot_tell=(
        "organization and endpoint",
        "cache writes",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)

_BILL = first_of(
    "CASE WHEN lower({is_byok}) = 'true' THEN {upstream_inference_cost} END",
    "CASE WHEN parse_amount({byok_usage_inference}) > 0 "
    "THEN {byok_usage_inference} END",
)
_PAID = first_of("{total_cost}", "{usage}")
_GENERATION_FEE = f"CASE WHEN {_BILL} IS NOT NULL THEN {_PAID} END"

GENERATIONS = Source(
    name="openrouter_generations",
    title="OpenRouter's records of generations (its API, its activity page)",
    matches=_is_generation,
    timezone="UTC",
    fields={
        "record_id": Field(
            first_of("{generation_id}", "{id}"), "generation_id, else id"
        ),
        "start": column("created_at", "UTC"),
        "project": Field(first_of("{app_name}", "{origin}"), "app_name, else origin"),
        "user": column("external_user"),
        "provider": column("provider_name"),
        "model": Field(
            first_of("{model_permaslug}", "{model}"), "model_permaslug, else model"
        ),
        "input_tokens": column("native_tokens_prompt", "cached tokens included"),
        "cache_read_tokens": column("native_tokens_cached"),
        "output_tokens": column("native_tokens_completion", "reasoning included"),
        "reasoning_tokens": column("native_tokens_reasoning"),
        "fee_cost": Field(
            sum_of_costs("{usage_web}", "{usage_file}", _GENERATION_FEE),
            "usage_web + usage_file, and total_cost beside a bill of the provider",
        ),
        "cost": Field(
            sum_of_costs(_PAID, _BILL),
            "total_cost, else usage, + the bill of the provider (USD; 0 = free or not "
            "priced)",
        ),
        "currency": Field("'USD'"),
        "latency_ms": column("generation_time"),
    },
    free_when="ends_with({model}, ':free') OR lower({cancelled}) = 'true'",
    remarks=dict.fromkeys(_REMARKS, f"{_BILL} IS NOT NULL"),
    family="openrouter",
    cannot_tell=(
        "organization, API key and endpoint",
        "cache writes",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)

ACTIVITY = Source(
    name="openrouter_activity",
    title="OpenRouter's activity (its API, a day and endpoint a row)",
    matches=_is_activity,
    timezone="UTC",
    grain="bucket",
    fields={
        "record_id": Field("{@bucket}", "the date, model and endpoint"),
        "start": column("date", "a day of UTC"),
        "end": Field(next_day("{date}"), "the day after"),
        "endpoint": column("endpoint_id"),
        "deployment": column("model"),
        "provider": column("provider_name"),
        "model": Field(
            first_of("{model_permaslug}", "{model}"), "model_permaslug, else model"
        ),
        "requests": column("requests"),
        "input_tokens": column("prompt_tokens", "cached tokens included"),
        "output_tokens": column("completion_tokens", "reasoning included"),
        "reasoning_tokens": column("reasoning_tokens"),
        "fee_cost": Field(_ACTIVITY_FEE, "usage beside a bill of the provider"),
        "cost": Field(
            sum_of_costs("{usage}", "{byok_usage_inference}"),
            "usage + byok_usage_inference (USD; 0 = free or not priced)",
        ),
        "currency": Field("'USD'"),
    },
    free_when="ends_with({model}, ':free')",
    derived=bucket_key(
        "{date}",
        as_json("model", "model_permaslug", "endpoint_id", "provider_name"),
    ),
    keep_largest=True,
    remarks=_REMARKS,
    family="openrouter",
    cannot_tell=(
        "organization, project, user and API key",
        "hours and single requests: days of UTC only",
        "cached tokens",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)
