"""Langfuse observations, as exported or as its API answers.

Every key of ``usage_details`` with "input" in it is input, every one with "output" is
output. These parts stand beside ``input`` and ``output``, unless the total says that
they are inside. Observations nest: one that repeats the usage of those below goes out.
Times have no zone and are UTC.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import first_of


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


_DETAILS = "coalesce({usage_details}, {usageDetails})"
_IN, _OUT, _SUM = _usage("input"), _usage("output"), _usage("total")
_READ = _usage(
    "cache_read_input_tokens", "input_cached_tokens", "input_cache_read",
    "input_cache_read_tokens",
)  # fmt: skip
_WRITE = _usage(
    "cache_creation_input_tokens", "input_cache_creation", "input_cache_write",
)  # fmt: skip
_HOUR = _usage(
    "cache_creation_1h_input_tokens", "input_cache_creation_1h",
    "ephemeral_1h_input_tokens",
)  # fmt: skip
_MEDIA = {
    f"{side}_{medium}_tokens": _usage(
        f"{side}_{medium}_tokens", f"{side}_{medium}", f"{medium}_{side}_tokens"
    )
    for side in ("input", "output")
    for medium in ("audio", "image")
}
_SERVED, _ASKED = "{metadata}", "coalesce({model_parameters}, {modelParameters})"
_TIER = first_of(
    *(
        f"TRY(json_extract_string({of}, '$.{path}'))"
        for of, path in (
            (_SERVED, 'attributes."openai.response.service_tier"'),
            (_SERVED, 'attributes."gen_ai.openai.response.service_tier"'),
            (_SERVED, "service_tier"),
            (_ASKED, "service_tier"),
        )
    )
)
_THOUGHT = _usage("output_reasoning_tokens", "output_reasoning", "reasoning_tokens")


_COUNTS_OTHERS = (
    f"upper({first_of('{unit}', '{usage.unit}', '{usageUnit}')}) <> 'TOKENS'"
)
"""SQL condition of usage that is counted in characters, seconds or the like."""


def _tokens_of(side: str, this: str, other: str, other_side: str) -> str:
    """SQL text of the tokens of one side, by the sums that the total may be."""
    parts = f"parts_named({_DETAILS}, '{side}')"
    others = f"parts_named({_DETAILS}, '{other_side}')"
    whole = f"sum_counts(list_concat([{this}], {parts}))"
    both = f"sum_counts([{this}, {other}])"
    without = f"sum_counts(list_concat([{this}, {other}], {others}))"
    return (
        f"CASE WHEN {_COUNTS_OTHERS} THEN NULL "
        f"WHEN {this} IS NOT NULL AND list_contains(list_transform([{both}, "
        f"{without}], lambda s: parse_count(s)), parse_count({_SUM})) "
        f"THEN {this} ELSE {whole} END"
    )


_COST = first_of(
    "{total_cost}",
    "{totalCost}",
    "{calculatedTotalCost}",
    "TRY(json_extract_string(coalesce({cost_details}, {costDetails}), '$.total'))",
    "sum_costs(TRY(json_extract_string(coalesce({cost_details}, {costDetails}), "
    "'$.*')))",
)
_IS_USAGE = f"coalesce({_IN}, {_OUT}, {_SUM}, {_COST}) IS NOT NULL"
_SECONDS = "TRY_CAST({latency} AS DECIMAL(18, 9))"

SOURCE = Source(
    name="langfuse",
    title="Langfuse observations (JSON, CSV, Parquet)",
    matches=_matches,
    timezone="UTC",
    where="coalesce(upper({type}) IN ('GENERATION', 'EMBEDDING') "
    f"OR upper({{type}}) NOT IN ('SPAN', 'EVENT') AND {_IS_USAGE}, false)",
    fields={
        "record_id": column("id"),
        "covers": Field(
            first_of("{parent_observation_id}", "{parentObservationId}"),
            "parent_observation_id, whose usage goes out",
        ),
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
        "service_tier": Field(
            _TIER, "metadata: the tier that served, else model_parameters.service_tier"
        ),
        "searches": Field(
            _usage("web_search_requests", "web_searches", "search_queries"),
            "usage_details.web_search_requests",
        ),
        **{name: Field(sql, f"usage_details.{name}") for name, sql in _MEDIA.items()},
        "cache_write_1h_tokens": Field(_HOUR, "usage_details, any usual name"),
        "input_tokens": Field(
            _tokens_of("input", _IN, _OUT, "output"),
            "usage_details.input, and every other key with input in it unless the "
            "total says that it is inside",
        ),
        "cache_read_tokens": Field(_READ, "usage_details, any usual name"),
        "cache_write_tokens": Field(_WRITE, "usage_details, any usual name"),
        "output_tokens": Field(
            _tokens_of("output", _OUT, _IN, "input"),
            "usage_details.output, and every other key with output in it likewise",
        ),
        "reasoning_tokens": Field(_THOUGHT, "usage_details, any usual name"),
        "cost": Field(
            _COST,
            "total_cost, else cost_details.total, else the sum of cost_details (USD)",
        ),
        "currency": Field("'USD'"),
        "latency_ms": Field(
            f"CAST(CAST(round({_SECONDS} * 1000) AS BIGINT) AS VARCHAR)", "latency (s)"
        ),
    },
    free_when="false",
    remarks={
        "count something else than tokens, such as characters: their tokens are "
        "unknown": _COUNTS_OTHERS
    },
    is_nested=True,
    cannot_tell=(
        "organization, API key and provider",
        "tokens under names in usage_details that say neither input nor output",
        "whether cached tokens are inside the input where no total is given (they are "
        "added: Langfuse keeps its parts apart)",
        "whether a cost of 0 is free or not priced",
    ),
)
