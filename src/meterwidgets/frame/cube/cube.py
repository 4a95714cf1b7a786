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
from meterwidgets.frame.cube.layout import (
    SPACE,
    USER_SPACE,
    build_running_sums,
    regroup,
)
from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.accumulator import Accumulator, accumulate_tables
from meterwidgets.frame.rollup.batches import Batch
from meterwidgets.frame.rollup.encoding import Name, combine_codes, drop_unused
from meterwidgets.frame.rollup.tables import compact

KeptValues = tuple[tuple[str, frozenset[Name]], ...]
"""Dimensions, each with the values to keep; None is "not reported"."""
_CACHED_GROUPS = 24
"""Along time the same groups are used many times."""


@dataclass(frozen=True, eq=False)
class Cube:
    """Sums per tuple and time bucket.

    Attributes:
        grain_s: Seconds of a time bucket.
        first: The first time bucket with usage (number since 1970).
        width: How many time buckets there are, from the first to the last with usage.
        names: Dimension -> its values; a null value is None.
        codes: Dimension -> the code of each tuple: the place of its value in ``names``.
        sums: What each tuple used, and when.
    """

    grain_s: int
    first: int
    width: int
    names: Mapping[str, Sequence[Name]]
    codes: Mapping[str, npt.NDArray[np.int32]]
    sums: RunningSums

    @cached_property
    def groups(self) -> Callable[[str | None, KeptValues], Groups]:
        """The tuples that have some values, grouped by a dimension.

        Takes the dimension, or None for a single group, and the values to keep of
        others. A dimension that the cube does not have is "not reported" everywhere.
        """
        return lru_cache(_CACHED_GROUPS)(self._groups)

    def _groups(self, by: str | None, kept: KeptValues) -> Groups:
        group_of_tuple = np.zeros(self.sums.tuples, np.int32)
        if by is not None and by in self.codes:
            group_of_tuple = self.codes[by].copy()
        for dimension, values in kept:
            if dimension in self.names:
                is_kept = [name in values for name in self.names[dimension]]
                group_of_tuple[~np.asarray(is_kept, bool)[self.codes[dimension]]] = -1
            elif None not in values:
                group_of_tuple[:] = -1
        return Groups(group_of_tuple)

    def cut(self, kept: npt.NDArray[np.bool_], *, tz: str = "UTC") -> Cube:
        """The cube of some tuples: nothing of the others is in it.

        Args:
            kept: Whether each tuple is kept.
            tz: The zone whose days are read the fastest.

        Returns:
            A cube over the same range of time, with only the names that it uses.
        """
        kept_codes = {name: codes[kept] for name, codes in self.codes.items()}
        names, codes = drop_unused(self.names, kept_codes)
        rows, buckets = self.sums.cells((self.first, self.first + self.width), kept)
        tuples = (np.cumsum(kept) - 1)[self.sums.tuple_of[rows]]
        values = {name: column[rows] for name, column in self.sums.values.items()}
        sums = build_running_sums(
            [Batch(buckets, tuples, values)],
            self.sums.aliases,
            tuples=int(kept.sum()),
            grain_s=self.grain_s,
            space=_usual_space(names),
            tz=tz,
        )
        return Cube(self.grain_s, self.first, self.width, names, codes, sums)

    def roll_up(self, dimensions: Sequence[str], *, tz: str = "UTC") -> Cube:
        """The cube with fewer dimensions: summed over the others.

        Args:
            dimensions: Those to keep.
            tz: The zone whose days are read the fastest.
        """
        groups, examples = combine_codes([self.codes[name] for name in dimensions])
        sums = build_running_sums(
            regroup(self.sums, groups),
            self.sums.aliases,
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
            rows: ``bucket``, the dimensions, and the measures; a missing one was not
                reported.
            dimensions: Which columns are dimensions.
            grain_s: Seconds of a time bucket.
            space: The most bytes that running sums may take, by default the usual.
            tz: The zone whose days are read the fastest.

        Raises:
            LedgerError: When a sum of everything would not fit.
        """
        accumulator = accumulate_tables([compact(rows, {})], dimensions)
        return cls.from_accumulator(accumulator, grain_s, space=space, tz=tz)

    @classmethod
    def from_accumulator(
        cls,
        accumulator: Accumulator,
        grain_s: int,
        *,
        space: int | None = None,
        tz: str = "UTC",
    ) -> Cube:
        """Build the cube from accumulated rows.

        Args:
            accumulator: The rows; it is empty afterwards.
            grain_s: Seconds of a time bucket.
            space: The most bytes that running sums may take, by default the usual.
            tz: The zone whose days are read the fastest.
        """
        batches, names, codes = accumulator.take()
        first = min(int(batch.buckets[0]) for batch in batches)
        last = max(int(batch.buckets[-1]) for batch in batches)
        sums = build_running_sums(
            batches,
            accumulator.aliases,
            tuples=len(next(iter(codes.values()))),
            grain_s=grain_s,
            space=space or _usual_space(names),
            tz=tz,
        )
        return cls(grain_s, first, last - first + 1, names, codes, sums)


def _usual_space(names: Mapping[str, Sequence[Name]]) -> int:
    """The most bytes that the running sums of a cube of these dimensions take."""
    return USER_SPACE if "user" in names else SPACE
