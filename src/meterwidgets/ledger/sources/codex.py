"""Codex's session logs: ``~/.codex/sessions/**/*.jsonl``, a folder.

``token_count`` events carry the delta ``last_token_usage`` beside a running total. An
event that is written again does not move the total and is left out. Where the total is
input + output + reasoning, the reasoning is on top of the output and is added to it;
where it is input + output, it is in there already.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, constant
from meterwidgets.ledger.sources.sql import sum_of

_LAST = "{payload.info.last_token_usage."
_TOTAL = "{payload.info.total_token_usage}"
_LINES = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")


def _matches(sample: Sample) -> bool:
    return any(
        row.get("type") in _LINES and "payload" in row and "timestamp" in row
        for row in sample.records
    )


def _carried(value: str) -> str:
    """SQL text of the latest value up to a row."""
    return (
        f"last_value({value} IGNORE NULLS) OVER (PARTITION BY file ORDER BY n "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )


def _delta(name: str) -> str:
    """SQL text of a count: the delta, else what the running total grew by."""
    total, before = (
        f"parse_count(TRY(json_extract_string({text}, '$.{name}')))"
        for text in (_TOTAL, "{@before}")
    )
    grown = f"CAST({total} - coalesce({before}, 0) AS VARCHAR)"
    return (
        "CASE WHEN {payload.info.last_token_usage} IS NOT NULL "
        f"THEN {_LAST}{name}}} ELSE {grown} END"
    )


_INSIDE = "parse_count({@sum}) = parse_count({@input}) + parse_count({@output})"

SOURCE = Source(
    name="codex",
    title="Codex's session logs (a folder of JSONL)",
    matches=_matches,
    timezone="UTC",
    where="{type} = 'event_msg' AND {payload.type} = 'token_count' "
    "AND coalesce({payload.info.last_token_usage}, " + _TOTAL + ") IS NOT NULL "
    f"AND ({_TOTAL} IS NULL OR {_TOTAL} IS DISTINCT FROM {{@before}})",
    fields={
        "start": Field("{timestamp}", "timestamp of a token_count"),
        "project": Field(
            r"nullif(regexp_extract({@cwd}, '([^/\\]+)[/\\]*$', 1), '')",
            "the last folder of cwd, from the preceding turn_context",
        ),
        "provider": constant("openai"),
        "model": Field(
            "coalesce({payload.info.model}, {@model})",
            "info.model, else model of the preceding turn_context",
        ),
        "input_tokens": Field(
            "{@input}", "last_token_usage.input_tokens (cached tokens included)"
        ),
        "cache_read_tokens": Field(
            _delta("cached_input_tokens"), "last_token_usage.cached_input_tokens"
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
        "@cwd": _carried("{payload.cwd}"),
        "@before": f"last_value({_TOTAL} IGNORE NULLS) OVER (PARTITION BY file "
        "ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
        "@input": _delta("input_tokens"),
        "@output": _delta("output_tokens"),
        "@reasoning": _delta("reasoning_output_tokens"),
        "@sum": _delta("total_tokens"),
    },
    cannot_tell=(
        "costs (priced by rates)",
        "organization, user, API key and endpoint",
        "cache writes",
        "which plan paid: a subscription is not billed by the token",
    ),
)
