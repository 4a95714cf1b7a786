"""Which tuples of the cube are summed up together."""

from __future__ import annotations

import numpy as np

from meterwidgets.frame.coding import Ints, Narrow


class Groups:
    """Tuples that are summed up together.

    Args:
        of_tuple: For each tuple the number of its group; -1 leaves it out.

    Attributes:
        of_tuple: For each tuple the place of its group in ``there``, or -1.
        there: The groups that have tuples, ascending.
        kept: The tuples that count, by group.

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
        self._each = len(self.there) == len(of_tuple)
        self.of_tuple = np.full(len(of_tuple), -1)
        self.of_tuple[self.kept] = np.cumsum(new) - 1

    def sums(self, values: Ints) -> Ints:
        """Sums by group, of values of shape (any, tuples)."""
        values = values.take(self.kept, 1)
        if self._each:
            return values
        found: Ints = np.add.reduceat(values, self._firsts, axis=1)
        return found
