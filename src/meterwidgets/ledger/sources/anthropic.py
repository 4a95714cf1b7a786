"""Anthropic's usage and cost reports: buckets of results.

``uncached_input_tokens`` leaves out what was read from and written to the cache. The
amounts of the cost report are decimal text in cents.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import NOT_COUNTED, Field, Source, constant
from meterwidgets.ledger.sources.buckets import (
    BUCKETS,
    BUCKETS_CANNOT_TELL,
    SAME_RESULTS,
    bucket_column,
    bucket_key,
    is_bucketed,
    result_column,
)
from meterwidgets.ledger.sources.sql import is_credit, lower_bound, sum_of

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
    matches=_is_usage,
    timezone="UTC",
    grain="bucket",
    levels=BUCKETS,
    fields={
        "record_id": Field(
            "{@bucket}", "start of the bucket and all that it is grouped by"
        ),
        "start": bucket_column("starting_at"),
        "end": bucket_column("ending_at"),
        "project": result_column("workspace_id"),
        "api_key": result_column("api_key_id"),
        "provider": constant("anthropic"),
        "model": result_column("model"),
        "service_tier": result_column("service_tier"),
        "speed": result_column("speed"),
        "geography": result_column("inference_geo"),
        "context_tokens": Field(
            lower_bound("{result.context_window}"),
            "results.context_window, such as 200k-1M",
        ),
        "searches": result_column("server_tool_use.web_search_requests"),
        "requests": NOT_COUNTED,
        "input_tokens": Field(
            sum_of("{result.uncached_input_tokens}", _READ, _FIVE_MINUTES, _HOUR),
            "results.uncached_input_tokens + cache read + cache creation",
        ),
        "cache_read_tokens": result_column("cache_read_input_tokens"),
        "cache_write_tokens": Field(
            sum_of(_FIVE_MINUTES, _HOUR), "results.cache_creation, 5 minutes and 1 hour"
        ),
        "cache_write_1h_tokens": result_column(
            "cache_creation.ephemeral_1h_input_tokens"
        ),
        "output_tokens": result_column("output_tokens", "thinking included"),
    },
    derived=bucket_key(_START, _RESULT, within=SAME_RESULTS),
    keep_largest=True,
    is_paginated=True,
    cannot_tell=(
        "how many requests there were: unknown, not 0",
        "costs (in the cost report; else priced by rates)",
        "organization and users; names of workspaces and keys (ids only)",
        "a model, tier, speed, geography, context window, workspace or key that the "
        "answer was not grouped by",
        *BUCKETS_CANNOT_TELL,
    ),
)

COSTS = Source(
    name="anthropic_costs",
    title="Anthropic's cost report (daily)",
    matches=_is_costs,
    timezone="UTC",
    grain="bucket",
    levels=BUCKETS,
    fields={
        "record_id": Field(
            "{@bucket}", "start of the bucket and all that it is grouped by"
        ),
        "start": bucket_column("starting_at"),
        "end": bucket_column("ending_at"),
        "project": result_column("workspace_id"),
        "endpoint": Field(
            "concat_ws(': ', {result.cost_type}, {result.token_type})",
            "results.cost_type and token_type, what was billed",
        ),
        "provider": constant("anthropic"),
        "model": result_column("model"),
        "service_tier": result_column("service_tier"),
        "requests": NOT_COUNTED,
        "cost": Field("from_cents({result.amount})", "results.amount (cents)"),
        "currency": Field("coalesce({result.currency}, 'USD')", "results.currency"),
    },
    credit=is_credit("{result.description}", "{result.amount}"),
    derived=bucket_key(_START, _RESULT, amounts=["amount"], within=SAME_RESULTS),
    keep_largest=True,
    is_paginated=True,
    pays_for="anthropic",
    cannot_tell=(
        "tokens and requests (in the usage report, which shares no key with the costs)",
        "organization, users and API keys",
        "the split of a cost into input and output",
        "hours: days of UTC only",
        *BUCKETS_CANNOT_TELL,
    ),
)
