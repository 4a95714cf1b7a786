"""Rows of the roll-up are added up as they come, however many come.

A batch shrinks to one row for each time bucket of a tuple, in the smallest types, and
batches are put together whenever they have doubled: so the memory follows what they
come to, not what came.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from ctypes import CDLL
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.coding import (
    TOO_MUCH,
    Ints,
    Name,
    Narrow,
    coded,
    measured,
    narrow,
    numbers,
    ranked,
    total,
    values_of,
)
from meterwidgets.frame.rollup import MEASURES

AT_ONCE = 2_000_000
"""So many rows are worked on at once."""
_SAME = b"same"
_TOGETHER = 4_000_000
"""So many rows may lie apart."""
_APART = 3
"""At any time there may be so many parts."""
_PIECES = 400
"""Into so many pieces of time parts are cut, to put them together."""
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
    if (int(part.buckets.max()) - first + 1) * (int(tuples.max()) + 1) > _KEYS:
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
        turn = np.sum(cuts, axis=0)[:-1] // AT_ONCE
        starts = np.flatnonzero(np.diff(turn, prepend=-1)).tolist()
        for low, high in pairwise([*starts, len(edges) - 1]):
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


def _overlap(parts: Sequence[Part]) -> float:
    """How many parts there are at any time, in the mean: 1 if in its order."""
    ends = np.array([[part.buckets[0], part.buckets[-1]] for part in parts], np.int64)
    first, last = ends.min(axis=0)[0], ends.max(axis=0)[1]
    return float((ends[:, 1] - ends[:, 0]).sum() / max(1, last - first))


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
            if size * len(values) > _KEYS:
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
            if _overlap(self._parts) > _APART:
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


def compact(rows: pa.Table, same: Mapping[str, str]) -> pa.Table:
    """Rows of the roll-up with each column of numbers once.

    Args:
        rows: ``bucket``, dimensions and measures.
        same: Measure that is not there -> one that is, and is the same.

    Returns:
        The rows; their metadata say which measure is which column. Of one that is not
        named there nothing was reported.
    """
    values, alike = measured(rows)
    again = {name: alike[of] for name, of in same.items() if of in alike}
    others = [name for name in rows.column_names if name not in MEASURES]
    columns = {name: rows[name] for name in others}
    return with_same(pa.table({**columns, **values}), {**alike, **again})


def with_same(rows: pa.Table, same: Mapping[str, str]) -> pa.Table:
    """Rows that say which measure is which column; see ``compact``."""
    return rows.replace_schema_metadata({_SAME: json.dumps(same)})


def same_of(rows: pa.Table) -> dict[str, str]:
    """Which measure of some rows is which column; see ``compact``."""
    if _SAME in (rows.schema.metadata or {}):
        return dict(json.loads(rows.schema.metadata[_SAME]))
    return {name: name for name in MEASURES if name in rows.column_names}


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


def used(
    names: Mapping[str, Sequence[Name]], codes: Mapping[str, Narrow]
) -> tuple[dict[str, Sequence[Name]], dict[str, npt.NDArray[np.int32]]]:
    """The values of dimensions that occur, and their places among those.

    Args:
        names: Dimension -> its values.
        codes: Dimension -> the places in them.
    """
    left: dict[str, Sequence[Name]] = {}
    places = {}
    for name, values in names.items():
        (ranks,), there = ranked([codes[name]])
        left[name] = [values[place] for place in there.tolist()]
        places[name] = ranks.astype(np.int32)
    return left, places
