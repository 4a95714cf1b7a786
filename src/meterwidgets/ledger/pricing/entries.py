"""The ``[[price]]`` entries of a rate table, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from meterwidgets.errors import ConfigError, unknown
from meterwidgets.ledger.pricing.rates import (
    FEES,
    KINDS,
    NANO,
    STANDARD,
    Rates,
    Terms,
    term_name,
)

_LARGEST_RATE = 9_000_000_000  # in nano it fits an int64
_NAMED = ("deployment", "model", "provider")
_TERMS = ("service_tier", "speed", "geography")
_KEYS = (*_NAMED, *_TERMS, "from", "hours", "above", *KINDS, *FEES, "currency")
_PRICED = (
    "input",
    "output",
    "input_audio",
    "output_audio",
    "input_image",
    "output_image",
)

Hours = tuple[tuple[time, time], ...]
"""Parts of a day; one that ends before it begins goes past midnight."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One ``[[price]]`` entry: what it is for, from when on, and its rates.

    Attributes:
        patterns: Term -> the pattern that it must match.
        start: The day from which it holds; None is always.
        hours: The parts of the day in which it holds; empty is all day.
        above: It holds for requests with more input tokens than these.
        rates: What it charges.
    """

    patterns: Mapping[str, str]
    start: date | None
    hours: Hours
    above: int
    rates: Rates

    def matches(self, terms: Terms) -> bool:
        """Whether every pattern matches; ``*`` also matches what is not reported."""
        for name, pattern in self.patterns.items():
            value = getattr(terms, name)
            if pattern != "*" and not (value and fnmatchcase(value, pattern)):
                return False
        return True

    def holds_at(self, moment: time) -> bool:
        """Whether it holds at a time of day."""
        return not self.hours or any(
            first <= moment < last if first < last else moment >= first or moment < last
            for first, last in self.hours
        )

    @property
    def scope(self) -> tuple[object, ...]:
        """What it is for: entries that share it replace each other from a day on."""
        return tuple(self.patterns.items()), self.hours, self.above

    @property
    def generality(self) -> tuple[int, bool, bool]:
        """What sorts entries that name more terms before those that name fewer."""
        return -self.above, not self.hours, self.rates.any_service


def parse_entry(entry: Mapping[str, Any], where: str, currency: str) -> Entry:
    """Check an entry as it stands in ``meterwidgets.toml``.

    Args:
        entry: The keys of ``[[price]]``.
        where: What to name in front of an error.
        currency: The currency of an entry that names none.

    Raises:
        ConfigError: With the entry, the key and the fix.
    """
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where}: expected a table, [[price]], got {entry!r}")
    _check_keys(entry, where)
    start = entry.get("from")
    if start is not None and type(start) is not date:
        raise ConfigError(f"{where}.from: expected a date, from = 2025-01-01")
    rates: dict[str, Any] = {}
    rates |= {kind: _nano(entry.get(kind), f"{where}.{kind}", "2.00") for kind in KINDS}
    rates |= {fee: _nano(entry.get(fee), f"{where}.{fee}", "0.01") for fee in FEES}
    if not set(_NAMED) & entry.keys():
        raise ConfigError(
            f"{where}: matches nothing by name; "
            'add deployment, model or provider, e.g. model = "*"'
        )
    patterns = {name: entry.get(name, "*") for name in _NAMED}
    # An entry that names no tier holds for every tier, and that is said; a fast mode
    # or a geography costs a multiple, which an entry must name.
    defaults = {"service_tier": "*", "speed": STANDARD, "geography": STANDARD}
    patterns |= {n: term_name(n, entry.get(n, defaults[n])) for n in _TERMS}
    money = entry.get("currency", currency)
    if not re.fullmatch("[A-Za-z]{3}", money):
        raise ConfigError(f'{where}.currency: expected a code such as "USD"')
    return Entry(
        patterns=patterns,
        start=start,
        hours=_hours(entry.get("hours"), f"{where}.hours"),
        above=_length(entry.get("above", 0), f"{where}.above"),
        rates=Rates(
            basis="rate_table",
            currency=money.upper(),
            any_service="service_tier" not in entry,
            **rates,
        ),
    )


def _check_keys(entry: Mapping[str, Any], where: str) -> None:
    for key in entry:
        if key not in _KEYS:
            raise ConfigError(f"{where}: {unknown('key', key, _KEYS)}")
    for key in (*_NAMED, *_TERMS, "currency"):
        if key in entry and not isinstance(entry[key], str):
            raise ConfigError(f'{where}.{key}: expected text, {key} = "..."')
    if not {*_PRICED} & entry.keys():
        raise ConfigError(f'{where}: no rate; add input = "2.00" and output = "4.00"')


def _hours(value: object, where: str) -> Hours:
    """Parts of the day, as one text or several.

    Examples:
        >>> _hours("22:00-06:00", "hours")
        ((datetime.time(22, 0), datetime.time(6, 0)),)
    """
    if value is None:
        return ()
    texts = value if isinstance(value, list | tuple) else [value]
    hours = []
    for text in texts:
        found = re.fullmatch(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)", str(text))
        numbers = [int(each) for each in found.groups()] if found else []
        if not found or max(numbers[1::2]) > 59 or max(numbers[::2]) > 24:
            raise ConfigError(
                f'{where}: expected hours = "01:00-04:00", or a list of those, '
                f"got {text!r}"
            )
        edges = [
            time(hour % 24, minute)
            for hour, minute in zip(*[iter(numbers)] * 2, strict=True)
        ]
        hours.append((edges[0], edges[1]))
    return tuple(hours)


def _length(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value < 10**15:
        raise ConfigError(
            f"{where}: expected a number of input tokens, above = 200_000, "
            f"got {value!r}"
        )
    return value


def _nano(value: object, where: str, example: str) -> int | None:
    if value is None:
        return None
    wrong = ConfigError(
        f'{where}: expected decimal text such as "{example}", got {value!r}'
    )
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
