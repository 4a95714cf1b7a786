"""Claude Code's session logs: ``~/.claude/projects/**/*.jsonl``, a folder.

A message is written again while it streams, with growing output: the last of a message
and its request is the whole one. A sidechain repeats messages of its parent under
another request; such a copy goes out where the message itself is there.
``input_tokens`` leaves out what was read from and written to the cache.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Source, plus

_USAGE = "{message.usage."
_READ = _USAGE + "cache_read_input_tokens}"
_HOUR = _USAGE + "cache_creation.ephemeral_1h_input_tokens}"
_FIVE_MINUTES = _USAGE + "cache_creation.ephemeral_5m_input_tokens}"
_WRITTEN = (
    f"coalesce({_USAGE}cache_creation_input_tokens}}, {plus(_FIVE_MINUTES, _HOUR)})"
)
_REPLAY = "'replay of ' || {message.id}"
_SIDE = "lower({isSidechain}) = 'true'"

_LINES = (
    "user", "assistant", "system", "summary", "file-history-snapshot", "progress",
    "queue-operation",
)  # fmt: skip
"""The kinds of lines of a session; one that was never answered has no usage."""


def _recognises(sample: Sample) -> bool:
    if any("usage" in each for each in sample.within("message")):
        return bool({"sessionId", "requestId"} & set(sample.columns))
    return any(
        row.get("type") in _LINES and {"sessionId", "leafUuid", "snapshot"} & row.keys()
        for row in sample.records
    )


SOURCE = Source(
    name="claude_code",
    title="Claude Code's session logs (a folder of JSONL)",
    recognises=_recognises,
    columns={
        "record_id": "message.id and requestId; the last of each",
        "start": "timestamp",
        "project": "the folder under projects/",
        "provider": "anthropic",
        "model": "message.model",
        "service_tier": "message.usage.service_tier",
        "input_tokens": "message.usage.input_tokens + cache read + cache creation",
        "cache_read_tokens": "message.usage.cache_read_input_tokens",
        "cache_write_tokens": "message.usage.cache_creation_input_tokens",
        "cache_write_1h_tokens": "... cache_creation.ephemeral_1h_input_tokens",
        "output_tokens": "message.usage.output_tokens",
        "cost": "costUSD (USD; 0 = not priced)",
    },
    fields={
        "record_id": f"CASE WHEN {_SIDE} THEN {_REPLAY} "
        "ELSE {message.id} || ' ' || coalesce({requestId}, '') END",
        "covers": f"CASE WHEN {_SIDE} THEN NULL ELSE {_REPLAY} END",
        "start": "{timestamp}",
        "project": r"nullif(regexp_extract({@file}, '[/\\]projects[/\\]([^/\\]+)[/\\]',"
        " 1), '')",
        "provider": "'anthropic'",
        "model": "{message.model}",
        "service_tier": _USAGE + "service_tier}",
        "input_tokens": plus(_USAGE + "input_tokens}", _READ, _WRITTEN),
        "cache_read_tokens": _READ,
        "cache_write_tokens": _WRITTEN,
        "cache_write_1h_tokens": _HOUR,
        "output_tokens": _USAGE + "output_tokens}",
        "cost": "{costUSD}",
        "currency": "CASE WHEN {costUSD} IS NOT NULL THEN 'USD' END",
    },
    cannot_tell=(
        "organization, user, API key and endpoint",
        "reasoning tokens (inside the output, not told apart)",
        "the cost of newer versions, which record none (priced by rates)",
        "which plan paid: a subscription is not billed by the token",
    ),
    zone="UTC",
    only="{message.usage} IS NOT NULL AND {@last} "
    "AND {message.model} IS DISTINCT FROM '<synthetic>'",
    recorded_zero="false",
    derived={
        "@last": "{message.id} IS NULL OR row_number() OVER (PARTITION BY "
        "file, {message.id}, {requestId}, {isSidechain}, {message.usage} IS NULL "
        "ORDER BY n DESC) = 1"
    },
    grows=True,
)
