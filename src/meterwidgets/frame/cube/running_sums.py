"""The index: running sums along time, which answer for any range of it.

A row is one time bucket of a tuple, which is a combination of dimension values. At
marks along time the running sum of every tuple is kept: the sum over a range is the
difference of two marks, and of the rows between those and the ends of the range. So a
filter change reads a few numbers per tuple, however many requests are behind them, and
adds them up as int64, which keeps it exact. Each is kept in as few bytes as hold it,
and how close the marks are follows from the space that they may take. Between two marks
rows stand by tuple, so that those of one user are found without going through those of
all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.cube.groups import Groups, few
from meterwidgets.frame.rollup.encoding import Ints, Narrow

_SHORT = 10_000
"""A list of so many time buckets costs nothing."""
_BATCH = 30_000
"""So many rows stay in a processor's cache while all measures of them are added up."""
_Part = tuple[Ints | slice, Ints]


class _Cut(NamedTuple):
    """Rows between two marks that edges of time cut.

    Attributes:
        block: The mark before them.
        first: The first edge inside.
        end: The first edge that is no longer inside.
        after: Whether the mark after them stands for the edge.
    """

    block: int
    first: int
    end: int
    after: bool


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
            tuples), in the smallest type that holds the last ones.
    """

    begins: Ints
    marks: Ints
    tuple_of: Narrow
    slot: Narrow
    values: Mapping[str, Narrow]
    same: Mapping[str, str]
    running: Mapping[str, Narrow]

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
        found: Ints = self.running[self.same[measure]][-1].astype(np.int64)
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
        at = np.asarray(edges)
        mark, cut = self._nearest(at)
        used, place = np.unique(mark, return_inverse=True)
        before = np.array(
            [groups.of_rows(self.running[name], used) for name in measures]
        )
        if len(used) < len(mark):
            before = before[:, place]
        if cut:
            before += self._off(at, cut, measures, groups)
        found: Ints = np.diff(before, axis=1)
        return found

    def _nearest(self, edges: Ints) -> tuple[Ints, list[_Cut]]:
        """The mark that stands for each edge of time, and the rows between them.

        It is the one before the edge, or the one after it, where that is nearer and
        the edge is alone between the two.

        Returns:
            For each edge a mark, and the blocks of rows that edges cut.
        """
        last = len(self.begins) - 1
        floor = np.searchsorted(self.begins, edges, "right") - 1
        mark = np.clip(floor, 0, last)
        inside = np.flatnonzero((floor == mark) & (self.begins[mark] < edges))
        inside = inside[mark[inside] < last]
        if not len(inside):
            return mark, []
        blocks, first, number = np.unique(
            mark[inside], return_index=True, return_counts=True
        )
        middle = (self.begins[blocks] + self.begins[blocks + 1]) / 2
        first = inside[first]
        after = (number == 1) & (edges[first] > middle)
        mark[first[after]] += 1
        columns = (blocks, first, first + number, after)
        return mark, list(map(_Cut, *(column.tolist() for column in columns)))

    def _off(
        self, edges: Ints, cut: list[_Cut], measures: Sequence[str], groups: Groups
    ) -> Ints:
        """What is between each edge of time and the mark that stands for it.

        Args:
            edges: As ``between`` has them.
            cut: The blocks of rows that they cut.
            measures: As ``between`` has them.
            groups: Likewise.

        Returns:
            Shape (measures, edges, groups); less than nothing where the mark is after
            the edge.
        """
        shape = (len(measures), len(edges) + 1, len(groups.there))
        found = np.zeros(shape, np.int64)
        for rows, target in _joined(self._part(edges, each, groups) for each in cut):
            for name, sums in zip(measures, found, strict=True):
                values = self.values[name][rows].astype(np.int64)
                np.add.at(sums.reshape(-1), target, values)
        found = found[:, :-1]
        for block in cut:
            within = found[:, block.first : block.end]
            if block.after:
                # np.negative, in place, is wrong for rows of 64 bytes (numpy 2.4).
                within *= -1
            elif block.end - block.first > 1:
                np.cumsum(within, axis=1, out=within)
        return found

    def _part(self, edges: Ints, cut: _Cut, groups: Groups) -> _Part:
        """The rows between a mark and the edges of time that it stands for.

        Returns:
            Rows, and where each counts: the first edge after it, or the one before it
            where the mark is after that, times the number of groups, plus its group.
            Rows that are read as they stand, with what is beyond the last edge, have
            that count for an edge after all.
        """
        start, close = self.begins[cut.block : cut.block + 2].tolist()
        inside = edges[cut.first : cut.end] - start
        low, high = self.marks[cut.block : cut.block + 2].tolist()
        rows: Ints | slice = slice(low, high)
        if groups.few:
            rows, low = self._rows(np.array([cut.block]), groups.kept)[0], 0
        slot = self.slot[rows]
        beyond = len(edges) - cut.first

        def edge_of(slots: Ints | Narrow) -> Ints:
            edge = np.searchsorted(inside, slots, "right")
            edge = 1 - edge if cut.after else edge
            return np.where(edge < len(inside), edge, beyond)

        if close - start <= len(slot) + _SHORT:  # look it up for each time bucket
            edge = edge_of(np.arange(close - start)).take(slot)
        else:
            edge = edge_of(slot)
        edge += cut.first
        edge *= len(groups.there)
        every = len(groups.kept) == self.tuples
        reach = close - start - inside[0] if cut.after else inside[-1]
        if every and 2 * reach > close - start:
            if len(groups.there) > 1:
                edge += groups.of_tuple[self.tuple_of[rows]]
            return rows, edge
        there = np.flatnonzero(edge < len(edges) * len(groups.there))
        found = low + there if isinstance(rows, slice) else rows[there]
        group = groups.of_tuple[self.tuple_of[found]]
        target = edge[there] + group
        if every:
            return found, target
        kept = np.flatnonzero(group >= 0)
        return found[kept], target[kept]

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
        found: list[int] = []
        for block in blocks:
            rows: Ints | slice = slice(*self.marks[block : block + 2].tolist())
            if few(places, self.tuples):
                rows, _ = self._rows(np.array([block]), places)
            slot = self.slot[rows]
            if len(places) < self.tuples:
                slot = slot[kept[self.tuple_of[rows]]]
            buckets = self.begins[block] + slot
            buckets = buckets[(buckets >= edges[0]) & (buckets < edges[1])]
            found += [int(buckets.min()), int(buckets.max())] if len(buckets) else []
        return (min(found), max(found)) if found else None

    def _rows(self, blocks: Ints, kept: Ints) -> tuple[Ints, Ints]:
        """Rows after some marks, and the mark of each.

        Args:
            blocks: The marks.
            kept: The tuples that are wanted; where they are many, the rows of others
                come with theirs.
        """
        low, high = self.marks[blocks], self.marks[blocks + 1]
        if few(kept, self.tuples):
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


def _joined(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Parts, of which small ones are put together: each has its price."""
    rows: list[Ints] = []
    targets: list[Ints] = []
    for found, target in parts:
        if isinstance(found, slice):
            yield found, target
            continue
        rows.append(found)
        targets.append(target)
        if sum(map(len, rows)) >= _BATCH:
            yield np.concatenate(rows), np.concatenate(targets)
            rows, targets = [], []
    if rows:
        yield np.concatenate(rows), np.concatenate(targets)
