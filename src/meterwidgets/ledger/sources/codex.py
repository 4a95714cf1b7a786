"""Codex's session logs: ``~/.codex/sessions/**/*.jsonl``, a folder.

A ``token_count`` carries the delta ``last_token_usage`` beside a running total. One
that does not move the total is a repetition and is left out; without a delta the
growth of the total counts, and a total that falls has started again. Newer versions
write a ``token_usage_record`` for each response, also for a compaction, which no total
counts; a ``token_count`` that such a record repeats is left out.

A session that was forked from another, or spawned by it, begins with a replay of that
one: its counts, at their times or at the time of the fork. They are recognised by that
time, and by the session, the turn and the total that they share with the original.

Reasoning is in the output, as OpenAI counts it. Where a total says that it is input +
output + reasoning, it is on top and is added.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, constant
from meterwidgets.ledger.sources.sql import sum_of

_LAST = "{payload.info.last_token_usage."
_TOTAL = "{payload.info.total_token_usage}"
_LINES = (
    "session_meta", "turn_context", "event_msg", "response_item", "compacted",
    "token_usage_record",
)  # fmt: skip
_COUNTS = ("input_tokens", "cached_input_tokens", "output_tokens",
           "reasoning_output_tokens", "total_tokens")  # fmt: skip
_REPLAY_GAP_US = 500_000
"""A replay is written in one go: no pause in it is as long as this; a response is."""


def _matches(sample: Sample) -> bool:
    return any(
        row.get("type") in _LINES and "payload" in row and "timestamp" in row
        for row in sample.records
    )


def _carried(value: str, frame: str = "CURRENT ROW") -> str:
    """SQL text of the latest value up to a row."""
    return (
        f"last_value({value} IGNORE NULLS) OVER (PARTITION BY file ORDER BY n "
        f"ROWS BETWEEN UNBOUNDED PRECEDING AND {frame})"
    )


def _of_file(function: str, value: str) -> str:
    """SQL text of the first or last value of a file."""
    return (
        f"{function}({value} IGNORE NULLS) OVER (PARTITION BY file ORDER BY n "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )


def _total(name: str, text: str = _TOTAL) -> str:
    """SQL text of a count of a running total."""
    return f"parse_count(TRY(json_extract_string({text}, '$.{name}')))"


def _delta(name: str) -> str:
    """SQL text of a count: of a response, the delta, or the growth of the total."""
    before = f"CASE WHEN {{@restarted}} THEN 0 ELSE {_total(name, '{@before}')} END"
    grown = f"{_total(name)} - coalesce({before}, 0)"
    return (
        f"CASE WHEN {_IS_RECORD} THEN {{payload.usage.{name}}} "
        "WHEN {payload.info.last_token_usage} IS NOT NULL "
        f"THEN {_LAST}{name}}} "
        f"WHEN {grown} >= 0 THEN CAST({grown} AS VARCHAR) END"
    )


_IS_META = "{type} = 'session_meta'"
_IS_RECORD = "coalesce({type} = 'token_usage_record', false)"
_IS_COUNT = (
    "coalesce({type} = 'event_msg' AND {payload.type} = 'token_count', false) "
    "AND coalesce({payload.info.last_token_usage}, " + _TOTAL + ") IS NOT NULL "
    f"AND ({_TOTAL} IS NULL OR {_TOTAL} IS DISTINCT FROM {{@before}})"
)
_PARENT = (
    "coalesce({payload.forked_from_id}, {payload.parent_thread_id}, "
    "{payload.source.subagent.thread_spawn.parent_thread_id})"
)
_FELL = " OR ".join(
    f"{_total(name)} < {_total(name, '{@before}')}"
    for name in ("input_tokens", "output_tokens", "total_tokens")
)
_TIER = "coalesce({payload.service_tier}, {payload.info.service_tier}, {@tier})"
_INSIDE = (
    "coalesce(parse_count({@sum}) = parse_count({@input}) + parse_count({@output}), "
    "parse_count({@reasoning}) <= parse_count({@output}))"
)
_REPEATED = "{@is_count} AND {@nth} <= {@records}"

SOURCE = Source(
    name="codex",
    title="Codex's session logs (a folder of JSONL)",
    matches=_matches,
    timezone="UTC",
    where=f"({_IS_RECORD} OR {{@is_count}} AND NOT ({_REPEATED})) "
    "AND NOT {@is_replay} AND NOT {@is_imported}",
    left_out={
        "a session of another agent was imported, whose own log counts them": (
            f"({_IS_RECORD} OR {{@is_count}}) AND {{@is_imported}}"
        ),
        "a forked or spawned session begins with a replay of the session it comes "
        "from, whose own file counts them": f"({_IS_RECORD} OR {{@is_count}}) "
        "AND {@is_replay}",
        "a token_count repeats the token_usage_record of the same response": _REPEATED,
    },
    fields={
        "record_id": Field(
            f"CASE WHEN {_IS_RECORD} "
            "THEN coalesce({payload.thread_id}, '') || ' ' || {payload.response_id} "
            "ELSE {@root} || ' ' || {@state} || ' ' || {@restarts} || "
            "coalesce(' ' || {@turn}, '') END",
            "thread_id and response_id; else the session, its turn and running total",
        ),
        "start": Field("{timestamp}", "timestamp of a response or token_count"),
        "project": Field(
            r"nullif(regexp_extract({@cwd}, '([^/\\]+)[/\\]*$', 1), '')",
            "the last folder of cwd, from the preceding turn_context",
        ),
        "provider": constant("openai"),
        "model": Field(
            "coalesce({payload.info.model}, "
            f"CASE WHEN {_IS_RECORD} THEN {{payload.model}} END, {{@model}})",
            "info.model, else model of the preceding turn_context",
        ),
        "service_tier": Field(
            f"CASE lower({_TIER}) WHEN 'fast' THEN 'priority' ELSE {_TIER} END",
            "service_tier, else that of the preceding turn_context",
        ),
        "session": Field("{@session}", "id of the session_meta"),
        "input_tokens": Field(
            "{@input}", "last_token_usage.input_tokens (cached tokens included)"
        ),
        "cache_read_tokens": Field(
            _delta("cached_input_tokens"), "last_token_usage.cached_input_tokens"
        ),
        "cache_write_tokens": Field(
            _delta("cache_write_input_tokens"),
            "last_token_usage.cache_write_input_tokens",
        ),
        "output_tokens": Field(
            f"CASE WHEN {_INSIDE} THEN {{@output}} "
            f"ELSE {sum_of('{@output}', '{@reasoning}')} END",
            "last_token_usage.output_tokens + reasoning_output_tokens",
        ),
        "reasoning_tokens": Field(
            "{@reasoning}", "last_token_usage.reasoning_output_tokens"
        ),
    },
    derived={
        "@model": _carried(
            "CASE WHEN {type} = 'turn_context' THEN {payload.model} END"
        ),
        "@turn": _carried(
            "CASE WHEN {type} = 'turn_context' THEN {payload.turn_id} END"
        ),
        "@is_imported": "coalesce(starts_with({@turn}, 'external-import-turn'), false)",
        "@tier": _carried(
            "CASE WHEN {type} = 'turn_context' THEN {payload.service_tier} END"
        ),
        "@cwd": _carried("{payload.cwd}"),
        "@before": _carried(_TOTAL, "1 PRECEDING"),
        "@is_count": _IS_COUNT,
        "@restarted": f"coalesce({_FELL}, false)",
        "@restarts": "CAST(count(*) FILTER ({@restarted}) OVER ("
        "PARTITION BY file ORDER BY n) AS VARCHAR)",
        "@input": _delta("input_tokens"),
        "@output": _delta("output_tokens"),
        "@reasoning": _delta("reasoning_output_tokens"),
        "@sum": _delta("total_tokens"),
        # what a running total shows, as one text
        "@state": "CASE WHEN "
        + _TOTAL
        + " IS NOT NULL THEN concat_ws(',', "
        + ", ".join(_total(name) for name in _COUNTS)
        + ", "
        "{@input}, {@output}) END",
        # whose session it is, which one it comes from, and the oldest one of them
        "@session": _of_file(
            "first_value", f"CASE WHEN {_IS_META} THEN {{payload.id}} END"
        ),
        "@parent": _of_file(
            "first_value",
            f"CASE WHEN {_IS_META} THEN coalesce("
            f"nullif({{payload.id}}, {{@session}}), {_PARENT}) END",
        ),
        "@root": "coalesce("
        + _of_file(
            "last_value",
            f"CASE WHEN {_IS_META} THEN nullif({{payload.id}}, {{@session}}) END",
        )
        + ", {@parent}, {@session})",
        # a replay goes on until the first pause after the session's own beginning
        "@began": _of_file(
            "first_value", f"CASE WHEN {_IS_META} THEN parse_instant({{timestamp}}) END"
        ),
        "@at": "greatest(parse_instant({timestamp}), {@began})",
        "@pause": "{@at} - lag({@at} IGNORE NULLS) OVER (PARTITION BY file ORDER BY n)",
        "@is_replay": "{@parent} IS NOT NULL AND coalesce(max({@pause}) OVER ("
        f"PARTITION BY file ORDER BY n) < {_REPLAY_GAP_US}, false)",
        # the first count of some tokens goes with the first record of as many
        "@usage": "concat_ws(',', {@input}, {@output}, {@sum})",
        "@nth": "row_number() OVER ("
        "PARTITION BY file, {@is_count}, {@usage} ORDER BY n)",
        "@records": f"count(DISTINCT CASE WHEN {_IS_RECORD} "
        "THEN coalesce({payload.response_id}, n::VARCHAR) END) "
        "OVER (PARTITION BY file, {@usage})",
    },
    cannot_tell=(
        "costs (priced by rates)",
        "organization, user, API key and endpoint",
        "usage of a session that only its forks replay: name its own file, too",
        "which plan paid: a subscription is not billed by the token",
    ),
)
