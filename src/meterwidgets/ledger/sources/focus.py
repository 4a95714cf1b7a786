"""FOCUS 1.x, the bill of a cloud: a row a meter, input and output tokens apart.

Usage is read, corrections of it with their sign. Credits, taxes, purchases and
adjustments are no usage: they are summed up beside it.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import NOT_COUNTED, Field, Source, column
from meterwidgets.ledger.sources.meters import (
    CACHE,
    INPUT,
    OUTPUT,
    SHORT_INPUT,
    SHORT_OUTPUT,
    WRITE,
    side,
    tokens_a_unit,
)
from meterwidgets.ledger.sources.sql import first_of


def _matches(sample: Sample) -> bool:
    return {"ChargePeriodStart", "BilledCost", "BillingCurrency"} <= set(sample.columns)


_IS_USAGE = "coalesce(lower(nonempty({ChargeCategory})) = 'usage', true)"
_NAMED_AI = (
    "coalesce(regexp_matches(lower({ServiceName}), "
    "'openai|bedrock|foundry models|anthropic|claude|gemini'), false)"
)
_IS_AI = f"(coalesce(starts_with({{ServiceCategory}}, 'AI'), true) OR {_NAMED_AI})"
"""Marketplaces sell models under any category, by the name of the service."""

_METER = "lower(concat_ws(' ', {SkuMeter}, {x_SkuMeterName}, {SkuId}, {SkuPriceId}))"
_DESCRIPTION = "lower({ChargeDescription})"
_DETAILS = "lower(TRY(json_extract_string({SkuPriceDetails}, '$.%s')))"
_SIDE = (
    "CASE "
    + side(_DETAILS % "TokenDirection", "output", "input")
    + side(_METER, OUTPUT, INPUT)
    + side(_DESCRIPTION, OUTPUT, INPUT)
    + side(_METER, SHORT_OUTPUT, SHORT_INPUT)
    + "END"
)
_IS_IN, _IS_OUT = f"{_SIDE} = 'input'", f"{_SIDE} = 'output'"
_ACTION = _DETAILS % "CacheAction"
_NAMES = f"concat_ws(' ', {_METER}, {_DESCRIPTION}, {_ACTION})"
_IS_CACHE = (
    f"CASE WHEN {_ACTION} IS NOT NULL THEN {_ACTION} IN ('read', 'write') "
    f"ELSE regexp_matches({_NAMES}, '{CACHE}') "
    f"AND NOT regexp_matches({_NAMES}, 'uncached|no.?cache') END"
)
_IS_WRITE = f"regexp_matches({_NAMES}, '{WRITE}')"
_TIER = (
    f"nullif(regexp_extract({_METER} || ' ' || coalesce({_DESCRIPTION}, ''), "
    r"'(^|[^a-z])(batch|flex|priority)($|[^a-z])', 2), '')"
)
_COST = first_of("{EffectiveCost}", "{BilledCost}")

_UNIT = "trim(lower({ConsumedUnit}))"

_SOLD = (
    "regexp_extract({ChargeDescription}, '(?i)(thousand|million|billion) "
    "(input|prompt|output|response|completion|cache (read|write)) tokens', 1)"
)
"""A marketplace counts "Units" and says in the description what one of them is."""
_IS_OF_TOKENS = (
    rf"regexp_matches({_METER}, '(^|[^a-z])tokens?([^a-z]|$)') "
    "AND TRY_CAST({PricingQuantity} AS DOUBLE) * TRY_CAST({x_PricingBlockSize} AS "
    "DOUBLE) BETWEEN 0.999 * TRY_CAST({ConsumedQuantity} AS DOUBLE) "
    "AND 1.001 * TRY_CAST({ConsumedQuantity} AS DOUBLE)"
)
"""SQL condition of "Units" that are tokens: Azure prices blocks of them."""
_FACTOR = (
    f"CASE WHEN {_UNIT} IN ('unit', 'units') THEN CASE lower({_SOLD}) "
    "WHEN 'thousand' THEN 1000 WHEN 'million' THEN 1000000 "
    "WHEN 'billion' THEN 1000000000 "
    f"ELSE CASE WHEN {_IS_OF_TOKENS} THEN 1 END END "
    f"ELSE {tokens_a_unit(_UNIT)} END"
)
_TOKENS = (
    "CAST(TRY_CAST({ConsumedQuantity} AS DECIMAL(26, 9)) * "
    f"({_FACTOR})::BIGINT AS VARCHAR)"
)


def _tag(*names: str) -> str:
    values = ", ".join(f"TRY(json_extract_string({{Tags}}, '$.{n}'))" for n in names)
    return f"coalesce({values})"


SOURCE = Source(
    name="focus",
    title="FOCUS 1.x, the FinOps bill (CSV, Parquet)",
    matches=_matches,
    timezone="UTC",
    grain="bucket",
    where=f"{_IS_USAGE} AND {_IS_AI}",
    credit=f"NOT {_IS_USAGE} AND {_IS_AI}",
    fields={
        "start": column("ChargePeriodStart"),
        "end": column("ChargePeriodEnd"),
        "org": column("SubAccountId"),
        "project": Field(_tag("project", "team"), "Tags.project, else Tags.team"),
        "user": Field(_tag("user"), "Tags.user"),
        "endpoint": column("ServiceName"),
        "provider": Field(
            first_of("{ProviderName}", "{ServiceProviderName}"),
            "ProviderName, else ServiceProviderName",
        ),
        "model": Field(first_of(_tag("model"), "{SkuId}"), "Tags.model, else SkuId"),
        "service_tier": Field(
            _TIER, "batch, flex or priority where the meter's name says so"
        ),
        "requests": NOT_COUNTED,
        "input_tokens": Field(
            f"CASE WHEN {_IS_IN} THEN {_TOKENS} END",
            "ConsumedQuantity of a meter of input tokens",
        ),
        "cache_read_tokens": Field(
            f"CASE WHEN {_IS_IN} AND {_IS_CACHE} AND NOT {_IS_WRITE} "
            f"THEN {_TOKENS} END",
            "the same, of a meter of cached input",
        ),
        "cache_write_tokens": Field(
            f"CASE WHEN {_IS_IN} AND {_IS_CACHE} AND {_IS_WRITE} THEN {_TOKENS} END",
            "the same, of a meter of cache writes",
        ),
        "output_tokens": Field(
            f"CASE WHEN {_IS_OUT} THEN {_TOKENS} END",
            "ConsumedQuantity of a meter of output tokens",
        ),
        "cost": Field(
            _COST, "EffectiveCost, else BilledCost; input or output cost by the meter"
        ),
        "input_cost": Field(f"CASE WHEN {_IS_IN} THEN {_COST} END"),
        "output_cost": Field(f"CASE WHEN {_IS_OUT} THEN {_COST} END"),
        "currency": column("BillingCurrency"),
    },
    cannot_tell=(
        "requests; API keys",
        "credits, taxes, purchases and adjustments (ChargeCategory other than Usage): "
        "their sum stands beside the spend",
        "tokens of a meter whose name says neither input nor output, or whose unit is "
        "not of tokens",
        "what was cached, where the meter does not say",
    ),
)
