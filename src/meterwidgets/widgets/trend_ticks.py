"""The ticks of a trend's axes, and which labels to drop where room is short."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log10

_MAX_INTERVALS = 4
_STEP_FACTORS = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5))


def value_ticks(low: int | Fraction, high: int | Fraction) -> list[Fraction]:
    """Return round ticks: at most five, from at or below `low` to at or above `high`.

    Their step is 1, 2, 2.5 or 5 times a power of ten, and whole from one up.

    Examples:
        >>> [int(tick) for tick in value_ticks(0, 13_900_000)]
        [0, 5000000, 10000000, 15000000]
        >>> [float(tick) for tick in value_ticks(0, Fraction(1, 10))]
        [0.0, 0.025, 0.05, 0.075, 0.1]
    """
    span = Fraction(high) - low
    if not span:
        return [Fraction(low)]
    power = floor(log10(span / _MAX_INTERVALS)) - 1
    while True:
        for factor in _STEP_FACTORS:
            step = factor * Fraction(10) ** power
            first, last = floor(low / step), ceil(high / step)
            round_step = step.denominator == 1 or span < 1
            if round_step and last - first <= _MAX_INTERVALS:
                return [step * i for i in range(first, last + 1)]
        power += 1


_DAY = 86_400
_STRIDES = {
    0: (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96),
    _DAY: (1, 2, 4, 7, 14, 28, 56, 112),
    28 * _DAY: (1, 2, 3, 6, 12, 24, 60),
}
"""Seconds between labels, at least -> the strides that keep to round times."""


def label_strides(seconds: Sequence[float], clocks: Sequence[int]) -> list[list[int]]:
    """Return the ways to thin out the labels of a time axis.

    Args:
        seconds: From the first label to each, in wall-clock time.
        clocks: The second of the day of each.

    Returns:
        Pairs of a stride and an offset, densest first: every stride-th label stays,
        from the offset on. Hours keep to whole parts of the day, days to weeks, and
        the last day stays.

    Examples:
        >>> label_strides([0, 86400, 172800], [0, 0, 0])
        [[1, 0], [2, 0], [4, 2]]
        >>> label_strides([0, 10800, 21600], [10800, 21600, 32400])
        [[1, 0], [2, 1], [4, 0]]
    """
    last = len(seconds) - 1
    step = seconds[1] - seconds[0] if last > 0 else 0.0
    pairs = []
    for stride in next(
        _STRIDES[least] for least in reversed(_STRIDES) if step >= least
    ):
        offset = last % stride
        if 0 < step < _DAY:
            period = stride * step
            if _DAY % period:
                continue
            round_times = (i for i, clock in enumerate(clocks) if not clock % period)
            offset = next(round_times, 0) % stride
        pairs.append([stride, offset])
        if stride > last:
            break
    return pairs
