"""The series of a trend: exact values per bucket, and their figures as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from numbers import Integral
from typing import Any

from meterwidgets.errors import MeterError
from meterwidgets.metrics.text import formats

Value = int | Fraction | None
"""A figure: nano-units of a currency, or a count; None is unknown."""
_KEYS = ("id", "name", "color", "values")


@dataclass(frozen=True)
class Series:
    """One series: its id and name, its colour slot, and a value per bucket."""

    id: str
    name: str
    color: str
    values: tuple[Value, ...]


def parse_series(
    mappings: Sequence[Mapping[str, Any]], bucket_count: int
) -> tuple[Series, ...]:
    """Return the series of a trend, checked.

    Args:
        mappings: One per series: id, name, color, values.
        bucket_count: How many values each must have.

    Raises:
        MeterError: If a key is missing, or values are too few, many, or no numbers.

    Examples:
        >>> parse_series([{"id": "a", "name": "A", "color": "c1", "values": [1]}], 1)
        (Series(id='a', name='A', color='c1', values=(1,)),)
    """
    return tuple(_parse(mapping, bucket_count) for mapping in mappings)


def _parse(mapping: Mapping[str, Any], bucket_count: int) -> Series:
    missing = [key for key in _KEYS if key not in mapping]
    if missing:
        raise MeterError(
            f"a series without {', '.join(missing)}; each needs {', '.join(_KEYS)}"
        )
    name, values = str(mapping["name"]), tuple(mapping["values"])
    if len(values) != bucket_count:
        raise MeterError(
            f"series {name!r} has {len(values)} values for {bucket_count} times; "
            "give one per time, None where it is unknown"
        )
    exact = tuple(_exact(value, name) for value in values)
    return Series(str(mapping["id"]), name, str(mapping["color"]), exact)


def _exact(value: object, series_name: str) -> Value:
    if value is None or value != value:  # NaN is unknown, too
        return None
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Fraction) or (isinstance(value, float) and isfinite(value)):
        fraction = Fraction(value)
        return fraction.numerator if fraction.denominator == 1 else fraction
    raise MeterError(
        f"series {series_name!r} has the value {value!r}; expected a number"
    )


def sum_known(values: Sequence[Value]) -> Value:
    """Return the sum of the known values; None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def figure_text(value: Value, unit: str) -> str:
    """Return one figure as text: money if `unit` is a currency, else a count."""
    return formats.money(value, unit) if unit else formats.count(value)


def column_texts(values: Sequence[Value], unit: str) -> list[str]:
    """Return figures that stand in one column as text, money with the same decimals."""
    if unit:
        return formats.money_column(values, unit)
    return [formats.count(value) for value in values]
