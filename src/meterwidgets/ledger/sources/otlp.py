# long: mostly the names of attributes
"""OpenTelemetry's GenAI spans as OTLP/JSON: resources of scopes of spans.

Attributes are lists of keys and values, whole numbers and times are text. Every span
with tokens is usage, whatever its operation is called, but each usage counts once: a
span goes out where spans below it report tokens, and so does an agent's or a workflow's
where its trace has calls. Besides today's names of attributes, older ones and those of
OpenInference, Traceloop, Logfire, OpenLIT, MLflow and the Vercel AI SDK are read.
"""

from __future__ import annotations

import re

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.sql import provider_served, sum_of

_RESOURCES = (
    "resourceSpans", "batches", "trace.resourceSpans", "trace.batches",
    "result.resourceSpans",
)  # fmt: skip
_SCOPES = {"scopeSpans", "instrumentationLibrarySpans"}
_INPUT = (
    "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt", "llm.usage.prompt_tokens", "llm.usage.input_tokens",
    "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens",
    "gen_ai.response.prompt_tokens",
)  # fmt: skip
_OUTPUT = (
    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
    "llm.token_count.completion", "llm.usage.completion_tokens",
    "llm.usage.output_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens",
    "gen_ai.response.completion_tokens",
)  # fmt: skip
_TOTAL = (
    "gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens",
    "ai.usage.totalTokens",
)  # fmt: skip
_READ = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached", "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.cached_tokens",
    "gen_ai.usage.prompt_tokens_details.cached_tokens",
    "llm.token_count.prompt_details.cache_read", "llm.usage.cache_read_input_tokens",
    "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens",
)  # fmt: skip
_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write", "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
    "llm.usage.cache_creation_input_tokens",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
)  # fmt: skip
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning",
    "gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.reasoning_tokens",
    "llm.token_count.completion_details.reasoning", "llm.usage.reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens",
)  # fmt: skip
_COST = (
    "gen_ai.usage.cost", "gen_ai.usage.total_cost", "operation.cost", "llm.cost.total",
)  # fmt: skip
_INPUT_COST = ("llm.cost.prompt", "gen_ai.usage.input_cost")
_OUTPUT_COST = ("llm.cost.completion", "gen_ai.usage.output_cost")
_TIERS = (
    "openai.response.service_tier", "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier", "gen_ai.usage.service_tier",
    "openai.request.service_tier", "gen_ai.openai.request.service_tier",
    "gen_ai.request.service_tier",
)  # fmt: skip
_ASKED_MODEL = (
    "gen_ai.request.model", "llm.request.model", "llm.request.model_name",
    "llm.model_name", "embedding.model_name", "reranker.model_name", "ai.model.id",
)  # fmt: skip
_MODEL = (
    "gen_ai.response.model", "llm.response.model", "llm.response.model_name",
    "ai.response.model", *_ASKED_MODEL,
)  # fmt: skip
_PROVIDER = (
    "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system",
    "ai.model.provider",
)  # fmt: skip
_OF_PRICE = {
    "speed": ("gen_ai.usage.speed", "anthropic.usage.speed"),
    "geography": ("gen_ai.usage.inference_geo", "anthropic.usage.inference_geo"),
    "cache_write_1h_tokens": (
        "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens",
        "gen_ai.usage.details.ephemeral_1h_input_tokens",
    ),
    "searches": (
        "gen_ai.usage.server_tool_use.web_search_requests",
        "gen_ai.usage.details.web_search_requests",
    ),
}
"""Field -> the attributes of what sets a price, of those that few spans have."""
_USER = (
    "user.id", "enduser.id", "ai.telemetry.metadata.userId",
    "traceloop.association.properties.user_id", "langfuse.user.id",
)  # fmt: skip
_OPERATION = (
    "gen_ai.operation.name", "llm.request.type", "ai.operationId",
    "traceloop.span.kind", "openinference.span.kind",
)  # fmt: skip
_SUMS = (
    "invoke_agent", "create_agent", "invoke_workflow", "agent", "chain", "workflow",
    "task", "plan", "execute_tool", "tool", "ai.generatetext", "ai.streamtext",
    "ai.generateobject", "ai.streamobject", "ai.embed", "ai.embedmany",
)  # fmt: skip
"""Operations whose tokens are the sum of calls, if there are calls in their trace."""


def _matches(sample: Sample) -> bool:
    return any(
        not _SCOPES.isdisjoint(each)
        for path in _RESOURCES
        for each in sample.within(*path.split("."))
    )


def attribute(*names: str, of: str = "span") -> str:
    """SQL text of the first of several attributes that exists."""
    values = ", ".join(
        f"{{@{of} values}}[list_position({{@{of} keys}}, '{name}')]" for name in names
    )
    return f"coalesce({values})" if len(names) > 1 else values


def names_in(sql: str, of: str = "span") -> list[str]:
    """The attributes that SQL text reads."""
    return re.findall(rf"\{{@{of} keys\}}, '([^']+)'", sql)


def attribute_lists(of: str, column: str) -> dict[str, str]:
    """The lists of keys and of values of a list of attributes."""
    return {
        f"@{of}": f"otlp_attributes({column})",
        f"@{of} keys": f"list_transform({{@{of}}}, lambda x: x.key)",
        f"@{of} values": f"list_transform({{@{of}}}, lambda x: coalesce("
        "x.value.stringValue, x.value.intValue, x.value.doubleValue, "
        "x.value.boolValue))",
    }


def _mlflow(name: str, key: str) -> str:
    """SQL text of a value in an attribute of MLflow, which holds JSON as text."""
    return f"TRY(json_extract_string({attribute(f'mlflow.{name}')}, '$.{key}'))"


_CLAUDE_INPUT = ("input_tokens", "cache_read_tokens", "cache_creation_tokens")
_IS_CLAUDE_CODE = f"{attribute('span.type')} = 'llm_request'"
"""SQL condition of a call in Claude Code's spans, which name no convention."""


def _usage(names: tuple[str, ...], key: str, *claude: str) -> str:
    """SQL text of the first of several attributes, else of what MLflow counts.

    Args:
        names: The attributes.
        key: What MLflow calls it.
        claude: The attributes that Claude Code's calls have, to be added up.
    """
    found = [attribute(*names), _mlflow("chat.tokenUsage", key)]
    if claude:
        total = sum_of(*map(attribute, claude))
        found.append(f"CAST(CASE WHEN {_IS_CLAUDE_CODE} THEN {total} END AS VARCHAR)")
    return f"coalesce({', '.join(found)})"


USAGE = (*_INPUT, *_OUTPUT, *_TOTAL, *_COST, "mlflow.chat.tokenUsage")
"""The attributes of which a span with usage has one."""
_START, _END = "{span.startTimeUnixNano}", "{span.endTimeUnixNano}"

SOURCE = Source(
    name="otlp",
    title="OpenTelemetry GenAI spans (OTLP/JSON)",
    matches=_matches,
    timezone="UTC",
    levels=(
        Level("resource", _RESOURCES),
        Level("scope", ("scopeSpans", "instrumentationLibrarySpans")),
        Level("span", ("spans",)),
    ),
    where=f"{attribute(*USAGE)} IS NOT NULL OR coalesce({_IS_CLAUDE_CODE}, false)",
    fields={
        "record_id": Field(
            "span_key({span.traceId}) || '/' || span_key({span.spanId})",
            "traceId and spanId",
        ),
        "covers": Field(
            "span_key({span.traceId}) || '/' || "
            "span_key(nullif({span.parentSpanId}, ''))"
        ),
        "start": Field(_START, "startTimeUnixNano"),
        "end": Field(f"nullif({_END}, '0')", "endTimeUnixNano"),
        "project": Field(
            attribute("service.name", of="resource"), "service.name of the resource"
        ),
        "user": Field(attribute(*_USER), "user.id, else enduser.id"),
        "session": Field(
            attribute("gen_ai.conversation.id", "session.id", "langfuse.session.id"),
            "gen_ai.conversation.id, else session.id",
        ),
        "endpoint": Field(
            f"coalesce({attribute(*_OPERATION)}, "
            f"trim({attribute('mlflow.spanType')}, '\"'))",
            "gen_ai.operation.name, else the kind of span",
        ),
        "deployment": Field(
            attribute(*_ASKED_MODEL), "gen_ai.request.model or its other names"
        ),
        "provider": Field(
            provider_served(
                attribute(*_PROVIDER), attribute("server.address"), attribute(*_MODEL)
            ),
            "gen_ai.provider.name, else gen_ai.system or llm.*; one's own machine, "
            "where server.address is of one's own network",
        ),
        "model": Field(
            f"coalesce({attribute(*_MODEL)}, trim({attribute('mlflow.llm.model')}, "
            f"'\"'), CASE WHEN {_IS_CLAUDE_CODE} THEN {attribute('model')} END)",
            "gen_ai.response.model, else gen_ai.request.model",
        ),
        "status": Field(
            "CASE WHEN {span.status.code} IN ('2', 'STATUS_CODE_ERROR') "
            "THEN 'error' ELSE 'ok' END",
            "status.code",
        ),
        "service_tier": Field(
            attribute(*_TIERS),
            "openai.response.service_tier, else the one of the request; "
            "gen_ai. may stand in front",
        ),
        **{
            name: Field(attribute(*names), names[0])
            for name, names in _OF_PRICE.items()
        },
        "input_tokens": Field(
            f"CASE WHEN {attribute(*_OUTPUT)} IS NULL "
            f"THEN {_usage((*_INPUT, *_TOTAL), 'input_tokens', *_CLAUDE_INPUT)} "
            f"ELSE {attribute(*_INPUT)} END",
            "gen_ai.usage.input_tokens or its other names (llm.token_count.*, "
            "llm.usage.*, ai.usage.*), else the total",
        ),
        "cache_read_tokens": Field(
            _usage(_READ, "cache_read_input_tokens", "cache_read_tokens"),
            "gen_ai.usage.cache_read.input_tokens or its other names",
        ),
        "cache_write_tokens": Field(
            _usage(_WRITE, "cache_creation_input_tokens", "cache_creation_tokens"),
            "gen_ai.usage.cache_creation.input_tokens or its other names",
        ),
        "input_audio_tokens": Field(
            attribute(
                "llm.token_count.prompt_details.audio",
                "gen_ai.usage.details.input_audio_tokens",
            ),
            "llm.token_count.prompt_details.audio",
        ),
        "output_audio_tokens": Field(
            attribute(
                "llm.token_count.completion_details.audio",
                "gen_ai.usage.details.output_audio_tokens",
            ),
            "llm.token_count.completion_details.audio",
        ),
        "output_tokens": Field(
            _usage(_OUTPUT, "output_tokens", "output_tokens"),
            "gen_ai.usage.output_tokens or its other names (reasoning included)",
        ),
        "reasoning_tokens": Field(
            attribute(*_REASONING),
            "gen_ai.usage.reasoning.output_tokens or its other names",
        ),
        "total_tokens": Field(
            _usage(_TOTAL, "total_tokens"),
            "gen_ai.usage.total_tokens or its other names (tells what is inside)",
        ),
        "cost": Field(
            f"coalesce({attribute(*_COST)}, {_mlflow('llm.cost', 'total_cost')})",
            "gen_ai.usage.cost, operation.cost, llm.cost.total (USD)",
        ),
        "input_cost": Field(attribute(*_INPUT_COST), "llm.cost.prompt"),
        "output_cost": Field(attribute(*_OUTPUT_COST), "llm.cost.completion"),
        "currency": Field("'USD'"),
        "latency_ms": Field(
            f"CAST((TRY_CAST({_END} AS BIGINT) - "
            f"TRY_CAST({_START} AS BIGINT)) // 1000000 AS VARCHAR)",
            "endTimeUnixNano - startTimeUnixNano",
        ),
    },
    derived=attribute_lists("span", "{span.attributes}")
    | attribute_lists("resource", "{resource.resource.attributes}"),
    free_when="false",
    remarks={
        "tell their tokens in total only, which count as input": (
            f"{attribute(*_INPUT, *_OUTPUT)} IS NULL "
            f"AND {attribute(*_TOTAL)} IS NOT NULL"
        )
    },
    is_nested=True,
    trace="split_part(record_id, '/', 1)",
    sums_trace=f"lower(endpoint) IN {_SUMS}",
    cannot_tell=(
        "costs, unless an instrumentation writes them (else priced by rates)",
        "organization and API key",
        "calls of which no span was kept (sampling)",
        "what an agent's span reports beyond the calls of its trace",
    ),
)

NAMES = {name for each in SOURCE.fields.values() for name in names_in(each.sql)}
"""All attributes of spans that are read."""
