"""Langfuse observations, as exported or as its API answers.

The parts of ``usage_details`` stand apart, unless their total says that they are inside
the input and the output. Times have no zone and are UTC.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import first_of, sum_of


def _matches(sample: Sample) -> bool:
    tops = {column.split(".")[0] for column in sample.columns}
    snake = {"id", "trace_id", "type", "usage_details"} <= tops
    return snake or {"id", "traceId", "type", "usageDetails"} <= tops


def _usage(*keys: str) -> str:
    """SQL text of a count, by the first of its names that exists."""
    values = ", ".join(
        f"TRY(json_extract_string(coalesce({{usage_details}}, {{usageDetails}}), "
        f"'$.{key}'))"
        for key in keys
    )
    return f"coalesce({values})"


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
    matches=_matches,
    timezone="UTC",
    where="upper({type}) IN ('GENERATION', 'EMBEDDING')",
    fields={
        "record_id": column("id"),
        "start": Field(first_of("{start_time}", "{startTime}"), "start_time (UTC)"),
        "end": Field(first_of("{end_time}", "{endTime}"), "end_time"),
        "project": Field(first_of("{project_id}", "{projectId}"), "project_id"),
        "user": Field(first_of("{user_id}", "{userId}"), "user_id"),
        "endpoint": column("name"),
        "model": Field(
            first_of("{provided_model_name}", "{providedModelName}", "{model}"),
            "provided_model_name, else model",
        ),
        "status": Field(
            "CASE {level} WHEN 'ERROR' THEN 'error' ELSE 'ok' END",
            "error where level is ERROR, else ok",
        ),
        "input_tokens": Field(
            f"CASE WHEN {_INSIDE} THEN {_IN} ELSE {sum_of(_IN, _READ, _WRITE)} END",
            "usage_details.input, and the cached tokens unless the total "
            "is input + output",
        ),
        "cache_read_tokens": Field(_READ, "usage_details, any usual name"),
        "cache_write_tokens": Field(_WRITE, "usage_details, any usual name"),
        "output_tokens": Field(
            f"CASE WHEN {_INSIDE} THEN {_OUT} ELSE {sum_of(_OUT, _THOUGHT)} END",
            "usage_details.output, and the reasoning unless the total is "
            "input + output",
        ),
        "reasoning_tokens": Field(_THOUGHT, "usage_details, any usual name"),
        "cost": Field(
            first_of(
                "{total_cost}",
                "{totalCost}",
                "{calculatedTotalCost}",
                "TRY(json_extract_string(coalesce({cost_details}, {costDetails}), "
                "'$.total'))",
            ),
            "total_cost, else cost_details.total (USD)",
        ),
        "currency": Field("'USD'"),
        "latency_ms": Field(
            f"CAST(CAST(round({_SECONDS} * 1000) AS BIGINT) AS VARCHAR)", "latency (s)"
        ),
    },
    free_when="false",
    cannot_tell=(
        "organization, API key and provider",
        "tokens under names of one's own in usage_details, such as audio",
        "whether cached tokens are inside the input where no total is given (they are "
        "added: Langfuse keeps its parts apart)",
        "whether a cost of 0 is free or not priced",
    ),
)
