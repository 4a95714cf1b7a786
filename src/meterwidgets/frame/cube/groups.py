"""Which tuples of the cube are summed up together."""

from __future__ import annotations

import numpy as np

from meterwidgets.frame.rollup.encoding import Int64s, Integers

_FEW = 16
"""Below one tuple of this many, picking beats reading all."""


def is_few(kept: Int64s, tuples: int) -> bool:
    """Whether so few tuples are kept that picking them beats reading all."""
    return len(kept) * _FEW < tuples


class Groups:
    """Tuples that are summed up together.

    Args:
        of_tuple: For each tuple the number of its group; -1 leaves it out.

    Attributes:
        of_tuple: For each tuple the place of its group in ``keys``, or -1.
        keys: The groups that have tuples, ascending.
        kept: The tuples that count, by group.
        is_few: Whether they are few of all.

    Examples:
        >>> groups = Groups(np.array([7, 3, -1, 7]))
        >>> groups.keys.tolist(), groups.sums(np.array([[1, 2, 4, 8]])).tolist()
        ([3, 7], [[2, 9]])
    """

    def __init__(self, of_tuple: Integers) -> None:
        order = np.argsort(of_tuple, kind="stable")
        ordered = of_tuple[order]
        left_out = int(np.searchsorted(ordered, 0))
        self.kept, ordered = order[left_out:], ordered[left_out:]
        new = np.diff(ordered, prepend=-1) != 0
        self._firsts = np.flatnonzero(new)
        self.keys = ordered[self._firsts]
        self.is_few = is_few(self.kept, len(of_tuple))
        self._in_order = np.array_equal(self.kept, np.arange(len(of_tuple)))
        self.of_tuple = np.full(len(of_tuple), -1)
        self.of_tuple[self.kept] = np.cumsum(new) - 1

    def sums(self, values: Integers) -> Int64s:
        """Sums by group, of values of shape (any, tuples)."""
        if not self._in_order:
            values = values.take(self.kept, 1)
        if len(self.keys) == len(self.kept):
            return values.astype(np.int64)
        sums: Int64s = np.add.reduceat(values, self._firsts, axis=1, dtype=np.int64)
        return sums

    def of_rows(self, values: Integers, rows: Int64s) -> Int64s:
        """Sums by group, of some rows of values; reads only the tuples of few."""
        if self.is_few:
            picked = values[rows[:, None], self.kept]
            sums: Int64s = np.add.reduceat(picked, self._firsts, axis=1, dtype=np.int64)
            return sums
        return self.sums(values[rows])
