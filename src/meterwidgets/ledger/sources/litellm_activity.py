"""LiteLLM by the day: the pages of its daily activity.

The breakdowns of a page are alternatives, so that only the first that is there is read,
the models before the others; within it the API keys, where they report tokens.
"""

from __future__ import annotations

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.buckets import bucket_key
from meterwidgets.ledger.sources.litellm_daily import DAYS_CANNOT_TELL
from meterwidgets.ledger.sources.sql import first_of, next_day, sum_of_costs

_AXES = ("models", "model_groups", "entities", "api_keys", "providers", "endpoints")


def _is_activity(sample: Sample) -> bool:
    return any(
        "date" in day and {"breakdown", "metrics"} & day.keys()
        for day in sample.within("results")
    )


_KEY = "{key.metrics."
_AXIS = "{part.@path}"


def _named(axis: str) -> str:
    """SQL text of the name in one breakdown, null in the others."""
    return f"CASE WHEN {_AXIS} = 'breakdown.{axis}' THEN {{part.@name}} END"


def _of_parts(metric: str) -> str:
    """SQL text of what the parts of a day add up to."""
    return (
        f"sum(TRY_CAST({_KEY}{metric}}} AS DOUBLE)) "
        "OVER (PARTITION BY file, {day.date})"
    )


_LESS = "TRY_CAST({day.metrics.spend} AS DOUBLE) > 1.000001 * {@spend} + 0.00001"
_FEWER = "TRY_CAST({day.metrics.prompt_tokens} AS DOUBLE) > {@tokens}"
_UNEXPLAINED = (
    "of days whose own totals exceed their parts: only the parts count, the rest is in "
    "no figure"
)

# Where a breakdown's API keys are not read, the part itself may be a key.
_OF_KEY = f"{{key.@path}} IS NOT NULL OR {_AXIS} = 'breakdown.api_keys'"
_OF_ENTITY = f"{_AXIS} = 'breakdown.entities'"
_OF_TEAM = f"{_OF_ENTITY} AND {{part.metadata.team_alias}} IS NOT NULL"
_OF_ORG = f"{_OF_ENTITY} AND {{part.metadata.organization_alias}} IS NOT NULL"
_OF_USER = (
    f"{_OF_ENTITY} AND coalesce({{part.metadata.team_alias}}, "
    "{part.metadata.organization_alias}) IS NULL"
)

SOURCE = Source(
    name="litellm_activity",
    title="LiteLLM's daily activity (pages of /user/daily/activity and its kin)",
    matches=_is_activity,
    timezone="UTC",
    grain="bucket",
    levels=(
        Level("day", ("results",)),
        Level("part", tuple(f"breakdown.{axis}" for axis in _AXES), optional=True),
        Level(
            "key",
            ("api_key_breakdown",),
            optional=True,
            needs="metrics.prompt_tokens",
        ),
    ),
    fields={
        "record_id": Field(
            "{@bucket}", "the date, the number of the page and the path of names"
        ),
        "start": Field("{day.date}", "results.date (a day of UTC)"),
        "end": Field(next_day("{day.date}"), "the day after"),
        "org": Field(
            f"CASE WHEN {_OF_ORG} THEN {{part.@name}} END",
            "the entity, where metadata has organization_alias",
        ),
        "project": Field(
            first_of(
                "{key.metadata.team_id}",
                f"CASE WHEN {_OF_TEAM} THEN {{part.@name}} END",
            ),
            "api_key_breakdown ... metadata.team_id, else the entity of a team",
        ),
        "user": Field(
            first_of(
                f"CASE WHEN {_OF_USER} THEN {{part.@name}} END",
                "{key.metadata.user_email}",
            ),
            "any other entity, else api_key_breakdown ... metadata.user_email",
        ),
        "api_key": Field(
            f"CASE WHEN {_OF_KEY} "
            "THEN left(coalesce({key.@name}, {part.@name}), 8) END",
            "the first 8 of the key",
        ),
        "endpoint": Field(_named("endpoints"), "breakdown.endpoints"),
        "deployment": Field(
            first_of(_named("models"), _named("model_groups")),
            "breakdown.models, else model_groups",
        ),
        "provider": Field(_named("providers"), "breakdown.providers"),
        "requests": Field(_KEY + "api_requests}", "metrics.api_requests"),
        "input_tokens": Field(
            _KEY + "prompt_tokens}", "metrics.prompt_tokens (cached tokens included)"
        ),
        "cache_read_tokens": Field(
            _KEY + "cache_read_input_tokens}", "metrics.cache_read_input_tokens"
        ),
        "cache_write_tokens": Field(
            _KEY + "cache_creation_input_tokens}", "metrics.cache_creation_input_tokens"
        ),
        "output_tokens": Field(
            _KEY + "completion_tokens}", "metrics.completion_tokens"
        ),
        "fee_cost": Field(_KEY + "flat_cost}", "metrics.flat_cost, part of the cost"),
        "cost": Field(
            sum_of_costs(_KEY + "spend}", _KEY + "flat_cost}"),
            "metrics.spend + flat_cost (USD; 0 = free or not priced)",
        ),
        "currency": Field(f"CASE WHEN {_KEY}spend}} IS NOT NULL THEN 'USD' END"),
    },
    labels={
        "org": "{part.metadata.organization_alias}",
        "project": "CASE WHEN "
        + first_of("{key.metadata.team_id}")
        + " IS NULL THEN {part.metadata.team_alias} "
        "ELSE {key.metadata.team_alias} END",
        "user": f"CASE WHEN {_OF_USER} THEN {{part.metadata.user_email}} END",
        "api_key": f"CASE WHEN {_OF_KEY} THEN coalesce({{key.metadata.key_alias}}, "
        "{part.metadata.key_alias}) END",
    },
    free_when=f"parse_count({_KEY}successful_requests}}) = 0",
    derived={
        **bucket_key(
            "{day.date} || coalesce(' page ' || nullif({metadata.page}, '1'), '')",
            f"json_object(coalesce({_AXIS}, 'day'), coalesce({{part.@name}}, ''), "
            "'key', {key.@name})",
            within="n - {key.@number}",
        ),
        "@spend": _of_parts("spend"),
        "@tokens": _of_parts("prompt_tokens"),
    },
    remarks={_UNEXPLAINED: f"{_LESS} OR {_FEWER}"},
    keep_largest=True,
    is_paginated=True,
    family="litellm",
    cannot_tell=(
        *DAYS_CANNOT_TELL,
        "more than one breakdown at a time: they are alternatives, and the models are "
        "read before the others",
        "a day that still runs, where its answer has several pages: each of them has "
        "its part, and which part moves as the day grows",
    ),
)
