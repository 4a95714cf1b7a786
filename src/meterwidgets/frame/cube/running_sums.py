"""The index: running sums along time, which answer for any range of it.

A row is one time bucket of a tuple, which is a combination of dimension values. At
marks along time the running sum of every tuple is kept. The sum over a range is then
the difference of two marks, corrected by the rows between those and the ends of the
range. So a filter change reads a few numbers per tuple, however many requests are
behind them, and adds them as int64, which keeps it exact. Each running sum is kept in
as few bytes as hold it, and how close the marks are follows from the memory that they
may take. Between two marks rows are sorted by tuple, so that those of one user are
found without reading all others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.cube.groups import Groups, is_few
from meterwidgets.frame.rollup.encoding import Int64s, Integers


@dataclass(frozen=True)
class RunningSums:
    """Rows between marks, and running sums at the marks.

    Attributes:
        begins: The time bucket at each mark, ascending; the last one ends the rows.
        marks: How many rows lie before each mark, from 0 to all of them.
        tuple_of: The tuple of each row, ascending between two marks.
        slot: How many time buckets after its mark each row is.
        values: Measure -> the number of each row, without repeated columns.
        aliases: Measure -> the one in ``values`` that is the same in every row.
        running: Measure of ``values`` -> the sums before each mark, shape (marks,
            tuples), in the smallest type that holds the last ones.
    """

    begins: Int64s
    marks: Int64s
    tuple_of: Integers
    slot: Integers
    values: Mapping[str, Integers]
    aliases: Mapping[str, str]
    running: Mapping[str, Integers]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.tuple_of)

    @property
    def tuples(self) -> int:
        """How many tuples there are."""
        return int(self.running[self.aliases["records"]].shape[1])

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Measure -> the place of its column among ``values``."""
        places = {name: place for place, name in enumerate(self.values)}
        return {name: places[column] for name, column in self.aliases.items()}

    @cached_property
    def every_tuple(self) -> Groups:
        """Each tuple as a group of its own."""
        return Groups(np.arange(self.tuples))

    def total(self, measure: str) -> Int64s:
        """The sum of a measure over all time, for each tuple."""
        totals: Int64s = self.running[self.aliases[measure]][-1].astype(np.int64)
        return totals

    def buckets(self) -> Int64s:
        """The time bucket of each row."""
        return np.repeat(self.begins[:-1], np.diff(self.marks)) + self.slot

    def cells(
        self, edges: tuple[int, int], kept: npt.NDArray[np.bool_]
    ) -> tuple[Int64s, Int64s]:
        """The rows between two edges of time, ordered by time.

        Args:
            edges: Two time buckets.
            kept: Whether each tuple counts.

        Returns:
            Rows, and the time bucket of each.
        """
        start, end = edges
        first = max(0, int(np.searchsorted(self.begins, start, "right")) - 1)
        last = int(np.searchsorted(self.begins[:-1], end))
        rows, blocks = self.rows_after(np.arange(first, last), np.flatnonzero(kept))
        buckets = self.begins[blocks] + self.slot[rows]
        inside = (buckets >= start) & (buckets < end) & kept[self.tuple_of[rows]]
        rows, buckets = rows[inside], buckets[inside]
        order = np.argsort(buckets, kind="stable")
        return rows[order], buckets[order]

    def table(self, rows: Int64s) -> pa.Table:
        """The measures of some rows."""
        columns = [values[rows].astype(np.int64) for values in self.values.values()]
        return pa.table({name: columns[at] for name, at in self.columns.items()})

    def extent(
        self, edges: tuple[int, int], kept: npt.NDArray[np.bool_]
    ) -> tuple[int, int] | None:
        """The first and last time bucket with usage between two edges of time.

        Args:
            edges: Two time buckets.
            kept: Whether each tuple counts.

        Returns:
            None where there is no usage.
        """
        tuples = np.flatnonzero(kept)
        ends: list[int] = []
        for block in self._end_blocks(edges, tuples):
            rows: Int64s | slice = slice(*self.marks[block : block + 2].tolist())
            if is_few(tuples, self.tuples):
                rows, _ = self.rows_after(np.array([block]), tuples)
            slot = self.slot[rows]
            if len(tuples) < self.tuples:
                slot = slot[kept[self.tuple_of[rows]]]
            buckets = self.begins[block] + slot
            buckets = buckets[(buckets >= edges[0]) & (buckets < edges[1])]
            ends += [int(buckets.min()), int(buckets.max())] if len(buckets) else []
        return (min(ends), max(ends)) if ends else None

    def _end_blocks(self, edges: tuple[int, int], kept: Int64s) -> set[int]:
        """The marks before the rows that may be the first or last with usage."""
        records = self.running[self.aliases["records"]]
        low, end = (np.searchsorted(self.begins, edges, "right") - 1).tolist()
        begin = int(np.searchsorted(self.begins, edges[0]))

        def before(mark: int) -> int:
            return int(records[mark, kept].sum())

        blocks = {mark for mark in (low, end) if 0 <= mark < len(self.begins) - 1}
        between = range(begin, end + 1)
        if end > begin and before(end) > before(begin):
            blocks.add(begin + bisect_right(between, before(begin), key=before) - 1)
            blocks.add(begin + bisect_left(between, before(end), key=before) - 1)
        return blocks

    def rows_after(self, blocks: Int64s, kept: Int64s) -> tuple[Int64s, Int64s]:
        """The rows between some marks and the next ones, and the mark of each.

        Args:
            blocks: The marks.
            kept: The tuples to find; where they are many, the rows of others come
                along.
        """
        low, high = self.marks[blocks], self.marks[blocks + 1]
        if is_few(kept, self.tuples):
            low, high = self._tuple_ranges(low, high, kept)
            blocks = np.repeat(blocks, len(kept))
        sizes = high - low
        rows = np.repeat(low - np.cumsum(sizes) + sizes, sizes)
        rows += np.arange(len(rows))
        return rows, np.repeat(blocks, sizes)

    def _tuple_ranges(
        self, low: Int64s, high: Int64s, kept: Int64s
    ) -> tuple[Int64s, Int64s]:
        """Where the rows of tuples begin and end; between two marks they are sorted."""
        sought = kept.astype(self.tuple_of.dtype)
        ranges = np.zeros((2, len(low), len(kept)), np.int64)
        for place, (start, end) in enumerate(zip(low, high, strict=True)):
            tuples = self.tuple_of[start:end]
            ranges[0, place] = start + np.searchsorted(tuples, sought)
            ranges[1, place] = start + np.searchsorted(tuples, sought, "right")
        begin, end = ranges.reshape(2, -1)
        return begin, end
