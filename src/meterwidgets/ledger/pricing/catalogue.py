"""The bundled price list, genai-prices: what a model costs by time and terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import cache
from typing import Any

from meterwidgets.ledger.pricing.providers import references
from meterwidgets.ledger.pricing.rates import NANO, STANDARD, Rate, Rates, Terms

_TOKEN_KEYS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "input_image": "input_image_mtok",
    "output_image": "output_image_mtok",
}
"""Kind of token -> the catalogue's key of its price per 1,000,000."""

_FEE_KEYS = {"request_fee": "requests_kcount", "search_fee": "web_searches_kcount"}
"""Fee -> the catalogue's key of its price per 1,000."""


_CACHED_MEDIA = ("cache_audio_read_mtok", "cache_image_read_mtok")


@dataclass(frozen=True)
class Changes:
    """When the price of some terms may change.

    Attributes:
        dates: Days, from whose midnight on another price may hold.
        times: Times of each day.
        lengths: Input tokens above which another price may hold.
    """

    dates: frozenset[date] = field(default_factory=frozenset)
    times: frozenset[time] = field(default_factory=frozenset)
    lengths: frozenset[int] = field(default_factory=frozenset)


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


@cache
def _model(provider: str | None, name: str | None) -> Any:
    """A model of the catalogue, or None."""
    snapshot = _catalogue()
    if snapshot is None or not name:
        return None
    catalogued = {each.id for each in snapshot.providers}
    for provider_id, reference in references(provider, name, catalogued):
        try:
            return snapshot.find_provider_model(reference, None, provider_id, None)[1]
        except LookupError:
            continue
    return None


_NAMED_TERM = re.compile(
    r"(.+?)[-:_.](fast|latency-optimized|batch|flex|priority)", re.IGNORECASE
)
"""A model's name that ends with a term of its price."""
_SEARCH_CONTEXT = "search context "
"""How the service tier begins that says how much a search reads: it sets the fee of a
request, and nothing else."""


@cache
def _model_and_terms(terms: Terms) -> tuple[Any, Terms]:
    """A model of the catalogue, or None, and the terms with what its name adds.

    The catalogue takes ``claude-opus-4-6-fast`` for ``claude-opus-4-6``; a model whose
    own id ends so, such as ``grok-4-fast``, is meant as it is.
    """
    name = terms.model or terms.deployment
    model = _model(terms.provider, name)
    found = _NAMED_TERM.fullmatch(name or "")
    if not found or (model and found[2].lower() in model.id.lower()):
        return model, terms
    term = found[2].lower()
    field = "service_tier" if term in ("batch", "flex", "priority") else "speed"
    model = _model(terms.provider, found[1])
    if getattr(terms, field) != STANDARD:
        return model, terms
    return model, replace(terms, **{field: term.removeprefix("latency-")})


def price(terms: Terms, when: datetime, length: int = 0) -> Rates | None:
    """The list price of a model, or None: not known.

    Args:
        terms: What the ledger states. What the catalogue has no rates of for those
            terms at that time is not known, rather than standard.
        when: A moment.
        length: Of requests with more input tokens than these.
    """
    model, terms = _model_and_terms(terms)
    prices = model and _prices(model, when.astimezone(UTC), terms)
    if not prices:
        return None
    rates: dict[str, Any] = {
        kind: _nano(getattr(prices, key, None), length, 1)
        for kind, key in _TOKEN_KEYS.items()
    }
    if all(rate is None for rate in rates.values()):
        return None
    fees: dict[str, Any] = {
        fee: _whole(_nano(getattr(prices, key, None), length, 1000))
        for fee, key in _FEE_KEYS.items()
    }
    apart = any(getattr(prices, key, None) is not None for key in _CACHED_MEDIA)
    return Rates(
        basis="catalogue",
        currency="USD",
        is_cached_media_apart=apart,
        context_window=_context_window(model, prices),
        **rates,
        **fees,
    )


def _context_window(model: Any, prices: Any) -> int | None:
    """The most input tokens of a request, where the catalogue can be trusted.

    A price for longer requests than the window proves it outdated; without a price of
    output it is an embedding, whose requests have many inputs.
    """
    window: int | None = model.context_window
    tiers = getattr(prices.input_mtok, "tiers", ())
    if prices.output_mtok is None or any(tier.start >= (window or 0) for tier in tiers):
        return None
    return window


def changes(terms: Terms) -> Changes:
    """When the list price of a model may change: days and times of UTC, and lengths."""
    model, _ = _model_and_terms(terms)
    if model is None:
        return Changes()
    constraints, lengths = [], set()
    for constraint, prices in _all_prices(model):
        constraints.append(constraint)
        for key in (*_TOKEN_KEYS.values(), *_FEE_KEYS.values()):
            tiers = getattr(getattr(prices, key, None), "tiers", ())
            lengths |= {tier.start for tier in tiers}
    return Changes(
        frozenset(
            each.start_date for each in constraints if hasattr(each, "start_date")
        ),
        frozenset(
            _utc(edge)
            for each in constraints
            if hasattr(each, "start_time")
            for edge in (each.start_time, each.end_time)
        ),
        frozenset(lengths),
    )


def _all_prices(model: Any) -> Iterator[tuple[Any, Any]]:
    """Every price of a model with the constraint under which it holds, or None."""
    dated = model.prices if isinstance(model.prices, list) else ()
    if not isinstance(model.prices, list):
        yield None, model.prices
    for each in (*dated, *(model.price_variants or ())):
        yield each.constraint, each.prices


def _utc(edge: time) -> time:
    """A time of day in UTC."""
    if edge.tzinfo is None:
        return edge
    return datetime.combine(date(1970, 1, 2), edge).astimezone(UTC).time()


def _prices(model: Any, when: datetime, terms: Terms) -> Any:
    """The prices of a model for some terms, or None."""
    standard = model.get_prices(when)
    is_of_fee = (terms.service_tier or "").startswith(_SEARCH_CONTEXT)
    if is_of_fee and standard.requests_kcount is None:
        terms = replace(terms, service_tier=STANDARD)
    if {terms.service_tier, terms.speed, terms.geography} == {STANDARD}:
        return standard
    for context in _contexts(terms):
        for variant in model.price_variants or ():
            has_begun = variant.constraint is None or variant.constraint.active(when)
            if has_begun and variant.when == context:
                return model.get_prices(when, context)
    return None


def _contexts(terms: Terms) -> Iterable[dict[str, str | None]]:
    """The terms that are not standard, as the catalogue may name them."""
    if terms.geography != STANDARD:
        return
    service: dict[str, str | None] = (
        {} if terms.service_tier == STANDARD else {"service_tier": terms.service_tier}
    )
    if terms.service_tier == "batch":
        service = {"processing": "batch"}
    if terms.speed == STANDARD:
        yield service
        return
    yield service | {"speed": terms.speed}
    if not service:  # some providers sell speed as a tier of service
        yield {"service_tier": terms.speed}


def _nano(price: Any, length: int, per: int) -> Rate | None:
    """A price, tiered or flat, in nano-units, for requests longer than ``length``."""
    if price is None:
        return None
    if hasattr(price, "tiers"):
        reached = [tier.price for tier in price.tiers if tier.start <= length]
        price = reached[-1] if reached and length else price.base
    rate = Fraction(price) * NANO / per
    return rate.numerator if rate.denominator == 1 else rate


def _whole(fee: Rate | None) -> int | None:
    return None if fee is None else round(fee)
