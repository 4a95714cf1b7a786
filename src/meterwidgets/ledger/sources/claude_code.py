"""Claude Code's session logs: ``~/.claude/projects/**/*.jsonl``, a folder.

A message is written again while it streams, with growing output: the fullest state of a
message and its request counts. A sidechain repeats messages of its parent under another
request, and a parent those of its subagents as progress lines; such a copy goes out
where the message itself is there, and so does a copy without a request.
``input_tokens`` leaves out what was read from and written to the cache. Calls inside a
message that its usage leaves out, such as an advisor of another model or a compaction,
are records of their own.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, constant
from meterwidgets.ledger.sources.sql import sum_of, usd_for

_LINES = (
    "user", "assistant", "system", "summary", "file-history-snapshot", "progress",
    "queue-operation",
)  # fmt: skip
"""The kinds of lines of a session; one that was never answered has no usage."""
_TOTAL = (
    "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "output_tokens",
)  # fmt: skip


def _matches(sample: Sample) -> bool:
    if any("usage" in each for each in sample.within("message")):
        names = {"sessionId", "requestId", "_audit_timestamp"}
        return bool(names & set(sample.columns))
    if any("usageMetadata" in row for row in sample.records):
        return False  # other agents write lines of the same kinds
    return any(
        row.get("type") in _LINES and {"sessionId", "leafUuid", "snapshot"} & row.keys()
        for row in sample.records
    )


def _line(path: str) -> str:
    """SQL text of a value of a line, or of the message that a progress line holds."""
    return f"coalesce({{{path}}}, {{data.message.{path}}})"


def _usage(path: str) -> str:
    """SQL text of a value of the usage: of the part, or of the message."""
    part = f"json_extract_string({{@part}}, '$.{path}')"
    whole = _line(f"message.usage.{path}")
    return f"CASE WHEN {{@part}} IS NULL THEN {whole} ELSE {part} END"


def _tokens(usage: str) -> str:
    """SQL text of all tokens of a usage that is JSON text."""
    paths = ", ".join(f"'$.{name}'" for name in _TOTAL)
    return (
        "coalesce(list_sum(list_transform("
        f"TRY(json_extract_string({usage}, [{paths}])), "
        "lambda t: TRY_CAST(t AS BIGINT))), 0)"
    )


_READ = _usage("cache_read_input_tokens")
_HOUR = _usage("cache_creation.ephemeral_1h_input_tokens")
_FIVE_MINUTES = _usage("cache_creation.ephemeral_5m_input_tokens")
_WRITTEN = (
    f"coalesce({_usage('cache_creation_input_tokens')}, {sum_of(_FIVE_MINUTES, _HOUR)})"
)
_MODEL = (
    "coalesce(CASE WHEN {@part} IS NOT NULL "
    "THEN json_extract_string({@part}, '$.model') END, {@model})"
)
_GEOGRAPHY = f"nullif({_line('message.usage.inference_geo')}, 'not_available')"
_COST = "CASE WHEN {@part} IS NULL THEN {costUSD} END"
_NUMBER = "CASE WHEN {@part_number} > 0 THEN ' part ' || {@part_number} ELSE '' END"
_COPY = f"'replay of ' || {{@id}} || {_NUMBER}"
_IS_COPY = (
    "(lower({isSidechain}) = 'true' OR {message.usage} IS NULL OR {@request} IS NULL)"
)
_STATES = (
    "PARTITION BY file, {@id}, {@request}, {isSidechain}, {message.usage} IS NULL, "
    "{@usage} IS NULL ORDER BY {@tokens} DESC, n DESC"
)
"""The states of a message as it is written again, the fullest first."""
_IS_SYNTHETIC = "{@model} IS NOT DISTINCT FROM '<synthetic>'"

SOURCE = Source(
    name="claude_code",
    title="Claude Code's session logs (a folder of JSONL)",
    matches=_matches,
    timezone="UTC",
    where=f"{{@usage}} IS NOT NULL AND {{@fullest}} AND NOT {_IS_SYNTHETIC}",
    left_out={
        "they are messages of Claude Code itself, not of a model": "{@usage} IS NOT "
        f"NULL AND {_IS_SYNTHETIC}",
        "a message is written again while it grows, and its fullest state counts": (
            "{@usage} IS NOT NULL AND NOT {@fullest}"
        ),
        "they are results of subagents, whose requests stand in logs of their own": (
            "{toolUseResult.totalTokens} IS NOT NULL"
        ),
    },
    fields={
        "record_id": Field(
            f"CASE WHEN {{@id}} IS NULL THEN 'line ' || {{uuid}} || {_NUMBER} "
            f"WHEN {_IS_COPY} THEN {_COPY} "
            f"ELSE {{@id}} || ' ' || {{@request}} || {_NUMBER} END",
            "message.id and requestId; the fullest of each",
        ),
        "covers": Field(f"CASE WHEN {_IS_COPY} THEN NULL ELSE {_COPY} END"),
        "start": Field(
            "coalesce({@first_written}, {@written})",
            "the first timestamp of the message, else _audit_timestamp",
        ),
        "project": Field(
            r"nullif(regexp_extract({@file}, '[/\\]projects[/\\]([^/\\]+)[/\\]',"
            " 1), '')",
            "the folder under projects/",
        ),
        "provider": constant("anthropic"),
        "model": Field(
            _MODEL, "message.model; of a call inside it, usage.iterations.model"
        ),
        "service_tier": Field(
            _line("message.usage.service_tier"), "message.usage.service_tier"
        ),
        "speed": Field(_usage("speed"), "message.usage.speed"),
        "geography": Field(_GEOGRAPHY, "message.usage.inference_geo"),
        "session": Field("coalesce({sessionId}, {session_id})", "sessionId"),
        "searches": Field(
            _usage("server_tool_use.web_search_requests"),
            "message.usage.server_tool_use.web_search_requests",
        ),
        "input_tokens": Field(
            f"coalesce({sum_of(_usage('input_tokens'), _READ, _WRITTEN)}, "
            "{toolUseResult.totalTokens})",
            "message.usage.input_tokens + cache read + cache creation; the same of "
            "usage.iterations that it leaves out",
        ),
        "cache_read_tokens": Field(_READ, "message.usage.cache_read_input_tokens"),
        "cache_write_tokens": Field(
            _WRITTEN, "message.usage.cache_creation_input_tokens"
        ),
        "cache_write_1h_tokens": Field(
            _HOUR, "... cache_creation.ephemeral_1h_input_tokens"
        ),
        "output_tokens": Field(_usage("output_tokens"), "message.usage.output_tokens"),
        "cost": Field(_COST, "costUSD (USD; 0 = not priced)"),
        "currency": Field(usd_for(_COST)),
    },
    free_when="false",
    derived={
        "@id": _line("message.id"),
        "@request": _line("requestId"),
        "@model": _line("message.model"),
        "@usage": _line("message.usage"),
        "@tokens": _tokens("{@usage}"),
        "@written": "coalesce({data.message.timestamp}, {timestamp}, "
        "{_audit_timestamp})",
        "@fullest": f"{{@id}} IS NULL OR row_number() OVER ({_STATES}) = 1",
        # a message that streams over midnight began on the day before
        "@first_written": f"CASE WHEN {{@id}} IS NOT NULL THEN min({{@written}}) OVER "
        f"({_STATES} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) END",
        "@calls": "coalesce(TRY(json_extract("
        + _line("message.usage.iterations")
        + ", '$[*]')), [])",
        "@all_tokens": "list_sum(list_transform({@calls}, lambda x: "
        + _tokens("x")
        + "))",
    },
    parts="CASE WHEN {@all_tokens} IS DISTINCT FROM {@tokens} "
    "THEN list_transform(list_filter({@calls}, lambda x: "
    "coalesce(x->>'$.type', 'message') <> 'message' "
    "OR coalesce(x->>'$.model' <> {@model}, false)), lambda x: x::VARCHAR) END",
    keep_largest=True,
    cannot_tell=(
        "organization, user, API key and endpoint",
        "reasoning tokens (inside the output, not told apart)",
        "the cost of newer versions, which record none (priced by rates)",
        "which plan paid: a subscription is not billed by the token",
    ),
)
