"""The cube: usage by time and dimension.

Each distinct combination of dimension values that had usage is a tuple; what each tuple
used, and when, is in its running sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.cube.groups import Groups
from meterwidgets.frame.cube.layout import SPACE, USER_SPACE, arranged, collapsed
from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.accumulator import Adder, of_tables
from meterwidgets.frame.rollup.batches import Part
from meterwidgets.frame.rollup.encoding import Name, combined, used
from meterwidgets.frame.rollup.tables import compact

Wanted = tuple[tuple[str, frozenset[Name]], ...]
"""Dimensions, each with the values that count; None is "not reported"."""
_KEPT = 24
"""So many groups of tuples are kept."""


@dataclass(frozen=True, eq=False)
class Cube:
    """Sums per tuple and time bucket.

    Attributes:
        grain_s: Seconds of a time bucket.
        first: The first time bucket with usage (number since 1970).
        width: How many time buckets there are, from the first to the last with usage.
        names: Dimension -> its values; a null value is None.
        codes: Dimension -> for each tuple, the place of its value in ``names``.
        sums: What each tuple used, and when.
    """

    grain_s: int
    first: int
    width: int
    names: Mapping[str, Sequence[Name]]
    codes: Mapping[str, npt.NDArray[np.int32]]
    sums: RunningSums

    @cached_property
    def groups(self) -> Callable[[str | None, Wanted], Groups]:
        """The tuples that have some values, by the values of a dimension.

        Takes the dimension, or None for all in one group, and what is wanted. Where
        there is no such dimension in the cube, nothing reports it. The last answers
        are kept: along time the same groups are asked for again and again.
        """
        return lru_cache(_KEPT)(self._groups)

    def _groups(self, by: str | None, wanted: Wanted) -> Groups:
        found = np.zeros(self.sums.tuples, np.int32)
        if by is not None and by in self.codes:
            found = self.codes[by].copy()
        for dimension, values in wanted:
            if dimension in self.names:
                there = [name in values for name in self.names[dimension]]
                found[~np.asarray(there, bool)[self.codes[dimension]]] = -1
            elif None not in values:
                found[:] = -1
        return Groups(found)

    def only(self, dimension: str, value: Name) -> Cube:
        """The cube of one value of a dimension: nothing of the others is in it.

        Args:
            dimension: One that may not be there, which leaves an empty cube.
            value: One that may not occur, which leaves an empty cube, too.

        Returns:
            A cube over the same range of time, with the names that are left.
        """
        kept = np.zeros(self.sums.tuples, bool)
        if dimension in self.names:
            chosen = [name == value for name in self.names[dimension]]
            kept = np.asarray(chosen, bool)[self.codes[dimension]]
        left = {name: places[kept] for name, places in self.codes.items()}
        names, codes = used(self.names, left)
        rows, buckets = self.sums.cells((self.first, self.first + self.width), kept)
        tuples = (np.cumsum(kept) - 1)[self.sums.tuple_of[rows]]
        values = {measure: each[rows] for measure, each in self.sums.values.items()}
        sums = arranged(
            [Part(buckets, tuples, values)],
            self.sums.same,
            tuples=int(kept.sum()),
            grain_s=self.grain_s,
        )
        return Cube(self.grain_s, self.first, self.width, names, codes, sums)

    def over(self, dimensions: Sequence[str], *, tz: str = "UTC") -> Cube:
        """The cube of some of the dimensions: the others are summed up.

        Args:
            dimensions: Those that stay.
            tz: The zone whose days are read the fastest.
        """
        groups, examples = combined([self.codes[name] for name in dimensions])
        sums = arranged(
            collapsed(self.sums, groups),
            self.sums.same,
            tuples=len(examples),
            grain_s=self.grain_s,
            tz=tz,
        )
        return Cube(
            self.grain_s,
            self.first,
            self.width,
            {name: self.names[name] for name in dimensions},
            {name: self.codes[name][examples] for name in dimensions},
            sums,
        )

    @classmethod
    def from_rows(
        cls,
        rows: pa.Table,
        dimensions: Sequence[str],
        grain_s: int,
        *,
        space: int | None = None,
        tz: str = "UTC",
    ) -> Cube:
        """Build the cube from rows of the roll-up, in any order.

        Args:
            rows: ``bucket``, the dimensions, and the measures; of one that is not
                there nothing was reported.
            dimensions: Which columns are dimensions.
            grain_s: Seconds of a time bucket.
            space: How many bytes the running sums may take, if not the usual.
            tz: The zone whose days are read the fastest.

        Raises:
            LedgerError: When a sum of everything would not fit.
        """
        added = of_tables([compact(rows, {})], dimensions)
        return cls.of(added, grain_s, space=space, tz=tz)

    @classmethod
    def of(
        cls,
        added: Adder,
        grain_s: int,
        *,
        space: int | None = None,
        tz: str = "UTC",
    ) -> Cube:
        """Build the cube from what was added up.

        Args:
            added: The rows; it is empty afterwards.
            grain_s: Seconds of a time bucket.
            space: How many bytes the running sums may take, if not the usual.
            tz: The zone whose days are read the fastest.
        """
        parts, names, codes = added.take()
        first = min(int(part.buckets[0]) for part in parts)
        last = max(int(part.buckets[-1]) for part in parts)
        usual = USER_SPACE if "user" in names else SPACE
        sums = arranged(
            parts,
            added.same,
            tuples=len(next(iter(codes.values()))),
            grain_s=grain_s,
            space=space or usual,
            tz=tz,
        )
        return cls(grain_s, first, last - first + 1, names, codes, sums)
