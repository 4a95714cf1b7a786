"""Points of OpenTelemetry's counters of tokens and costs, in any encoding.

A point counts what was used since the one before (delta) or since its series began
(cumulative), which begins anew with its process. Points of one minute, session and
model are one record, so that a recorded cost stands beside its tokens.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.otlp import attribute
from meterwidgets.ledger.sources.spans import attribute_object

_CLAUDE, _COST = "claude_code.token.usage", "claude_code.cost.usage"
_GEMINI = ("gemini_cli.token.usage", "qwen-code.token.usage", "qwen_code.token.usage")
_GENAI = "gen_ai.client.token.usage"
METRICS = (_CLAUDE, _COST, *_GEMINI, _GENAI)
"""The metrics that are read."""
_NAMES = {
    "model": ("gen_ai.response.model", "gen_ai.request.model", "model"),
    "session": ("session.id", "conversation.id"),
    "user": ("user.email", "user.account_uuid", "user.id"),
    "org": ("organization.id",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
}
_TYPE = ("type", "gen_ai.token.type")
NAMES = {*_TYPE, *(name for names in _NAMES.values() for name in names)}
"""The attributes that are read."""


def _of(*names: str) -> str:
    return attribute(*names, of="point")


_VALUE = "TRY_CAST({Value} AS DECIMAL(28, 10))"
_SERIES = "PARTITION BY {MetricName}, {ServiceName}, {Series}"
_TIME = "parse_instant({TimeUnix})"
_IS_CUMULATIVE = "regexp_matches(upper({AggTemp}), '2|CUMULATIVE')"
_KEY = ", ".join(("{ServiceName}", *(_of(*names) for names in _NAMES.values())))
_MINUTE = f"{_TIME} // 60000000"


def _sum(condition: str) -> str:
    """SQL text of what was used by the points of a record that meet a condition."""
    return (
        f"CASE WHEN {{@place}} = 1 THEN sum(CASE WHEN {condition} THEN {{@used}} END) "
        f"OVER (PARTITION BY {_KEY}, {_MINUTE}) END"
    )


def _tokens(*types: str, only: str = "true") -> str:
    listed = ", ".join(f"'{each}'" for each in types)
    kinds = f"lower({_of(*_TYPE)}) IN ({listed})"
    return f"CAST(round({_sum(f'{_METRIC} AND {only} AND {kinds}')}) AS VARCHAR)"


_IS_CLAUDE = f"{{MetricName}} = '{_CLAUDE}'"
_IS_GEMINI = f"{{MetricName}} IN {_GEMINI}"
_METRIC = (
    f"({_IS_CLAUDE} OR {_IS_GEMINI} OR {{MetricName}} = '{_GENAI}' AND NOT {{@twin}})"
)
_WRITES = ("cachecreation", "cache_creation", "cache_write")
_READS = ("cacheread", "cache_read", "cache", "cached")
_THOUGHTS = ("thought", "thoughts", "reasoning")
_BESIDE = ("cacheread", "cachecreation", "tool")


def _matches(sample: Sample) -> bool:
    return {"MetricName", "Series", "AggTemp"} <= {*sample.columns}


SOURCE = Source(
    name="otel_metrics",
    title="OpenTelemetry counters of tokens and costs (Claude Code, Gemini CLI, GenAI)",
    matches=_matches,
    timezone="UTC",
    family="telemetry of agents",
    grain="bucket",
    keep_largest=True,
    derived={
        **attribute_object("point", "{Attributes}"),
        "@twin": f"bool_or({_IS_GEMINI}) OVER ()",
        "@before": f"lag({_VALUE}) OVER ({_SERIES} ORDER BY {_TIME}, file, n)",
        "@last": f"lag({{TimeUnix}}) OVER ({_SERIES} ORDER BY {_TIME}, file, n)",
        "@begun": f"lag({{StartTimeUnix}}) OVER ({_SERIES} ORDER BY {_TIME}, file, n)",
        "@copy": f"row_number() OVER ({_SERIES}, {{StartTimeUnix}}, {{TimeUnix}} "
        "ORDER BY file, n)",
        "@goes on": f"{_IS_CUMULATIVE} AND {{@before}} <= {_VALUE} "
        "AND coalesce({StartTimeUnix} = {@begun}, true)",
        "@used": f"CASE WHEN {{@copy}} > 1 THEN 0 WHEN {{@goes on}} "
        f"THEN {_VALUE} - {{@before}} ELSE {_VALUE} END",
        "@place": f"CASE WHEN {{MetricName}} IN {METRICS} THEN row_number() OVER ("
        f"PARTITION BY {_KEY}, {_MINUTE}, {{MetricName}} IN {METRICS} "
        "ORDER BY file, n) END",
        "@input": _tokens("input", "prompt", *_BESIDE),
        "@read": _tokens(*_READS),
        "@write": _tokens(*_WRITES),
        "@output": _tokens("output", "completion", *_THOUGHTS),
        "@thoughts": _tokens(*_THOUGHTS),
        "@cost": f"CAST({_sum(f'''{{MetricName}} = '{_COST}' ''')} AS VARCHAR)",
    },
    where="{@place} = 1 AND coalesce({@input}, {@output}, {@cost}) IS NOT NULL",
    fields={
        "record_id": Field(
            f"concat_ws(' ', {_KEY}, {_MINUTE})", "its series, a minute"
        ),
        "start": Field(
            "CASE WHEN {@goes on} THEN {@last} "
            "ELSE coalesce({StartTimeUnix}, {TimeUnix}) END",
            "StartTimeUnix, else the time of the point before",
        ),
        "end": Field("{TimeUnix}", "TimeUnix"),
        "project": Field("{ServiceName}", "service.name of the resource"),
        **{
            name: Field(_of(*names), ", else ".join(names))
            for name, names in _NAMES.items()
        },
        "input_tokens": Field("{@input}", "type input, and what stands beside it"),
        "cache_read_tokens": Field("{@read}", "type cacheRead, cache"),
        "cache_write_tokens": Field("{@write}", "type cacheCreation"),
        "output_tokens": Field("{@output}", "type output, thought"),
        "reasoning_tokens": Field("{@thoughts}", "type thought"),
        "cost": Field("{@cost}", "claude_code.cost.usage (USD)"),
        "currency": Field("CASE WHEN {@cost} IS NOT NULL THEN 'USD' END"),
    },
    cannot_tell=(
        "single requests, and their number",
        "API key, endpoint and deployment",
        "what was used before the first point of a series without a start",
    ),
)
