"""Where the axes of a trend have ticks, and which labels may go when room is short."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log10

_INTERVALS = 4


def ticks(low: int | Fraction, high: int | Fraction) -> list[Fraction]:
    """Round values for an axis: at most five, from below `low` to above `high`.

    Their step is 1, 2, 2.5 or 5 times a power of ten, and whole from one up.

    Examples:
        >>> [int(tick) for tick in ticks(0, 13_900_000)]
        [0, 5000000, 10000000, 15000000]
        >>> [float(tick) for tick in ticks(0, Fraction(1, 10))]
        [0.0, 0.025, 0.05, 0.075, 0.1]
    """
    span = Fraction(high) - low
    if not span:
        return [Fraction(low)]
    power = floor(log10(span / _INTERVALS)) - 1
    while True:
        for factor in (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5)):
            step = factor * Fraction(10) ** power
            first, last = floor(low / step), ceil(high / step)
            whole = step.denominator == 1 or span < 1
            if whole and last - first <= _INTERVALS:
                return [step * place for place in range(first, last + 1)]
        power += 1


_DAY = 86_400
_STEPS = {
    0: (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96),
    _DAY: (1, 2, 4, 7, 14, 28, 56, 112),
    28 * _DAY: (1, 2, 3, 6, 12, 24, 60),
}
"""Seconds between labels, from -> how many of them one label may stand for."""


def strides(seconds: Sequence[float], clocks: Sequence[int]) -> list[list[int]]:
    """Which labels an axis may leave out: every k-th stays, from the r-th on.

    Args:
        seconds: From the first label of the axis to each, as a wall clock counts.
        clocks: The second of the day at each.

    Returns:
        Pairs of k and r, densest first: hours keep to whole parts of the day, days to
        weeks, and the last day stays.

    Examples:
        >>> strides([0, 86400, 172800], [0, 0, 0])
        [[1, 0], [2, 0], [4, 2]]
        >>> strides([0, 10800, 21600], [10800, 21600, 32400])
        [[1, 0], [2, 1], [4, 0]]
    """
    last = len(seconds) - 1
    step = seconds[1] - seconds[0] if last > 0 else 0.0
    found = []
    for k in next(_STEPS[least] for least in reversed(_STEPS) if step >= least):
        r = last % k
        if 0 < step < _DAY:
            if _DAY % (k * step):
                continue
            r = next((i for i, c in enumerate(clocks) if not c % (k * step)), 0) % k
        found.append([k, r])
        if k > last:
            break
    return found
