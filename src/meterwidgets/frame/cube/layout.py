"""How rows of the roll-up are laid out for the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.batches import Part, added, at_once, spans
from meterwidgets.frame.rollup.encoding import Ints, Narrow, narrow
from meterwidgets.frame.rollup.measures import MEASURES
from meterwidgets.zones import midnight

SPACE, USER_SPACE = 100_000_000, 500_000_000
"""So many bytes the running sums take at the most: of the cube, and of that with users,
which has many more tuples."""

_HOUR, _DAY = 3600, 86_400
_DISTANCES = [_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR] + [_DAY << n for n in range(6)]
"""Seconds from mark to mark."""
_EPOCH = date(1970, 1, 1).toordinal()


def arranged(
    parts: list[Part],
    same: Mapping[str, str],
    *,
    tuples: int,
    grain_s: int,
    space: int = SPACE,
    tz: str = "UTC",
) -> RunningSums:
    """Rows with their running sums.

    Args:
        parts: The rows; those of one time bucket of a tuple are added up. The list is
            empty afterwards, so that its memory is free.
        same: Measure -> the one in the values of the parts that it is the same as; of
            one that is not there nothing was reported.
        tuples: How many tuples there are.
        grain_s: Seconds of a time bucket.
        space: How many bytes the running sums may take.
        tz: The zone whose days begin at marks, where they are read the fastest.
    """
    nothing = next((name for name in MEASURES if name not in same), "")
    same = {name: same.get(name, nothing) for name in MEASURES}
    measures = list(dict.fromkeys(same.values()))
    types = _types(parts, measures, tuples)
    width = sum(each.itemsize for each in types.values())
    most = min(space // width, sum(map(len, parts))) // max(1, tuples)
    begins = _begins(_times(parts), grain_s, most, tz)
    running = {name: np.zeros((len(begins), tuples), types[name]) for name in measures}
    columns = _room(parts, measures, tuples, int(np.diff(begins).max()))
    marks = np.zeros(len(begins), np.int64)
    end = 0
    for low, high, rows in spans(parts, begins):
        block = np.searchsorted(begins, rows.buckets, "right") - 1
        cell = (block - low) * tuples + rows.tuples
        found = added(Part(cell, rows.buckets - begins[block], rows.values))
        cell = found.buckets.astype(np.int64)
        marks[low + 1 : high + 1] = np.bincount(cell // tuples, minlength=high - low)
        firsts = np.flatnonzero(np.diff(cell, prepend=-1))
        alone = len(firsts) == len(cell)
        for name, values in found.values.items():
            sums = running[name][low + 1 : high + 1].reshape(-1)
            sums[cell[firsts]] = (
                values if alone else np.add.reduceat(values.astype(np.int64), firsts)
            )
        start, end = end, end + len(cell)
        laid = {"tuple": cell % tuples, "slot": found.tuples, **found.values}
        for name, values in laid.items():
            columns[name] = _put(columns[name], start, values)
    for sums in running.values():
        np.cumsum(sums, axis=0, dtype=sums.dtype, out=sums)
    columns = {name: column[:end] for name, column in columns.items()}
    return RunningSums(
        begins,
        np.cumsum(marks),
        columns.pop("tuple"),
        columns.pop("slot"),
        columns,
        same,
        running,
    )


def _room(
    parts: Sequence[Part], measures: Sequence[str], tuples: int, width: int
) -> dict[str, Narrow]:
    """Columns as long as all parts: memory is taken when they are filled, not before.

    Args:
        parts: What will be laid out.
        measures: The measures; one that is not in the parts is 0.
        tuples: How many tuples there are.
        width: How many time buckets there are between two marks.
    """
    size = sum(map(len, parts))
    room: dict[str, Narrow] = {
        "tuple": np.empty(size, np.min_scalar_type(tuples)),
        "slot": np.empty(size, np.min_scalar_type(width)),
    }
    for name in measures:
        kinds = {part.values[name].dtype for part in parts if name in part.values}
        if kinds:
            room[name] = np.empty(size, np.result_type(*kinds))
        else:
            room[name] = np.zeros(size, np.uint8)
    return room


def _put(column: Narrow, start: int, values: Narrow) -> Narrow:
    """A column with some of its numbers; wider where they don't fit into it."""
    if len(values) and int(values.max()) > np.iinfo(column.dtype).max:
        column = column.astype(np.result_type(column, narrow(values)))
    column[start : start + len(values)] = values
    return column


def _types(
    parts: Sequence[Part], measures: Sequence[str], tuples: int
) -> dict[str, np.dtype[Any]]:
    """Measure -> the smallest type that holds all that a tuple has of it."""
    found = {}
    for name in measures:
        whole = np.zeros(tuples, np.int64)
        for part in parts:
            if name in part.values:
                np.add.at(whole, part.tuples, part.values[name].astype(np.int64))
        found[name] = narrow(whole).dtype
    return found


def _times(parts: Sequence[Part]) -> Ints:
    """The time buckets that have rows, ascending."""
    times = [np.unique(part.buckets) for part in parts]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *times]))


def _begins(times: Ints, grain_s: int, most: int, tz: str) -> Ints:
    """The time bucket at each mark, and the one that ends the last.

    Args:
        times: The time buckets that have rows, ascending.
        grain_s: Seconds of a time bucket.
        most: So many marks there may be; where that is too few, there is one at each
            end.
        tz: The zone whose days begin at marks.
    """
    if not len(times):
        return np.zeros(2, np.int64)
    end = times[-1] + 1
    for distance_s in _DISTANCES:
        starts = _starts(times, grain_s, distance_s, tz)
        begins = starts[np.unique(np.searchsorted(starts, times, "right") - 1)]
        if len(begins) < most:
            return np.append(begins, end)
    return np.array([times[0], end])


def _starts(times: Ints, grain_s: int, distance_s: int, tz: str) -> Ints:
    """Time buckets at a distance, from the midnights of a zone on."""
    distance, days = max(1, distance_s // grain_s), max(1, distance_s // _DAY)
    if tz == "UTC" or grain_s >= _DAY:
        return np.unique(times // distance * distance)
    used = np.unique(times * grain_s // _DAY)
    around = np.unique([used - 1, used, used + 1]) // days * days
    dates = np.clip(np.unique(around) + _EPOCH, _EPOCH, date.max.toordinal() - 1)
    midnights = [midnight(date.fromordinal(day), tz) for day in dates.tolist()]
    starts = np.array([int(at.timestamp()) // grain_s for at in midnights])
    steps = np.arange(0, max(1, _DAY // grain_s), distance)
    return np.unique(starts[:, None] + steps)


def collapsed(sums: RunningSums, groups: Ints) -> list[Part]:
    """Rows by group of tuples, those of one time bucket of a group added up.

    Args:
        sums: Those by tuple.
        groups: For each tuple its group.
    """
    parts = []
    for low, high in at_once(sums.marks):
        rows = slice(*sums.marks[[low, high]].tolist())
        begins = np.repeat(sums.begins[low:high], np.diff(sums.marks[low : high + 1]))
        values = {name: each[rows] for name, each in sums.values.items()}
        part = Part(begins + sums.slot[rows], groups[sums.tuple_of[rows]], values)
        parts.append(added(part))
    return parts
