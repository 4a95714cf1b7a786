"""Rows of the roll-up are added up as they come, however many come.

A batch shrinks to one row for each time bucket of a tuple, in the smallest types, and
batches are put together whenever they have doubled: so the memory follows what they
come to, not what came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from meterwidgets.errors import LedgerError
from meterwidgets.frame.coding import TOO_MUCH, Ints, Name, Narrow, narrow, ranked, total

_TOGETHER = 4_000_000
"""So many rows may lie apart."""
_KEYS = 1 << 62
"""So large may be the number of a combination."""
_NUMBERED = 1 << 36
"""More tuples than this can't come."""


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
    there: Narrow | None = None
    if (int(part.buckets.max()) - first + 1) * (int(tuples.max()) + 1) > _KEYS:
        there, tuples = np.unique(tuples, return_inverse=True)
    size = int(tuples.max()) + 1
    keys = (part.buckets.astype(np.int64) - first) * size + tuples
    keys, order = _sorted(keys)
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    keys = keys[firsts]
    values = {name: each[order] for name, each in part.values.items()}
    if len(firsts) < len(order):
        values = {
            name: narrow(np.add.reduceat(each.astype(np.int64), firsts))
            for name, each in values.items()
        }
    tuples = keys % size if there is None else there[keys % size]
    return Part(narrow(keys // size + first), narrow(tuples), values)


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
    first = parts[0]
    return Part(
        np.concatenate([part.buckets for part in parts]),
        np.concatenate([part.tuples for part in parts]),
        {
            name: np.concatenate([part.values[name] for part in parts])
            for name in first.values
        },
    )


class Adder:
    """Adds up rows of the roll-up.

    Args:
        names: Dimension -> its values; their places are the codes of the rows.
    """

    def __init__(self, names: Mapping[str, Sequence[Name]]) -> None:
        self.names = names
        self._parts: list[Part] = []
        self._together = 0
        self._totals: dict[str, int] = {}
        self._numbers: dict[str, _Numbers] = {}
        size = 1
        for name, values in names.items():
            if size * len(values) > _KEYS:
                self._numbers[name] = _Numbers()
                size = _NUMBERED
            size *= len(values)

    def add(
        self,
        buckets: Narrow,
        codes: Mapping[str, Narrow],
        values: Mapping[str, Narrow],
    ) -> None:
        """Add rows.

        Args:
            buckets: The time bucket of each.
            codes: Dimension -> the place of its value in ``names``.
            values: Measure -> its number; each time the same measures.

        Raises:
            LedgerError: When a sum of everything would not fit.
        """
        if not len(buckets):
            return
        for name, column in values.items():
            self._totals[name] = self._totals.get(name, 0) + total(column)
            if self._totals[name] >= 2**63:
                raise LedgerError(TOO_MUCH)
        keys = np.zeros(len(buckets), np.int64)
        for name, names in self.names.items():
            if name in self._numbers:
                keys = self._numbers[name](keys)
            keys = keys * len(names) + codes[name]
        self._parts.append(added(Part(buckets, keys, values)))
        if sum(map(len, self._parts)) > 2 * self._together + _TOGETHER:
            self._parts = [added(joined(self._parts))]
            self._together = len(self._parts[0])

    def take(self) -> tuple[list[Part], Mapping[str, Ints]]:
        """What was added, with the tuples numbered; the adder is empty after it.

        Returns:
            The rows; and dimension -> for each tuple the place of its value.
        """
        tuples, keys = ranked([part.tuples for part in self._parts])
        parts = [
            replace(part, tuples=each)
            for part, each in zip(self._parts, tuples, strict=True)
        ]
        self._parts = []
        codes: dict[str, Ints] = {}
        for name, names in reversed(self.names.items()):
            keys, codes[name] = np.divmod(keys, max(1, len(names)))
            if name in self._numbers:
                keys = self._numbers[name].values()[keys]
        return parts, {name: codes[name] for name in self.names}


class _Numbers:
    """Numbers for values, in the order in which they come."""

    def __init__(self) -> None:
        self._known = self._number = np.zeros(0, np.int64)

    def __call__(self, values: Ints) -> Ints:
        new = np.setdiff1d(values, self._known)
        places = np.searchsorted(self._known, new)
        further = np.arange(len(self._known), len(self._known) + len(new))
        self._known = np.insert(self._known, places, new)
        self._number = np.insert(self._number, places, further)
        found: Ints = self._number[np.searchsorted(self._known, values)]
        return found

    def values(self) -> Ints:
        """The value of each number."""
        found: Ints = self._known[np.argsort(self._number)]
        return found
