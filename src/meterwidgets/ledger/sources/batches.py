"""What a batch was answered: OpenAI's output files and batches, Vertex AI's output.

A batch has a price of its own, which nothing in the usage says, so every record here
has the service tier ``batch``.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column, constant
from meterwidgets.ledger.sources.sql import first_of, sum_of


def _is_output(sample: Sample) -> bool:
    return any("custom_id" in row for row in sample.records) and any(
        "body" in response for response in sample.within("response")
    )


def _is_batch(sample: Sample) -> bool:
    return any(
        row.get("object") == "batch" and {"request_counts", "usage"} <= row.keys()
        for row in sample.records
    )


def _is_vertex(sample: Sample) -> bool:
    return "processed_time" in sample.columns and any(
        "usageMetadata" in each for each in sample.within("response")
    )


_BATCH = Field("'batch'", "batch")
_BODY, _USAGE = "{response.body.", "{response.body.usage."

OUTPUT = Source(
    name="openai_batch",
    title="The output of a batch (OpenAI and those that answer alike)",
    matches=_is_output,
    timezone="UTC",
    where=f"{_USAGE[:-1]}}} IS NOT NULL",
    fields={
        "record_id": Field(first_of(f"{_BODY}id}}", "{id}"), "response.body.id"),
        "start": Field(
            first_of(f"{_BODY}created}}", f"{_BODY}created_at}}"),
            "response.body.created, unix seconds",
        ),
        "endpoint": column("response.body.object"),
        "model": column("response.body.model"),
        "status": column("response.status_code"),
        "service_tier": _BATCH,
        "input_tokens": Field(
            first_of(f"{_USAGE}prompt_tokens}}", f"{_USAGE}input_tokens}}"),
            "response.body.usage (cached tokens included)",
        ),
        "cache_read_tokens": Field(
            first_of(
                f"{_USAGE}prompt_tokens_details.cached_tokens}}",
                f"{_USAGE}input_tokens_details.cached_tokens}}",
            ),
            "its details",
        ),
        "output_tokens": Field(
            first_of(f"{_USAGE}completion_tokens}}", f"{_USAGE}output_tokens}}"),
            "response.body.usage (reasoning included)",
        ),
        "reasoning_tokens": Field(
            first_of(
                f"{_USAGE}completion_tokens_details.reasoning_tokens}}",
                f"{_USAGE}output_tokens_details.reasoning_tokens}}",
            ),
            "its details",
        ),
    },
    family="openai_batch",
    cannot_tell=(
        "organization, project, user, API key and provider",
        "costs (priced by rates)",
        "requests that failed, which have no usage",
        "embeddings, which have no time: read the batches themselves",
    ),
)

BATCHES = Source(
    name="openai_batches",
    title="OpenAI's batches (the answers of its API)",
    matches=_is_batch,
    timezone="UTC",
    grain="bucket",
    where="{usage} IS NOT NULL",
    fields={
        "record_id": column("id"),
        "start": column("created_at", "unix seconds"),
        "endpoint": column("endpoint"),
        "provider": constant("openai"),
        "model": column("model"),
        "status": column("status"),
        "service_tier": _BATCH,
        "requests": column("request_counts.completed"),
        "input_tokens": column("usage.input_tokens", "cached tokens included"),
        "cache_read_tokens": column("usage.input_tokens_details.cached_tokens"),
        "output_tokens": column("usage.output_tokens", "reasoning included"),
        "reasoning_tokens": column("usage.output_tokens_details.reasoning_tokens"),
    },
    keep_largest=True,
    family="openai_batch",
    cannot_tell=(
        "organization, project, user and API key",
        "costs (priced by rates)",
        "single requests: read the output files for those",
    ),
)

_META = "{response.usageMetadata."

VERTEX = Source(
    name="vertex_batch",
    title="The output of a batch of Gemini on Vertex AI",
    matches=_is_vertex,
    timezone="UTC",
    where=f"{_META[:-1]}}} IS NOT NULL",
    fields={
        "record_id": column("response.responseId"),
        "start": column("processed_time"),
        "provider": constant("google"),
        "model": column("response.modelVersion"),
        "service_tier": _BATCH,
        "input_tokens": Field(
            sum_of(f"{_META}promptTokenCount}}", f"{_META}toolUsePromptTokenCount}}"),
            "response.usageMetadata (cached tokens included)",
        ),
        "cache_read_tokens": column("response.usageMetadata.cachedContentTokenCount"),
        "output_tokens": Field(
            sum_of(f"{_META}candidatesTokenCount}}", f"{_META}thoughtsTokenCount}}"),
            "its candidates + thoughts",
        ),
        "reasoning_tokens": column("response.usageMetadata.thoughtsTokenCount"),
    },
    cannot_tell=(
        "organization, project, user and API key",
        "costs (priced by rates)",
    ),
)
