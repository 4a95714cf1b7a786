"""Copilot CLI's sessions: ``~/.copilot/session-state/*/events.jsonl``.

When a session ends it writes the usage of each of its models; only that has all tokens.
Its "cost" counts premium requests and is no money.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column


def _matches(sample: Sample) -> bool:
    kinds = {str(row.get("type", "")) for row in sample.records}
    has_envelope = {"type", "timestamp", "parentId"} <= set(sample.columns)
    has_metrics = any("modelMetrics" in data for data in sample.within("data"))
    return (has_envelope or has_metrics) and any(
        kind in kinds
        for kind in ("session.shutdown", "session.start", "assistant.usage")
    )


def _of_model(path: str) -> str:
    """SQL text of a value of a part: one model of a session."""
    return f"json_extract_string({{@part}}, '$.value.{path}')"


def _tokens(name: str) -> str:
    """SQL text of a count of a model, else of the message that wrote it."""
    return f"coalesce({_of_model(f'usage.{name}')}, {{data.{name}}})"


_ENDS = "{type} = 'session.shutdown'"
_HAS_TOKENS = "coalesce({data.outputTokens}, {data.inputTokens}) IS NOT NULL"

SOURCE = Source(
    name="copilot",
    title="Copilot CLI's sessions (a folder of JSONL)",
    matches=_matches,
    timezone="UTC",
    grain="bucket",
    where=f"{_ENDS} AND {{@part}} IS NOT NULL",
    left_out={
        "the end of a session counts the tokens of its messages; a session that never "
        "ended is in no figure": f"NOT {_ENDS} AND {_HAS_TOKENS}",
    },
    fields={
        "record_id": Field("{id} || ' ' || {@part_number}", "id and the model"),
        "start": Field(
            "coalesce({data.sessionStartTime}, {timestamp})",
            "data.sessionStartTime, else timestamp",
        ),
        "end": column("timestamp"),
        "model": Field(
            "coalesce(json_extract_string({@part}, '$.key'), {data.model})",
            "the key in data.modelMetrics",
        ),
        "requests": Field(_of_model("requests.count"), "requests.count"),
        "input_tokens": Field(_tokens("inputTokens"), "usage.inputTokens (with cache)"),
        "cache_read_tokens": Field(_tokens("cacheReadTokens"), "usage.cacheReadTokens"),
        "cache_write_tokens": Field(
            _tokens("cacheWriteTokens"), "usage.cacheWriteTokens"
        ),
        "output_tokens": Field(_tokens("outputTokens"), "usage.outputTokens"),
        "reasoning_tokens": Field(_tokens("reasoningTokens"), "usage.reasoningTokens"),
    },
    parts="list_transform(map_entries(TRY_CAST(TRY_CAST({data.modelMetrics} AS JSON) "
    "AS MAP(VARCHAR, JSON))), lambda e: "
    "json_object('key', e.key, 'value', e.value)::VARCHAR)",
    cannot_tell=(
        "organization, project, user, API key and provider",
        "costs: premium requests are no money (priced by rates)",
        "single requests, and sessions that have not ended",
    ),
)
