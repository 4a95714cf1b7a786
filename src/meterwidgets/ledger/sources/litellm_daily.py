"""LiteLLM by the day: its daily tables and the CSV of its UI.

These, the pages of daily activity and the spend logs all tell of the same usage: a
family.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.buckets import BUCKETS_CANNOT_TELL, bucket_key
from meterwidgets.ledger.sources.sql import (
    as_json,
    first_of,
    next_day,
    sum_of_costs,
    usd_for,
)

DAYS_CANNOT_TELL = (
    "hours and single requests: days of UTC only",
    "names of organizations and teams where only ids are given",
    "whether a spend of 0 is free or not priced",
    "the split of a spend into input and output (estimated from list prices)",
    "reasoning tokens; 5-minute and 1-hour cache writes",
    *BUCKETS_CANNOT_TELL,
)
"""What no daily record of LiteLLM tells."""

BY_TAG = "are of one tag each: a request counts once for every tag that it has"
"""What is said of tables by tag, whose rows overlap."""

REQUIRED_COLUMNS = frozenset(
    {"date", "spend", "prompt_tokens", "completion_tokens", "api_requests"}
)
"""The columns that identify a daily table."""


def _is_table(sample: Sample) -> bool:
    return set(sample.columns) >= REQUIRED_COLUMNS


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
        "fee_cost": column("flat_cost", "part of the cost"),
        "cost": Field(
            sum_of_costs("{spend}", "{flat_cost}"),
            "spend + flat_cost (USD; 0 = free or not priced)",
        ),
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
    remarks={BY_TAG: f"{first_of('{tag}')} IS NOT NULL"},
    keep_largest=True,
    family="litellm",
    cannot_tell=DAYS_CANNOT_TELL,
)

_IS_TOTAL_ONLY = (
    "coalesce({Prompt Tokens}, {Completion Tokens}) IS NULL "
    "AND {Total Tokens} IS NOT NULL"
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
        "input_tokens": Field(
            f"CASE WHEN {_IS_TOTAL_ONLY} "
            "THEN {Total Tokens} ELSE {Prompt Tokens} END",
            "Prompt Tokens (cached tokens included), else Total Tokens",
        ),
        "cache_read_tokens": column("Cache Read Input Tokens"),
        "cache_write_tokens": column("Cache Creation Input Tokens"),
        "output_tokens": column("Completion Tokens"),
        "fee_cost": column("Flat Cost ($)", "part of the cost"),
        "cost": Field(
            "coalesce({Total Cost ($)}, "
            + sum_of_costs("{Spend ($)}", "{Flat Cost ($)}")
            + ")",
            "Total Cost ($), else Spend ($) + Flat Cost ($) (text with thousands "
            "commas; 0 = free or not priced)",
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
    free_when="parse_count(coalesce({Successful Requests}, {Successful})) = 0",
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
    remarks={
        BY_TAG: f"{first_of('{Tag}')} IS NOT NULL",
        "tell their tokens in total only, which count as input": _IS_TOTAL_ONLY,
    },
    keep_largest=True,
    family="litellm",
    cannot_tell=(
        *DAYS_CANNOT_TELL,
        "cached tokens, and input apart from output, in exports that lack the columns",
        "tags and agents",
    ),
)
