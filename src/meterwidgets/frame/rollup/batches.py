"""Batches of rows in the smallest types, and how they are merged by time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from meterwidgets.frame.rollup.encoding import Int64s, Integers, narrow

ROWS_PER_BATCH = 2_000_000
"""Rows per batch, so that memory is bounded."""
MAX_KEY = 1 << 62
"""A key that combines several numbers must stay below this to fit into int64."""
_MERGE_PIECES = 400
"""Pieces of time into which overlapping batches are cut and merged."""


@dataclass(frozen=True)
class Batch:
    """Some rows, ascending by time.

    Attributes:
        buckets: The time bucket of each.
        tuples: Its tuple of dimension values, as a number.
        values: Measure -> the number of each row; a missing one was not reported.
    """

    buckets: Integers
    tuples: Integers
    values: Mapping[str, Integers]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.buckets)

    def __getitem__(self, rows: slice) -> Batch:
        """Some of the rows."""
        values = {name: column[rows] for name, column in self.values.items()}
        return Batch(self.buckets[rows], self.tuples[rows], values)


def aggregate(batch: Batch) -> Batch:
    """Rows in any order, summed to one row per time bucket and tuple, sorted.

    Examples:
        >>> row = np.array([1, 1, 0]), np.array([5, 5, 5]), {"records": np.ones(3, int)}
        >>> summed = aggregate(Batch(*row))
        >>> summed.buckets.tolist(), summed.values["records"].tolist()
        ([0, 1], [1, 2])
    """
    if not len(batch):
        return batch
    first, tuples = int(batch.buckets.min()), batch.tuples
    if (int(batch.buckets.max()) - first + 1) * (int(tuples.max()) + 1) > MAX_KEY:
        _, tuples = np.unique(tuples, return_inverse=True)
    buckets = batch.buckets.astype(np.int64) - first
    keys, order = _sorted(buckets * (int(tuples.max()) + 1) + tuples)
    new = np.diff(keys, prepend=-1) != 0
    lead, rest = order[new], order[~new]
    into = (np.cumsum(new) - 1)[~new] if len(rest) else rest

    def sums(values: Integers) -> Integers:  # most keys have one row: few are added
        totals = values[lead]
        if len(rest):
            totals = totals.astype(np.int64)
            np.add.at(totals, into, values[rest].astype(np.int64))
        return narrow(totals)

    values = {name: sums(column) for name, column in batch.values.items()}
    return Batch(narrow(batch.buckets[lead]), narrow(batch.tuples[lead]), values)


def _sorted(keys: Int64s) -> tuple[Int64s, Int64s]:
    """Sorted keys, and the row of each.

    Where a key and its row fit into one number, that is sorted, which is faster.
    """
    bits = len(keys).bit_length()
    if int(keys.max()).bit_length() + bits > 63:
        order = np.argsort(keys)
        return keys[order], order
    both = np.sort(keys << bits | np.arange(len(keys)))
    return both >> bits, both & ((1 << bits) - 1)


def concatenate(batches: Sequence[Batch]) -> Batch:
    """The rows of several batches, one after another."""
    if not batches:
        return Batch(np.zeros(0, np.uint8), np.zeros(0, np.uint8), {})
    return Batch(
        np.concatenate([batch.buckets for batch in batches]),
        np.concatenate([batch.tuples for batch in batches]),
        {
            name: np.concatenate([batch.values[name] for batch in batches])
            for name in batches[0].values
        },
    )


def between_edges(
    batches: list[Batch], edges: Int64s
) -> Iterator[tuple[int, int, Batch]]:
    """The rows between edges of time, some edges at a time.

    Args:
        batches: The rows; each batch is dropped once it is used up, to free memory.
        edges: Time buckets, ascending; all rows are between the first and the last.

    Yields:
        The places of two edges, and the rows between them, not merged.
    """
    batches[:] = filter(len, batches)
    cuts = [np.searchsorted(batch.buckets, edges) for batch in batches]
    if cuts:
        for low, high in edge_ranges(np.sum(cuts, axis=0)):
            rows = concatenate([
                batch[cut[low] : cut[high]]
                for batch, cut in zip(batches, cuts, strict=True)
                if cut[low] < cut[high]
            ])  # fmt: skip
            for place, cut in enumerate(cuts):
                if cut[high] == cut[-1]:
                    batches[place] = Batch(cut[:0], cut[:0], {})
            trim_memory()
            yield low, high, rows
    batches.clear()


def edge_ranges(before: Int64s) -> Iterator[tuple[int, int]]:
    """Ranges of edges with about ``ROWS_PER_BATCH`` rows between them.

    Args:
        before: How many rows lie before each edge, from 0 to all of them.

    Examples:
        >>> list(edge_ranges(np.array([0, 10, 3_000_000, 3_000_010])))
        [(0, 2), (2, 3)]
    """
    batch = before[:-1] // ROWS_PER_BATCH
    starts = np.flatnonzero(np.diff(batch, prepend=-1)).tolist()
    return pairwise([*starts, len(batch)])


def trim_memory() -> None:
    """Return freed memory to the system: glibc keeps the holes of small arrays."""
    if sys.platform == "linux" and (trim := getattr(CDLL(None), "malloc_trim", None)):
        trim(0)


def merge(batches: list[Batch]) -> list[Batch]:
    """Batches whose times overlap, as batches that follow each other.

    Args:
        batches: The rows; the list is empty afterwards.
    """
    first = min(int(batch.buckets[0]) for batch in batches)
    last = max(int(batch.buckets[-1]) for batch in batches)
    edges = np.unique(np.linspace(first, last + 1, _MERGE_PIECES).astype(np.int64))
    return [aggregate(rows) for _, _, rows in between_edges(batches, edges)]


def mean_overlap(batches: Sequence[Batch]) -> float:
    """How many batches cover a moment on average: 1 if they follow each other."""
    ends = np.array(
        [[batch.buckets[0], batch.buckets[-1]] for batch in batches], np.int64
    )
    first, last = ends.min(axis=0)[0], ends.max(axis=0)[1]
    return float((ends[:, 1] - ends[:, 0]).sum() / max(1, last - first))
