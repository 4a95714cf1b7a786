"""The cube: usage by time and dimension, as running sums.

Each distinct combination of dimension values that had usage is a tuple. The rows of a
tuple stand together in the order of time, and each measure is kept as its running sum
over all rows: a sum over any range of time is the difference of two of them, found by
a binary search per tuple. So a filter change reads a few numbers per tuple, however
many requests are behind them, and int64 keeps it exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.rollup import MEASURES

Ints = npt.NDArray[np.int64]
Name = str | None

TOO_MUCH = (
    "the sums of the ledger are larger than can be counted exactly (2^63 tokens, or "
    "9.2 billion in money); read it in parts"
)


@dataclass(frozen=True)
class Cube:
    """Running sums per tuple and time bucket.

    Attributes:
        grain_s: Seconds of a time bucket.
        first: The first time bucket with usage (number since 1970).
        width: How many time buckets there are, from the first to the last with usage.
        names: Dimension -> its values; a null value is None.
        codes: Dimension -> for each tuple, the place of its value in ``names``.
        key: For each row ``tuple * width + (bucket - first)``, ascending.
        sums: Measure -> running sums, one more than there are rows, 0 first.
    """

    grain_s: int
    first: int
    width: int
    names: Mapping[str, Sequence[Name]]
    codes: Mapping[str, npt.NDArray[np.int32]]
    key: Ints
    sums: Mapping[str, Ints]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.key)

    @property
    def tuples(self) -> int:
        """How many combinations of dimension values there are."""
        return len(next(iter(self.codes.values())))

    def tuple_of(self, rows: Ints) -> Ints:
        """The tuple of each of some rows."""
        return self.key[rows] // self.width

    def bucket_of(self, rows: Ints) -> Ints:
        """The time bucket of each of some rows."""
        return self.key[rows] % self.width + self.first

    def places(self, edges: Sequence[int]) -> Ints:
        """For each tuple and edge, the number of rows before that time.

        Args:
            edges: Time buckets, ascending.

        Returns:
            Shape (tuples, edges): indices into ``sums``.
        """
        inside = np.clip(np.asarray(edges, np.int64) - self.first, 0, self.width)
        starts = np.arange(self.tuples, dtype=np.int64) * self.width
        return np.searchsorted(self.key, starts[:, None] + inside[None, :])

    def between(self, places: Ints, measure: str) -> Ints:
        """Sums of a measure between neighbouring edges.

        Args:
            places: As ``places`` gave them, shape (tuples, n + 1).
            measure: A key of ``sums``.

        Returns:
            Shape (tuples, n).
        """
        return np.diff(self.sums[measure][places], axis=1)

    def only(self, dimension: str, value: Name) -> Cube:
        """The cube of one value of a dimension: nothing of the others is in it.

        Args:
            dimension: One that may not be there, which leaves an empty cube.
            value: One that may not occur, which leaves an empty cube, too.

        Returns:
            A cube over the same range of time, with the names that are left.
        """
        kept = np.zeros(0, np.int64)
        if dimension in self.names:
            chosen = [name == value for name in self.names[dimension]]
            kept = np.flatnonzero(np.asarray(chosen, bool)[self.codes[dimension]])
        bounds = np.searchsorted(self.key, (kept[:, None] + [0, 1]) * self.width)
        sizes = bounds[:, 1] - bounds[:, 0]
        rows = np.repeat(bounds[:, 0] - np.cumsum(sizes) + sizes, sizes)
        rows += np.arange(len(rows))
        names, codes = {}, {}
        for name, values in self.names.items():
            left, places = np.unique(self.codes[name][kept], return_inverse=True)
            names[name] = [values[place] for place in left.tolist()]
            codes[name] = places.astype(np.int32)
        tuples = np.repeat(np.arange(len(kept)), sizes)
        key = tuples * self.width + self.key[rows] % self.width
        sums = {
            measure: np.append(0, np.cumsum(running[rows + 1] - running[rows]))
            for measure, running in self.sums.items()
        }
        first, width = self.first, self.width
        return Cube(self.grain_s, first, width, names, codes, key, sums)

    def over(self, dimensions: Sequence[str]) -> Cube:
        """The cube of some of the dimensions: the others are summed up.

        Args:
            dimensions: Those that stay.
        """
        names = {name: self.names[name] for name in dimensions}
        combined = _combined([self.codes[name] for name in dimensions], names)
        kept, tuples = np.unique(combined, return_inverse=True)
        first_of = np.zeros(len(kept), np.int64)
        first_of[tuples[::-1]] = np.arange(self.tuples)[::-1]
        key = tuples[self.key // self.width] * self.width + self.key % self.width
        order = np.argsort(key, kind="stable")
        key = key[order]
        last = np.flatnonzero(np.diff(key, append=-1))
        shared: dict[int, Ints] = {}
        for running in self.sums.values():
            if id(running) not in shared:
                sums = np.cumsum(np.diff(running)[order])[last]
                shared[id(running)] = np.append(0, sums)
        return Cube(
            self.grain_s,
            self.first,
            self.width,
            names,
            {name: self.codes[name][first_of] for name in dimensions},
            key[last],
            {measure: shared[id(sums)] for measure, sums in self.sums.items()},
        )

    @classmethod
    def from_rows(cls, rows: pa.Table, dimensions: Sequence[str], grain_s: int) -> Cube:
        """Build the running sums from rows of the roll-up, in any order.

        Args:
            rows: ``bucket``, the dimensions, and the measures; of one that is not
                there nothing was reported.
            dimensions: Which columns are dimensions.
            grain_s: Seconds of a time bucket.
        """
        names, codes = {}, []
        for name in dimensions:
            names[name], places = _coded(rows[name])
            codes.append(places)
        bucket = rows["bucket"].to_numpy()
        first = int(bucket.min())
        width = int(bucket.max()) - first + 1
        combined = _combined(codes, names, width)
        key = combined * width + (bucket - first)
        order = np.argsort(key)
        key = key[order]
        new = np.diff(key // width, prepend=-1) != 0
        first_of = order[new]
        return cls(
            grain_s,
            first,
            width,
            names,
            {
                name: code[first_of].astype(np.int32)
                for name, code in zip(names, codes, strict=True)
            },
            (np.cumsum(new) - 1) * width + key % width,
            _running(rows, order),
        )


def _coded(column: pa.ChunkedArray) -> tuple[list[Name], Ints]:
    """The values of a dimension, sorted, null last; and each row's place in them."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries().combine_chunks()
    values = column.dictionary.to_pylist()
    places = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    used = np.bincount(places, minlength=len(values) + 1) > 0
    order = sorted(np.flatnonzero(used[:-1]).tolist(), key=values.__getitem__)
    rank = np.full(len(values) + 1, len(order), np.int64)
    rank[order] = np.arange(len(order))
    names: list[Name] = [values[place] for place in order]
    return [*names, None] if used[-1] else names, rank[places]


def _combined(
    codes: Sequence[npt.NDArray[Any]],
    names: Mapping[str, Sequence[Name]],
    room: int = 1,
) -> Ints:
    """One number for the codes of each row, in the order of the codes.

    Args:
        codes: The places of the values, a dimension each.
        names: The values of each dimension.
        room: What the number is going to be multiplied by.
    """
    combined = np.zeros(len(codes[0]), np.int64)
    largest = 1
    for code, values in zip(codes, names.values(), strict=True):
        if largest * len(values) * room >= 2**63:  # renumber before it would overflow
            combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
            largest = int(combined.max()) + 1
        largest *= max(1, len(values))
        combined = combined * max(1, len(values)) + code
    return combined


def _running(rows: pa.Table, order: Ints) -> dict[str, Ints]:
    """Running sums from 0, one more than there are values; never wrapped.

    Measures that are the same in every row share one array, zeros above all.
    """
    found: dict[str, Ints] = {}
    by_total: dict[int, list[Ints]] = {0: [np.zeros(len(order) + 1, np.int64)]}
    for name in MEASURES:
        if name not in rows.column_names:
            found[name] = by_total[0][0]
            continue
        values = rows[name].to_numpy()
        rows = rows.drop_columns([name])  # so that its memory is free for the sums
        if int(values.max()) * len(values) < 2**63:
            total = int(values.sum())
        else:  # two halves that can't overflow tell whether the whole would
            high, low = int((values >> 32).sum()), int((values & 0xFFFFFFFF).sum())
            total = (high << 32) + low
        if total >= 2**63:
            raise LedgerError(TOO_MUCH)
        sums = np.zeros(len(order) + 1, np.int64)
        np.cumsum(values[order], out=sums[1:])
        same = by_total.setdefault(total, [])
        alike = (each for each in same if np.array_equal(each, sums))
        found[name] = next(alike, sums)
        if found[name] is sums:
            same.append(sums)
    return found
