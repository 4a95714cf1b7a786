"""Langfuse observations, as exported or as its API answers.

The parts of ``usage_details`` stand apart, unless their total says that they are inside
the input and the output. Times have no zone and are UTC.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Source, first, plus


def _recognises(sample: Sample) -> bool:
    tops = {column.split(".")[0] for column in sample.columns}
    snake = {"id", "trace_id", "type", "usage_details"} <= tops
    return snake or {"id", "traceId", "type", "usageDetails"} <= tops


def _usage(*keys: str) -> str:
    """SQL text of a count by the first of its names that is there."""
    found = ", ".join(
        f"TRY(json_extract_string(coalesce({{usage_details}}, {{usageDetails}}), "
        f"'$.{key}'))"
        for key in keys
    )
    return f"coalesce({found})"


_IN, _OUT, _SUM = _usage("input"), _usage("output"), _usage("total")
_READ = _usage(
    "cache_read_input_tokens", "input_cached_tokens", "input_cache_read",
    "input_cache_read_tokens",
)  # fmt: skip
_WRITE = _usage(
    "cache_creation_input_tokens", "input_cache_creation", "input_cache_write",
)  # fmt: skip
_THOUGHT = _usage("output_reasoning_tokens", "output_reasoning", "reasoning_tokens")
_INSIDE = f"parse_count({_SUM}) = parse_count({_IN}) + parse_count({_OUT})"
_SECONDS = "TRY_CAST({latency} AS DECIMAL(18, 9))"

SOURCE = Source(
    name="langfuse",
    title="Langfuse observations (JSON, CSV, Parquet)",
    recognises=_recognises,
    columns={
        "record_id": "id",
        "start": "start_time (UTC)",
        "end": "end_time",
        "project": "project_id",
        "user": "user_id",
        "endpoint": "name",
        "model": "provided_model_name, else model",
        "status": "error where level is ERROR, else ok",
        "input_tokens": "usage_details.input, and the cached tokens unless the total "
        "is input + output",
        "cache_read_tokens": "usage_details, any usual name",
        "cache_write_tokens": "usage_details, any usual name",
        "output_tokens": "usage_details.output, and the reasoning unless the total is "
        "input + output",
        "reasoning_tokens": "usage_details, any usual name",
        "cost": "total_cost, else cost_details.total (USD)",
        "latency_ms": "latency (s)",
    },
    fields={
        "record_id": "{id}",
        "start": first("{start_time}", "{startTime}"),
        "end": first("{end_time}", "{endTime}"),
        "project": first("{project_id}", "{projectId}"),
        "user": first("{user_id}", "{userId}"),
        "endpoint": "{name}",
        "model": first("{provided_model_name}", "{providedModelName}", "{model}"),
        "status": "CASE {level} WHEN 'ERROR' THEN 'error' ELSE 'ok' END",
        "input_tokens": f"CASE WHEN {_INSIDE} THEN {_IN} "
        f"ELSE {plus(_IN, _READ, _WRITE)} END",
        "cache_read_tokens": _READ,
        "cache_write_tokens": _WRITE,
        "output_tokens": f"CASE WHEN {_INSIDE} THEN {_OUT} "
        f"ELSE {plus(_OUT, _THOUGHT)} END",
        "reasoning_tokens": _THOUGHT,
        "cost": first(
            "{total_cost}",
            "{totalCost}",
            "{calculatedTotalCost}",
            "TRY(json_extract_string(coalesce({cost_details}, {costDetails}), "
            "'$.total'))",
        ),
        "currency": "'USD'",
        "latency_ms": f"CAST(CAST(round({_SECONDS} * 1000) AS BIGINT) AS VARCHAR)",
    },
    cannot_tell=(
        "organization, API key and provider",
        "tokens under names of one's own in usage_details, such as audio",
        "whether cached tokens are inside the input where no total is given (they are "
        "added: Langfuse keeps its parts apart)",
        "whether a cost of 0 is free or not priced",
    ),
    zone="UTC",
    only="upper({type}) IN ('GENERATION', 'EMBEDDING')",
    recorded_zero="false",
)
