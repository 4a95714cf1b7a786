"""Sums rows of the roll-up batch by batch, however many come.

A batch shrinks to one row for each time bucket of a tuple, in the smallest types, and
batches are merged whenever their rows have doubled. So the memory follows the size of
the result, not that of the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.rollup.batches import (
    MAX_KEY,
    ROWS_PER_BATCH,
    Batch,
    aggregate,
    concatenate,
    mean_overlap,
    merge,
    trim_memory,
)
from meterwidgets.frame.rollup.encoding import (
    OVERFLOW,
    Int64s,
    Integers,
    Name,
    dense_ranks,
    distinct_values,
    drop_unused,
    encode,
    narrow,
    numbers,
    total_size,
)
from meterwidgets.frame.rollup.tables import aliases_of, with_aliases
from meterwidgets.measures import MEASURES

_UNMERGED_ROWS = 4_000_000
"""Rows that may wait unmerged, besides as many as were merged last."""
_MAX_OVERLAP = 3
"""Batches may cover a moment this many times before they are merged."""
_MAX_TUPLES = 1 << 36
"""More tuples than any ledger has."""


class Accumulator:
    """Sums rows of the roll-up.

    Args:
        names: Dimension -> its values; rows give the place of a value, its code.
        aliases: Measure that is left out of the rows -> the one that is the same in
            every row.
    """

    def __init__(
        self, names: Mapping[str, Sequence[Name]], aliases: Mapping[str, str]
    ) -> None:
        self.names = names
        self._aliases = aliases
        self._batches: list[Batch] = []
        self._merged_rows = 0
        self._totals: dict[str, int] = {}
        self._key_codes: dict[str, _KeyCodes] = {}
        size = 1
        for name, values in names.items():
            if size * len(values) > MAX_KEY:
                self._key_codes[name] = _KeyCodes()
                size = _MAX_TUPLES
            size *= len(values)

    def add(self, rows: Mapping[str, Integers]) -> None:
        """Add rows.

        Args:
            rows: ``bucket``, dimension -> code of its value, and measure -> its
                number, each time the same measures. A missing one was not reported.

        Raises:
            LedgerError: When a sum of everything would not fit.
        """
        if not len(rows["bucket"]):
            return
        values = {name: rows[name] for name in MEASURES if name in rows}
        for name, column in values.items():
            self._totals[name] = self._totals.get(name, 0) + total_size(column)
            if self._totals[name] >= 2**63:
                raise LedgerError(OVERFLOW)
        keys = np.zeros(len(rows["bucket"]), np.int64)
        for name, names in self.names.items():
            if name in self._key_codes:
                keys = self._key_codes[name](keys)
            keys = keys * len(names) + rows[name]
        self._batches.append(aggregate(Batch(rows["bucket"], keys, values)))
        if self._rows() > 2 * self._merged_rows + _UNMERGED_ROWS:
            if mean_overlap(self._batches) > _MAX_OVERLAP:
                self._batches = merge(self._batches)
            self._merged_rows = self._rows()

    def _rows(self) -> int:
        return sum(map(len, self._batches))

    @property
    def aliases(self) -> dict[str, str]:
        """Each measure that was reported -> the one that was summed for it."""
        aliases = {name: name for name in self._totals}
        return aliases | {a: of for a, of in self._aliases.items() if of in aliases}

    def tables(self, edges: Sequence[int]) -> Iterator[pa.Table]:
        """The sums as rows of the roll-up; empties the accumulator.

        Args:
            edges: n + 1 time buckets, ascending.

        Yields:
            The rows between two edges, ascending by time, n times; see ``compact``.
        """
        batches, names, codes = self.take()
        for start, end in pairwise(edges):
            cuts = [np.searchsorted(batch.buckets, [start, end]) for batch in batches]
            rows = aggregate(concatenate([
                batch[slice(*cut)] for batch, cut in zip(batches, cuts, strict=True)
            ]))  # fmt: skip
            batches = [
                batch
                for batch, cut in zip(batches, cuts, strict=True)
                if cut[1] < len(batch)
            ]
            trim_memory()
            columns: dict[str, Any] = {"bucket": rows.buckets.astype(np.int64)}
            for name, values in names.items():
                row_codes = codes[name][rows.tuples]
                reported = [value for value in values if value is not None]
                columns[name] = pa.DictionaryArray.from_arrays(
                    pa.array(row_codes, mask=row_codes == len(reported)),
                    pa.array(reported, pa.string()),
                )
            aliases = {m: of for m, of in self.aliases.items() if of in rows.values}
            yield with_aliases(pa.table({**columns, **rows.values}), aliases)

    def take(
        self,
    ) -> tuple[
        list[Batch], dict[str, Sequence[Name]], dict[str, npt.NDArray[np.int32]]
    ]:
        """The sums, with tuples numbered from 0; empties the accumulator.

        Returns:
            The rows; dimension -> its values that occur; and dimension -> the code of
            each tuple.
        """
        tuples, keys = dense_ranks([batch.tuples for batch in self._batches])
        batches = [
            replace(batch, tuples=numbered)
            for batch, numbered in zip(self._batches, tuples, strict=True)
        ]
        self._batches = []
        codes: dict[str, Int64s] = {}
        for name, names in reversed([*self.names.items()]):
            keys, codes[name] = np.divmod(keys, len(names))
            if name in self._key_codes:
                keys = self._key_codes[name].keys()[keys]
        return batches, *drop_unused(self.names, codes)


class _KeyCodes:
    """Small codes for large keys, in the order in which they come."""

    def __init__(self) -> None:
        self._sorted_keys = self._codes = np.zeros(0, np.int64)

    def __call__(self, keys: Int64s) -> Int64s:
        new = np.setdiff1d(keys, self._sorted_keys)
        places = np.searchsorted(self._sorted_keys, new)
        size = len(self._sorted_keys)
        self._sorted_keys = np.insert(self._sorted_keys, places, new)
        self._codes = np.insert(self._codes, places, np.arange(size, size + len(new)))
        codes: Int64s = self._codes[np.searchsorted(self._sorted_keys, keys)]
        return codes

    def keys(self) -> Int64s:
        """The key of each code."""
        keys: Int64s = self._sorted_keys[np.argsort(self._codes)]
        return keys


def accumulate_tables(tables: list[pa.Table], dimensions: Sequence[str]) -> Accumulator:
    """Rows of the roll-up, in any order, summed.

    Args:
        tables: ``bucket``, the dimensions and the measures; see ``compact``. The list
            is empty afterwards, so that files that lie in memory can go.
        dimensions: Which columns are dimensions.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    names = {
        name: distinct_values([rows[name] for rows in tables]) for name in dimensions
    }
    codes = {
        name: {value: code for code, value in enumerate(values)}
        for name, values in names.items()
    }
    aliases_by_table = [aliases_of(rows) for rows in tables]
    # Measures that are the same column in every table are summed once.
    first_with: dict[tuple[str, ...], str] = {}
    aliases = {}
    for name in MEASURES:
        if any(columns_of := tuple(each.get(name, "") for each in aliases_by_table)):
            aliases[name] = first_with.setdefault(columns_of, name)
    accumulator = Accumulator(names, aliases)
    for place, _ in enumerate(aliases_by_table):
        rows = tables.pop(0)
        zeros = np.zeros(len(rows), np.uint8)
        columns = {"bucket": numbers(rows["bucket"].combine_chunks())}
        for name in dimensions:
            columns[name] = encode(rows[name], codes[name])
        for columns_of, name in first_with.items():
            columns[name] = zeros
            if column := columns_of[place]:
                columns[name] = narrow(numbers(rows[column].combine_chunks()))
        for start in range(0, len(rows), ROWS_PER_BATCH):
            part = slice(start, start + ROWS_PER_BATCH)
            accumulator.add({name: column[part] for name, column in columns.items()})
    return accumulator
