"""FOCUS 1.x, the bill of a cloud: a row a meter, input and output tokens apart.

Only usage is read; credits, taxes and purchases are left out and counted.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import NOT_COUNTED, Field, Source, column
from meterwidgets.ledger.sources.sql import first_of


def _matches(sample: Sample) -> bool:
    return {"ChargePeriodStart", "BilledCost", "BillingCurrency"} <= set(sample.columns)


_METER = "lower(concat_ws(' ', {SkuMeter}, {SkuId}, {SkuPriceId}, {ChargeDescription}))"
_UNIT = "lower({ConsumedUnit})"
_TOKENS = (
    "CASE WHEN regexp_matches(" + _UNIT + ", 'tokens?$') THEN "
    "CAST(TRY_CAST({ConsumedQuantity} AS DECIMAL(26, 9)) * CASE "
    f"WHEN regexp_matches({_UNIT}, '^(1m|m|million|1000000|1,000,000)[ -]') "
    "THEN 1000000 "
    f"WHEN regexp_matches({_UNIT}, '^(1k|k|thousand|1000|1,000)[ -]') THEN 1000 "
    "ELSE 1 END AS VARCHAR) END"
)
_IS_OUT = f"regexp_matches({_METER}, 'output|completion|generated')"
_IS_IN = f"regexp_matches({_METER}, 'input|prompt') AND NOT {_IS_OUT}"
_TIER = (
    f"nullif(regexp_extract({_METER}, "
    r"'(^|[^a-z])(batch|flex|priority)($|[^a-z])', 2), '')"
)
_COST = first_of("{EffectiveCost}", "{BilledCost}")


def _tag(*names: str) -> str:
    values = ", ".join(f"TRY(json_extract_string({{Tags}}, '$.{n}'))" for n in names)
    return f"coalesce({values})"


SOURCE = Source(
    name="focus",
    title="FOCUS 1.x, the FinOps bill (CSV, Parquet)",
    matches=_matches,
    timezone="UTC",
    grain="bucket",
    where="coalesce({ChargeCategory} = 'Usage', true) AND "
    "coalesce(starts_with({ServiceCategory}, 'AI'), true)",
    fields={
        "start": column("ChargePeriodStart"),
        "end": column("ChargePeriodEnd"),
        "org": column("SubAccountId"),
        "project": Field(_tag("project", "team"), "Tags.project, else Tags.team"),
        "user": Field(_tag("user"), "Tags.user"),
        "endpoint": column("ServiceName"),
        "provider": column("ProviderName"),
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
            f"CASE WHEN {_IS_IN} "
            f"AND regexp_matches({_METER}, 'cache') AND NOT "
            f"regexp_matches({_METER}, 'write|creation') THEN {_TOKENS} END",
            "the same, of a meter of cached input",
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
        "credits, taxes, purchases and adjustments (ChargeCategory other than Usage "
        "is left out)",
        "tokens of a meter whose name says neither input nor output, or whose unit is "
        "not of tokens",
        "what was cached, where the meter does not say",
    ),
)
