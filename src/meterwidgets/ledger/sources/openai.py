"""OpenAI's organization usage and costs pages: buckets of results.

``input_tokens`` includes cached tokens. A bucket has several results when the answer
was grouped. Costs share no key with usage, so they are records of their own without
tokens.
"""

from __future__ import annotations

from meterwidgets.errors import LedgerError
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
from meterwidgets.ledger.sources.sql import is_credit, sum_of

_START, _RESULT = "{bucket.start_time}", "{result.@record}"
_IS_OF_SEARCHES = "coalesce(contains({result.object}, '.web_search'), false)"
"""SQL condition of a result of web searches, whose requests the completions count."""


def _is_usage(sample: Sample) -> bool:
    kinds = [str(row.get("object", "")) for row in sample.records]
    if kinds and all(kind.startswith("organization.") for kind in kinds):
        raise LedgerError(
            "these are results of OpenAI's organization usage without their buckets, "
            "so that their time is not known; keep the whole page as it was answered"
        )
    return is_bucketed(sample, "start_time", "end_time", costs=False)


def _with_audio(side: str) -> str:
    """SQL text of the tokens of a side, with audio that stands beside them.

    Pages of before count text and audio apart, and nothing says so but audio that is
    more than the whole.
    """
    tokens, audio = f"{{result.{side}_tokens}}", f"{{result.{side}_audio_tokens}}"
    return (
        f"CASE WHEN {_IS_OF_SEARCHES} THEN '0' "
        f"WHEN {{result.{side}_text_tokens}} IS NULL "
        f"AND parse_count({audio}) > parse_count({tokens}) "
        f"THEN {sum_of(tokens, audio)} ELSE {tokens} END"
    )


def _is_costs(sample: Sample) -> bool:
    return is_bucketed(sample, "start_time", "end_time", costs=True)


USAGE = Source(
    name="openai",
    title="OpenAI's organization usage (pages of buckets)",
    matches=_is_usage,
    timezone="UTC",
    grain="bucket",
    levels=BUCKETS,
    fields={
        "record_id": Field(
            "{@bucket}", "start of the bucket and all that it is grouped by"
        ),
        "start": bucket_column("start_time", "unix seconds"),
        "end": bucket_column("end_time"),
        "project": result_column("project_id"),
        "user": result_column("user_id"),
        "api_key": result_column("api_key_id"),
        "endpoint": Field(
            r"nullif(regexp_extract({result.object}, 'usage\.(\w+)', 1), '')",
            "the kind in results.object (completions, embeddings)",
        ),
        "provider": constant("openai"),
        "model": result_column("model"),
        "service_tier": Field(
            "CASE lower({result.batch}) WHEN 'true' THEN 'batch' "
            "ELSE {result.service_tier} END",
            "batch where results.batch, else results.service_tier (default = standard)",
        ),
        "requests": Field(
            f"CASE WHEN NOT {_IS_OF_SEARCHES} THEN {{result.num_model_requests}} END",
            "results.num_model_requests (of searches: those of the completions)",
        ),
        "searches": Field(
            f"CASE WHEN {_IS_OF_SEARCHES} THEN {{result.num_requests}} END",
            "results.num_requests of web searches",
        ),
        "input_tokens": Field(
            _with_audio("input"),
            "results.input_tokens (cached tokens included; audio added where it "
            "is more than they are)",
        ),
        "input_audio_tokens": result_column("input_audio_tokens"),
        "input_image_tokens": result_column("input_image_tokens"),
        "cache_read_tokens": result_column("input_cached_tokens"),
        "cache_write_tokens": result_column("input_cache_write_tokens"),
        "output_tokens": Field(
            _with_audio("output"), "results.output_tokens (reasoning included)"
        ),
        "output_audio_tokens": result_column("output_audio_tokens"),
        "output_image_tokens": result_column("output_image_tokens"),
    },
    derived=bucket_key(_START, _RESULT, within=SAME_RESULTS),
    keep_largest=True,
    is_paginated=True,
    cannot_tell=(
        "costs (in the costs pages; else priced by rates)",
        "names of organizations, projects, users and keys (ids only)",
        "a model, tier, project, user or key that the answer was not grouped by",
        "single requests; reasoning tokens",
        *BUCKETS_CANNOT_TELL,
    ),
)

COSTS = Source(
    name="openai_costs",
    title="OpenAI's organization costs (pages of daily buckets)",
    matches=_is_costs,
    timezone="UTC",
    grain="bucket",
    levels=BUCKETS,
    fields={
        "record_id": Field(
            "{@bucket}", "start of the bucket and all that it is grouped by"
        ),
        "start": bucket_column("start_time", "unix seconds"),
        "end": bucket_column("end_time"),
        "org": result_column("organization_id"),
        "project": result_column("project_id"),
        "api_key": result_column("api_key_id"),
        "endpoint": Field("{result.line_item}", "results.line_item, what was billed"),
        "provider": constant("openai"),
        "model": Field(
            "nullif(regexp_extract({result.line_item}, '^([^,]+), ', 1), '')",
            "results.line_item up to its comma",
        ),
        "requests": NOT_COUNTED,
        "cost": result_column("amount.value"),
        "currency": result_column("amount.currency"),
    },
    credit=is_credit("{result.line_item}", "{result.amount.value}"),
    derived=bucket_key(_START, _RESULT, within=SAME_RESULTS),
    keep_largest=True,
    is_paginated=True,
    pays_for="openai",
    cannot_tell=(
        "tokens and requests (in the usage pages, which share no key with the costs)",
        "users and single requests",
        "a model where the answer was not grouped by line_item",
        "the split of a cost into input and output",
        "hours: days of UTC only",
        *BUCKETS_CANNOT_TELL,
    ),
)
