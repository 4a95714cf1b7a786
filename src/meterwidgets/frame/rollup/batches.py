"""Rows of the cube in the smallest types, and how they are put together by time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from meterwidgets.frame.rollup.encoding import Ints, Narrow, narrow

AT_ONCE = 2_000_000
"""So many rows are worked on at once."""
KEYS = 1 << 62
"""So large may be the number of a combination."""
_PIECES = 400
"""Into so many pieces of time parts are cut, to put them together."""


@dataclass(frozen=True)
class Part:
    """Some rows, ascending by time.

    Attributes:
        buckets: The time bucket of each.
        tuples: Its tuple.
        values: Measure -> its number; of one that is not there nothing was reported.
    """

    buckets: Narrow
    tuples: Narrow
    values: Mapping[str, Narrow]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.buckets)

    def __getitem__(self, rows: slice) -> Part:
        """Some of the rows."""
        values = {name: each[rows] for name, each in self.values.items()}
        return Part(self.buckets[rows], self.tuples[rows], values)


def added(part: Part) -> Part:
    """Rows in any order as one row for each time bucket of a tuple, in their order.

    Examples:
        >>> row = np.array([1, 1, 0]), np.array([5, 5, 5]), {"records": np.ones(3, int)}
        >>> found = added(Part(*row))
        >>> found.buckets.tolist(), found.values["records"].tolist()
        ([0, 1], [1, 2])
    """
    if not len(part):
        return part
    first, tuples = int(part.buckets.min()), part.tuples
    if (int(part.buckets.max()) - first + 1) * (int(tuples.max()) + 1) > KEYS:
        _, tuples = np.unique(tuples, return_inverse=True)
    buckets = part.buckets.astype(np.int64) - first
    keys, order = _sorted(buckets * (int(tuples.max()) + 1) + tuples)
    new = np.diff(keys, prepend=-1) != 0
    lead, rest = order[new], order[~new]
    into = (np.cumsum(new) - 1)[~new] if len(rest) else rest

    def sums(values: Narrow) -> Narrow:  # most rows stand alone: few are to be added
        found = values[lead]
        if len(rest):
            found = found.astype(np.int64)
            np.add.at(found, into, values[rest].astype(np.int64))
        return narrow(found)

    values = {name: sums(each) for name, each in part.values.items()}
    return Part(narrow(part.buckets[lead]), narrow(part.tuples[lead]), values)


def _sorted(keys: Ints) -> tuple[Ints, Ints]:
    """Keys in their order, and the row of each.

    Where a key and a row fit into one number these are sorted: no row is looked up.
    """
    bits = len(keys).bit_length()
    if int(keys.max()).bit_length() + bits > 63:
        order = np.argsort(keys)
        return keys[order], order
    both = np.sort(keys << bits | np.arange(len(keys)))
    return both >> bits, both & ((1 << bits) - 1)


def joined(parts: Sequence[Part]) -> Part:
    """The rows of several parts, one after the other."""
    if not parts:
        return Part(np.zeros(0, np.uint8), np.zeros(0, np.uint8), {})
    return Part(
        np.concatenate([part.buckets for part in parts]),
        np.concatenate([part.tuples for part in parts]),
        {
            name: np.concatenate([part.values[name] for part in parts])
            for name in parts[0].values
        },
    )


def spans(parts: list[Part], edges: Ints) -> Iterator[tuple[int, int, Part]]:
    """The rows between edges of time, some edges at a time.

    Args:
        parts: The rows; a part goes when it is through, so that its memory is free.
        edges: Time buckets, ascending; all rows are between the first and the last.

    Yields:
        The places of two edges, and the rows between them, part by part.
    """
    parts[:] = filter(len, parts)
    cuts = [np.searchsorted(part.buckets, edges) for part in parts]
    if cuts:
        for low, high in at_once(np.sum(cuts, axis=0)):
            rows = joined([
                part[cut[low] : cut[high]]
                for part, cut in zip(parts, cuts, strict=True)
                if cut[low] < cut[high]
            ])  # fmt: skip
            for place, cut in enumerate(cuts):
                if cut[high] == cut[-1]:
                    parts[place] = Part(cut[:0], cut[:0], {})
            give_back()
            yield low, high, rows
    parts.clear()


def at_once(before: Ints) -> Iterator[tuple[int, int]]:
    """Neighbouring edges, taken together until there are many rows between them.

    Args:
        before: How many rows are before each edge, from 0 to all of them.

    Examples:
        >>> list(at_once(np.array([0, 10, 3_000_000, 3_000_010])))
        [(0, 2), (2, 3)]
    """
    turn = before[:-1] // AT_ONCE
    starts = np.flatnonzero(np.diff(turn, prepend=-1)).tolist()
    return pairwise([*starts, len(turn)])


def give_back() -> None:
    """Give freed memory back: of many small arrays glibc keeps the holes."""
    if sys.platform == "linux" and (trim := getattr(CDLL(None), "malloc_trim", None)):
        trim(0)


def together(parts: list[Part]) -> list[Part]:
    """Parts whose times overlap as parts that follow each other.

    Args:
        parts: The rows; the list is empty afterwards.
    """
    first = min(int(part.buckets[0]) for part in parts)
    last = max(int(part.buckets[-1]) for part in parts)
    edges = np.unique(np.linspace(first, last + 1, _PIECES).astype(np.int64))
    return [added(rows) for _, _, rows in spans(parts, edges)]


def overlap(parts: Sequence[Part]) -> float:
    """How many parts there are at any time, in the mean: 1 if in its order."""
    ends = np.array([[part.buckets[0], part.buckets[-1]] for part in parts], np.int64)
    first, last = ends.min(axis=0)[0], ends.max(axis=0)[1]
    return float((ends[:, 1] - ends[:, 0]).sum() / max(1, last - first))
