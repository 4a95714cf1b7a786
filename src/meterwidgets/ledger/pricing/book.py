"""What a token costs: the reader's dated rate table, else the bundled catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli

from meterwidgets.errors import ConfigError, MeterError
from meterwidgets.ledger.pricing import catalogue as bundled
from meterwidgets.ledger.pricing.entries import Entry, parse_entry
from meterwidgets.ledger.pricing.rates import Rates, Terms
from meterwidgets.zones import zone


@dataclass(frozen=True)
class PriceBook:
    """The prices that fill in where a ledger recorded none.

    The first entry that matches decides; among entries for the same, the latest
    ``from`` that is not after the day of the request. Entries that name a length, hours
    or a service tier go before those that name none. What no entry matches is looked up
    in the catalogue, when ``genai-prices`` is installed; terms whose rates it doesn't
    know have no price there.

    Attributes:
        rates: The reader's entries, in order.
        catalogue: Whether to ask the bundled catalogue after them.
        tz: The IANA name of the zone whose days and hours the entries name.

    Examples:
        >>> book = PriceBook.parse([{"model": "qwen-*", "input": "2", "output": "4"}])
        >>> when = datetime(2026, 2, 22, tzinfo=UTC)
        >>> price = book.price(Terms(model="qwen-72b"), when)
        >>> price.input, price.basis
        (2000000000, 'rate_table')
    """

    rates: tuple[Entry, ...] = ()
    catalogue: bool = True
    tz: str = "UTC"

    @classmethod
    def load(
        cls, path: str | Path, *, catalogue: bool = True, tz: str | None = None
    ) -> PriceBook:
        """Read the ``[[price]]`` entries of a TOML file.

        Args:
            path: The file; keys other than these and ``timezone`` are ignored.
            catalogue: Whether to ask the bundled catalogue for the rest.
            tz: The zone of days and hours; None takes the file's ``timezone``, or UTC.

        Raises:
            ConfigError: When the file or an entry can't be read.
        """
        try:
            text = Path(path).read_text("utf-8")
            values = tomli.loads(text, parse_float=Decimal)
        except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"{path}: {reason}") from None
        entries = values.get("price", [])
        if not isinstance(entries, list):
            raise ConfigError(f"{path}: price: expected tables, [[price]]")
        tz = tz or values.get("timezone", "UTC")
        try:
            zone(tz)
        except MeterError as error:
            raise ConfigError(f"{path}: timezone: {error}") from None
        return cls.parse(entries, where=f"{path}: ", catalogue=catalogue, tz=tz)

    @classmethod
    def parse(
        cls,
        entries: Iterable[Mapping[str, Any]],
        *,
        where: str = "",
        currency: str = "USD",
        catalogue: bool = True,
        tz: str = "UTC",
    ) -> PriceBook:
        """Check entries as they stand in ``meterwidgets.toml``.

        Args:
            entries: Mappings with the keys of ``[[price]]``; rates are decimal text
                or whole numbers, in currency units per 1,000,000 tokens, fees in
                currency units each.
            where: What to name in front of an error.
            currency: The currency of entries that name none.
            catalogue: Whether to ask the bundled catalogue for the rest.
            tz: The zone of days and hours.

        Raises:
            ConfigError: With the entry, the key and the fix.

        Examples:
            >>> PriceBook.parse([{"model": "m", "imput": "2"}])
            Traceback (most recent call last):
            ...
            meterwidgets.errors.ConfigError: price[0]: key 'imput' not found; did \
you mean 'input'? keys: deployment, model, provider, service_tier, speed, geography, \
from, hours, above, input, output, cache_read, cache_write, cache_write_1h, reasoning, \
input_audio, output_audio, input_image, output_image, request_fee and 3 more
        """
        rates = tuple(
            parse_entry(entry, f"{where}price[{index}]", currency)
            for index, entry in enumerate(entries)
        )
        return cls(rates, catalogue, tz)

    def price(self, terms: Terms, when: datetime, length: int = 0) -> Rates | None:
        """The rates that hold at a moment, or None: unpriced.

        Args:
            terms: What the ledger states.
            when: The moment, with its zone.
            length: Of requests with more input tokens than these.
        """
        local = when.astimezone(self.zone)
        day, time = local.date(), local.time()
        for entry in self._by_precedence:
            if entry.above > length or not entry.matches(terms):
                continue
            dated = [
                other
                for other in self.rates
                if other.scope == entry.scope
                and (other.start is None or other.start <= day)
            ]
            if dated and entry.holds_at(time):
                return max(dated, key=lambda each: each.start or date.min).rates
        return bundled.price(terms, when, length) if self.catalogue else None

    @property
    def is_empty(self) -> bool:
        """Whether it prices nothing."""
        return not self.rates and not (self.catalogue and bundled.has_catalogue())

    @property
    def zone(self) -> tzinfo:
        """The zone whose days and hours the entries name."""
        return UTC if self.tz == "UTC" else zone(self.tz)

    @cached_property
    def _by_precedence(self) -> list[Entry]:
        return sorted(self.rates, key=lambda entry: entry.generality)

    def changes(self, terms: Terms) -> bundled.Changes:
        """When the catalogue's price of some terms may change."""
        return bundled.changes(terms) if self.catalogue else bundled.Changes()
