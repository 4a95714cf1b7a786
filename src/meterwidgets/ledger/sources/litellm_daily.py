"""LiteLLM by the day: its daily tables, the pages of daily activity, the UI's CSV.

All of them, and the spend logs, tell of the same usage: a family. The breakdowns of an
activity page are alternatives, so that only the first that is there is read, the
models before the others; within it the API keys, where they report tokens.
"""

from __future__ import annotations

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.buckets import BUCKETS_CANNOT_TELL, bucket_key
from meterwidgets.ledger.sources.sql import as_json, first_of, next_day, usd_for

_AXES = ("models", "model_groups", "entities", "api_keys", "providers", "endpoints")
_CANNOT_TELL = (
    "hours and single requests: days of UTC only",
    "names of organizations and teams where only ids are given",
    "whether a spend of 0 is free or not priced",
    "the split of a spend into input and output (estimated from list prices)",
    "reasoning tokens; 5-minute and 1-hour cache writes",
    *BUCKETS_CANNOT_TELL,
)


REQUIRED_COLUMNS = frozenset(
    {"date", "spend", "prompt_tokens", "completion_tokens", "api_requests"}
)
"""The columns that identify a daily table."""


def _is_table(sample: Sample) -> bool:
    return set(sample.columns) >= REQUIRED_COLUMNS


def _is_activity(sample: Sample) -> bool:
    return any(
        "date" in day and {"breakdown", "metrics"} & day.keys()
        for day in sample.within("results")
    )


def _is_ui(sample: Sample) -> bool:
    return {"Date", "Spend ($)", "Requests"} <= set(sample.columns)


TABLE = Source(
    name="litellm_daily",
    title="LiteLLM's daily tables (DailyUserSpend, DailyTeamSpend)",
    matches=_is_table,
    timezone="UTC",
    grain="bucket",
    fields={
        "record_id": Field(
            first_of("{id}", "{@bucket}"),
            "id, else the date and all that tells rows apart",
        ),
        "start": column("date", "a day of UTC"),
        "end": Field(next_day("{date}"), "the day after"),
        "org": column("organization_id"),
        "project": column("team_id"),
        "user": Field(
            first_of("{user_id}", "{end_user_id}"), "user_id, else end_user_id"
        ),
        "api_key": Field("left({api_key}, 8)", "the first 8 of api_key"),
        "endpoint": column("endpoint"),
        "deployment": Field(
            first_of("{model_group}", "{model}"), "model_group, else model"
        ),
        "provider": column("custom_llm_provider"),
        "model": column("model"),
        "requests": column("api_requests"),
        "input_tokens": column("prompt_tokens", "cached tokens included"),
        "cache_read_tokens": column("cache_read_input_tokens"),
        "cache_write_tokens": column("cache_creation_input_tokens"),
        "output_tokens": column("completion_tokens"),
        "cost": column("spend", "USD; 0 = free or not priced"),
        "currency": Field(usd_for("{spend}")),
    },
    free_when="parse_count({successful_requests}) = 0",
    derived=bucket_key(
        f"CASE WHEN {first_of('{id}')} IS NULL THEN {{date}} END",
        as_json(
            "user_id",
            "team_id",
            "organization_id",
            "end_user_id",
            "agent_id",
            "tag",
            "api_key",
            "model",
            "model_group",
            "custom_llm_provider",
            "mcp_namespaced_tool_name",
            "endpoint",
        ),
    ),
    keep_largest=True,
    family="litellm",
    cannot_tell=_CANNOT_TELL,
)

_KEY = "{key.metrics."
_AXIS = "{part.@path}"


def _named(axis: str) -> str:
    """SQL text of the name in one breakdown, null in the others."""
    return f"CASE WHEN {_AXIS} = 'breakdown.{axis}' THEN {{part.@name}} END"


# Where a breakdown's API keys are not read, the part itself may be a key.
_OF_KEY = f"{{key.@path}} IS NOT NULL OR {_AXIS} = 'breakdown.api_keys'"
_OF_ENTITY = f"{_AXIS} = 'breakdown.entities'"
_OF_TEAM = f"{_OF_ENTITY} AND {{part.metadata.team_alias}} IS NOT NULL"
_OF_ORG = f"{_OF_ENTITY} AND {{part.metadata.organization_alias}} IS NOT NULL"
_OF_USER = (
    f"{_OF_ENTITY} AND coalesce({{part.metadata.team_alias}}, "
    "{part.metadata.organization_alias}) IS NULL"
)

ACTIVITY = Source(
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
        "cost": Field(_KEY + "spend}", "metrics.spend (USD; 0 = free or not priced)"),
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
    derived=bucket_key(
        "{day.date} || coalesce(' page ' || nullif({metadata.page}, '1'), '')",
        f"json_object(coalesce({_AXIS}, 'day'), coalesce({{part.@name}}, ''), "
        "'key', {key.@name})",
        within="n - {key.@number}",
    ),
    keep_largest=True,
    is_paginated=True,
    family="litellm",
    cannot_tell=(
        *_CANNOT_TELL,
        "more than one breakdown at a time: they are alternatives, and the models are "
        "read before the others",
        "a day that still runs, where its answer has several pages: each of them has "
        "its part, and which part moves as the day grows",
    ),
)

UI = Source(
    name="litellm_ui",
    title="LiteLLM's usage export (the CSV of its UI)",
    matches=_is_ui,
    timezone="UTC",
    grain="bucket",
    fields={
        "record_id": Field("{@bucket}", "the date, all names and ids, and the model"),
        "start": column("Date", "a day of UTC"),
        "end": Field(next_day("{Date}"), "the day after"),
        "org": Field(
            first_of("{Organization ID}", "{Organization}"),
            "Organization ID, else Organization",
        ),
        "project": Field(first_of("{Team ID}", "{Team}"), "Team ID, else Team"),
        "user": Field(
            first_of("{User ID}", "{User}", "{Customer ID}", "{Customer}"),
            "User ID, else User, else Customer ID, else Customer",
        ),
        "api_key": Field(
            first_of("left({Key ID}, 8)", "{Key Alias}"),
            "the first 8 of Key ID, else Key Alias",
        ),
        "deployment": column("Model"),
        "requests": column("Requests"),
        "input_tokens": column("Prompt Tokens", "cached tokens included"),
        "output_tokens": column("Completion Tokens"),
        "cost": column(
            "Spend ($)", "text with thousands commas; 0 = free or not priced"
        ),
        "currency": Field(usd_for("{Spend ($)}")),
    },
    labels={
        "org": "{Organization}",
        "project": "{Team}",
        "user": "CASE WHEN "
        + first_of("{User ID}", "{User}")
        + " IS NULL THEN {Customer} ELSE {User} END",
        "api_key": "{Key Alias}",
    },
    free_when="parse_count({Successful Requests}) = 0",
    derived=bucket_key(
        "{Date}",
        as_json(
            "Organization",
            "Organization ID",
            "Team",
            "Team ID",
            "User",
            "User ID",
            "Customer",
            "Customer ID",
            "Key Alias",
            "Key ID",
            "Tag",
            "Agent",
            "Agent ID",
            "Model",
        ),
    ),
    keep_largest=True,
    family="litellm",
    cannot_tell=(*_CANNOT_TELL, "cached tokens", "tags and agents"),
)
