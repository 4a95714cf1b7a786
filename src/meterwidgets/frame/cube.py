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

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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

    @classmethod
    def from_rows(cls, rows: pa.Table, dimensions: Sequence[str], grain_s: int) -> Cube:
        """Build the running sums from rows of the roll-up, in any order.

        Args:
            rows: ``bucket``, the dimensions, and the measures.
            dimensions: Which columns are dimensions.
            grain_s: Seconds of a time bucket.
        """
        names, codes, combined = _tuples(rows, dimensions)
        bucket = rows["bucket"].to_numpy()
        first = int(bucket.min())
        width = int(bucket.max()) - first + 1
        key = combined * width + (bucket - first)
        order = np.argsort(key)
        _, starts = np.unique(combined[order], return_index=True)
        return cls(
            grain_s,
            first,
            width,
            names,
            {
                name: code[order][starts].astype(np.int32)
                for name, code in codes.items()
            },
            key[order],
            _running(rows.select(MEASURES), order),
        )


def _tuples(
    rows: pa.Table, dimensions: Sequence[str]
) -> tuple[dict[str, list[Name]], dict[str, Ints], Ints]:
    """The values of each dimension, each row's place in them, and each row's tuple."""
    names: dict[str, list[Name]] = {}
    codes: dict[str, Ints] = {}
    combined = np.zeros(rows.num_rows, np.int64)
    for dimension in dimensions:
        column = rows[dimension].combine_chunks()
        values = sorted(pc.unique(column).drop_null().to_pylist())
        places = pc.index_in(column, pa.array(values, pa.string()))
        codes[dimension] = places.fill_null(len(values)).to_numpy().astype(np.int64)
        names[dimension] = [*values, None] if column.null_count else values
        # renumber as it grows, so that the product never passes int64
        combined = combined * max(1, len(names[dimension])) + codes[dimension]
        combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    return names, codes, combined


def _running(rows: pa.Table, order: Ints) -> dict[str, Ints]:
    """Running sums from 0, one more than there are values; never wrapped.

    What nothing reported is one array of zeros, whichever measures it is for.
    """
    nothing = np.zeros(len(order) + 1, np.int64)
    found = {}
    for name in rows.column_names:
        values = rows[name].to_numpy()
        rows = rows.drop_columns([name])  # so that its memory is free for the sums
        # two halves that can't overflow tell whether the whole would
        high, low = int((values >> 32).sum()), int((values & 0xFFFFFFFF).sum())
        if (high << 32) + low >= 2**63:
            raise LedgerError(TOO_MUCH)
        if not (high or low):
            found[name] = nothing
            continue
        found[name] = sums = np.zeros(len(order) + 1, np.int64)
        np.cumsum(values[order], out=sums[1:])
    return found
