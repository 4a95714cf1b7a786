"""Price records: as recorded, else by the rate table, the catalogue, or not at all.

The order is that of METRICS: what the ledger recorded; else the user's own rates; else
the bundled catalogue; else unpriced. A cost of 0 that a ledger writes for "no price" is
priced by the user's own rates, is free where the catalogue says free, and is unpriced
otherwise: a list price is no evidence against a recorded 0.
A total without its parts is split in the ratio of the price and marked estimated; of a
total with one part, the other part is the rest. A record without tokens has a recorded
price or none.

When repriced, recorded costs are ignored: every record costs what the book says, and
what the book doesn't price is unpriced.

Besides its cost every request has its list price, which is what the book would charge,
and the flag of ``outliers`` if it cost far more.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing import outliers
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.catalogue import has_catalogue
from meterwidgets.ledger.pricing.mode import RECORDED, Pricing
from meterwidgets.ledger.pricing.rates import KINDS

_DAY_US = 86_400_000_000
_FIRST_DAY = date(1970, 1, 1)

FEW = 500_000
"""Below this, materialise the records: planning a view costs more than copying."""

_RATES = (
    "provider VARCHAR, deployment VARCHAR, model VARCHAR, service_tier VARCHAR, "
    "day INTEGER, above BIGINT, below BIGINT, basis VARCHAR, currency VARCHAR, "
    "any_service BOOLEAN, " + ", ".join(f"{kind} HUGEINT" for kind in KINDS)
)

_REPORTED = """coalesce(reported_cost,
  coalesce(reported_input_cost, 0) + coalesce(reported_output_cost, 0))"""

_RECORDS = f"""
SELECT source, grain, start_us, end_us, org, project, "user", api_key, endpoint,
  deployment, provider, model, status, service_tier, requests, input_tokens,
  cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
  reasoning_tokens, latency_ms, cost_basis,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis = 'recorded' THEN reported_currency ELSE rate_currency END
    AS currency,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded'
         THEN divide_half_even(wide_input, 1000000::HUGEINT)
       WHEN has_split THEN least(coalesce(
         reported_input_cost, reported_cost - reported_output_cost, 0), reported_cost)
       WHEN reported_cost = 0 OR output_tokens = 0 THEN reported_cost
       WHEN input_tokens = 0 THEN 0
       WHEN weight > 0
         THEN divide_half_even(reported_cost::HUGEINT * weight_input, weight)
       ELSE 0 END AS input_cost,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded'
         THEN divide_half_even(wide_output, 1000000::HUGEINT)
       WHEN has_split THEN greatest(0, least(
         coalesce(reported_output_cost, reported_cost - reported_input_cost, 0),
         reported_cost - coalesce(reported_input_cost, 0)))
       WHEN reported_cost = 0 OR output_tokens = 0 THEN 0
       WHEN input_tokens = 0 THEN reported_cost
       WHEN weight > 0 THEN
         reported_cost - divide_half_even(reported_cost::HUGEINT * weight_input, weight)
       ELSE 0 END AS output_cost,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis <> 'recorded' THEN 0
       WHEN has_split THEN
         greatest(0, reported_cost - reported_input_cost - reported_output_cost)
       WHEN reported_cost = 0 OR output_tokens = 0 OR input_tokens = 0 OR weight > 0
         THEN 0
       ELSE reported_cost END AS unsplit_cost,
  cost_basis = 'recorded' AND NOT has_split AND reported_cost > 0 AND weight > 0
    AND input_tokens > 0 AND output_tokens > 0 AS estimated,
  list_cost,
  CASE WHEN cost_basis = 'recorded' THEN {outliers.flag(_REPORTED, "list_cost")} END
    AS outlier,
  any_service, input_rate, read_rate, write_rate, hour_rate,
  file, n, record_id, covers, own_id, grown, coalesce(billed, false) AS billed,
  reported_cost, reported_input_cost, reported_output_cost, reported_currency
FROM {Workspace.rated}
"""
"""SQL of the priced records."""


# long: one SQL statement
def _rated(recorded: bool, day: str) -> str:
    """SQL text of each reported row beside its rates, and the basis of its cost.

    A price with tiers applies to a whole request by its input tokens; a bucket of
    requests takes the base rates.

    Args:
        recorded: Whether what the ledger recorded counts.
        day: SQL text of the day whose rates apply.
    """
    return f"""
SELECT *,
  -- a ratio of two numbers below 10^18, so that a cost times one of them fits
  wide_input // (1 + wide // 1000000000000000000) AS weight_input,
  wide_input // (1 + wide // 1000000000000000000)
    + wide_output // (1 + wide // 1000000000000000000) AS weight,
  CASE WHEN {recorded} AND (has_split OR reported_cost > 0
         OR recorded_zero AND reported_cost = 0 OR reported_cost = 0
           AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) = 0)
       THEN 'recorded'
       WHEN basis IS NULL OR wide IS NULL
         OR coalesce(input_tokens, output_tokens) IS NULL THEN 'unpriced'
       WHEN {recorded} AND reported_cost = 0 AND basis = 'catalogue' AND wide > 0
       THEN 'unpriced'
       ELSE basis END AS cost_basis,
  -- in the currency of the record, and below what it can hold: 10^9, in millionths
  CASE WHEN grain = 'request' AND wide < 1000000000000000000000000::HUGEINT
         AND coalesce(input_tokens, output_tokens) IS NOT NULL
         AND (rate_currency = coalesce(reported_currency, rate_currency)
           OR NOT {recorded})
       THEN divide_half_even(wide_input, 1000000::HUGEINT)
         + divide_half_even(wide_output, 1000000::HUGEINT) END AS list_cost
FROM (SELECT *, wide_input + wide_output AS wide
FROM (SELECT l.*,
  coalesce(reported_input_cost, reported_output_cost) IS NOT NULL AS has_split,
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
FROM {Workspace.reported} l LEFT JOIN {Workspace.rates} r
  -- usage that cost rows pay for gets no price of its own
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


def price(ws: Workspace, book: PriceBook, pricing: Pricing = RECORDED) -> None:
    """Price every record of ``reported``, as the table or view ``records``.

    Args:
        ws: A workspace with ``reported``.
        book: Asked once per distinct provider, deployment, model, service tier and
            UTC day.
        pricing: The pricing mode.

    Raises:
        LedgerError: When the rates make a cost larger than a record can hold.
    """
    day = f"l.start_us // {_DAY_US}"
    if pricing.as_of is not None:
        day = f"{(pricing.as_of - _FIRST_DAY).days}"
    ws.create_empty(ws.rates, _RATES)
    count = ws.count(ws.reported)
    keys = []
    if book.rates or (book.catalogue and has_catalogue()):
        keys = ws.execute(
            f"SELECT DISTINCT provider, deployment, model, service_tier, {day} "
            f"FROM {ws.reported} AS l"
        ).fetchall()
    rows = [row for key in keys for row in _rates_of(book, *key)]
    if rows:
        _insert_rates(ws, rows)
    ws.create(ws.rated, _rated(not pricing.is_repriced, day), view=True)
    view = count >= FEW
    try:
        ws.create(ws.records, _RECORDS, view=view)
        if rows and view:
            ws.execute(f"SELECT count(input_cost + output_cost) FROM {ws.records}")
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        raise LedgerError(
            "a cost at these rates is larger than a record can hold (10^9); check the "
            "rates: they are currency units per 1,000,000 tokens"
        ) from None


def _rates_of(
    book: PriceBook,
    provider: str | None,
    deployment: str | None,
    model: str | None,
    service_tier: str | None,
    day: int,
) -> list[dict[str, Any]]:
    """The rows of ``rates`` for one combination of names on one day."""
    when = _FIRST_DAY + timedelta(days=day)
    price = book.price(provider, deployment, model, when, service_tier=service_tier)
    if price is None:
        return []
    ends = [tier.above for tier in price.tiers[1:]] + [2**63 - 1]
    key = {
        "provider": provider,
        "deployment": deployment,
        "model": model,
        "service_tier": service_tier,
        "day": day,
        "basis": price.basis,
        "currency": price.currency,
        "any_service": price.any_service,
    }
    return [
        key
        | {"above": tier.above, "below": below}
        | {kind: getattr(tier, kind) for kind in KINDS}
        for tier, below in zip(price.tiers, ends, strict=True)
    ]


def _insert_rates(ws: Workspace, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    names = {"provider", "deployment", "model", "service_tier", "basis", "currency"}
    kinds = dict.fromkeys(names, pa.string()) | {"any_service": pa.bool_()}
    schema = pa.schema([(key, kinds.get(key, pa.int64())) for key in rows[0]])
    with ws.registered(pa.Table.from_pylist(rows, schema=schema)) as new:
        ws.execute(f"INSERT INTO {ws.rates} BY NAME SELECT * FROM {new}")
