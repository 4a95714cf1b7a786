"""The labels of an axis of amounts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from meterwidgets.metrics.text.formats import (
    NANO,
    Number,
    compact,
    count,
    count_exact,
    rounded,
    symbol,
)


def number_labels(ticks: Sequence[Number], currency: str | None = None) -> list[str]:
    """The labels of an axis of amounts: decimals from the step of the ticks; 0 is $0.

    Args:
        ticks: Nano-units when a currency is named, else counts.
        currency: Its ISO 4217 code, or None for counts.

    Examples:
        >>> number_labels([0, 5_000_000, 10_000_000, 15_000_000], "USD")
        ['$0', '$0.005', '$0.010', '$0.015']
        >>> number_labels([0, 10_000_000, 20_000_000])
        ['0', '10M', '20M']
    """
    if currency is None:
        texts = [count(tick) for tick in ticks]
        full = [count_exact(tick) for tick in ticks]
    else:
        values, unit = [Fraction(tick) / NANO for tick in ticks], symbol(currency)
        decimals = 0
        while decimals < 9 and any((v * 10**decimals).denominator != 1 for v in values):
            decimals += 1
        decimals = 2 if decimals == 1 else decimals  # $1.50
        full = [_money_label(value, unit, decimals) for value in values]
        texts = [
            f"{'-' if value < 0 else ''}{unit}{compact(abs(value))}"
            if abs(value) >= 10_000 and not decimals
            else text
            for value, text in zip(values, full, strict=True)
        ]
    # Compact labels must not make two ticks look alike.
    return texts if len(set(texts)) == len(set(ticks)) else full


def _money_label(value: Fraction, unit: str, decimals: int) -> str:
    if not value:
        return f"{unit}0"
    return f"{'-' if value < 0 else ''}{unit}{rounded(abs(value), decimals):,f}"
