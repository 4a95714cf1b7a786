"""Where a record's cost comes from: recorded, rate table, catalogue, or nowhere.

The order is that of METRICS: what the ledger recorded; else the reader's own rates;
else the bundled catalogue; else unpriced. A cost of 0 that a ledger writes for "no
price" is priced by the reader's own rates, is free where the catalogue says free, and
is unpriced otherwise: a list price is no evidence against a recorded 0.
A total without its parts is split by the ratio of the price and marked estimated; a
total with one part gives the other part the rest. A record without tokens has no price
but a recorded one.

That is the one mode, ``recorded``. The other one reprices: what was recorded counts for
nothing, every record costs what the book says, and what it doesn't price is unpriced.

Beside its cost every request keeps its list price, what the book would charge for it,
and the flag of ``outliers`` when it cost far more.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.pricing import outliers
from meterwidgets.ledger.pricing.book import RECORDED, PriceBook, Pricing
from meterwidgets.ledger.pricing.catalogue import has_catalogue
from meterwidgets.ledger.pricing.rates import KINDS

_DAY_US = 86_400_000_000
_FIRST_DAY = date(1970, 1, 1)

FEW = 500_000
"""Fewer records take less time than to plan for them: they are copied."""

_RATES = (
    "CREATE OR REPLACE TEMP TABLE rates (provider VARCHAR, deployment VARCHAR, "
    "model VARCHAR, service_tier VARCHAR, day INTEGER, above BIGINT, below BIGINT, "
    "basis VARCHAR, currency VARCHAR, any_service BOOLEAN, "
    + ", ".join(f"{kind} HUGEINT" for kind in KINDS)
    + ")"
)

_WHOLE = "coalesce(cost, coalesce(input_cost, 0) + coalesce(output_cost, 0))"

_RECORDS = f"""
SELECT source, grain, start_us, end_us, org, project, "user", api_key, endpoint,
  deployment, provider, model, status, service_tier, requests, input_tokens,
  cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
  reasoning_tokens, latency_ms, cost_basis,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis = 'recorded' THEN recorded_currency ELSE rate_currency END
    AS currency,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded' THEN half_even(wide_input, 1000000::HUGEINT)
       WHEN has_split THEN least(coalesce(input_cost, cost - output_cost, 0), cost)
       WHEN cost = 0 OR output_tokens = 0 THEN cost
       WHEN input_tokens = 0 THEN 0
       WHEN weight > 0 THEN half_even(cost::HUGEINT * weight_input, weight)
       ELSE 0 END AS input_cost,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded' THEN half_even(wide_output, 1000000::HUGEINT)
       WHEN has_split THEN greatest(0, least(
         coalesce(output_cost, cost - input_cost, 0), cost - coalesce(input_cost, 0)))
       WHEN cost = 0 OR output_tokens = 0 THEN 0
       WHEN input_tokens = 0 THEN cost
       WHEN weight > 0
         THEN cost - half_even(cost::HUGEINT * weight_input, weight)
       ELSE 0 END AS output_cost,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded' THEN 0
       WHEN has_split THEN greatest(0, cost - input_cost - output_cost)
       WHEN cost = 0 OR output_tokens = 0 OR input_tokens = 0 OR weight > 0 THEN 0
       ELSE cost END AS unsplit_cost,
  cost_basis = 'recorded' AND NOT has_split AND cost > 0 AND weight > 0
    AND input_tokens > 0 AND output_tokens > 0 AS estimated,
  list_cost,
  CASE WHEN cost_basis = 'recorded' THEN {outliers.flag(_WHOLE, "list_cost")} END
    AS outlier,
  any_service, input_rate, read_rate, write_rate, hour_rate,
  file, n, record_id, covers, own_id, grown, coalesce(billed, false) AS billed,
  reported_cost, reported_input_cost, reported_output_cost,
  recorded_currency AS reported_currency
FROM priced
"""

_PRICED = """
CREATE OR REPLACE TEMP VIEW priced AS
SELECT *,
  -- a ratio of two numbers below 10^18, so that a cost times one of them fits
  wide_input // (1 + wide // 1000000000000000000) AS weight_input,
  wide_input // (1 + wide // 1000000000000000000)
    + wide_output // (1 + wide // 1000000000000000000) AS weight,
  CASE WHEN has_split OR cost > 0 OR recorded_zero AND cost = 0
         OR cost = 0 AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) = 0
       THEN 'recorded'
       WHEN basis IS NULL OR wide IS NULL
         OR coalesce(input_tokens, output_tokens) IS NULL THEN 'unpriced'
       WHEN cost = 0 AND basis = 'catalogue' AND wide > 0 THEN 'unpriced'
       ELSE basis END AS cost_basis,
  -- in the currency of the record, and below what it can hold: 10^9, in millionths
  CASE WHEN grain = 'request' AND wide < 1000000000000000000000000::HUGEINT
         AND coalesce(input_tokens, output_tokens) IS NOT NULL
         AND (rate_currency = coalesce(recorded_currency, rate_currency)
           OR NOT {recorded})
       THEN half_even(wide_input, 1000000::HUGEINT)
         + half_even(wide_output, 1000000::HUGEINT) END AS list_cost
FROM (SELECT *, wide_input + wide_output AS wide
FROM (SELECT l.* EXCLUDE (cost, input_cost, output_cost), l.cost AS reported_cost,
  l.input_cost AS reported_input_cost, l.output_cost AS reported_output_cost,
  l.currency AS recorded_currency,
  CASE WHEN {recorded} THEN l.cost END AS cost,
  CASE WHEN {recorded} THEN l.input_cost END AS input_cost,
  CASE WHEN {recorded} THEN l.output_cost END AS output_cost,
  {recorded} AND coalesce(l.input_cost, l.output_cost) IS NOT NULL AS has_split,
  r.basis, r.currency AS rate_currency, r.any_service, r.input AS input_rate,
  r.cache_read AS read_rate, r.cache_write AS write_rate, r.cache_write_1h AS hour_rate,
  CASE WHEN coalesce(l.input_tokens, 0) = 0 THEN 0::HUGEINT ELSE
    (l.input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0))
      * r.input
    + coalesce(cache_read_tokens, 0) * coalesce(r.cache_read, r.input)
    + (coalesce(cache_write_tokens, 0) - coalesce(cache_write_1h_tokens, 0))
      * coalesce(r.cache_write, r.input)
    + coalesce(cache_write_1h_tokens, 0)
      * coalesce(r.cache_write_1h, r.cache_write, r.input) END AS wide_input,
  CASE WHEN coalesce(l.output_tokens, 0) = 0 THEN 0::HUGEINT
    ELSE l.output_tokens * r.output END AS wide_output
FROM ledger l LEFT JOIN rates r
  -- what is paid by costs of their own has no price besides
  ON NOT (coalesce(l.billed, false) AND {recorded})
  AND l.provider IS NOT DISTINCT FROM r.provider
  AND l.deployment IS NOT DISTINCT FROM r.deployment
  AND l.model IS NOT DISTINCT FROM r.model
  AND l.service_tier IS NOT DISTINCT FROM r.service_tier
  AND {day} = r.day
  AND (CASE WHEN l.grain = 'bucket' THEN 0 ELSE coalesce(l.input_tokens, 0) END
       > r.above OR r.above = 0)
  AND CASE WHEN l.grain = 'bucket' THEN 0 ELSE coalesce(l.input_tokens, 0) END
      <= r.below))
"""
"""SQL of the ``records`` of ``ledger`` and ``rates``; costs in nano-units.

``priced`` is each row of the ledger beside its rates, and where its cost comes from.
A price with tiers holds for a whole request by its input tokens; a bucket of requests
takes the base rates.
"""


def price(
    con: duckdb.DuckDBPyConnection, book: PriceBook, pricing: Pricing = RECORDED
) -> None:
    """Give every record of ``ledger`` its cost, as the table or view ``records``.

    Args:
        con: A connection with ``ledger`` and the macros of ``normalise``.
        book: Asked once per distinct provider, deployment, model, service tier and
            UTC day.
        pricing: The mode.

    Raises:
        LedgerError: When the rates make a cost larger than a record can hold.
    """
    day = f"l.start_us // {_DAY_US}"
    if pricing.as_of is not None:
        day = f"{(pricing.as_of - _FIRST_DAY).days}"
    con.execute(_RATES)
    (count,) = con.execute("SELECT count(*) FROM ledger").fetchone() or (0,)
    asked = []
    if book.rates or (book.catalogue and has_catalogue()):
        asked = con.execute(
            f"SELECT DISTINCT provider, deployment, model, service_tier, {day} "
            "FROM ledger l"
        ).fetchall()
    rows = [row for names in asked for row in _tiers(book, *names)]
    if rows:
        _fill(con, rows)
    con.execute(_PRICED.format(recorded=not pricing.repriced, day=day))
    kind = "TABLE" if count < FEW else "VIEW"
    try:
        con.execute(f"CREATE {kind} records AS {_RECORDS}")
        if rows and kind == "VIEW":
            con.execute("SELECT count(input_cost + output_cost) FROM records")
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        raise LedgerError(
            "a cost by the rates is larger than a record can hold (10^9); check the "
            "rates: they are currency units per 1,000,000 tokens"
        ) from None


def _tiers(
    book: PriceBook,
    provider: str | None,
    deployment: str | None,
    model: str | None,
    service_tier: str | None,
    day: int,
) -> list[dict[str, Any]]:
    """The rows of ``rates`` for one combination of names on one day."""
    when = _FIRST_DAY + timedelta(days=day)
    found = book.price(provider, deployment, model, when, service_tier=service_tier)
    if found is None:
        return []
    ends = [tier.above for tier in found.tiers[1:]] + [2**63 - 1]
    key = {
        "provider": provider,
        "deployment": deployment,
        "model": model,
        "service_tier": service_tier,
        "day": day,
        "basis": found.basis,
        "currency": found.currency,
        "any_service": found.any_service,
    }
    return [
        key
        | {"above": tier.above, "below": below}
        | {kind: getattr(tier, kind) for kind in KINDS}
        for tier, below in zip(found.tiers, ends, strict=True)
    ]


def _fill(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    names = {"provider", "deployment", "model", "service_tier", "basis", "currency"}
    kinds = dict.fromkeys(names, pa.string()) | {"any_service": pa.bool_()}
    schema = pa.schema([(key, kinds.get(key, pa.int64())) for key in rows[0]])
    con.register("rates_in", pa.Table.from_pylist(rows, schema=schema))
    con.execute("INSERT INTO rates BY NAME SELECT * FROM rates_in")
    con.unregister("rates_in")
