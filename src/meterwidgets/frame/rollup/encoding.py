"""Rows of the roll-up as small numbers: dimensions as codes, measures narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.measures import MEASURES

Int64s = npt.NDArray[np.int64]
Integers = npt.NDArray[Any]
"""Whole numbers in the smallest type that holds them."""
Name = str | None

OVERFLOW = (
    "the sums of the ledger are larger than can be counted exactly (2^63 tokens, or "
    "9.2 billion in money); read it in parts"
)

_WIDTHS = (np.uint8, np.uint16, np.uint32)
_SIGNED_WIDTHS = (np.int8, np.int16, np.int32)
_MAX_LOOKUP = 1 << 26
"""Codes up to this are ranked by a lookup table; larger ones by sorting."""


def narrow(values: Integers) -> Integers:
    """The same numbers in the smallest type that holds them."""
    least, most = extremes(values)
    for width in _SIGNED_WIDTHS if least < 0 else _WIDTHS:
        limits = np.iinfo(width)
        if limits.min <= least and most <= limits.max:
            return values.astype(width, copy=False)
    return values.astype(np.int64, copy=False)


def extremes(values: Integers) -> tuple[int, int]:
    """The smallest and the largest of some numbers and 0."""
    least = int(values.min(initial=0)) if values.dtype.kind == "i" else 0
    return least, int(values.max(initial=0))


def numbers(array: pa.Array) -> Integers:
    """The numbers of an Arrow array, not copied; a null may be any number.

    Arrow's own ``to_numpy`` imports pandas, which takes half a second.

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


def encode(column: pa.ChunkedArray, codes: Mapping[Name, int]) -> Integers:
    """The code of each row's value.

    Args:
        column: Texts, plain or dictionary-encoded; a null value is None.
        codes: Value -> its code.
    """
    column = _dictionary(column).combine_chunks()
    values = column.dictionary.to_pylist()
    indices = numbers(column.indices)
    if column.null_count:
        bits = np.frombuffer(column.indices.buffers()[0], np.uint8)
        valid = np.unpackbits(bits, bitorder="little")[column.indices.offset :]
        indices = np.where(valid[: len(indices)], indices, len(values))
        values.append(None)
    return narrow(np.array([codes[value] for value in values], np.int64))[indices]


def distinct_values(columns: Sequence[pa.ChunkedArray]) -> list[Name]:
    """The values of some columns of texts, sorted, and None."""
    values = set()
    for column in columns:
        for chunk in _dictionary(column).chunks[:1]:  # all chunks share a dictionary
            values.update(chunk.dictionary.to_pylist())
    return [*sorted(values), None]


def _dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts with one dictionary for all of them."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries()


def combine_codes(codes: Sequence[Integers]) -> tuple[Int64s, Int64s]:
    """The combinations of codes that occur, numbered in the order of the codes.

    Args:
        codes: The places of the values, a dimension each.

    Returns:
        Each row's combination, and for each combination a row that has it.
    """
    combination = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        combination = _dense(combination * (int(code.max(initial=0)) + 1) + code)
    example = np.zeros(int(combination.max(initial=-1)) + 1, np.int64)
    example[combination] = np.arange(len(combination))
    return combination, example


def _dense(values: Int64s) -> Int64s:
    """Numbers as their ranks among those that occur."""
    (ranks,), _ = dense_ranks([values])
    return ranks.astype(np.int64)


def dense_ranks(columns: Sequence[Integers]) -> tuple[list[Integers], Int64s]:
    """Numbers as their ranks among those that occur in any of some columns.

    Returns:
        The ranks, column by column, and the numbers that occur, ascending.

    Examples:
        >>> ranks, values = dense_ranks([np.array([7, 3]), np.array([9, 7])])
        >>> [column.tolist() for column in ranks], values.tolist()
        ([[1, 0], [2, 1]], [3, 7, 9])
    """
    sizes = [len(column) for column in columns]
    most = max((int(column.max(initial=0)) for column in columns), default=0) + 1
    if most > min(_MAX_LOOKUP, 16 * sum(sizes) + 65_536):
        values, ranks = np.unique(np.concatenate(columns), return_inverse=True)
        return np.split(narrow(ranks), np.cumsum(sizes)[:-1]), values.astype(np.int64)
    used = np.zeros(most, bool)
    for column in columns:
        used[column] = True
    rank = narrow(np.maximum(np.cumsum(used, dtype=np.int32) - 1, 0))
    return [rank[column] for column in columns], np.flatnonzero(used)


def distinct_measures(rows: pa.Table) -> tuple[dict[str, Integers], dict[str, str]]:
    """The measures of rows, without columns that repeat another or are all 0.

    Args:
        rows: Rows of the roll-up; a missing measure was not reported.

    Returns:
        Measure -> the number of each row; and measure -> the one of those that is the
        same in every row.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    columns: dict[str, Integers] = {}
    aliases: dict[str, str] = {}
    by_total: dict[int, list[str]] = {}
    for name in filter(rows.column_names.__contains__, MEASURES):
        values = narrow(numbers(rows[name].combine_chunks()))
        rows = rows.drop_columns([name])  # so that its memory is free
        if not (total := total_size(values)):
            continue
        candidates = by_total.setdefault(total, [])
        equal = (
            other for other in candidates if np.array_equal(columns[other], values)
        )
        aliases[name] = next(equal, name)
        if aliases[name] == name:
            columns[name] = values
            candidates.append(name)
    return columns, aliases


def total_size(values: Integers) -> int:
    """The exact sum of the absolute values of numbers: no sum of some is larger.

    Raises:
        LedgerError: When it would not fit.

    Examples:
        >>> total_size(np.array([30, -30]))
        60
    """
    least, most = extremes(values)
    if least < 0:
        values = np.abs(values.astype(np.int64))
        most = max(most, -least)
    if most * len(values) < 2**63:
        return int(values.sum(dtype=np.int64))
    # The sums of both halves can't overflow, and tell whether the whole would.
    high, low = int((values >> 32).sum()), int((values & 0xFFFFFFFF).sum())
    total = (high << 32) + low
    if total >= 2**63:
        raise LedgerError(OVERFLOW)
    return total


def drop_unused(
    names: Mapping[str, Sequence[Name]], codes: Mapping[str, Integers]
) -> tuple[dict[str, Sequence[Name]], dict[str, npt.NDArray[np.int32]]]:
    """The values of dimensions that occur, and the codes of rows among those.

    Args:
        names: Dimension -> its values.
        codes: Dimension -> the code of each row, which is a place in its values.
    """
    used_names: dict[str, Sequence[Name]] = {}
    used_codes = {}
    for name, values in names.items():
        (ranks,), used = dense_ranks([codes[name]])
        used_names[name] = [values[code] for code in used.tolist()]
        used_codes[name] = ranks.astype(np.int32)
    return used_names, used_codes
