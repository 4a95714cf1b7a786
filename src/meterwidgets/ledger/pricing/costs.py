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

Besides its cost every request has its list price, which is what the book would charge
for its tokens, and the flag of ``outliers`` if it cost far more.
"""

from __future__ import annotations

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing import outliers
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import RECORDED, Pricing
from meterwidgets.ledger.pricing.rate_relation import RateRelation
from meterwidgets.ledger.pricing.rate_rows import create_rates
from meterwidgets.schema import ATTRIBUTES, COUNTS, MONEY, NAMES

FEW = 500_000
"""Below this, materialise the records: planning a view costs more than copying."""

_REPORTED = """coalesce(net_cost,
  coalesce(reported_input_cost, 0) + coalesce(reported_output_cost, 0))"""

_AS_REPORTED = ", ".join(
    [
        "source, grain, start_us, end_us",
        *map(identifier, (*NAMES, *ATTRIBUTES, *COUNTS, "extra")),
        "file, n, record_id, covers, own_id, grown, doubtful, reported_currency",
        *(f"reported_{name}" for name in MONEY),
    ]
)
"""SQL text of the columns that a record has as they were reported."""

_NOTED = (
    "any_service, is_by_length, input_rate, read_rate, write_rate, hour_rate, "
    "image_rate, search_fee"
)
"""SQL text of the columns of rates that only notes look at."""

_FEE_ALONE = """(only_fee AND cost_basis = 'recorded'
  AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) <> 0)"""
"""SQL condition of the records whose fee is known, and not what their tokens cost."""

_SIDES_AS_THEY_ARE = """coalesce(
  least(reported_input_cost, reported_output_cost, net_cost) < 0, false)"""
"""SQL condition of recorded parts of which one is negative: a correction."""

_RECORDS = f"""
SELECT {_AS_REPORTED}, cost_basis,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis = 'recorded' THEN reported_currency ELSE rate_currency END
    AS currency,
  CASE WHEN cost_basis = 'unpriced' OR {_FEE_ALONE} THEN NULL
       WHEN cost_basis <> 'recorded' THEN coalesce(list_input, {{cost_input}})
       WHEN has_split AND {_SIDES_AS_THEY_ARE}
       THEN coalesce(reported_input_cost, net_cost - reported_output_cost, 0)
       WHEN has_split THEN least(coalesce(
         reported_input_cost, net_cost - reported_output_cost, 0), net_cost)
       WHEN net_cost = 0 OR output_tokens = 0 THEN net_cost
       WHEN input_tokens = 0 THEN 0
       ELSE coalesce(share, 0) END AS input_cost,
  CASE WHEN cost_basis = 'unpriced' OR {_FEE_ALONE} THEN NULL
       WHEN cost_basis <> 'recorded' THEN coalesce(list_output, {{cost_output}})
       WHEN has_split AND {_SIDES_AS_THEY_ARE}
       THEN coalesce(reported_output_cost, net_cost - reported_input_cost, 0)
       WHEN has_split THEN greatest(0, least(
         coalesce(reported_output_cost, net_cost - reported_input_cost, 0),
         net_cost - coalesce(reported_input_cost, 0)))
       WHEN net_cost = 0 OR output_tokens = 0 THEN 0
       WHEN input_tokens = 0 THEN net_cost
       ELSE coalesce(net_cost - share, 0) END AS output_cost,
  CASE WHEN cost_basis = 'unpriced' OR {_FEE_ALONE} THEN NULL
       WHEN cost_basis <> 'recorded' THEN 0
       WHEN has_split AND {_SIDES_AS_THEY_ARE}
       THEN coalesce(net_cost - reported_input_cost - reported_output_cost, 0)
       WHEN has_split THEN
         greatest(0, net_cost - reported_input_cost - reported_output_cost)
       WHEN net_cost = 0 OR output_tokens = 0 OR input_tokens = 0
         OR weight > 0 THEN 0
       ELSE net_cost END AS unsplit_cost,
  CASE WHEN cost_basis = 'unpriced' THEN NULL
       WHEN cost_basis = 'recorded' THEN recorded_fee
       ELSE coalesce(recorded_fee, owed_fee) END AS fee_cost,
  cost_basis = 'recorded' AND NOT has_split AND net_cost <> 0 AND weight > 0
    AND input_tokens <> 0 AND output_tokens <> 0 AS estimated,
  list_cost,
  CASE WHEN cost_basis = 'recorded' THEN {outliers.flag(_REPORTED, "list_cost")} END
    AS outlier,
  {_NOTED},
  coalesce(billed, false) AS billed
FROM {Workspace.rated}
"""
"""SQL of the priced records."""


# long: one SQL statement
def _rated(relation: RateRelation, recorded: bool) -> str:
    """SQL text of each reported row beside its rates, and the basis of its cost.

    A price with tiers applies to a whole request by its input tokens; a bucket of
    requests takes those of the length that the ledger states, else the lowest.

    Args:
        relation: What ``rates`` holds.
        recorded: Whether what the ledger recorded counts.
    """
    fits, scale = "true", ""
    if relation.can_overflow:  # a recorded cost needs no list price that is absurd
        fits = "abs(wide * numerator) < 1000000000000000000::HUGEINT * denominator"
    if relation.number == "HUGEINT":  # so that a cost times a weight fits
        scale = " // (1 + (abs(wide_input) + abs(wide_output)) // 1000000000000000000)"
    return f"""
SELECT *,
  -- the part of a recorded total that its input costs, in the ratio of the price
  CASE WHEN cost_basis = 'recorded' AND NOT has_split AND net_cost <> 0 AND weight > 0
       THEN share_half_even(net_cost, weight_input, weight) END AS share,
  -- in the currency of the record
  CASE WHEN grain = 'request' AND coalesce(input_tokens, output_tokens) IS NOT NULL
         AND (rate_currency = coalesce(reported_currency, rate_currency)
           OR NOT {recorded})
       THEN list_input + list_output END AS list_cost
FROM (SELECT *,
  CASE WHEN basis IS NOT NULL AND {fits} THEN {relation.nano("wide_input")} END
    AS list_input,
  CASE WHEN basis IS NOT NULL AND {fits} THEN {relation.nano("wide_output")} END
    AS list_output,
  abs(wide_input){scale} AS weight_input,
  abs(wide_input){scale} + abs(wide_output){scale} AS weight,
  CASE WHEN {recorded} AND (has_split OR reported_cost <> 0
         OR recorded_zero AND reported_cost = 0 OR reported_cost = 0
           AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) = 0)
       THEN 'recorded'
       WHEN basis IS NULL OR wide IS NULL
         OR coalesce(input_tokens, output_tokens) IS NULL
         OR only_fee AND rate_currency <> reported_currency
       THEN CASE WHEN only_fee THEN 'recorded' ELSE 'unpriced' END
       WHEN {recorded} AND reported_cost = 0 AND basis = 'catalogue' AND wide > 0
       THEN 'unpriced'
       ELSE basis END AS cost_basis
FROM (SELECT *, wide_input + wide_output AS wide,
  -- the cost of the tokens: a recorded total without the fee that is part of it
  CASE WHEN only_fee THEN 0
    WHEN reported_cost < 0 THEN reported_cost - coalesce(recorded_fee, 0)
    WHEN reported_cost >= 0
    THEN greatest(0, reported_cost - coalesce(recorded_fee, 0)) END AS net_cost
FROM (SELECT *,
  CASE WHEN basis IS NOT NULL THEN {relation.product("input")} END AS wide_input,
  CASE WHEN basis IS NOT NULL THEN {relation.product("output")} END AS wide_output,
  {relation.fee()} AS owed_fee,
  coalesce(reported_input_cost, reported_output_cost) IS NOT NULL AS has_split,
  CASE WHEN {recorded} THEN reported_fee_cost END AS recorded_fee,
  recorded_fee IS NOT NULL AND coalesce(
    reported_cost, reported_input_cost, reported_output_cost) IS NULL AS only_fee
FROM ({relation.joined(recorded)}))))
"""


def price(ws: Workspace, book: PriceBook, pricing: Pricing = RECORDED) -> None:
    """Price every record of ``reported``, as the table or view ``records``.

    Args:
        ws: A workspace with ``reported``.
        book: Asked once per distinct terms, and per change of their price.
        pricing: The pricing mode.

    Raises:
        LedgerError: When the rates make a cost larger than a record can hold.
    """
    count = ws.count(ws.reported)
    relation = create_rates(ws, book, pricing)
    ws.create(ws.rated, _rated(relation, not pricing.is_repriced), view=True)
    records = _RECORDS.format(
        cost_input=relation.nano("wide_input"), cost_output=relation.nano("wide_output")
    )
    try:
        if count < FEW:
            _create_table(ws, records)
            return
        empty = ws.keep(f"SELECT * FROM ({records}) LIMIT 0")
        ws.create(ws.records, f"{records} UNION ALL FROM {empty}", view=True)
        if relation.can_overflow:
            ws.execute(f"SELECT count(input_cost + output_cost) FROM {ws.records}")
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        raise LedgerError(
            "a cost at these rates is larger than a record can hold (10^9); check the "
            "rates: they are currency units per 1,000,000 tokens"
        ) from None


def _create_table(ws: Workspace, records: str) -> None:
    """Price the records once, without room for columns that are null in all rows."""
    absent = ws.absent(ws.reported) & {*ATTRIBUTES, *COUNTS, "extra"}
    if not absent:
        ws.create(ws.records, records)
        return
    names = ", ".join(map(identifier, sorted(absent)))
    nulls = ", ".join(
        f"NULL::{'BIGINT' if name in COUNTS else 'VARCHAR'} AS {identifier(name)}"
        for name in sorted(absent)
    )
    rows = ws.keep(f"SELECT * EXCLUDE ({names}) FROM ({records})")
    ws.create(ws.records, f"SELECT *, {nulls} FROM {rows}", view=True)
