"""Sums over ranges of time, from running sums at marks and the rows near the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from meterwidgets.frame.cube.groups import Groups
from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.encoding import Int64s, Integers

_SHORT = 10_000
"""A lookup table of this many time buckets costs next to nothing."""
_CACHED_ROWS = 30_000
"""Rows that stay in a processor's cache while all their measures are added."""
_Target = tuple[Int64s | slice, Int64s]
"""Rows, and the flat index of the sum that each is added to."""


class _CutBlock(NamedTuple):
    """Rows between two marks, cut by edges of time.

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


def sums_between(
    index: RunningSums, edges: Sequence[int], measures: Sequence[str], groups: Groups
) -> Int64s:
    """Sums between neighbouring edges of time, by group of tuples.

    Args:
        index: The rows and their running sums.
        edges: n + 1 time buckets, ascending.
        measures: Keys of its ``values``.
        groups: Which tuples are summed together.

    Returns:
        Shape (measures, n, groups).
    """
    times = np.asarray(edges)
    mark, cut_blocks = _nearest_marks(index, times)
    used, place = np.unique(mark, return_inverse=True)
    before = np.array([groups.of_rows(index.running[name], used) for name in measures])
    if len(used) < len(mark):
        before = before[:, place]
    if cut_blocks:
        before += _corrections(index, times, cut_blocks, measures, groups)
    sums: Int64s = np.diff(before, axis=1)
    return sums


def _nearest_marks(index: RunningSums, edges: Int64s) -> tuple[Int64s, list[_CutBlock]]:
    """The mark that stands for each edge of time, and the blocks that edges cut.

    It is the mark before the edge, or the one after it, where that is nearer and the
    edge is alone between the two.
    """
    begins = index.begins
    last = len(begins) - 1
    floor = np.searchsorted(begins, edges, "right") - 1
    mark = np.clip(floor, 0, last)
    inside = np.flatnonzero((floor == mark) & (begins[mark] < edges))
    inside = inside[mark[inside] < last]
    if not len(inside):
        return mark, []
    blocks, first, count = np.unique(
        mark[inside], return_index=True, return_counts=True
    )
    middle = (begins[blocks] + begins[blocks + 1]) / 2
    first = inside[first]
    after = (count == 1) & (edges[first] > middle)
    mark[first[after]] += 1
    columns = (blocks, first, first + count, after)
    return mark, list(map(_CutBlock, *(column.tolist() for column in columns)))


def _corrections(
    index: RunningSums,
    edges: Int64s,
    cut_blocks: list[_CutBlock],
    measures: Sequence[str],
    groups: Groups,
) -> Int64s:
    """The sums between the mark that stands for each edge and the edge itself.

    Returns:
        Shape (measures, edges, groups); negative where the mark is after the edge.
    """
    shape = (len(measures), len(edges) + 1, len(groups.keys))
    corrections = np.zeros(shape, np.int64)
    targets = (_targets(index, edges, block, groups) for block in cut_blocks)
    for rows, target in _joined(targets):
        for name, sums in zip(measures, corrections, strict=True):
            values = index.values[name][rows].astype(np.int64)
            np.add.at(sums.reshape(-1), target, values)
    corrections = corrections[:, :-1]
    for block in cut_blocks:
        within = corrections[:, block.first : block.end]
        if block.after:
            # np.negative, in place, is wrong for rows of 64 bytes (numpy 2.4).
            within *= -1
        elif block.end - block.first > 1:
            np.cumsum(within, axis=1, out=within)
    return corrections


def _targets(
    index: RunningSums, edges: Int64s, cut: _CutBlock, groups: Groups
) -> _Target:
    """The rows between a mark and the edges of time that it stands for.

    Returns:
        Rows, and where each is added: at the first edge after it, or the one before it
        where the mark is after that, times the number of groups, plus its group. Rows
        that are read with all others of their block, but are in no range, are added
        after the last edge.
    """
    start, close = index.begins[cut.block : cut.block + 2].tolist()
    inside = edges[cut.first : cut.end] - start
    low, high = index.marks[cut.block : cut.block + 2].tolist()
    rows: Int64s | slice = slice(low, high)
    if groups.is_few:
        rows, low = index.rows_after(np.array([cut.block]), groups.kept)[0], 0
    edge = _edge_of_slots(index.slot[rows], inside, cut, len(edges), close - start)
    edge *= len(groups.keys)
    every = len(groups.kept) == index.tuples
    reach = close - start - inside[0] if cut.after else inside[-1]
    if every and 2 * reach > close - start:  # most rows count: read them as they stand
        if len(groups.keys) > 1:
            edge += groups.of_tuple[index.tuple_of[rows]]
        return rows, edge
    within = np.flatnonzero(edge < len(edges) * len(groups.keys))
    picked = low + within if isinstance(rows, slice) else rows[within]
    group = groups.of_tuple[index.tuple_of[picked]]
    target = edge[within] + group
    if every:
        return picked, target
    kept = np.flatnonzero(group >= 0)
    return picked[kept], target[kept]


def _edge_of_slots(
    slot: Integers, inside: Int64s, cut: _CutBlock, edges: int, length: int
) -> Int64s:
    """The edge that each row of a cut block is added to; ``edges`` for none.

    Args:
        slot: How many time buckets after the mark each row is.
        inside: How many after it each edge of the block is.
        cut: The block.
        edges: How many edges there are in all.
        length: How many time buckets the block has.
    """

    def edge_of(slots: Int64s | Integers) -> Int64s:
        edge = np.searchsorted(inside, slots, "right")
        edge = 1 - edge if cut.after else edge
        return np.where(edge < len(inside), edge, edges - cut.first)

    if length <= len(slot) + _SHORT:  # look it up for each time bucket
        edge = edge_of(np.arange(length)).take(slot)
    else:
        edge = edge_of(slot)
    edge += cut.first
    return edge


def _joined(targets: Iterable[_Target]) -> Iterator[_Target]:
    """The same targets, small ones joined, since each has its overhead."""
    rows: list[Int64s] = []
    places: list[Int64s] = []
    for picked, target in targets:
        if isinstance(picked, slice):
            yield picked, target
            continue
        rows.append(picked)
        places.append(target)
        if sum(map(len, rows)) >= _CACHED_ROWS:
            yield np.concatenate(rows), np.concatenate(places)
            rows, places = [], []
    if rows:
        yield np.concatenate(rows), np.concatenate(places)
