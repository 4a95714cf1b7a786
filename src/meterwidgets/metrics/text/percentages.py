"""Shares and changes as text, in percent.

What is not all or nothing never prints as 100% or 0%.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from meterwidgets.metrics.text.formats import DASH, Number, count, rounded


def share(fraction: Fraction | None) -> str:
    """A share with one decimal.

    Examples:
        >>> [share(Fraction(n, 10_000)) for n in (5200, 3, 9996, 0, 10_000)]
        ['52.0%', '<0.1%', '>99.9%', '0.0%', '100.0%']
    """
    if fraction is None:
        return DASH
    part, whole = fraction.numerator, fraction.denominator
    if 0 < 1000 * part < whole:
        return "<0.1%"
    if -whole < 1000 * part < 0:
        return ">-0.1%"
    if 999 * whole < 1000 * part < 1000 * whole:
        return ">99.9%"
    return f"{rounded(100 * part, 1, per=whole)}%"


def shares(parts: Sequence[Number]) -> list[str]:
    """The shares of a breakdown, which add up to 100.0 as shown.

    Args:
        parts: Amounts. With one below zero, a correction, others may have over 100%.

    Returns:
        Shares with one decimal, by largest remainder among those from 0.1 to 99.9;
        smaller ones are "<0.1%", larger ones ">99.9%".

    Examples:
        >>> shares([1, 1, 1])
        ['33.4%', '33.3%', '33.3%']
        >>> shares([130, -30])
        ['130.0%', '-30.0%']
        >>> shares([0, 0]), shares([1, -3])
        (['–', '–'], ['–', '–'])
    """
    total = sum((Fraction(part) for part in parts), Fraction(0))
    if total <= 0:
        return [DASH] * len(parts)
    exact = [Fraction(part) * 1000 / total for part in parts]  # in tenths of a percent
    texts = [share(tenths / 1000) for tenths in exact]
    between = [index for index, tenths in enumerate(exact) if 1 <= tenths <= 999]
    target = int(rounded(sum((exact[index] for index in between), Fraction(0)), 0))
    shown = _largest_remainder([exact[index] for index in between], target)
    for index, tenths in zip(between, shown, strict=True):
        texts[index] = f"{tenths // 10}.{tenths % 10}%"
    return texts


def _largest_remainder(exact: Sequence[Fraction], target: int) -> list[int]:
    """Whole numbers that add up to a target, those with the largest remainder up."""
    rounded_down = [floor(value) for value in exact]
    order = sorted(
        range(len(exact)), key=lambda index: rounded_down[index] - exact[index]
    )
    numbers = list(rounded_down)
    for index in order[: target - sum(rounded_down)]:
        numbers[index] += 1
    return numbers


def split_shares(parts: Sequence[Number]) -> list[str]:
    """The labels of a split bar: without decimals, adding up to 100.

    Examples:
        >>> split_shares([28, 26]), split_shares([1, 999_999])
        (['52%', '48%'], ['<1%', '>99%'])
    """
    total = sum((Fraction(part) for part in parts), Fraction(0))
    if total <= 0:
        return [DASH] * len(parts)
    exact = [Fraction(part) * 100 / total for part in parts]
    texts = []
    for value, shown in zip(exact, _largest_remainder(exact, 100), strict=True):
        if (value and not shown) or 0 < value < Fraction(1, 2):
            texts.append("<1%")
        elif (value < 100 and shown == 100) or Fraction(199, 2) < value < 100:
            texts.append(">99%")
        else:
            texts.append(f"{shown}%")
    return texts


def change(fraction: Fraction) -> str:
    """The size of a change, without its sign, which an arrow or a word shows.

    Only what fell to nothing prints as 100%; above +900% the factor is clearer.

    Source: METRICS, "Delta".

    Examples:
        >>> change(Fraction(-119, 1000)), change(Fraction(1, 10_000))
        ('11.9%', '<0.1%')
        >>> change(Fraction(-9996, 10_000)), change(Fraction(9)), change(Fraction(31))
        ('>99.9%', '900.0%', 'x32')
    """
    size = abs(fraction)
    if fraction > 9:
        return f"x{count(rounded(fraction + 1, 0))}"
    if 0 < size < Fraction(1, 1000):
        return "<0.1%"
    if -1 < fraction < Fraction(-999, 1000):
        return ">99.9%"
    return f"{rounded(size * 100, 1):,}%"
