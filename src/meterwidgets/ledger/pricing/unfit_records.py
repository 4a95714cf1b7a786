"""Notes on records that a price does not fit as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.rate_relation import UNKNOWN_TOKENS
from meterwidgets.ledger.pricing.schedule import DAY_US, FIRST, LAST
from meterwidgets.text import counted, exact_money

_HAS_WINDOW = "context_window IS NOT NULL"
_COST = """CASE cost_basis WHEN 'recorded' THEN coalesce(reported_cost, net_cost)
  WHEN 'unpriced' THEN 0 ELSE list_input + list_output END"""

_IS_BY_HOUR = f"(day_from_us <> {FIRST} OR day_until_us <> {LAST})"
_CHANGES = f"""grain = 'bucket' AND cost_basis IN ('rate_table', 'catalogue') AND (
  end_us > until_us OR {_IS_BY_HOUR}
  AND start_us % {DAY_US} + end_us - start_us > least(day_until_us, {DAY_US}))"""
"""SQL condition of the buckets within which their price changes."""


def notes(ws: Workspace) -> Iterator[str]:
    """The notes on the records of a workspace, one sentence each.

    Args:
        ws: A workspace with ``rejects``, ``rated`` and ``records``.
    """
    yield from _of_unknown_tokens(ws)
    yield from _of_too_long(ws)
    yield from _of_changes(ws)


def _of_unknown_tokens(ws: Workspace) -> Iterator[str]:
    """The records without a price since a bad value left their tokens unknown."""
    if not ws.has_rows(f"{ws.rejects} WHERE kept"):
        return
    count, tokens = ws.execute(
        "SELECT count(*), sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) "
        f"FROM {ws.records} l WHERE cost_basis = 'unpriced' AND NOT billed "
        f"AND {UNKNOWN_TOKENS}"
    ).fetchone() or (0, 0)
    if count:
        have = counted(count, "record has", "records have")
        yield (
            f"{have} no price: a bad value leaves some of their tokens unknown, and "
            f"the price of the {int(tokens):,} others would be too low"
        )


def _of_too_long(ws: Workspace) -> Iterator[str]:
    """The requests with more input tokens than their model takes at once."""
    if not (ws.exists(ws.rates) and ws.has_rows(f"{ws.rates} WHERE {_HAS_WINDOW}")):
        return
    for model, window, count, tokens, nano, currency in ws.execute(
        "SELECT coalesce(model, deployment) AS model, context_window, count(*), "
        f"sum(input_tokens), sum({_COST}), "
        "CASE WHEN cost_basis = 'recorded' THEN reported_currency ELSE rate_currency "
        f"END AS currency FROM {ws.rated} WHERE {_HAS_WINDOW} AND grain = 'request' "
        "AND input_tokens > context_window GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        records = counted(count, "request", "requests")
        cost = f", at {exact_money(int(nano), currency)}" if nano else ""
        yield (
            f"{records} to {model} with {int(tokens):,} input tokens{cost}: one takes "
            f"{window:,} at most, so each is several requests, or its count is wrong"
        )


def _of_changes(ws: Workspace) -> Iterator[str]:
    """The buckets within which a price changes, by the day or by the hour."""
    changing = f"{ws.rates} WHERE until_us <> {LAST} OR {_IS_BY_HOUR}"
    if not (ws.exists(ws.rates) and ws.has_rows(changing)):
        return
    for currency, count, nano in ws.execute(
        f"SELECT rate_currency, count(*), sum({_COST}) FROM {ws.rated} "
        f"WHERE {_CHANGES} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        buckets = counted(count, "bucket is", "buckets are each")
        yield (
            f"{buckets} priced at the rates of the time of its start, at "
            f"{exact_money(int(nano), currency)} in all: the price changes within it, "
            "and when its tokens were used isn't known"
        )
