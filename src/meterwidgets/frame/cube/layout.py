"""Lays out rows of the roll-up, and sums them up along time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.rollup.batches import (
    Batch,
    aggregate,
    between_edges,
    edge_ranges,
)
from meterwidgets.frame.rollup.encoding import Int64s, Integers, extremes, narrow
from meterwidgets.measures import MEASURES
from meterwidgets.zones import midnight

SPACE, USER_SPACE = 100_000_000, 500_000_000
"""The most bytes that running sums take: of the shared cube, and of the personal one,
which has many more tuples."""

_HOUR, _DAY = 3600, 86_400
_MARK_DISTANCES_S = [_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR] + [
    _DAY << n for n in range(6)
]
"""Seconds from mark to mark."""
_EPOCH = date(1970, 1, 1).toordinal()


def build_running_sums(
    batches: list[Batch],
    aliases: Mapping[str, str],
    *,
    tuples: int,
    grain_s: int,
    space: int = SPACE,
    tz: str = "UTC",
) -> RunningSums:
    """Rows with their running sums.

    Args:
        batches: The rows; those of one time bucket and tuple are summed. The list is
            empty afterwards, to free its memory.
        aliases: Measure -> the one in the values of the batches that is the same; a
            missing one was not reported.
        tuples: How many tuples there are.
        grain_s: Seconds of a time bucket.
        space: The most bytes that the running sums may take.
        tz: The zone whose days begin at marks, where they are read the fastest.
    """
    # All measures that were not reported share one column of zeros.
    zeros = next((name for name in MEASURES if name not in aliases), "")
    aliases = {name: aliases.get(name, zeros) for name in MEASURES}
    measures = list(dict.fromkeys(aliases.values()))
    types = _running_types(batches, measures, tuples)
    bytes_per_tuple = sum(each.itemsize for each in types.values())
    rows = sum(map(len, batches))
    max_marks = min(space // bytes_per_tuple, rows) // max(1, tuples)
    begins = _mark_buckets(_used_buckets(batches), grain_s, max_marks, tz)
    running = {name: np.zeros((len(begins), tuples), types[name]) for name in measures}
    columns = _allocate(batches, measures, tuples, int(np.diff(begins).max()))
    marks, columns = _fill(batches, begins, tuples, running, columns)
    return RunningSums(
        begins,
        marks,
        columns.pop("tuple"),
        columns.pop("slot"),
        columns,
        aliases,
        running,
    )


def _fill(
    batches: list[Batch],
    begins: Int64s,
    tuples: int,
    running: Mapping[str, Integers],
    columns: dict[str, Integers],
) -> tuple[Int64s, dict[str, Integers]]:
    """Fill the columns and the running sums, some blocks between marks at a time.

    Returns:
        How many rows lie before each mark, and the columns, cut to their rows.
    """
    marks = np.zeros(len(begins), np.int64)
    end = 0
    for low, high, rows in between_edges(batches, begins):
        block = np.searchsorted(begins, rows.buckets, "right") - 1
        # Sorting by block and tuple, then slot, puts rows of a tuple together.
        cell = (block - low) * tuples + rows.tuples
        ordered = aggregate(Batch(cell, rows.buckets - begins[block], rows.values))
        cell = ordered.buckets.astype(np.int64)
        marks[low + 1 : high + 1] = np.bincount(cell // tuples, minlength=high - low)
        firsts = np.flatnonzero(np.diff(cell, prepend=-1))
        is_unique = len(firsts) == len(cell)
        for name, values in ordered.values.items():
            sums = running[name][low + 1 : high + 1].reshape(-1)
            sums[cell[firsts]] = (
                values
                if is_unique
                else np.add.reduceat(values.astype(np.int64), firsts)
            )
        start, end = end, end + len(cell)
        laid_out = {"tuple": cell % tuples, "slot": ordered.tuples, **ordered.values}
        for name, values in laid_out.items():
            columns[name] = _write(columns[name], start, values)
    for sums in running.values():
        np.cumsum(sums, axis=0, dtype=sums.dtype, out=sums)
    return np.cumsum(marks), {name: column[:end] for name, column in columns.items()}


def _allocate(
    batches: Sequence[Batch], measures: Sequence[str], tuples: int, width: int
) -> dict[str, Integers]:
    """Columns as long as all batches; their memory is taken when they are filled.

    Args:
        batches: What will be laid out.
        measures: The measures; one that no batch has is 0.
        tuples: How many tuples there are.
        width: How many time buckets there are between two marks.
    """
    size = sum(map(len, batches))
    room: dict[str, Integers] = {
        "tuple": np.empty(size, np.min_scalar_type(tuples)),
        "slot": np.empty(size, np.min_scalar_type(width)),
    }
    for name in measures:
        kinds = {batch.values[name].dtype for batch in batches if name in batch.values}
        if kinds:
            room[name] = np.empty(size, np.result_type(*kinds))
        else:
            room[name] = np.zeros(size, np.uint8)
    return room


def _write(column: Integers, start: int, values: Integers) -> Integers:
    """A column with some of its numbers; wider where they don't fit into it."""
    least, most = extremes(values)
    limits = np.iinfo(column.dtype)
    if least < limits.min or most > limits.max:
        column = column.astype(np.result_type(column, narrow(values)))
    column[start : start + len(values)] = values
    return column


def _running_types(
    batches: Sequence[Batch], measures: Sequence[str], tuples: int
) -> dict[str, np.dtype[Any]]:
    """Measure -> the smallest type that holds every sum along time of a tuple."""
    found = {}
    for name in measures:
        whole = np.zeros(tuples, np.int64)
        negative = np.zeros(tuples, np.int64)
        for batch in batches:
            if name not in batch.values:
                continue
            values = batch.values[name].astype(np.int64)
            np.add.at(whole, batch.tuples, values)
            if extremes(values)[0] < 0:
                np.add.at(negative, batch.tuples, np.minimum(values, 0))
        # On its way a sum is as large as its positive parts, or small as the others.
        found[name] = narrow(np.concatenate([whole - negative, negative])).dtype
    return found


def _used_buckets(batches: Sequence[Batch]) -> Int64s:
    """The time buckets that have rows, ascending."""
    times = [np.unique(batch.buckets) for batch in batches]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *times]))


def _mark_buckets(times: Int64s, grain_s: int, max_marks: int, tz: str) -> Int64s:
    """The time bucket at each mark, and the one that ends the last.

    Args:
        times: The time buckets that have rows, ascending.
        grain_s: Seconds of a time bucket.
        max_marks: The most marks; where that is too few, there is one at each end.
        tz: The zone whose days begin at marks.
    """
    if not len(times):
        return np.zeros(2, np.int64)
    end = times[-1] + 1
    for distance_s in _MARK_DISTANCES_S:
        starts = _mark_candidates(times, grain_s, distance_s, tz)
        begins = starts[np.unique(np.searchsorted(starts, times, "right") - 1)]
        if len(begins) < max_marks:
            return np.append(begins, end)
    return np.array([times[0], end])


def _mark_candidates(times: Int64s, grain_s: int, distance_s: int, tz: str) -> Int64s:
    """Time buckets at a distance, counted from the midnights of a zone."""
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


def regroup(sums: RunningSums, groups: Int64s) -> list[Batch]:
    """Rows by group of tuples, summed by time bucket and group.

    Args:
        sums: The rows by tuple.
        groups: The group of each tuple.
    """
    batches = []
    for low, high in edge_ranges(sums.marks):
        rows = slice(*sums.marks[[low, high]].tolist())
        begins = np.repeat(sums.begins[low:high], np.diff(sums.marks[low : high + 1]))
        values = {name: column[rows] for name, column in sums.values.items()}
        batch = Batch(begins + sums.slot[rows], groups[sums.tuple_of[rows]], values)
        batches.append(aggregate(batch))
    return batches
