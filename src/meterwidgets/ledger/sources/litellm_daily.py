"""LiteLLM by the day: its daily tables, the pages of daily activity, the UI's CSV.

All of them, and the spend logs, tell of the same usage: a family. The breakdowns of an
activity page are alternatives, so that only the first that is there is read, the
models before the others; within it the API keys, where they report tokens.
"""

from __future__ import annotations

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import (
    CORRECTED,
    Source,
    as_json,
    bucket_key,
    first,
    next_day,
)

_AXES = ("models", "model_groups", "entities", "api_keys", "providers", "endpoints")
_CANNOT_TELL = (
    "hours and single requests: days of UTC only",
    "names of organizations and teams where only ids are given",
    "whether a spend of 0 is free or not priced",
    "the split of a spend into input and output (estimated from list prices)",
    "reasoning tokens; 5-minute and 1-hour cache writes",
    *CORRECTED,
)


NEEDED = frozenset(
    {"date", "spend", "prompt_tokens", "completion_tokens", "api_requests"}
)
"""The columns by which a daily table is told."""


def _is_table(sample: Sample) -> bool:
    return set(sample.columns) >= NEEDED


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
    recognises=_is_table,
    columns={
        "record_id": "id, else the date and all that tells rows apart",
        "start": "date (a day of UTC)",
        "end": "the day after",
        "org": "organization_id",
        "project": "team_id",
        "user": "user_id, else end_user_id",
        "api_key": "the first 8 of api_key",
        "endpoint": "endpoint",
        "deployment": "model_group, else model",
        "provider": "custom_llm_provider",
        "model": "model",
        "requests": "api_requests",
        "input_tokens": "prompt_tokens (cached tokens included)",
        "cache_read_tokens": "cache_read_input_tokens",
        "cache_write_tokens": "cache_creation_input_tokens",
        "output_tokens": "completion_tokens",
        "cost": "spend (USD; 0 = free or not priced)",
    },
    fields={
        "record_id": first("{id}", "{@bucket}"),
        "start": "{date}",
        "end": next_day("{date}"),
        "org": "{organization_id}",
        "project": "{team_id}",
        "user": first("{user_id}", "{end_user_id}"),
        "api_key": "left({api_key}, 8)",
        "endpoint": "{endpoint}",
        "deployment": first("{model_group}", "{model}"),
        "provider": "{custom_llm_provider}",
        "model": "{model}",
        "requests": "{api_requests}",
        "input_tokens": "{prompt_tokens}",
        "cache_read_tokens": "{cache_read_input_tokens}",
        "cache_write_tokens": "{cache_creation_input_tokens}",
        "output_tokens": "{completion_tokens}",
        "cost": "{spend}",
        "currency": "CASE WHEN {spend} IS NOT NULL THEN 'USD' END",
    },
    cannot_tell=_CANNOT_TELL,
    zone="UTC",
    recorded_zero="parse_count({successful_requests}) = 0",
    grain="bucket",
    derived=bucket_key(
        f"CASE WHEN {first('{id}')} IS NULL THEN {{date}} END",
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
    grows=True,
    family="litellm",
)

_KEY = "{key.metrics."
_AXIS = "{part.@path}"


def _named(axis: str) -> str:
    """The name in one breakdown, null in the others."""
    return f"CASE WHEN {_AXIS} = 'breakdown.{axis}' THEN {{part.@name}} END"


# where the API keys are not looked into, a key is the part itself and has its names
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
    recognises=_is_activity,
    columns={
        "record_id": "the date, the number of the page and the path of names",
        "start": "results.date (a day of UTC)",
        "end": "the day after",
        "org": "the entity, where metadata has organization_alias",
        "project": "api_key_breakdown ... metadata.team_id, else the entity of a team",
        "user": "any other entity, else api_key_breakdown ... metadata.user_email",
        "api_key": "the first 8 of the key",
        "endpoint": "breakdown.endpoints",
        "deployment": "breakdown.models, else model_groups",
        "provider": "breakdown.providers",
        "requests": "metrics.api_requests",
        "input_tokens": "metrics.prompt_tokens (cached tokens included)",
        "cache_read_tokens": "metrics.cache_read_input_tokens",
        "cache_write_tokens": "metrics.cache_creation_input_tokens",
        "output_tokens": "metrics.completion_tokens",
        "cost": "metrics.spend (USD; 0 = free or not priced)",
    },
    fields={
        "record_id": "{@bucket}",
        "start": "{day.date}",
        "end": next_day("{day.date}"),
        "org": f"CASE WHEN {_OF_ORG} THEN {{part.@name}} END",
        "project": first(
            "{key.metadata.team_id}", f"CASE WHEN {_OF_TEAM} THEN {{part.@name}} END"
        ),
        "user": first(
            f"CASE WHEN {_OF_USER} THEN {{part.@name}} END",
            "{key.metadata.user_email}",
        ),
        "api_key": f"CASE WHEN {_OF_KEY} "
        "THEN left(coalesce({key.@name}, {part.@name}), 8) END",
        "endpoint": _named("endpoints"),
        "deployment": first(_named("models"), _named("model_groups")),
        "provider": _named("providers"),
        "requests": _KEY + "api_requests}",
        "input_tokens": _KEY + "prompt_tokens}",
        "cache_read_tokens": _KEY + "cache_read_input_tokens}",
        "cache_write_tokens": _KEY + "cache_creation_input_tokens}",
        "output_tokens": _KEY + "completion_tokens}",
        "cost": _KEY + "spend}",
        "currency": f"CASE WHEN {_KEY}spend}} IS NOT NULL THEN 'USD' END",
    },
    labels={
        "org": "{part.metadata.organization_alias}",
        "project": "CASE WHEN "
        + first("{key.metadata.team_id}")
        + " IS NULL THEN {part.metadata.team_alias} "
        "ELSE {key.metadata.team_alias} END",
        "user": f"CASE WHEN {_OF_USER} THEN {{part.metadata.user_email}} END",
        "api_key": f"CASE WHEN {_OF_KEY} THEN coalesce({{key.metadata.key_alias}}, "
        "{part.metadata.key_alias}) END",
    },
    cannot_tell=(
        *_CANNOT_TELL,
        "more than one breakdown at a time: they are alternatives, and the models are "
        "read before the others",
        "a day that still runs, where its answer has several pages: each of them has "
        "its part, and which part moves as the day grows",
    ),
    zone="UTC",
    recorded_zero=f"parse_count({_KEY}successful_requests}}) = 0",
    grain="bucket",
    unnest=(
        Level("day", ("results",)),
        Level("part", tuple(f"breakdown.{axis}" for axis in _AXES), optional=True),
        Level(
            "key",
            ("api_key_breakdown",),
            optional=True,
            needs="metrics.prompt_tokens",
        ),
    ),
    derived=bucket_key(
        "{day.date} || coalesce(' page ' || nullif({metadata.page}, '1'), '')",
        f"json_object(coalesce({_AXIS}, 'day'), coalesce({{part.@name}}, ''), "
        "'key', {key.@name})",
        among="n - {key.@number}",
    ),
    grows=True,
    paged=True,
    family="litellm",
)

UI = Source(
    name="litellm_ui",
    title="LiteLLM's usage export (the CSV of its UI)",
    recognises=_is_ui,
    columns={
        "record_id": "the date, all names and ids, and the model",
        "start": "Date (a day of UTC)",
        "end": "the day after",
        "org": "Organization ID, else Organization",
        "project": "Team ID, else Team",
        "user": "User ID, else User, else Customer ID, else Customer",
        "api_key": "the first 8 of Key ID, else Key Alias",
        "deployment": "Model",
        "requests": "Requests",
        "input_tokens": "Prompt Tokens (cached tokens included)",
        "output_tokens": "Completion Tokens",
        "cost": "Spend ($) (text with thousands commas; 0 = free or not priced)",
    },
    fields={
        "record_id": "{@bucket}",
        "start": "{Date}",
        "end": next_day("{Date}"),
        "org": first("{Organization ID}", "{Organization}"),
        "project": first("{Team ID}", "{Team}"),
        "user": first("{User ID}", "{User}", "{Customer ID}", "{Customer}"),
        "api_key": first("left({Key ID}, 8)", "{Key Alias}"),
        "deployment": "{Model}",
        "requests": "{Requests}",
        "input_tokens": "{Prompt Tokens}",
        "output_tokens": "{Completion Tokens}",
        "cost": "{Spend ($)}",
        "currency": "CASE WHEN {Spend ($)} IS NOT NULL THEN 'USD' END",
    },
    labels={
        "org": "{Organization}",
        "project": "{Team}",
        "user": "CASE WHEN "
        + first("{User ID}", "{User}")
        + " IS NULL THEN {Customer} ELSE {User} END",
        "api_key": "{Key Alias}",
    },
    cannot_tell=(*_CANNOT_TELL, "cached tokens", "tags and agents"),
    zone="UTC",
    recorded_zero="parse_count({Successful Requests}) = 0",
    grain="bucket",
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
    grows=True,
    family="litellm",
)
