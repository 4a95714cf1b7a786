"""Claude Code's session logs: ``~/.claude/projects/**/*.jsonl``, a folder.

A message is written again while it streams, with growing output: the last of a message
and its request is the whole one. A sidechain repeats messages of its parent under
another request; such a copy goes out where the message itself is there.
``input_tokens`` leaves out what was read from and written to the cache.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column, constant
from meterwidgets.ledger.sources.sql import sum_of, usd_for

_USAGE = "{message.usage."
_READ = _USAGE + "cache_read_input_tokens}"
_HOUR = _USAGE + "cache_creation.ephemeral_1h_input_tokens}"
_FIVE_MINUTES = _USAGE + "cache_creation.ephemeral_5m_input_tokens}"
_WRITTEN = (
    f"coalesce({_USAGE}cache_creation_input_tokens}}, {sum_of(_FIVE_MINUTES, _HOUR)})"
)
_REPLAY = "'replay of ' || {message.id}"
_SIDE = "lower({isSidechain}) = 'true'"

_LINES = (
    "user", "assistant", "system", "summary", "file-history-snapshot", "progress",
    "queue-operation",
)  # fmt: skip
"""The kinds of lines of a session; one that was never answered has no usage."""


def _matches(sample: Sample) -> bool:
    if any("usage" in each for each in sample.within("message")):
        return bool({"sessionId", "requestId"} & set(sample.columns))
    return any(
        row.get("type") in _LINES and {"sessionId", "leafUuid", "snapshot"} & row.keys()
        for row in sample.records
    )


SOURCE = Source(
    name="claude_code",
    title="Claude Code's session logs (a folder of JSONL)",
    matches=_matches,
    timezone="UTC",
    where="{message.usage} IS NOT NULL AND {@last} "
    "AND {message.model} IS DISTINCT FROM '<synthetic>'",
    fields={
        "record_id": Field(
            f"CASE WHEN {_SIDE} THEN {_REPLAY} "
            "ELSE {message.id} || ' ' || coalesce({requestId}, '') END",
            "message.id and requestId; the last of each",
        ),
        "covers": Field(f"CASE WHEN {_SIDE} THEN NULL ELSE {_REPLAY} END"),
        "start": column("timestamp"),
        "project": Field(
            r"nullif(regexp_extract({@file}, '[/\\]projects[/\\]([^/\\]+)[/\\]',"
            " 1), '')",
            "the folder under projects/",
        ),
        "provider": constant("anthropic"),
        "model": column("message.model"),
        "service_tier": column("message.usage.service_tier"),
        "input_tokens": Field(
            sum_of(_USAGE + "input_tokens}", _READ, _WRITTEN),
            "message.usage.input_tokens + cache read + cache creation",
        ),
        "cache_read_tokens": column("message.usage.cache_read_input_tokens"),
        "cache_write_tokens": Field(
            _WRITTEN, "message.usage.cache_creation_input_tokens"
        ),
        "cache_write_1h_tokens": Field(
            _HOUR, "... cache_creation.ephemeral_1h_input_tokens"
        ),
        "output_tokens": column("message.usage.output_tokens"),
        "cost": column("costUSD", "USD; 0 = not priced"),
        "currency": Field(usd_for("{costUSD}")),
    },
    free_when="false",
    derived={
        "@last": "{message.id} IS NULL OR row_number() OVER (PARTITION BY "
        "file, {message.id}, {requestId}, {isSidechain}, {message.usage} IS NULL "
        "ORDER BY n DESC) = 1"
    },
    keep_largest=True,
    cannot_tell=(
        "organization, user, API key and endpoint",
        "reasoning tokens (inside the output, not told apart)",
        "the cost of newer versions, which record none (priced by rates)",
        "which plan paid: a subscription is not billed by the token",
    ),
)
