"""Rows of the roll-up as small numbers: dimensions as codes, measures narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.rollup.measures import MEASURES

Ints = npt.NDArray[np.int64]
Narrow = npt.NDArray[Any]
"""Whole numbers in the smallest type that holds them."""
Name = str | None

TOO_MUCH = (
    "the sums of the ledger are larger than can be counted exactly (2^63 tokens, or "
    "9.2 billion in money); read it in parts"
)

_WIDTHS = (np.uint8, np.uint16, np.uint32)
_LISTED = 1 << 26
"""So many combinations are looked up in a list; more are sorted, and few rows, too."""


def narrow(values: Narrow) -> Narrow:
    """Numbers that are not negative in the smallest type that holds them."""
    most = int(values.max(initial=0))
    for width in _WIDTHS:
        if most <= np.iinfo(width).max:
            return values.astype(width, copy=False)
    return values.astype(np.int64, copy=False)


def numbers(array: pa.Array) -> Narrow:
    """An array of numbers, not copied; what is null may be any number.

    Its own ``to_numpy`` imports pandas, which takes half a second.

    Examples:
        >>> numbers(pa.array([1, 2])).tolist()
        [1, 2]
    """
    kind = np.dtype(str(array.type))
    if not len(array):
        return np.zeros(0, kind)
    return np.frombuffer(
        array.buffers()[1], kind, len(array), array.offset * kind.itemsize
    )


def coded(column: pa.ChunkedArray, places: Mapping[Name, int]) -> Narrow:
    """The place of each row's value.

    Args:
        column: Texts, as they are or as a dictionary; a null value is None.
        places: Value -> its place.
    """
    column = _dictionary(column).combine_chunks()
    values = column.dictionary.to_pylist()
    found = numbers(column.indices)
    if column.null_count:
        bits = np.frombuffer(column.indices.buffers()[0], np.uint8)
        valid = np.unpackbits(bits, bitorder="little")[column.indices.offset :]
        found = np.where(valid[: len(found)], found, len(values))
        values.append(None)
    return narrow(np.array([places[value] for value in values], np.int64))[found]


def values_of(columns: Sequence[pa.ChunkedArray]) -> list[Name]:
    """The values of some columns of texts, sorted, and None."""
    found = set()
    for column in columns:
        for chunk in _dictionary(column).chunks[:1]:  # the dictionary is that of all
            found.update(chunk.dictionary.to_pylist())
    return [*sorted(found), None]


def _dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts with one dictionary for all of them."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries()


def combined(codes: Sequence[Narrow]) -> tuple[Ints, Ints]:
    """The combinations of codes that occur, numbered in the order of the codes.

    Args:
        codes: The places of the values, a dimension each.

    Returns:
        Each row's combination, and for each combination a row that has it.
    """
    found = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        found = _numbered(found * (int(code.max(initial=0)) + 1) + code)
    example = np.zeros(int(found.max(initial=-1)) + 1, np.int64)
    example[found] = np.arange(len(found))
    return found, example


def _numbered(values: Ints) -> Ints:
    """Numbers as their ranks among those that occur."""
    (ranks,), _ = ranked([values])
    return ranks.astype(np.int64)


def ranked(columns: Sequence[Narrow]) -> tuple[list[Narrow], Ints]:
    """Numbers as their ranks among those that occur in any of some columns.

    Returns:
        The ranks, column by column, and the numbers that occur, ascending.

    Examples:
        >>> ranks, there = ranked([np.array([7, 3]), np.array([9, 7])])
        >>> [each.tolist() for each in ranks], there.tolist()
        ([[1, 0], [2, 1]], [3, 7, 9])
    """
    sizes = [len(column) for column in columns]
    most = max((int(column.max(initial=0)) for column in columns), default=0) + 1
    if most > min(_LISTED, 16 * sum(sizes) + 65_536):
        together = np.concatenate(columns)
        there, ranks = np.unique(together, return_inverse=True)
        return np.split(narrow(ranks), np.cumsum(sizes)[:-1]), there.astype(np.int64)
    used = np.zeros(most, bool)
    for column in columns:
        used[column] = True
    rank = narrow(np.maximum(np.cumsum(used, dtype=np.int32) - 1, 0))
    return [rank[column] for column in columns], np.flatnonzero(used)


def measured(rows: pa.Table) -> tuple[dict[str, Narrow], dict[str, str]]:
    """The measures of rows, each column of numbers once.

    Args:
        rows: Rows of the roll-up; of a measure that is not there nothing was reported.

    Returns:
        Measure -> the number of each row; and each measure -> the one of those that
        is the same in every row. What is 0 in all rows is left out.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    found: dict[str, Narrow] = {}
    same: dict[str, str] = {}
    by_total: dict[int, list[str]] = {}
    for name in filter(rows.column_names.__contains__, MEASURES):
        values = narrow(numbers(rows[name].combine_chunks()))
        rows = rows.drop_columns([name])  # so that its memory is free
        if not (sum_of_all := total(values)):
            continue
        alike = by_total.setdefault(sum_of_all, [])
        first = next((o for o in alike if np.array_equal(found[o], values)), name)
        same[name] = first
        if first == name:
            found[name] = values
            alike.append(name)
    return found, same


def total(values: Narrow) -> int:
    """The exact sum of numbers that are not negative.

    Raises:
        LedgerError: When it would not fit.
    """
    most = int(values.max(initial=0))
    if most * len(values) < 2**63:
        return int(values.sum(dtype=np.int64))
    # two halves that can't overflow tell whether the whole would
    high, low = int((values >> 32).sum()), int((values & 0xFFFFFFFF).sum())
    total = (high << 32) + low
    if total >= 2**63:
        raise LedgerError(TOO_MUCH)
    return total


def used(
    names: Mapping[str, Sequence[Name]], codes: Mapping[str, Narrow]
) -> tuple[dict[str, Sequence[Name]], dict[str, npt.NDArray[np.int32]]]:
    """The values of dimensions that occur, and their places among those.

    Args:
        names: Dimension -> its values.
        codes: Dimension -> the places in them.
    """
    left: dict[str, Sequence[Name]] = {}
    places = {}
    for name, values in names.items():
        (ranks,), there = ranked([codes[name]])
        left[name] = [values[place] for place in there.tolist()]
        places[name] = ranks.astype(np.int32)
    return left, places
