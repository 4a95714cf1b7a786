"""Numbers as text: the only place where a figure is rounded.

A non-zero amount never prints as zero, and a missing one never as zero. Money comes in
nano-units (billionths of a currency unit) or as an exact fraction of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any
from unicodedata import bidirectional

NANO = 1_000_000_000
DASH = "–"
"""What stands where there is no figure; its reason stands in the hover title."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
Number = int | Fraction | Decimal


def rounded(value: int | Fraction, decimals: int, per: int = 1) -> Decimal:
    """A fraction as a decimal with so many digits, halves away from zero.

    Args:
        value: What to round.
        decimals: Digits after the point.
        per: What to divide it by first.

    Examples:
        >>> rounded(Fraction(1, 8), 2), rounded(-125, 2, per=1000)
        (Decimal('0.13'), Decimal('-0.13'))
    """
    whole = value.denominator * per
    digits = (2 * abs(value.numerator) * 10**decimals + whole) // (2 * whole)
    return Decimal(f"{'-' if value < 0 else ''}{digits}E-{decimals}")


def _exact(value: Number) -> Any:
    """A number to reckon with; whole ones are much faster."""
    return value if isinstance(value, int) else Fraction(value)


def symbol(currency: str | None) -> str:
    r"""What stands before an amount.

    Examples:
        >>> symbol("USD"), symbol("CHF")
        ('$', 'CHF\xa0')
    """
    if currency is None:
        return ""
    return _SYMBOLS.get(currency, f"{currency}\u00a0")


def unit_word(currency: str | None) -> str:
    """What a currency unit is called, as in "tokens per dollar".

    Examples:
        >>> unit_word("USD"), unit_word("CHF")
        ('dollar', 'CHF')
    """
    words = {
        "USD": "dollar",
        "EUR": "euro",
        "GBP": "pound",
        "JPY": "yen",
        "INR": "rupee",
    }
    return words.get(currency or "USD", currency or "")


def money(nano: Number | None, currency: str | None = "USD") -> str:
    """Money on cards.

    Args:
        nano: Billionths of a currency unit, or None.
        currency: Its ISO 4217 code.

    Returns:
        From one cent up two decimals, below a cent two significant digits (at most
        six decimals), from 10,000 up compact.

    Examples:
        >>> [money(n) for n in (160_000_000, 2_000_000, 430_000, 12_340_000_000)]
        ['$0.16', '$0.0020', '$0.00043', '$12.34']
        >>> [money(n) for n in (12_345 * NANO, 1_230_000 * NANO, 0, 1, None)]
        ['$12.3K', '$1.23M', '$0.00', '<$0.000001', '–']
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
        return f"{sign}{unit}{_compact(value)}"
    if value >= Fraction(1, 100):
        return f"{sign}{unit}{cents:,}"
    zeros = _leading_zeros(value)
    fine = rounded(value, min(6, zeros + 2))
    if fine >= Decimal(1).scaleb(-zeros):  # 0.000999 is 0.0010
        fine = rounded(value, min(6, zeros + 1))
    return f"{sign}{unit}{cents if fine >= Decimal('0.01') else fine}"


def _leading_zeros(value: Fraction) -> int:
    """How many zeros stand after the point: 0 for 0.5, 2 for 0.002."""
    zeros = 0
    while value * 10 ** (zeros + 1) < 1:
        zeros += 1
    return zeros


def _compact(value: int | Fraction) -> str:
    """Three significant digits and K, M, B or T, without trailing zeros."""
    for power, letter in ((3, "K"), (6, "M"), (9, "B"), (12, "T")):
        one = 10**power
        decimals = 2 if value < 10 * one else 1 if value < 100 * one else 0
        short = rounded(value, decimals, one)
        if short >= 1000 and letter != "T":
            continue
        text = f"{short:,f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + letter
    raise AssertionError("unreachable")  # pragma: no cover


def money_column(
    nanos: Sequence[Number | None], currency: str | None = "USD"
) -> list[str]:
    """Money in a column or a tooltip: one precision for all, never compact.

    Args:
        nanos: The amounts; the precision is such that the smallest one worth 1% of
            the largest keeps two significant digits, and at least two decimals.
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
    least = Decimal(1).scaleb(-decimals)
    for value in values:
        if value is None:
            texts.append(DASH)
            continue
        sign, amount = ("-" if value < 0 else ""), rounded(abs(value), decimals, NANO)
        if value and not amount:
            texts.append(f"{sign}<{unit}{least:f}")
        else:
            texts.append(f"{sign}{unit}{amount:,f}")
    return texts


def change_column(
    nanos: Sequence[Number | None], currency: str | None = "USD"
) -> list[str]:
    """Differences of money in a column: as ``money_column``, and more has a plus.

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
    """The whole amount, for the hover title and exports.

    Examples:
        >>> money_exact(160_000_000), money_exact(Fraction(8_888_888_889, 3))
        ('$0.16', '$2.962962963')
    """
    if nano is None:
        return DASH
    sign, unit = "-" if nano < 0 else "", symbol(currency)
    amount = rounded(abs(Fraction(nano)) / NANO, 9)
    if nano and not amount:
        return f"{sign}<{unit}0.000000001"
    whole, _, rest = f"{amount:,f}".partition(".")
    return f"{sign}{unit}{whole}.{rest.rstrip('0').ljust(2, '0')}"


def decimal_text(nano: Number | None) -> str | None:
    """Money as decimal text with nine decimals, for JSON and CSV.

    Examples:
        >>> decimal_text(160_000_000), decimal_text(None)
        ('0.160000000', None)
    """
    return None if nano is None else f"{rounded(Fraction(nano) / NANO, 9):f}"


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
        return sign + _compact(size)
    if size.denominator == 1 or size >= 1000:
        return f"{sign}{rounded(size, 0):,}"
    if size < 1:
        text = f"{rounded(size, _leading_zeros(Fraction(size)) + 2):f}"
    else:
        text = f"{rounded(size, 2 if size < 10 else 1 if size < 100 else 0):,f}"
    return sign + (text.rstrip("0").rstrip(".") if "." in text else text)


def count_exact(value: Number | None) -> str:
    """The whole count, grouped, for the hover title.

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
    return f"{rounded(exact, decimals):,f}".rstrip("0").rstrip(".")


def share(part: Fraction | None) -> str:
    """A share with one decimal; what is not all or nothing never says so.

    Examples:
        >>> [share(Fraction(n, 10_000)) for n in (5200, 3, 9996, 0, 10_000)]
        ['52.0%', '<0.1%', '>99.9%', '0.0%', '100.0%']
    """
    if part is None:
        return DASH
    if 0 < part < Fraction(1, 1000):
        return "<0.1%"
    if Fraction(999, 1000) < part < 1:
        return ">99.9%"
    return f"{rounded(part * 100, 1)}%"


def shares(parts: Sequence[Number]) -> list[str]:
    """The shares of a breakdown, as shown: they add up to 100.0.

    Args:
        parts: Amounts that are not negative.

    Returns:
        One decimal each, by largest remainder among those from 0.1 to 99.9; smaller
        and larger ones say "<0.1%" and ">99.9%".

    Examples:
        >>> shares([1, 1, 1])
        ['33.4%', '33.3%', '33.3%']
        >>> shares([0, 0])
        ['–', '–']
    """
    whole = sum((Fraction(part) for part in parts), Fraction(0))
    if not whole:
        return [DASH] * len(parts)
    tenths = [Fraction(part) * 1000 / whole for part in parts]
    inner = [place for place, value in enumerate(tenths) if 1 <= value <= 999]
    texts = [share(value / 1000) for value in tenths]
    floors = {
        place: int(Decimal(int(tenths[place])).to_integral_value(ROUND_FLOOR))
        for place in inner
    }
    target = int(rounded(sum((tenths[place] for place in inner), Fraction(0)), 0))
    by_remainder = sorted(inner, key=lambda place: floors[place] - tenths[place])
    for place in by_remainder[: target - sum(floors.values())]:
        floors[place] += 1
    for place, tenth in floors.items():
        texts[place] = f"{tenth // 10}.{tenth % 10}%"
    return texts


def split_shares(parts: Sequence[Number]) -> list[str]:
    """The labels of a split bar: without decimals, together 100.

    Examples:
        >>> split_shares([28, 26]), split_shares([1, 999_999])
        (['52%', '48%'], ['<1%', '>99%'])
    """
    whole = sum((Fraction(part) for part in parts), Fraction(0))
    if not whole:
        return [DASH] * len(parts)
    exact = [Fraction(part) * 100 / whole for part in parts]
    floors = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda place: floors[place] - exact[place])
    for place in order[: 100 - sum(floors)]:
        floors[place] += 1
    texts = []
    for value, shown in zip(exact, floors, strict=True):
        if (value and not shown) or 0 < value < Fraction(1, 2):
            texts.append("<1%")
        elif (value < 100 and shown == 100) or Fraction(199, 2) < value < 100:
            texts.append(">99%")
        else:
            texts.append(f"{shown}%")
    return texts


def percent(part: Fraction) -> str:
    """A change, without its sign: its arrow says it.

    Examples:
        >>> percent(Fraction(-119, 1000)), percent(Fraction(1, 10_000))
        ('11.9%', '<0.1%')
    """
    size = abs(part)
    if size >= 10:
        return f"{rounded(size * 100, 0):,}%"
    return "<0.1%" if 0 < size < Fraction(1, 2000) else f"{rounded(size * 100, 1)}%"


def axis(ticks: Sequence[Number], currency: str | None = None) -> list[str]:
    """The labels of an axis: decimals from the step of the ticks; zero is $0.

    Args:
        ticks: Nano-units when a currency is named, else counts.
        currency: Its ISO 4217 code, or None for counts.

    Examples:
        >>> axis([0, 5_000_000, 10_000_000, 15_000_000], "USD")
        ['$0', '$0.005', '$0.010', '$0.015']
        >>> axis([0, 10_000_000, 20_000_000])
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
        full = [_tick(value, unit, decimals) for value in values]
        texts = [
            f"{'-' if value < 0 else ''}{unit}{_compact(abs(value))}"
            if abs(value) >= 10_000 and not decimals
            else text
            for value, text in zip(values, full, strict=True)
        ]
    return texts if len(set(texts)) == len(set(ticks)) else full


def _tick(value: Fraction, unit: str, decimals: int) -> str:
    if not value:
        return f"{unit}0"
    return f"{'-' if value < 0 else ''}{unit}{rounded(abs(value), decimals):,f}"


_TURNED = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}


def isolated(name: str) -> str:
    r"""A name inside a sentence: one that is written from the right turns only itself.

    Examples:
        >>> isolated("qwen"), isolated("\u05de\u05d5\u05d3\u05dc")
        ('qwen', '\u2068מודל\u2069')
    """
    turned = any(bidirectional(letter) in _TURNED for letter in name)
    return f"\u2068{name}\u2069" if turned else name


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    Examples:
        >>> plural(1, "model"), plural(7, "model"), plural(2, "entry", "entries")
        ('1 model', '7 models', '2 entries')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
