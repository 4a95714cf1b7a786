"""How rows of the roll-up are laid out for the index."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from meterwidgets.frame.coding import Ints, combined, measured, narrow
from meterwidgets.frame.filters import midnight
from meterwidgets.frame.running import RunningSums

SPACE, USER_SPACE = 145_000_000, 455_000_000
"""So many bytes the running sums take at the most: of the cube, and of that with users,
which has many more tuples."""

_HOUR, _DAY = 3600, 86_400
_DISTANCES = [_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR] + [_DAY << n for n in range(6)]
"""Seconds from mark to mark."""
_EPOCH = date(1970, 1, 1).toordinal()


def arranged(
    buckets: Ints,
    tuple_of: Ints,
    measures: pa.Table,
    *,
    tuples: int,
    grain_s: int,
    space: int = SPACE,
    tz: str = "UTC",
) -> RunningSums:
    """Rows, which come in any order, with their running sums.

    Args:
        buckets: The time bucket of each row.
        tuple_of: Its tuple.
        measures: Its measures; of one that is not there nothing was reported.
        tuples: How many tuples there are.
        grain_s: Seconds of a time bucket.
        space: How many bytes the running sums may take.
        tz: The zone whose days begin at marks, where they are read the fastest.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    values, same = measured(measures)
    first = int(buckets.min()) if len(buckets) else 0
    time, example = combined([buckets - first])
    times = buckets[example]
    most = min(space // (8 * len(values)), len(buckets)) // max(1, tuples)
    begins = _begins(times, grain_s, most, tz)
    block = (np.searchsorted(begins, times, "right") - 1)[time]
    slot = buckets - begins[block]
    key = (block * tuples + tuple_of) * (int(slot.max(initial=0)) + 1) + slot
    order = np.argsort(key, kind="stable")
    cell = (block * tuples + tuple_of)[order]
    firsts = np.flatnonzero(np.diff(cell, prepend=-1))
    running = {}
    for name, column in values.items():
        values[name] = column[order]
        sums = np.zeros((len(begins), tuples), np.int64)
        added = np.add.reduceat(values[name], firsts, dtype=np.int64)
        sums[1:].reshape(-1)[cell[firsts]] = added
        running[name] = np.cumsum(sums, axis=0)
    return RunningSums(
        begins,
        np.append(0, np.cumsum(np.bincount(block, minlength=len(begins) - 1))),
        narrow(tuple_of[order]),
        narrow(slot[order]),
        values,
        same,
        running,
    )


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


def collapsed(
    sums: RunningSums, groups: Ints, size: int, *, grain_s: int, tz: str = "UTC"
) -> RunningSums:
    """Running sums by group of tuples.

    Args:
        sums: Those by tuple.
        groups: For each tuple its group.
        size: How many groups there are.
        grain_s: Seconds of a time bucket.
        tz: As ``arranged`` has it.
    """
    of_rows, buckets = groups[sums.tuple_of], sums.buckets()
    order = np.lexsort((of_rows, buckets))
    of_rows, buckets = of_rows[order], buckets[order]
    new = (np.diff(of_rows, prepend=-1) != 0) | (np.diff(buckets, prepend=-1) != 0)
    firsts = np.flatnonzero(new)
    added = [
        np.add.reduceat(values[order], firsts, dtype=np.int64)
        for values in sums.values.values()
    ]
    table = pa.table({name: added[at] for name, at in sums.columns.items()})
    return arranged(
        buckets[firsts], of_rows[firsts], table, tuples=size, grain_s=grain_s, tz=tz
    )
