"""Which tuples of the cube are summed up together."""

from __future__ import annotations

import numpy as np

from meterwidgets.frame.rollup.encoding import Ints, Narrow

_FEW = 16
"""Where one of so many is wanted, it is looked up."""


def few(kept: Ints, tuples: int) -> bool:
    """Whether so few tuples are wanted that what is theirs is looked up."""
    return len(kept) * _FEW < tuples


class Groups:
    """Tuples that are summed up together.

    Args:
        of_tuple: For each tuple the number of its group; -1 leaves it out.

    Attributes:
        of_tuple: For each tuple the place of its group in ``there``, or -1.
        there: The groups that have tuples, ascending.
        kept: The tuples that count, by group.
        few: Whether they are few of all.

    Examples:
        >>> groups = Groups(np.array([7, 3, -1, 7]))
        >>> groups.there.tolist(), groups.sums(np.array([[1, 2, 4, 8]])).tolist()
        ([3, 7], [[2, 9]])
    """

    def __init__(self, of_tuple: Narrow) -> None:
        order = np.argsort(of_tuple, kind="stable")
        ordered = of_tuple[order]
        left_out = int(np.searchsorted(ordered, 0))
        self.kept, ordered = order[left_out:], ordered[left_out:]
        new = np.diff(ordered, prepend=-1) != 0
        self._firsts = np.flatnonzero(new)
        self.there = ordered[self._firsts]
        self.few = few(self.kept, len(of_tuple))
        self._in_order = np.array_equal(self.kept, np.arange(len(of_tuple)))
        self.of_tuple = np.full(len(of_tuple), -1)
        self.of_tuple[self.kept] = np.cumsum(new) - 1

    def sums(self, values: Narrow) -> Ints:
        """Sums by group, of values of shape (any, tuples)."""
        if not self._in_order:
            values = values.take(self.kept, 1)
        if len(self.there) == len(self.kept):
            return values.astype(np.int64)
        found: Ints = np.add.reduceat(values, self._firsts, axis=1, dtype=np.int64)
        return found

    def of_rows(self, values: Narrow, rows: Ints) -> Ints:
        """Sums by group, of some of the rows of values; few tuples are picked out."""
        if self.few:
            picked = values[rows[:, None], self.kept]
            found: Ints = np.add.reduceat(picked, self._firsts, axis=1, dtype=np.int64)
            return found
        return self.sums(values[rows])
