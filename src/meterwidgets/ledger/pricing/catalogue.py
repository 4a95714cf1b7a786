"""The bundled price list, genai-prices: what a model cost on a day, by service tier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from meterwidgets.ledger.pricing.rates import KINDS, NANO, STANDARD, Price, Tier


@cache
def _catalogue() -> Any:
    """The snapshot of genai-prices, or None where it is not installed."""
    try:
        from genai_prices import data_snapshot
    except ImportError:
        return None
    return data_snapshot.get_snapshot()


def has_catalogue() -> bool:
    """Whether ``genai-prices`` is installed (the extra ``prices``)."""
    return _catalogue() is not None


def price(
    provider: str | None, name: str | None, day: date, service: str
) -> Price | None:
    """The list price of a model on a day, or None: not known.

    Args:
        provider: As the ledger reports it.
        name: Of the model, also as gateways write it.
        day: The UTC day of the request.
        service: The service tier. What the catalogue has no rates of for that tier
            and day is not known, rather than standard.
    """
    snapshot = _catalogue()
    if snapshot is None or not name:
        return None
    when = datetime.combine(day, time(12), UTC)
    for provider_id, model_ref in _references(provider, name):
        try:
            _, model = snapshot.find_provider_model(model_ref, None, provider_id, None)
        except LookupError:
            continue
        return _from_catalogue(_prices(model, when, service))
    return None


def _prices(model: Any, when: datetime, service: str) -> Any:
    """The rates of a model for one service tier, or None."""
    if service == STANDARD:
        return model.get_prices(when)
    batch = service == "batch"
    context = {"processing": service} if batch else {"service_tier": service}
    for variant in getattr(model, "price_variants", None) or ():
        begun = variant.constraint is None or variant.constraint.active(when)
        if begun and variant.when == context:
            return model.get_prices(when, context)
    return None


def _references(provider: str | None, name: str) -> Iterable[tuple[str | None, str]]:
    """The names by which the catalogue may know a model, the surest first."""
    if provider:
        yield provider, name
    yield None, name
    rest = name
    while "/" in rest:  # gateways put the provider in front: openrouter/deepseek/...
        front, rest = rest.split("/", 1)
        yield front, rest
        yield None, rest


def _from_catalogue(prices: Any) -> Price | None:
    if prices is None or (prices.input_mtok is None and prices.output_mtok is None):
        return None
    starts = {0}
    for kind in KINDS:
        starts |= {tier.start for tier in getattr(_of(prices, kind), "tiers", ())}
    tiers = tuple(
        Tier(start, **{kind: _at(_of(prices, kind), start) for kind in KINDS})
        for start in sorted(starts)
    )
    return Price("catalogue", "USD", tiers)


def _of(prices: Any, kind: str) -> Any:
    return getattr(prices, f"{kind}_mtok", None)


def _at(price: Any, start: int) -> int | None:
    """The rate of a price, tiered or flat, for requests past a threshold."""
    if price is None:
        return None
    if hasattr(price, "tiers"):
        reached = [tier.price for tier in price.tiers if tier.start <= start]
        price = reached[-1] if reached and start else price.base
    return int((price * NANO).to_integral_value())
