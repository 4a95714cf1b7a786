"""OpenAI's organization usage and costs pages: buckets of results.

``input_tokens`` includes cached tokens. A bucket has several results when the answer
was grouped. Costs share no key with usage, so they are records of their own without
tokens.
"""

from __future__ import annotations

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import (
    BUCKETS,
    CORRECTED,
    OF_ONE_BUCKET,
    Source,
    bucket_key,
    is_bucketed,
)

_START, _RESULT = "{bucket.start_time}", "{result.@record}"


def _is_usage(sample: Sample) -> bool:
    kinds = [str(row.get("object", "")) for row in sample.records]
    if kinds and all(kind.startswith("organization.") for kind in kinds):
        raise LedgerError(
            "these are results of OpenAI's organization usage without their buckets, "
            "so that their time is not known; keep the whole page as it was answered"
        )
    return is_bucketed(sample, "start_time", "end_time", costs=False)


def _is_costs(sample: Sample) -> bool:
    return is_bucketed(sample, "start_time", "end_time", costs=True)


USAGE = Source(
    name="openai",
    title="OpenAI's organization usage (pages of buckets)",
    recognises=_is_usage,
    columns={
        "record_id": "start of the bucket and all that it is grouped by",
        "start": "data.start_time (unix seconds)",
        "end": "data.end_time",
        "project": "results.project_id",
        "user": "results.user_id",
        "api_key": "results.api_key_id",
        "endpoint": "the kind in results.object (completions, embeddings)",
        "provider": "openai",
        "model": "results.model",
        "service_tier": "batch where results.batch, else results.service_tier "
        "(default = standard)",
        "requests": "results.num_model_requests",
        "input_tokens": "results.input_tokens (cached tokens included)",
        "cache_read_tokens": "results.input_cached_tokens",
        "cache_write_tokens": "results.input_cache_write_tokens",
        "output_tokens": "results.output_tokens (reasoning included)",
    },
    fields={
        "record_id": "{@bucket}",
        "start": _START,
        "end": "{bucket.end_time}",
        "project": "{result.project_id}",
        "user": "{result.user_id}",
        "api_key": "{result.api_key_id}",
        "endpoint": r"nullif(regexp_extract({result.object}, 'usage\.(\w+)', 1), '')",
        "provider": "'openai'",
        "model": "{result.model}",
        "service_tier": "CASE lower({result.batch}) WHEN 'true' THEN 'batch' "
        "ELSE {result.service_tier} END",
        "requests": "{result.num_model_requests}",
        "input_tokens": "{result.input_tokens}",
        "cache_read_tokens": "{result.input_cached_tokens}",
        "cache_write_tokens": "{result.input_cache_write_tokens}",
        "output_tokens": "{result.output_tokens}",
    },
    cannot_tell=(
        "costs (in the costs pages; else priced by rates)",
        "names of organizations, projects, users and keys (ids only)",
        "a model, tier, project, user or key that the answer was not grouped by",
        "single requests; reasoning tokens",
        *CORRECTED,
    ),
    zone="UTC",
    grain="bucket",
    unnest=BUCKETS,
    derived=bucket_key(_START, _RESULT, among=OF_ONE_BUCKET),
    grows=True,
    paged=True,
)

COSTS = Source(
    name="openai_costs",
    title="OpenAI's organization costs (pages of daily buckets)",
    recognises=_is_costs,
    columns={
        "record_id": "start of the bucket and all that it is grouped by",
        "start": "data.start_time (unix seconds)",
        "end": "data.end_time",
        "org": "results.organization_id",
        "project": "results.project_id",
        "api_key": "results.api_key_id",
        "endpoint": "results.line_item, what was billed",
        "provider": "openai",
        "model": "results.line_item up to its comma",
        "cost": "results.amount.value",
        "currency": "results.amount.currency",
    },
    fields={
        "record_id": "{@bucket}",
        "start": _START,
        "end": "{bucket.end_time}",
        "org": "{result.organization_id}",
        "project": "{result.project_id}",
        "api_key": "{result.api_key_id}",
        "endpoint": "{result.line_item}",
        "provider": "'openai'",
        "model": "nullif(regexp_extract({result.line_item}, '^([^,]+), ', 1), '')",
        "requests": "NULL::VARCHAR",
        "cost": "{result.amount.value}",
        "currency": "{result.amount.currency}",
    },
    cannot_tell=(
        "tokens and requests (in the usage pages, which share no key with the costs)",
        "users and single requests",
        "a model where the answer was not grouped by line_item",
        "the split of a cost into input and output",
        "hours: days of UTC only",
        *CORRECTED,
    ),
    zone="UTC",
    grain="bucket",
    unnest=BUCKETS,
    derived=bucket_key(_START, _RESULT, among=OF_ONE_BUCKET),
    grows=True,
    paged=True,
    bills="openai",
)
