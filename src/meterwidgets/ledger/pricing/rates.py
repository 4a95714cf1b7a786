"""Rates per 1,000,000 tokens, in billionths of a currency unit."""

from __future__ import annotations

from dataclasses import dataclass

NANO = 1_000_000_000
"""Nano-units per currency unit; rates are nano-units per 1M tokens."""

STANDARD = "standard"
"""The service tier of requests that name none."""

KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")


@dataclass(frozen=True)
class Tier:
    """Rates for requests with more than ``above`` input tokens, in nano per 1M."""

    above: int
    input: int | None
    output: int | None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None


@dataclass(frozen=True)
class Price:
    """The rates that hold for one model on one day, and where they come from.

    Attributes:
        basis: rate_table or catalogue.
        currency: Of the rates.
        tiers: By the length of a request, from 0 up.
        any_service: Whether they hold for every service tier, since they name none.
    """

    basis: str
    currency: str
    tiers: tuple[Tier, ...]
    any_service: bool = False
