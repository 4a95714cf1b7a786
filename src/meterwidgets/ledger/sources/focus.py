"""FOCUS 1.x, the bill of a cloud: a row a meter, input and output tokens apart.

Only usage is read; credits, taxes and purchases are left out and counted.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Source, first


def _recognises(sample: Sample) -> bool:
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
_COST = first("{EffectiveCost}", "{BilledCost}")


def _tag(*names: str) -> str:
    found = ", ".join(f"TRY(json_extract_string({{Tags}}, '$.{n}'))" for n in names)
    return f"coalesce({found})"


SOURCE = Source(
    name="focus",
    title="FOCUS 1.x, the FinOps bill (CSV, Parquet)",
    recognises=_recognises,
    columns={
        "start": "ChargePeriodStart",
        "end": "ChargePeriodEnd",
        "org": "SubAccountId",
        "project": "Tags.project, else Tags.team",
        "user": "Tags.user",
        "endpoint": "ServiceName",
        "provider": "ProviderName",
        "model": "Tags.model, else SkuId",
        "service_tier": "batch, flex or priority where the meter's name says so",
        "input_tokens": "ConsumedQuantity of a meter of input tokens",
        "cache_read_tokens": "the same, of a meter of cached input",
        "output_tokens": "ConsumedQuantity of a meter of output tokens",
        "cost": "EffectiveCost, else BilledCost; input or output cost by the meter",
        "currency": "BillingCurrency",
    },
    fields={
        "start": "{ChargePeriodStart}",
        "end": "{ChargePeriodEnd}",
        "org": "{SubAccountId}",
        "project": _tag("project", "team"),
        "user": _tag("user"),
        "endpoint": "{ServiceName}",
        "provider": "{ProviderName}",
        "model": first(_tag("model"), "{SkuId}"),
        "service_tier": _TIER,
        "requests": "NULL::VARCHAR",
        "input_tokens": f"CASE WHEN {_IS_IN} THEN {_TOKENS} END",
        "cache_read_tokens": f"CASE WHEN {_IS_IN} "
        f"AND regexp_matches({_METER}, 'cache') AND NOT "
        f"regexp_matches({_METER}, 'write|creation') THEN {_TOKENS} END",
        "output_tokens": f"CASE WHEN {_IS_OUT} THEN {_TOKENS} END",
        "cost": _COST,
        "input_cost": f"CASE WHEN {_IS_IN} THEN {_COST} END",
        "output_cost": f"CASE WHEN {_IS_OUT} THEN {_COST} END",
        "currency": "{BillingCurrency}",
    },
    cannot_tell=(
        "requests; API keys",
        "credits, taxes, purchases and adjustments (ChargeCategory other than Usage "
        "is left out)",
        "tokens of a meter whose name says neither input nor output, or whose unit is "
        "not of tokens",
        "what was cached, where the meter does not say",
    ),
    zone="UTC",
    only="coalesce({ChargeCategory} = 'Usage', true) AND "
    "coalesce(starts_with({ServiceCategory}, 'AI'), true)",
    grain="bucket",
)
