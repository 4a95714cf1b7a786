"""Rows of the roll-up are added up as they come, however many come.

A batch shrinks to one row for each time bucket of a tuple, in the smallest types, and
batches are put together whenever they have doubled: so the memory follows what they
come to, not what came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.rollup.batches import (
    AT_ONCE,
    KEYS,
    Part,
    added,
    give_back,
    joined,
    overlap,
    together,
)
from meterwidgets.frame.rollup.encoding import (
    TOO_MUCH,
    Ints,
    Name,
    Narrow,
    coded,
    narrow,
    numbers,
    ranked,
    total,
    used,
    values_of,
)
from meterwidgets.frame.rollup.measures import MEASURES
from meterwidgets.frame.rollup.tables import same_of, with_same

_TOGETHER = 4_000_000
"""So many rows may lie apart."""
_APART = 3
"""At any time there may be so many parts."""
_NUMBERED = 1 << 36
"""More tuples than this can't come."""


class Adder:
    """Adds up rows of the roll-up.

    Args:
        names: Dimension -> its values; their places are the codes of the rows.
        same: Measure -> the one that is added for it, as it is the same in every row.
    """

    def __init__(
        self, names: Mapping[str, Sequence[Name]], same: Mapping[str, str]
    ) -> None:
        self.names = names
        self._same = same
        self._parts: list[Part] = []
        self._together = 0
        self._totals: dict[str, int] = {}
        self._numbers: dict[str, _Numbers] = {}
        size = 1
        for name, values in names.items():
            if size * len(values) > KEYS:
                self._numbers[name] = _Numbers()
                size = _NUMBERED
            size *= len(values)

    def add(self, rows: Mapping[str, Narrow]) -> None:
        """Add rows.

        Args:
            rows: ``bucket``, dimension -> the place of its value in ``names``, and
                measure -> its number; each time the same measures. Of one that is not
                there nothing was reported.

        Raises:
            LedgerError: When a sum of everything would not fit.
        """
        if not len(rows["bucket"]):
            return
        values = {name: rows[name] for name in MEASURES if name in rows}
        for name, column in values.items():
            self._totals[name] = self._totals.get(name, 0) + total(column)
            if self._totals[name] >= 2**63:
                raise LedgerError(TOO_MUCH)
        keys = np.zeros(len(rows["bucket"]), np.int64)
        for name, names in self.names.items():
            if name in self._numbers:
                keys = self._numbers[name](keys)
            keys = keys * len(names) + rows[name]
        self._parts.append(added(Part(rows["bucket"], keys, values)))
        if sum(map(len, self._parts)) > 2 * self._together + _TOGETHER:
            if overlap(self._parts) > _APART:
                self._parts = together(self._parts)
            self._together = sum(map(len, self._parts))

    @property
    def same(self) -> dict[str, str]:
        """Each measure that was reported -> the one that was added for it."""
        there = {name: name for name in self._totals}
        return there | {name: of for name, of in self._same.items() if of in there}

    def tables(self, edges: Sequence[int]) -> Iterator[pa.Table]:
        """What was added as rows of the roll-up; the adder is empty after it.

        Args:
            edges: n + 1 time buckets, ascending.

        Yields:
            The rows between two edges, ascending by time, n times; see ``compact``.
        """
        parts, names, codes = self.take()
        for start, end in pairwise(edges):
            cuts = [np.searchsorted(part.buckets, [start, end]) for part in parts]
            rows = added(joined([
                part[slice(*cut)] for part, cut in zip(parts, cuts, strict=True)
            ]))  # fmt: skip
            parts = [
                part
                for part, cut in zip(parts, cuts, strict=True)
                if cut[1] < len(part)
            ]
            give_back()
            columns: dict[str, Any] = {"bucket": rows.buckets.astype(np.int64)}
            for name, values in names.items():
                places = codes[name][rows.tuples]
                said = [value for value in values if value is not None]
                columns[name] = pa.DictionaryArray.from_arrays(
                    pa.array(places, mask=places == len(said)),
                    pa.array(said, pa.string()),
                )
            same = {m: of for m, of in self.same.items() if of in rows.values}
            yield with_same(pa.table({**columns, **rows.values}), same)

    def take(
        self,
    ) -> tuple[list[Part], dict[str, Sequence[Name]], dict[str, npt.NDArray[np.int32]]]:
        """What was added, with the tuples numbered; the adder is empty after it.

        Returns:
            The rows; dimension -> its values that occur; and dimension -> for each
            tuple the place of its value.
        """
        tuples, keys = ranked([part.tuples for part in self._parts])
        parts = [
            replace(part, tuples=each)
            for part, each in zip(self._parts, tuples, strict=True)
        ]
        self._parts = []
        codes: dict[str, Ints] = {}
        for name, names in reversed([*self.names.items()]):
            keys, codes[name] = np.divmod(keys, len(names))
            if name in self._numbers:
                keys = self._numbers[name].values()[keys]
        return parts, *used(self.names, codes)


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


def of_tables(tables: list[pa.Table], dimensions: Sequence[str]) -> Adder:
    """Rows of the roll-up, in any order, added up.

    Args:
        tables: ``bucket``, the dimensions and the measures; see ``compact``. The list
            is empty afterwards, so that files that lie in memory can go.
        dimensions: Which columns are dimensions.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    names = {name: values_of([rows[name] for rows in tables]) for name in dimensions}
    places = {
        name: {value: place for place, value in enumerate(values)}
        for name, values in names.items()
    }
    sames = [same_of(rows) for rows in tables]
    alike: dict[tuple[str, ...], str] = {}  # by the columns that they are everywhere
    same = {}
    for name in MEASURES:
        if any(of := tuple(each.get(name, "") for each in sames)):
            same[name] = alike.setdefault(of, name)
    found = Adder(names, same)
    for place, _ in enumerate(sames):
        rows = tables.pop(0)
        nothing = np.zeros(len(rows), np.uint8)
        columns = {"bucket": numbers(rows["bucket"].combine_chunks())}
        for name in dimensions:
            columns[name] = coded(rows[name], places[name])
        for of, name in alike.items():
            columns[name] = nothing
            if of[place]:
                columns[name] = narrow(numbers(rows[of[place]].combine_chunks()))
        for start in range(0, len(rows), AT_ONCE):
            at = slice(start, start + AT_ONCE)
            found.add({name: column[at] for name, column in columns.items()})
    return found
