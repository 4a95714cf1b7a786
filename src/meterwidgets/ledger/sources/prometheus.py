"""Prometheus's counters of inference servers and gateways; see ``counters``.

Only names that are known are read: gauges, the buckets of histograms, times of creation
and totals of what is read besides are no usage, or the same once more.
"""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.column_names import field_named
from meterwidgets.ledger.sources.sql import first_of, sum_of, sum_of_costs

_COUNTERS: Mapping[str, str] = {
    "input_tokens": "vllm_prompt_tokens sglang_prompt_tokens prompt_tokens "
    "tgi_request_input_length_sum llamacpp_prompt_tokens "
    "dynamo_frontend_input_sequence_tokens_sum litellm_input_tokens_metric "
    "kong_ai_llm_tokens_prompt_tokens ai_llm_tokens_prompt_tokens "
    "kong_ai_llm_tokens_input ai_tokens_prompt_tokens "
    "gen_ai_client_token_usage_sum_input gen_ai_usage_input_tokens "
    "gen_ai_client_token_usage_input claude_code_token_usage_input "
    "claude_code_token_usage_cacheRead claude_code_token_usage_cacheCreation "
    "bifrost_input_tokens agentgateway_gen_ai_client_token_usage_sum_input "
    "envoy_gen_ai_client_token_usage_sum_input",
    "output_tokens": "vllm_generation_tokens sglang_generation_tokens "
    "generation_tokens "
    "tgi_request_generated_tokens_sum llamacpp_tokens_predicted "
    "dynamo_frontend_output_sequence_tokens_sum litellm_output_tokens_metric "
    "kong_ai_llm_tokens_completion_tokens ai_llm_tokens_completion_tokens "
    "kong_ai_llm_tokens_output ai_tokens_completion_tokens "
    "gen_ai_client_token_usage_sum_output gen_ai_usage_output_tokens "
    "gen_ai_client_token_usage_output claude_code_token_usage_output "
    "bifrost_output_tokens agentgateway_gen_ai_client_token_usage_sum_output "
    "envoy_gen_ai_client_token_usage_sum_output",
    "cache_read_tokens": "vllm_prompt_tokens_cached vllm_prefix_cache_hits "
    "sglang_cached_tokens litellm_input_cached_tokens_metric "
    "gen_ai_client_token_usage_sum_cached_input claude_code_token_usage_cacheRead",
    "cache_write_tokens": "litellm_input_cache_creation_tokens_metric "
    "gen_ai_client_token_usage_sum_cache_creation_input "
    "claude_code_token_usage_cacheCreation",
    "requests": "vllm_request_success sglang_num_requests request_success "
    "tgi_request_success dynamo_frontend_requests litellm_requests_metric "
    "litellm_proxy_total_requests_metric kong_ai_llm_requests ai_llm_requests "
    "ai_requests gen_ai_client_token_usage_count_input bifrost_upstream_requests "
    "agentgateway_gen_ai_client_token_usage_count_input",
    "cost": "litellm_spend_metric kong_ai_llm_cost ai_llm_cost ai_cost "
    "claude_code_cost_usage gen_ai_usage_cost_sum bifrost_cost",
}
"""Field -> the counters that add up to it, without ``_total``."""
_KNOWN = {f"counters.{name}" for each in _COUNTERS.values() for name in each.split()}
_MODELS = (
    "model_name", "ai_model", "gen_ai_response_model", "gen_ai_request_model", "model",
    "litellm_model_name", "model_id", "served_model_name",
)  # fmt: skip
_PROVIDERS = (
    "ai_provider", "gen_ai_provider_name", "gen_ai_system", "api_provider", "provider",
)  # fmt: skip
_OWN_SERVER = (
    "CASE "
    + " ".join(
        f"WHEN coalesce({', '.join(f'{{counters.{name}}}' for name in names)}) "
        f"IS NOT NULL THEN '{server}'"
        for server, names in {
            "vllm": ("vllm_prompt_tokens", "vllm_generation_tokens", "prompt_tokens",
                     "generation_tokens"),
            "sglang": ("sglang_prompt_tokens", "sglang_generation_tokens"),
            "tgi": ("tgi_request_input_length_sum", "tgi_request_generated_tokens_sum"),
            "llamacpp": ("llamacpp_prompt_tokens", "llamacpp_tokens_predicted"),
        }.items()
    )
    + " END"
)  # fmt: skip
"""SQL text of an inference server of one's own, which has no list price."""


def _matches(sample: Sample) -> bool:
    counters = [each for each in sample.columns if each.startswith("counters.")]
    is_known = not _KNOWN.isdisjoint(counters)
    # counters of one's own are read by their words, as any table is
    return bool(counters) and (is_known or not any(map(field_named, counters)))


def _labels(*names: str) -> Field:
    listed = ", else ".join(names)
    return Field(first_of(*(f"{{labels.{name}}}" for name in names)), f"label {listed}")


def _sum(field: str) -> Field:
    names = [f"{{counters.{name}}}" for name in _COUNTERS[field].split()]
    add = sum_of_costs if field == "cost" else sum_of
    return Field(add(*names), "the growth of " + _COUNTERS[field].replace(" ", " + "))


SOURCE = Source(
    name="prometheus",
    title="Prometheus counters of vLLM, SGLang, TGI, LiteLLM, Kong, Envoy and others",
    matches=_matches,
    timezone="UTC",
    grain="bucket",
    is_counter=True,
    where=f"coalesce({', '.join(_sum(each).sql for each in _COUNTERS)}) IS NOT NULL",
    fields={
        "start": column("time", "of the sample before"),
        "end": column("end"),
        "org": _labels(
            "organization_id", "org_id", "organization", "org", "tenant", "customer",
            "namespace", "workspace",
        ),
        "project": _labels("team", "project"),
        "user": _labels("user", "user_id", "end_user", "consumer"),
        "api_key": _labels("api_key_alias", "hashed_api_key"),
        "provider": Field(
            first_of(*(f"{{labels.{name}}}" for name in _PROVIDERS), _OWN_SERVER),
            f"label {', else '.join(_PROVIDERS)}, else one's own server",
        ),
        "deployment": _labels("requested_model", *_MODELS),
        "model": _labels(*_MODELS),
        **{field: _sum(field) for field in _COUNTERS},
        "currency": Field(f"CASE WHEN {_sum('cost').sql} IS NOT NULL THEN 'USD' END"),
    },
    labels={"project": "{labels.team_alias}"},
    cannot_tell=(
        "single requests; a counter's growth is between two scrapes",
        "what was used before the first scrape, unless there is only one",
        "prices, where no counter is of money",
    ),
)  # fmt: skip
