"""Money and counts as text; `percentages` and `axes` build on it.

Figures are rounded here and nowhere else.
A non-zero amount never prints as zero, and a missing one never as zero. Money comes in
nano-units (billionths of a currency unit) or as an exact fraction of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

NANO = 1_000_000_000
DASH = "–"
"""Stands in for a missing figure; the hover title gives the reason."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
_CURRENCY_NAMES = {
    "USD": "dollar", "EUR": "euro", "GBP": "pound", "JPY": "yen", "INR": "rupee",
}  # fmt: skip
Number = int | Fraction | Decimal


def rounded(value: int | Fraction, decimals: int, per: int = 1) -> Decimal:
    """A number rounded to some decimals, halves away from zero.

    Args:
        value: The number.
        decimals: Digits after the point.
        per: A divisor to apply first.

    Examples:
        >>> rounded(Fraction(1, 8), 2), rounded(-125, 2, per=1000)
        (Decimal('0.13'), Decimal('-0.13'))
    """
    numerator, divisor = value.numerator, value.denominator * per
    digits = (2 * abs(numerator) * 10**decimals + divisor) // (2 * divisor)
    return Decimal(f"{'-' if numerator < 0 else ''}{digits}E-{decimals}")


def _exact(value: Number) -> Any:
    """An exact number; an int stays one because Fractions are much slower."""
    return value if isinstance(value, int) else Fraction(value)


def symbol(currency: str | None) -> str:
    r"""The symbol or code before an amount.

    Examples:
        >>> symbol("USD"), symbol("CHF")
        ('$', 'CHF\xa0')
    """
    if currency is None:
        return ""
    return _SYMBOLS.get(currency, f"{currency}\u00a0")


def currency_name(currency: str | None) -> str:
    """The name of a currency's unit, as in "tokens per dollar".

    Examples:
        >>> currency_name("USD"), currency_name("CHF")
        ('dollar', 'CHF')
    """
    return _CURRENCY_NAMES.get(currency or "USD", currency or "")


def money(nano: Number | None, currency: str | None = "USD") -> str:
    """Money on cards.

    Args:
        nano: Billionths of a currency unit, or None.
        currency: Its ISO 4217 code.

    Returns:
        From five cents up two decimals, below that two significant digits (at most
        six decimals), from 10,000 up compact.

    Examples:
        >>> [money(n) for n in (160_000_000, 2_000_000, 430_000, 12_340_000_000)]
        ['$0.16', '$0.0020', '$0.00043', '$12.34']
        >>> [money(n) for n in (12_345 * NANO, 1_230_000 * NANO, 0, 1, None)]
        ['$12.3K', '$1.23M', '$0.00', '<$0.000001', '–']
        >>> money(50_000_000), money(49_400_000), money(15_000_000)
        ('$0.05', '$0.049', '$0.015')
        >>> money(-160_000_000, "EUR")
        '-€0.16'
    """
    if nano is None:
        return DASH
    value = Fraction(nano) / NANO
    sign, value, unit = ("-" if value < 0 else ""), abs(value), symbol(currency)
    if value == 0:
        return f"{unit}0.00"
    if value < Fraction(5, 10_000_000):
        return f"{sign}<{unit}0.000001"
    cents = rounded(value, 2)
    if cents >= 10_000:
        return f"{sign}{unit}{compact(value)}"
    if value >= Fraction(1, 20):
        return f"{sign}{unit}{cents:,}"
    zeros = _leading_zeros(value)
    amount = rounded(value, min(6, zeros + 2))
    if amount >= Decimal(1).scaleb(-zeros):  # 0.000999 is 0.0010
        amount = rounded(value, min(6, zeros + 1))
    return f"{sign}{unit}{cents if amount * 20 >= 1 else amount}"


def _leading_zeros(value: Fraction) -> int:
    """The number of zeros after the point: 0 for 0.5, 2 for 0.002."""
    zeros = 0
    while value * 10 ** (zeros + 1) < 1:
        zeros += 1
    return zeros


def compact(value: int | Fraction) -> str:
    """Three significant digits and K, M, B or T, without trailing zeros.

    Examples:
        >>> compact(28_000), compact(1_974_000), compact(10**16)
        ('28K', '1.97M', '10,000T')
    """
    for power, suffix in ((3, "K"), (6, "M"), (9, "B"), (12, "T")):
        unit = 10**power
        decimals = 2 if value < 10 * unit else 1 if value < 100 * unit else 0
        scaled = rounded(value, decimals, unit)
        text = _without_trailing_zeros(f"{scaled:,f}") + suffix
        if scaled < 1000:
            break
    return text


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def money_column(
    nanos: Sequence[Number | None], currency: str | None = "USD"
) -> list[str]:
    """Money in a column or a tooltip: one precision for all, never compact.

    Args:
        nanos: The amounts in nano-units. The smallest one worth 1% of the largest keeps
            two significant digits; there are at least two decimals.
        currency: Its ISO 4217 code.

    Examples:
        >>> money_column([161_000_000, 99_000_000, 18_000_000])
        ['$0.161', '$0.099', '$0.018']
        >>> money_column([940_410_000_000, 171_990_000_000, None])
        ['$940.41', '$171.99', '–']
    """
    values = [None if nano is None else _exact(nano) for nano in nanos]
    sizes = [abs(value) for value in values if value]
    largest = max(sizes, default=0)
    smallest = min((size for size in sizes if size * 100 >= largest), default=largest)
    decimals = 2
    if 0 < smallest < NANO:
        decimals = max(2, min(9, _leading_zeros(Fraction(smallest) / NANO) + 2))
    unit, texts = symbol(currency), []
    smallest_shown = Decimal(1).scaleb(-decimals)
    for value in values:
        if value is None:
            texts.append(DASH)
            continue
        sign, amount = ("-" if value < 0 else ""), rounded(abs(value), decimals, NANO)
        if value and not amount:
            texts.append(f"{sign}<{unit}{smallest_shown:f}")
        else:
            texts.append(f"{sign}{unit}{amount:,f}")
    return texts


def change_column(
    nanos: Sequence[Number | None], currency: str | None = "USD"
) -> list[str]:
    """Differences of money in a column: `money_column` with a plus before increases.

    Examples:
        >>> change_column([161_000_000, -99_000_000, 0, None])
        ['+$0.161', '-$0.099', '$0.000', '–']
    """
    texts = money_column(nanos, currency)
    return [
        f"+{text}" if nano is not None and nano > 0 else text
        for nano, text in zip(nanos, texts, strict=True)
    ]


def money_exact(nano: Number | None, currency: str | None = "USD") -> str:
    """The exact amount, for hover titles and exports.

    Examples:
        >>> money_exact(160_000_000), money_exact(Fraction(8_888_888_889, 3))
        ('$0.16', '$2.962962963')
    """
    if nano is None:
        return DASH
    sign, unit = "-" if nano < 0 else "", symbol(currency)
    amount = rounded(abs(_exact(nano)), 9, per=NANO)
    if nano and not amount:
        return f"{sign}<{unit}0.000000001"
    integer, _, decimals = f"{amount:,f}".partition(".")
    return f"{sign}{unit}{integer}.{decimals.rstrip('0').ljust(2, '0')}"


def decimal_text(nano: Number | None) -> str | None:
    """Money as decimal text with nine decimals, for JSON and CSV.

    Examples:
        >>> decimal_text(160_000_000), decimal_text(None)
        ('0.160000000', None)
    """
    return None if nano is None else f"{rounded(_exact(nano), 9, per=NANO):f}"


def rate(nano: Number | None, currency: str | None = "USD") -> str:
    """A rate per 1K tokens: four decimals from 0.0005 to 10,000, else as money.

    Examples:
        >>> rate(2_962_963), rate(190_000), rate(0), rate(None)
        ('$0.0030', '$0.00019', '$0.00', '–')
        >>> rate(9_999 * NANO), rate(12_345 * NANO)
        ('$9,999.0000', '$12.3K')
    """
    if nano is None or abs(Fraction(nano)) < 500_000:
        return money(nano, currency)
    amount = rounded(abs(Fraction(nano)) / NANO, 4)
    if amount >= 10_000:
        return money(nano, currency)
    return f"{'-' if nano < 0 else ''}{symbol(currency)}{amount:,}"


def count(value: Number | None) -> str:
    """Tokens and other counts: below 10,000 grouped, else compact.

    Examples:
        >>> [count(n) for n in (0, 9_999, 28_000, 1_974_000, 412_000_000_000, None)]
        ['0', '9,999', '28K', '1.97M', '412B', '–']
        >>> count(Fraction(1, 4)), count(Fraction(15, 2))
        ('0.25', '7.5')
    """
    if value is None:
        return DASH
    exact = _exact(value)
    size, sign = abs(exact), "-" if exact < 0 else ""
    if 2 * size >= 19_999:  # rounded, 10,000
        return sign + compact(size)
    if size.denominator == 1 or size >= 1000:
        return f"{sign}{rounded(size, 0):,}"
    if size < 1:
        text = f"{rounded(size, _leading_zeros(Fraction(size)) + 2):f}"
    else:
        text = f"{rounded(size, 2 if size < 10 else 1 if size < 100 else 0):,f}"
    return sign + _without_trailing_zeros(text)


def count_exact(value: Number | None) -> str:
    """The exact count, grouped, for hover titles.

    Examples:
        >>> count_exact(337_500), count_exact(Fraction(675_001, 2))
        ('337,500', '337,500.5')
    """
    if value is None:
        return DASH
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{int(exact):,}"
    decimals = _leading_zeros(abs(exact)) + 6 if abs(exact) < 1 else 6
    return _without_trailing_zeros(f"{rounded(exact, decimals):,f}")


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    Examples:
        >>> plural(1, "model"), plural(7, "model"), plural(2, "entry", "entries")
        ('1 model', '7 models', '2 entries')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
