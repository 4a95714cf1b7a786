"""Log events of coding agents in OpenTelemetry: one a request, in any encoding.

Claude Code's ``api_request``, Codex's ``codex.sse_event`` of a completed response, the
``api_response`` of Gemini CLI and Qwen Code, and GenAI's own event of an inference,
which Gemini CLI writes besides.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.otlp import attribute, names_in
from meterwidgets.ledger.sources.spans import attribute_object
from meterwidgets.ledger.sources.sql import sum_of, usd_for

_CLAUDE = ("api_request", "claude_code.api_request")
_GEMINI = (
    "gemini_cli.api_response", "qwen-code.api_response", "qwen_code.api_response",
)  # fmt: skip
_GENAI = "gen_ai.client.inference.operation.details"
_CODEX = ("codex.sse_event", "codex.websocket_event")
EVENTS = (*_CLAUDE, *_CODEX, *_GEMINI, _GENAI)
"""The events that are read."""
KNOWN = ("api_request", "claude_code.", "codex.", "gemini_cli.", "qwen-code.", _GENAI)
"""How events begin that stand in one ledger with them."""


def _of(*names: str) -> str:
    return attribute(*names, of="event")


_EVENT = f"coalesce({_of('event.name')}, '')"
_IS_CLAUDE = f"{_EVENT} IN {_CLAUDE}"
_IS_GEMINI = f"{_EVENT} IN {_GEMINI}"
_INPUT, _OUTPUT = (
    _of(f"{side}_tokens", f"{side}_token_count", f"gen_ai.usage.{side}_tokens")
    for side in ("input", "output")
)
_READ = _of(
    "cache_read_tokens", "cached_token_count", "cached_content_token_count",
    "gen_ai.usage.cache_read.input_tokens",
)  # fmt: skip
_WRITE = _of("cache_creation_tokens", "gen_ai.usage.cache_creation.input_tokens")
_REASONING = _of(
    "reasoning_token_count", "thoughts_token_count",
    "gen_ai.usage.reasoning.output_tokens",
)  # fmt: skip
_COST = _of("cost_usd")


def _matches(sample: Sample) -> bool:
    return any(
        str(each.get("event.name")).startswith(KNOWN)
        for each in sample.within("LogAttributes")
    )


SOURCE = Source(
    name="otel_events",
    title="OpenTelemetry log events of Claude Code, Codex, Gemini CLI and Qwen Code",
    matches=_matches,
    timezone="UTC",
    family="telemetry of agents",
    derived={
        **attribute_object("event", "{LogAttributes}"),
        # Gemini CLI writes both events for one response
        "@twin": f"bool_or({_IS_GEMINI}) OVER (PARTITION BY file)",
    },
    where=f"coalesce({_INPUT}, {_OUTPUT}, {_COST}) IS NOT NULL "
    f"AND {_EVENT} IN {EVENTS} AND NOT ({_EVENT} = '{_GENAI}' AND {{@twin}})",
    fields={
        "record_id": Field(_of("request_id", "gen_ai.response.id"), "request_id"),
        "start": Field(
            f"coalesce({_of('event.timestamp')}, {{Timestamp}})",
            "event.timestamp, else the time of the record",
        ),
        "org": Field(_of("organization.id"), "organization.id"),
        "project": Field("{ServiceName}", "service.name of the resource"),
        "user": Field(
            _of("user.email", "user.account_uuid", "user.account_id", "user.id"),
            "user.email, else user.account_uuid or user.id",
        ),
        "session": Field(
            _of("session.id", "conversation.id", "gen_ai.conversation.id"),
            "session.id, conversation.id",
        ),
        "endpoint": Field(f"nullif({_EVENT}, '')", "event.name"),
        "provider": Field(_of("gen_ai.provider.name"), "gen_ai.provider.name"),
        "model": Field(
            _of("model", "gen_ai.response.model", "gen_ai.request.model"), "model"
        ),
        "speed": Field(_of("speed"), "speed"),
        "input_tokens": Field(
            f"CASE WHEN {_IS_CLAUDE} THEN {sum_of(_INPUT, _READ, _WRITE)} "
            f"WHEN {_IS_GEMINI} THEN {sum_of(_INPUT, _of('tool_token_count'))} "
            f"ELSE {_INPUT} END",
            "input_tokens + cache_read_tokens + cache_creation_tokens (Claude Code); "
            "input_token_count (+ tool_token_count: Gemini CLI)",
        ),
        "cache_read_tokens": Field(_READ, "cache_read_tokens, cached_token_count"),
        "cache_write_tokens": Field(_WRITE, "cache_creation_tokens"),
        "output_tokens": Field(
            f"CASE WHEN {_IS_GEMINI} THEN {sum_of(_OUTPUT, _REASONING)} "
            f"ELSE {_OUTPUT} END",
            "output_tokens, output_token_count (+ thoughts_token_count: Gemini CLI)",
        ),
        "reasoning_tokens": Field(
            _REASONING, "reasoning_token_count, thoughts_token_count"
        ),
        "cost": Field(_COST, "cost_usd (USD, Claude Code's estimate)"),
        "currency": Field(usd_for(_COST)),
        "latency_ms": Field(_of("duration_ms"), "duration_ms"),
        "first_token_ms": Field(_of("ttft_ms"), "ttft_ms"),
    },
    free_when="false",
    cannot_tell=(
        "calls of which no event was kept",
        "costs, but for Claude Code's (priced by rates)",
        "API key and deployment",
    ),
)

NAMES = {
    name for each in SOURCE.fields.values() for name in names_in(each.sql, "event")
}
"""All attributes of events that are read."""
