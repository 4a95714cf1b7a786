"""Anthropic's usage and cost reports: buckets of results.

``uncached_input_tokens`` leaves out what was read from and written to the cache. The
amounts of the cost report are decimal text in cents.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import (
    BUCKETS,
    CORRECTED,
    OF_ONE_BUCKET,
    Source,
    bucket_key,
    is_bucketed,
    plus,
)

_START, _RESULT = "{bucket.starting_at}", "{result.@record}"

_READ = "{result.cache_read_input_tokens}"
_FIVE_MINUTES = "{result.cache_creation.ephemeral_5m_input_tokens}"
_HOUR = "{result.cache_creation.ephemeral_1h_input_tokens}"


def _is_usage(sample: Sample) -> bool:
    return is_bucketed(sample, "starting_at", "ending_at", costs=False)


def _is_costs(sample: Sample) -> bool:
    return is_bucketed(sample, "starting_at", "ending_at", costs=True)


USAGE = Source(
    name="anthropic",
    title="Anthropic's usage report (messages)",
    recognises=_is_usage,
    columns={
        "record_id": "start of the bucket and all that it is grouped by",
        "start": "data.starting_at",
        "end": "data.ending_at",
        "project": "results.workspace_id",
        "api_key": "results.api_key_id",
        "provider": "anthropic",
        "model": "results.model",
        "service_tier": "results.service_tier",
        "input_tokens": "results.uncached_input_tokens + cache read + cache creation",
        "cache_read_tokens": "results.cache_read_input_tokens",
        "cache_write_tokens": "results.cache_creation, 5 minutes and 1 hour",
        "cache_write_1h_tokens": "results.cache_creation.ephemeral_1h_input_tokens",
        "output_tokens": "results.output_tokens (thinking included)",
    },
    fields={
        "record_id": "{@bucket}",
        "start": _START,
        "end": "{bucket.ending_at}",
        "project": "{result.workspace_id}",
        "api_key": "{result.api_key_id}",
        "provider": "'anthropic'",
        "model": "{result.model}",
        "service_tier": "{result.service_tier}",
        "requests": "NULL::VARCHAR",
        "input_tokens": plus(
            "{result.uncached_input_tokens}", _READ, _FIVE_MINUTES, _HOUR
        ),
        "cache_read_tokens": _READ,
        "cache_write_tokens": plus(_FIVE_MINUTES, _HOUR),
        "cache_write_1h_tokens": _HOUR,
        "output_tokens": "{result.output_tokens}",
    },
    cannot_tell=(
        "how many requests there were: unknown, not 0",
        "costs (in the cost report; else priced by rates)",
        "organization and users; names of workspaces and keys (ids only)",
        "a model, tier, workspace or key that the answer was not grouped by",
        "web searches",
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
    name="anthropic_costs",
    title="Anthropic's cost report (daily)",
    recognises=_is_costs,
    columns={
        "record_id": "start of the bucket and all that it is grouped by",
        "start": "data.starting_at",
        "end": "data.ending_at",
        "project": "results.workspace_id",
        "endpoint": "results.cost_type and token_type, what was billed",
        "provider": "anthropic",
        "model": "results.model",
        "service_tier": "results.service_tier",
        "cost": "results.amount (cents)",
        "currency": "results.currency",
    },
    fields={
        "record_id": "{@bucket}",
        "start": _START,
        "end": "{bucket.ending_at}",
        "project": "{result.workspace_id}",
        "endpoint": "concat_ws(': ', {result.cost_type}, {result.token_type})",
        "provider": "'anthropic'",
        "model": "{result.model}",
        "service_tier": "{result.service_tier}",
        "requests": "NULL::VARCHAR",
        "cost": "from_cents({result.amount})",
        "currency": "coalesce({result.currency}, 'USD')",
    },
    cannot_tell=(
        "tokens and requests (in the usage report, which shares no key with the costs)",
        "organization, users and API keys",
        "the split of a cost into input and output",
        "hours: days of UTC only",
        *CORRECTED,
    ),
    zone="UTC",
    grain="bucket",
    unnest=BUCKETS,
    derived=bucket_key(_START, _RESULT, but=["amount"], among=OF_ONE_BUCKET),
    grows=True,
    paged=True,
    bills="anthropic",
)
