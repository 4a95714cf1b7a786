"""Notes on how prices were found, one sentence each."""

from __future__ import annotations

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.pricing.rates import STANDARD
from meterwidgets.text import counted

PRICEABLE = "coalesce(input_tokens, output_tokens) IS NOT NULL"
"""SQL condition of the records that a price can be for."""

_NOT_STANDARD = f"service_tier <> '{STANDARD}'"
_READ, _WRITE = "coalesce(cache_read_tokens, 0)", "coalesce(cache_write_tokens, 0)"
_HOUR = "coalesce(cache_write_1h_tokens, 0)"
_SUBSTITUTES = (
    ("read from a cache are priced as input", "cache_read", _READ,
     "read_rate IS NULL AND input_rate > 0"),
    ("written to a cache are priced as input", "cache_write", f"{_WRITE} - {_HOUR}",
     "write_rate IS NULL AND input_rate > 0"),
    ("written to a cache for an hour are priced as for 5 minutes", "cache_write_1h",
     _HOUR, "hour_rate IS NULL AND write_rate > 0"),
    ("written to a cache for an hour are priced as input", "cache_write_1h",
     _HOUR, "hour_rate IS NULL AND write_rate IS NULL AND input_rate > 0"),
)  # fmt: skip
"""Tokens priced at another rate: what is said, the missing rate, which, and where."""


def of_mode(engine: Engine, pricing: Pricing) -> list[str]:
    """How repricing differs from the recorded costs; nothing in the usual mode.

    Args:
        engine: What answers SQL over ``records``.
        pricing: The pricing mode.
    """
    if not pricing.is_repriced:
        return []
    notes = [f"{pricing}: the ledger's own costs are ignored"]
    for currency, count, nano in engine.execute(
        "SELECT reported_currency, count(*), sum(coalesce(reported_cost, "
        "coalesce(reported_input_cost, 0) + coalesce(reported_output_cost, 0))) "
        f"FROM {Workspace.records} WHERE NOT ({PRICEABLE}) "
        "AND reported_currency IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        records = counted(count, "record without tokens", "records without tokens")
        notes.append(
            f"{records}, recorded at {_money(nano, currency)}, can't be repriced: "
            "a price is per token"
        )
    (free,) = engine.execute(
        f"SELECT count(*) FROM {Workspace.records} WHERE reported_cost = 0 "
        "AND input_cost + output_cost > 0"
    ).fetchone() or (0,)
    if free:
        records = counted(free, "record was", "records were")
        notes.append(f"{records} recorded at 0 and cost something here")
    return notes


def of_rates(engine: Engine) -> list[str]:
    """What was priced at a substitute rate, or not at all for want of one.

    Args:
        engine: What answers SQL over ``reported`` and ``records``.
    """
    (special,) = engine.execute(
        f"SELECT count(*) FROM {Workspace.reported} "
        f"WHERE {_NOT_STANDARD} OR {_READ} + {_WRITE} > 0"
    ).fetchone() or (0,)
    if not special:
        return []
    by_rates = "cost_basis IN ('rate_table', 'catalogue')"
    notes = []
    for service, count in engine.execute(
        f"SELECT service_tier, count(*) FROM {Workspace.records} "
        f"WHERE {_NOT_STANDARD} AND any_service AND {by_rates} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        records = counted(count, "record", "records")
        notes.append(
            f"{records} of the service tier {service} priced at the rates for all "
            f'tiers; for its own rates add a [[price]] with service_tier = "{service}"'
        )
    sums = ", ".join(
        f"coalesce(sum({tokens}) FILTER (WHERE {where}), 0)"
        for _, _, tokens, where in _SUBSTITUTES
    )
    for basis, *found in engine.execute(
        f"SELECT cost_basis, {sums} FROM {Workspace.records} "
        f"WHERE {_READ} + {_WRITE} > 0 AND {by_rates} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        book = {"rate_table": "the rate table", "catalogue": "the catalogue"}[basis]
        notes += [
            f"{int(tokens):,} tokens {how}: {book} has no {kind} rate for them"
            for (how, kind, *_), tokens in zip(_SUBSTITUTES, found, strict=True)
            if tokens
        ]
    return [*notes, *_unknown_services(engine)]


def _unknown_services(engine: Engine) -> list[str]:
    """Service tiers without a price; the standard rate would be wrong for them."""
    return [
        f"{counted(count, 'record', 'records')} of the service tier {service} "
        f"{'has' if count == 1 else 'have'} no price: its rates for that model and day "
        "are unknown, and those of another tier would be wrong; add a [[price]] with "
        f'service_tier = "{service}"'
        for service, count in engine.execute(
            f"SELECT service_tier, count(*) FROM {Workspace.records} "
            "WHERE cost_basis = 'unpriced' AND NOT billed "
            f"AND {_NOT_STANDARD} AND {PRICEABLE} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    ]


def _money(nano: int, currency: str) -> str:
    """An exact amount.

    Examples:
        >>> _money(87_866_500, "USD")
        '0.087866500 USD'
    """
    return f"{nano // 10**9}.{nano % 10**9:09} {currency}"
