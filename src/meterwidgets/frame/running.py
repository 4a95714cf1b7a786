"""The index: running sums along time, which answer for any range of it.

A row is one time bucket of a tuple, which is a combination of dimension values. At
marks along time the running sum of every tuple is kept: the sum over a range is the
difference of two marks, and of the rows between those and the ends of the range. So a
filter change reads a few numbers per tuple, however many requests are behind them, and
int64 keeps it exact. How close the marks are follows from the space that they may
take. Between two marks rows stand by tuple, so that those of one user are found without
going through those of all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.coding import Ints, Narrow
from meterwidgets.frame.groups import Groups

_FEW = 16
"""Where one tuple of so many is wanted, its rows are looked up."""
_SHORT = 10_000
"""A list of so many time buckets costs nothing."""


@dataclass(frozen=True)
class RunningSums:
    """Rows between marks, and running sums at the marks.

    Attributes:
        begins: The time bucket at each mark, ascending; the last one ends the rows.
        marks: How many rows are before each mark, from 0 to all of them.
        tuple_of: The tuple of each row, ascending between two marks.
        slot: How many time buckets after its mark each row is.
        values: Measure -> the number of each row. Measures that are the same in every
            row are there once.
        same: Measure -> the one in ``values`` that it is the same as.
        running: Measure of ``values`` -> the sums before each mark, shape (marks,
            tuples).
    """

    begins: Ints
    marks: Ints
    tuple_of: Narrow
    slot: Narrow
    values: Mapping[str, Narrow]
    same: Mapping[str, str]
    running: Mapping[str, Ints]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.tuple_of)

    @property
    def tuples(self) -> int:
        """How many tuples there are."""
        return int(self.running[self.same["records"]].shape[1])

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Measure -> the place of its numbers among ``values``."""
        places = {name: place for place, name in enumerate(self.values)}
        return {name: places[of] for name, of in self.same.items()}

    @cached_property
    def each(self) -> Groups:
        """Every tuple for itself."""
        return Groups(np.arange(self.tuples))

    def total(self, measure: str) -> Ints:
        """For each tuple the sum of a measure over all time."""
        found: Ints = self.running[self.same[measure]][-1]
        return found

    def buckets(self) -> Ints:
        """The time bucket of each row."""
        return np.repeat(self.begins[:-1], np.diff(self.marks)) + self.slot

    def between(
        self, edges: Sequence[int], measures: Sequence[str], groups: Groups
    ) -> Ints:
        """Sums between neighbouring edges of time, by group of tuples.

        Args:
            edges: n + 1 time buckets, ascending.
            measures: Keys of ``values``.
            groups: What is summed up together.

        Returns:
            Shape (measures, n, groups).
        """
        found = np.zeros((len(measures), len(edges) - 1, len(groups.there)), np.int64)
        at = np.asarray(edges)
        begin, end, cut, given = self._nearest(at)
        used, place = np.unique([begin[:-1], end[1:]], return_inverse=True)
        begin, end = place.reshape(2, -1)
        ahead = (end > begin)[:, None]  # else no mark is between the two edges
        far = bool(ahead.any())
        around = self._around(at, groups, cut, given)
        for measure, sums in zip(measures, found, strict=True):
            if far:
                before = groups.sums(self.running[measure][used])
                sums += (before[end] - before[begin]) * ahead
            for change, rows, target in around:
                values = self.values[measure][rows].astype(np.int64)
                change.at(sums.reshape(-1), target, values)
        return found

    def _nearest(self, edges: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """The marks that stand for edges of time.

        Of an edge alone between two marks it is the nearer one; of several those
        around them, so that the rows between are only added.

        Returns:
            For each edge the mark where the interval after it begins, and the one where
            the interval before it ends; the marks after which there are edges, and for
            each of those the interval that its rows are in by marks, or -1.
        """
        last = len(self.begins) - 1
        floor = np.searchsorted(self.begins, edges, "right") - 1
        place = np.clip(floor, 0, last - 1)
        inside = (floor == place) & (self.begins[place] < edges)
        cut, number = np.unique(floor[inside], return_counts=True)
        several = inside & np.isin(floor, cut[number > 1])
        middle = (self.begins[place] + self.begins[place + 1]) / 2
        near = place + (edges > middle)
        begin, end = near.copy(), near
        begin[several], end[several] = place[several] + 1, place[several]
        given = np.where(number > 1, -1, np.searchsorted(begin, cut, "right") - 1)
        return begin, end, cut, given

    def _around(
        self,
        edges: Ints,
        groups: Groups,
        cut: Ints,
        given: Ints,
    ) -> list[tuple[np.ufunc, Ints, Ints]]:
        """The rows between edges of time and the marks that stand for them.

        Args:
            edges: As ``between`` has them.
            groups: Likewise.
            cut: The marks after which there are edges.
            given: For each the interval that its rows are counted in by marks, or -1.

        Returns:
            What to do with which rows, and where: ``interval * groups + group``.
        """
        size, end = len(groups.there), len(edges) - 1
        parts = []
        for begin, interval in zip(cut.tolist(), given.tolist(), strict=True):
            rows, true = self._misplaced(edges, begin, interval, groups.kept)
            parts.append((rows, true, np.full(len(rows), interval)))
        if not parts:
            return []
        rows, true, wrong = (np.concatenate(each) for each in zip(*parts, strict=True))
        group = groups.of_tuple[self.tuple_of[rows]]
        found: list[tuple[np.ufunc, Ints, Ints]] = []
        for change, place in ((np.add, true), (np.subtract, wrong)):
            moved = np.flatnonzero((group >= 0) & (place >= 0) & (place < end))
            found.append((change, rows[moved], place[moved] * size + group[moved]))
        return found

    def _misplaced(
        self, edges: Ints, begin: int, given: int, kept: Ints
    ) -> tuple[Ints, Ints]:
        """The rows after a mark that are not in the interval that it gives them.

        Args:
            edges: As ``between`` has them.
            begin: The mark.
            given: The interval.
            kept: The tuples that are wanted; those of others may come with them.

        Returns:
            Rows, and the interval that each is in.
        """
        start, close = self.begins[begin : begin + 2].tolist()
        first, last = np.searchsorted(edges, [start + 1, close]).tolist()
        inside = edges[first:last] - start
        rows: Ints | slice = slice(*self.marks[begin : begin + 2].tolist())
        low = self.marks[begin]
        if len(kept) * _FEW < self.tuples:
            low, rows = 0, self._rows(np.array([begin]), kept)[0]
        slot = self.slot[rows]
        if close - start <= len(slot) + _SHORT:  # look it up for each time bucket
            interval = np.searchsorted(inside, np.arange(close - start), "right")
            interval = interval.take(slot)
        else:
            interval = np.searchsorted(inside, slot, "right")
        wrong = np.flatnonzero(interval != given - first + 1)
        found = low + wrong if isinstance(rows, slice) else rows[wrong]
        return found, interval[wrong] + first - 1

    def cells(
        self, edges: tuple[int, int], kept: npt.NDArray[np.bool_]
    ) -> tuple[Ints, Ints]:
        """The rows between two edges of time, in its order.

        Args:
            edges: Two time buckets.
            kept: For each tuple whether it counts.

        Returns:
            Rows, and the time bucket of each.
        """
        start, end = edges
        first = max(0, int(np.searchsorted(self.begins, start, "right")) - 1)
        last = int(np.searchsorted(self.begins[:-1], end))
        rows, blocks = self._rows(np.arange(first, last), np.flatnonzero(kept))
        buckets = self.begins[blocks] + self.slot[rows]
        inside = (buckets >= start) & (buckets < end) & kept[self.tuple_of[rows]]
        rows, buckets = rows[inside], buckets[inside]
        order = np.argsort(buckets, kind="stable")
        return rows[order], buckets[order]

    def table(self, rows: Ints) -> pa.Table:
        """The measures of some rows."""
        columns = [values[rows].astype(np.int64) for values in self.values.values()]
        return pa.table({name: columns[at] for name, at in self.columns.items()})

    def extent(
        self, edges: tuple[int, int], kept: npt.NDArray[np.bool_]
    ) -> tuple[int, int] | None:
        """The first and last time bucket with usage between two edges of time.

        Args:
            edges: Two time buckets.
            kept: For each tuple whether it counts.

        Returns:
            None where there is no usage.
        """
        records, places = self.running[self.same["records"]], np.flatnonzero(kept)
        last = len(self.begins) - 1
        low, end = (np.searchsorted(self.begins, edges, "right") - 1).tolist()
        begin = int(np.searchsorted(self.begins, edges[0]))

        def before(mark: int) -> int:
            return int(records[mark, places].sum())

        blocks = {mark for mark in (low, end) if 0 <= mark < last}
        whole = range(begin, end + 1)
        if end > begin and before(end) > before(begin):
            blocks.add(begin + bisect_right(whole, before(begin), key=before) - 1)
            blocks.add(begin + bisect_left(whole, before(end), key=before) - 1)
        rows, of_block = self._rows(np.array(sorted(blocks), np.int64), places)
        buckets = (self.begins[of_block] + self.slot[rows])[kept[self.tuple_of[rows]]]
        buckets = buckets[(buckets >= edges[0]) & (buckets < edges[1])]
        return (int(buckets.min()), int(buckets.max())) if len(buckets) else None

    def _rows(self, blocks: Ints, kept: Ints) -> tuple[Ints, Ints]:
        """Rows after some marks, and the mark of each.

        Args:
            blocks: The marks.
            kept: The tuples that are wanted; where they are many, the rows of others
                come with theirs.
        """
        low, high = self.marks[blocks], self.marks[blocks + 1]
        if len(kept) * _FEW < self.tuples:
            low, high = self._found(low, high, kept)
            blocks = np.repeat(blocks, len(kept))
        sizes = high - low
        rows = np.repeat(low - np.cumsum(sizes) + sizes, sizes)
        rows += np.arange(len(rows))
        return rows, np.repeat(blocks, sizes)

    def _found(self, low: Ints, high: Ints, kept: Ints) -> tuple[Ints, Ints]:
        """The rows of some tuples, which stand together between two marks."""
        wanted = kept.astype(self.tuple_of.dtype)
        found = np.zeros((2, len(low), len(kept)), np.int64)
        for place, (start, end) in enumerate(zip(low, high, strict=True)):
            there = self.tuple_of[start:end]
            found[0, place] = start + np.searchsorted(there, wanted)
            found[1, place] = start + np.searchsorted(there, wanted, "right")
        begin, end = found.reshape(2, -1)
        return begin, end
