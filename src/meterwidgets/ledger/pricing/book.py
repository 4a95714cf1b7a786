"""What a token costs: the reader's dated rate table, else the bundled catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import tomli

from meterwidgets.errors import ConfigError, unknown
from meterwidgets.ledger.pricing import catalogue as bundled
from meterwidgets.ledger.pricing.rates import KINDS, NANO, STANDARD, Price, Tier

_LARGEST_RATE = 9_000_000_000  # in nano it fits an int64
_MATCHED = ("deployment", "model", "provider")
_KEYS = (*_MATCHED, "service_tier", "from", *KINDS, "currency")


@dataclass(frozen=True)
class Rate:
    """One ``[[price]]`` entry: patterns, the day it starts, rates per 1M tokens."""

    patterns: tuple[str, str, str, str]
    start: date | None
    price: Price

    def matches(self, names: tuple[str | None, ...]) -> bool:
        """Whether every pattern matches; ``*`` also matches what is not reported."""
        return all(
            pattern == "*" or (name is not None and fnmatchcase(name, pattern))
            for pattern, name in zip(self.patterns, names, strict=True)
        )


@dataclass(frozen=True)
class PriceBook:
    """The prices that fill in where a ledger recorded none.

    The first entry whose patterns match decides; among entries with those same
    patterns, the latest ``from`` that is not after the day of the request. An entry
    that names a service tier goes before those that name none and hold for every tier.
    What no entry matches is looked up in the catalogue, when ``genai-prices`` is
    installed; a tier whose rates it doesn't know has no price there.

    Attributes:
        rates: The reader's entries, in order.
        catalogue: Whether to ask the bundled catalogue after them.

    Examples:
        >>> book = PriceBook.parse([{"model": "qwen-*", "input": "2", "output": "4"}])
        >>> price = book.price(None, None, "qwen-72b", date(2026, 2, 22))
        >>> price.tiers[0].input, price.basis
        (2000000000, 'rate_table')
    """

    rates: tuple[Rate, ...] = ()
    catalogue: bool = True
    _asked: dict[Any, Price | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def load(cls, path: str | Path, *, catalogue: bool = True) -> PriceBook:
        """Read the ``[[price]]`` entries of a TOML file.

        Args:
            path: The file; other keys in it are ignored.
            catalogue: Whether to ask the bundled catalogue for the rest.

        Raises:
            ConfigError: When the file or an entry can't be read.
        """
        try:
            text = Path(path).read_text("utf-8")
            entries = tomli.loads(text, parse_float=Decimal).get("price", [])
        except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"{path}: {reason}") from None
        if not isinstance(entries, list):
            raise ConfigError(f"{path}: price: expected tables, [[price]]")
        return cls.parse(entries, where=f"{path}: ", catalogue=catalogue)

    @classmethod
    def parse(
        cls,
        entries: Iterable[Mapping[str, Any]],
        *,
        where: str = "",
        currency: str = "USD",
        catalogue: bool = True,
    ) -> PriceBook:
        """Check entries as they stand in ``meterwidgets.toml``.

        Args:
            entries: Mappings with the keys of ``[[price]]``; rates are decimal text
                or whole numbers, in currency units per 1,000,000 tokens.
            where: What to name in front of an error.
            currency: The currency of entries that name none.
            catalogue: Whether to ask the bundled catalogue for the rest.

        Raises:
            ConfigError: With the entry, the key and the fix.

        Examples:
            >>> PriceBook.parse([{"model": "m", "imput": "2"}])
            Traceback (most recent call last):
            ...
            meterwidgets.errors.ConfigError: price[0]: key 'imput' not found; did \
you mean 'input'? keys: deployment, model, provider, service_tier, from, input, \
output, cache_read, cache_write, cache_write_1h, currency
        """
        rates = tuple(
            _rate(entry, f"{where}price[{index}]", currency)
            for index, entry in enumerate(entries)
        )
        return cls(rates, catalogue)

    def price(
        self,
        provider: str | None,
        deployment: str | None,
        model: str | None,
        day: date,
        *,
        service_tier: str | None = None,
    ) -> Price | None:
        """The price that holds on a day, or None: unpriced.

        Args:
            provider: As the ledger reports it.
            deployment: What was served.
            model: What was trained.
            day: The UTC day of the request.
            service_tier: Such as "batch"; what is not reported is "standard".
        """
        service = service_tier or STANDARD
        names = (deployment, model, provider, service)
        for rate in sorted(self.rates, key=lambda rate: rate.price.any_service):
            if rate.matches(names):
                dated = [
                    other
                    for other in self.rates
                    if other.patterns == rate.patterns
                    and (other.start is None or other.start <= day)
                ]
                if dated:
                    return max(dated, key=lambda r: r.start or date.min).price
        if not self.catalogue:
            return None
        key = (provider, model or deployment, day, service)
        if key not in self._asked:
            self._asked[key] = bundled.price(*key)
        return self._asked[key]


def _rate(entry: Mapping[str, Any], where: str, currency: str) -> Rate:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where}: expected a table, [[price]], got {entry!r}")
    for key in entry:
        if key not in _KEYS:
            raise ConfigError(f"{where}: {unknown('key', key, _KEYS)}")
    for key in (*_MATCHED, "service_tier", "currency"):
        if key in entry and not isinstance(entry[key], str):
            raise ConfigError(f'{where}.{key}: expected text, {key} = "..."')
    if not {"input", "output"} & entry.keys():
        raise ConfigError(f'{where}: no rate; add input = "2.00" and output = "4.00"')
    start = entry.get("from")
    if start is not None and type(start) is not date:
        raise ConfigError(f"{where}.from: expected a date, from = 2025-01-01")
    rates = {kind: _nano(entry.get(kind), f"{where}.{kind}") for kind in KINDS}
    if not set(_MATCHED) & entry.keys():
        raise ConfigError(
            f"{where}: matches nothing by name; "
            'add deployment, model or provider, e.g. model = "*"'
        )
    patterns = (
        entry.get("deployment", "*"),
        entry.get("model", "*"),
        entry.get("provider", "*"),
        _service(entry.get("service_tier", "*")),
    )
    money = entry.get("currency", currency)
    if not re.fullmatch("[A-Za-z]{3}", money):
        raise ConfigError(f'{where}.currency: expected a code such as "USD"')
    every = "service_tier" not in entry
    price = Price("rate_table", money.upper(), (Tier(0, **rates),), every)
    return Rate(patterns, start, price)


def _service(name: str) -> str:
    """A service tier as records have it."""
    return STANDARD if name.lower() == "default" else name.lower()


def _nano(value: object, where: str) -> int | None:
    if value is None:
        return None
    wrong = ConfigError(f'{where}: expected decimal text such as "2.00", got {value!r}')
    if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
        raise wrong
    try:
        rate = Decimal(value)
    except (InvalidOperation, ValueError):
        raise wrong from None
    if not rate.is_finite():
        raise wrong
    if not 0 <= rate < _LARGEST_RATE or rate != round(rate, 9):
        raise ConfigError(
            f"{where}: expected a rate from 0 to 9 billion with at most nine decimals, "
            f"got {value!r}"
        )
    return int(rate * NANO)
