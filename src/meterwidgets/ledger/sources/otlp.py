"""OpenTelemetry's GenAI spans as OTLP/JSON: resources of scopes of spans.

Attributes are lists of keys and values, whole numbers and times are text. Only
inference operations count: an agent's span repeats the tokens of the calls under it,
and an inference span goes out where another one is its child. Old names of attributes
are read too.
"""

from __future__ import annotations

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source

_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
_OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
_TIERS = (
    "openai.response.service_tier", "gen_ai.openai.response.service_tier",
    "openai.request.service_tier", "gen_ai.openai.request.service_tier",
)  # fmt: skip
_OPERATIONS = ("chat", "text_completion", "generate_content", "embeddings")


def _matches(sample: Sample) -> bool:
    return any("scopeSpans" in each for each in sample.within("resourceSpans"))


def _attribute(*names: str, of: str = "span") -> str:
    """SQL text of the first of several attributes that exists."""
    values = ", ".join(
        f"{{@{of} values}}[list_position({{@{of} keys}}, '{name}')]" for name in names
    )
    return f"coalesce({values})" if len(names) > 1 else values


def _attributes(of: str, column: str) -> dict[str, str]:
    """The lists of keys and of values of a list of attributes."""
    return {
        f"@{of}": f"otlp_attributes({column})",
        f"@{of} keys": f"list_transform({{@{of}}}, lambda x: x.key)",
        f"@{of} values": f"list_transform({{@{of}}}, lambda x: coalesce("
        "x.value.stringValue, x.value.intValue, x.value.doubleValue, "
        "x.value.boolValue))",
    }


_OPERATION = _attribute("gen_ai.operation.name")
_START, _END = "{span.startTimeUnixNano}", "{span.endTimeUnixNano}"

SOURCE = Source(
    name="otlp",
    title="OpenTelemetry GenAI spans (OTLP/JSON)",
    matches=_matches,
    timezone="UTC",
    levels=(
        Level("resource", ("resourceSpans",)),
        Level("scope", ("scopeSpans",)),
        Level("span", ("spans",)),
    ),
    where=f"{_attribute(*_INPUT, *_OUTPUT)} IS NOT NULL AND "
    f"coalesce({_OPERATION} IN {_OPERATIONS}, true)",
    fields={
        "record_id": Field(
            "{span.traceId} || '/' || {span.spanId}", "traceId and spanId"
        ),
        "covers": Field("{span.traceId} || '/' || nullif({span.parentSpanId}, '')"),
        "start": Field(_START, "startTimeUnixNano"),
        "end": Field(f"nullif({_END}, '0')", "endTimeUnixNano"),
        "project": Field(
            _attribute("service.name", of="resource"), "service.name of the resource"
        ),
        "user": Field(_attribute("user.id", "enduser.id"), "user.id, else enduser.id"),
        "endpoint": Field(_OPERATION, "gen_ai.operation.name"),
        "deployment": Field(_attribute("gen_ai.request.model"), "gen_ai.request.model"),
        "provider": Field(
            _attribute("gen_ai.provider.name", "gen_ai.system"),
            "gen_ai.provider.name, else gen_ai.system",
        ),
        "model": Field(
            _attribute("gen_ai.response.model", "gen_ai.request.model"),
            "gen_ai.response.model, else gen_ai.request.model",
        ),
        "status": Field(
            "CASE WHEN {span.status.code} IN ('2', 'STATUS_CODE_ERROR') "
            "THEN 'error' ELSE 'ok' END",
            "status.code",
        ),
        "service_tier": Field(
            _attribute(*_TIERS),
            "openai.response.service_tier, else the one of the request; "
            "gen_ai. may stand in front",
        ),
        "input_tokens": Field(
            _attribute(*_INPUT),
            "gen_ai.usage.input_tokens (cached tokens included), else "
            "gen_ai.usage.prompt_tokens",
        ),
        "cache_read_tokens": Field(
            _attribute(
                "gen_ai.usage.cache_read.input_tokens",
                "gen_ai.usage.cache_read_input_tokens",
            ),
            "gen_ai.usage.cache_read.input_tokens",
        ),
        "cache_write_tokens": Field(
            _attribute(
                "gen_ai.usage.cache_creation.input_tokens",
                "gen_ai.usage.cache_creation_input_tokens",
            ),
            "gen_ai.usage.cache_creation.input_tokens",
        ),
        "output_tokens": Field(
            _attribute(*_OUTPUT),
            "gen_ai.usage.output_tokens (reasoning included), else "
            "gen_ai.usage.completion_tokens",
        ),
        "reasoning_tokens": Field(
            _attribute("gen_ai.usage.reasoning.output_tokens"),
            "gen_ai.usage.reasoning.output_tokens",
        ),
        "latency_ms": Field(
            f"CAST((TRY_CAST({_END} AS BIGINT) - "
            f"TRY_CAST({_START} AS BIGINT)) // 1000000 AS VARCHAR)",
            "endTimeUnixNano - startTimeUnixNano",
        ),
    },
    derived=_attributes("span", "{span.attributes}")
    | _attributes("resource", "{resource.resource.attributes}"),
    cannot_tell=(
        "costs (priced by rates)",
        "organization and API key",
        "1-hour cache writes",
        "calls of which no span was kept (sampling)",
        "tokens that only an agent's span reports",
    ),
)
