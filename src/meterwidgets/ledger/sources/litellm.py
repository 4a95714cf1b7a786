"""LiteLLM's spend logs: rows of ``LiteLLM_SpendLogs``, exported or in the database.

``prompt_tokens`` includes cached tokens, except where ``total_tokens`` counts them on
top: for some providers cache writes or reasoning stand beside. Timestamps have no zone
and are UTC.
"None" and "" are null. The summarised shape of ``/spend/logs`` has no requests in
it and is refused with the way out.
"""

from __future__ import annotations

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import first_of, provider_served, usd_for

_ROUTES = {
    "completion": "/v1/chat/completions",
    "text_completion": "/v1/completions",
    "embedding": "/v1/embeddings",
    "responses": "/v1/responses",
    "get_responses": "GET /v1/responses",
    "anthropic_messages": "/v1/messages",
    "image_generation": "/v1/images/generations",
    "image_edit": "/v1/images/edits",
    "transcription": "/v1/audio/transcriptions",
    "speech": "/v1/audio/speech",
    "moderation": "/v1/moderations",
    "rerank": "/v1/rerank",
    "create_batch": "/v1/batches",
    "retrieve_batch": "GET /v1/batches",
}


REQUIRED_COLUMNS = frozenset({"request_id", "startTime", "spend"})
"""The columns that identify a spend log; without them its rows mean nothing."""

METADATA = (
    "user_api_key_alias", "user_api_key_project_id", "user_api_key_project_alias",
    "user_api_key_team_alias", "user_api_key_org_alias", "user_api_key_user_email",
    "usage_object.cache_read_input_tokens",
    "usage_object.prompt_tokens_details.cached_tokens",
    "usage_object.cache_creation_input_tokens",
    "usage_object.completion_tokens_details.reasoning_tokens",
    "usage_object.service_tier", "usage_object.speed", "usage_object.inference_geo",
    "usage_object.cache_creation.ephemeral_1h_input_tokens",
    "usage_object.prompt_tokens_details.cache_creation_token_details"
    ".ephemeral_1h_input_tokens",
    "usage_object.prompt_tokens_details.audio_tokens",
    "usage_object.prompt_tokens_details.image_tokens",
    "usage_object.completion_tokens_details.audio_tokens",
    "usage_object.completion_tokens_details.image_tokens",
    "usage_object.server_tool_use.web_search_requests",
    "usage_object.prompt_tokens_details.web_search_requests",
    "additional_usage_values.cache_read_input_tokens",
    "additional_usage_values.cache_creation_input_tokens",
)  # fmt: skip
"""The paths that are read from the metadata, which is parsed once for all of them."""


def _matches(sample: Sample) -> bool:
    columns = set(sample.columns)
    is_summary = any(column.split(".")[0] in {"models", "users"} for column in columns)
    if is_summary and {"startTime", "spend"} <= columns and "request_id" not in columns:
        raise LedgerError(
            "this is the summarised shape of LiteLLM's /spend/logs: it has days and "
            "totals, no requests; ask for the rows with summarize=false"
        )
    return columns >= REQUIRED_COLUMNS


def _meta(*paths: str) -> str:
    """SQL text of the first of several values in the metadata."""
    values = ", ".join(f"{{@metadata}}[{METADATA.index(path) + 1}]" for path in paths)
    return f"coalesce({values})" if len(paths) > 1 else values


_DETAILS = "usage_object.{}_tokens_details.{}"
_TERMS = {
    "speed": ("usage_object.speed",),
    "geography": ("usage_object.inference_geo",),
    "cache_write_1h_tokens": (
        "usage_object.cache_creation.ephemeral_1h_input_tokens",
        "usage_object.prompt_tokens_details.cache_creation_token_details"
        ".ephemeral_1h_input_tokens",
    ),
    "searches": (
        "usage_object.server_tool_use.web_search_requests",
        "usage_object.prompt_tokens_details.web_search_requests",
    ),
    "input_audio_tokens": (_DETAILS.format("prompt", "audio_tokens"),),
    "input_image_tokens": (_DETAILS.format("prompt", "image_tokens"),),
    "output_audio_tokens": (_DETAILS.format("completion", "audio_tokens"),),
    "output_image_tokens": (_DETAILS.format("completion", "image_tokens"),),
}
"""Field -> the paths in the metadata of what sets a price."""


def _route() -> str:
    """SQL text of the route of a call type; asynchronous ones begin with an "a"."""
    cases = " ".join(
        f"WHEN '{call}' THEN '{path}' WHEN 'a{call}' THEN '{path}'"
        for call, path in _ROUTES.items()
    )
    return f"CASE {{call_type}} {cases} ELSE {{call_type}} END"


SOURCE = Source(
    name="litellm",
    title="LiteLLM spend logs",
    matches=_matches,
    timezone="UTC",
    fields={
        "record_id": column("request_id"),
        "start": column("startTime", "UTC"),
        "end": column("endTime", "UTC"),
        "org": column("organization_id"),
        "project": Field(
            first_of(_meta("user_api_key_project_id"), "{team_id}"),
            "metadata.user_api_key_project_id, else team_id",
        ),
        "user": Field(first_of("{user}", "{end_user}"), "user, else end_user"),
        "api_key": Field(
            first_of("left({api_key}, 8)", _meta("user_api_key_alias")),
            "the first 8 of api_key, else metadata.user_api_key_alias",
        ),
        "endpoint": Field(_route(), "the route of call_type"),
        "deployment": Field(
            first_of("{model_group}", "{model}"), "model_group, else model"
        ),
        "provider": Field(
            provider_served("{custom_llm_provider}", "{api_base}", "{model}"),
            "custom_llm_provider; one's own machine, where api_base is of one's own "
            "network and only open models are served",
        ),
        "model": column("model"),
        "status": Field(
            "CASE {status} WHEN 'failure' THEN 'error' "
            "WHEN 'success' THEN 'ok' ELSE {status} END",
            "status",
        ),
        "service_tier": Field(
            "CASE WHEN contains({call_type}, 'batch') THEN 'batch' "
            f"ELSE {_meta('usage_object.service_tier')} END",
            "batch where call_type says so, else metadata.usage_object.service_tier",
        ),
        **{
            name: Field(_meta(*paths), f"metadata.{paths[0]}")
            for name, paths in _TERMS.items()
        },
        "input_tokens": column("prompt_tokens", "cached tokens included"),
        "cache_read_tokens": Field(
            _meta(
                "usage_object.cache_read_input_tokens",
                "usage_object.prompt_tokens_details.cached_tokens",
                "additional_usage_values.cache_read_input_tokens",
            ),
            "metadata.usage_object.cache_read_input_tokens",
        ),
        "cache_write_tokens": Field(
            _meta(
                "usage_object.cache_creation_input_tokens",
                "additional_usage_values.cache_creation_input_tokens",
            ),
            "metadata.usage_object.cache_creation_input_tokens",
        ),
        "output_tokens": column("completion_tokens"),
        "reasoning_tokens": Field(
            _meta("usage_object.completion_tokens_details.reasoning_tokens"),
            "metadata ... completion_tokens_details.reasoning_tokens",
        ),
        "total_tokens": column("total_tokens", "tells what is inside prompt_tokens"),
        "cost": column("spend", "USD; 0 = free or not priced"),
        "currency": Field(usd_for("{spend}")),
        "latency_ms": column("request_duration_ms"),
    },
    labels={
        "org": _meta("user_api_key_org_alias"),
        "project": "CASE WHEN "
        + first_of(_meta("user_api_key_project_id"))
        + " IS NULL THEN "
        + _meta("user_api_key_team_alias")
        + " ELSE "
        + _meta("user_api_key_project_alias")
        + " END",
        "user": "CASE WHEN "
        + first_of("{user}")
        + " IS NOT NULL THEN "
        + _meta("user_api_key_user_email")
        + " END",
        "api_key": _meta("user_api_key_alias"),
    },
    free_when="{status} = 'failure' OR lower({cache_hit}) = 'true'",
    derived={
        "@metadata": "TRY(json_extract_string({metadata}, ["
        + ", ".join(f"'$.{path}'" for path in METADATA)
        + "]))"
    },
    retrievals=("GET /v1/responses", "GET /v1/batches"),
    family="litellm",
    cannot_tell=(
        "names of organizations, teams and users that its metadata does not name",
        "whether a spend of 0 is free or not priced",
        "the split of a spend into input and output (estimated from list prices)",
    ),
)
