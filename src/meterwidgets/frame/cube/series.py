"""Sums of a cube along time, per value of a dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from meterwidgets.frame.cube.cube import Cube, KeptValues
from meterwidgets.frame.cube.range_sums import sums_between
from meterwidgets.frame.rollup.encoding import Int64s, Name


def series_by_value(
    cube: Cube,
    dimension: str | None,
    edges: Sequence[int],
    measures: Sequence[str],
    kept: KeptValues,
) -> dict[Name, dict[str, Int64s]]:
    """The exact sums between edges of time, per value of a dimension.

    Args:
        cube: The cube.
        dimension: Its name, or None for everything under the key None.
        edges: n + 1 time buckets, ascending.
        measures: Which ones; "records" among them.
        kept: The values to keep.

    Returns:
        Value -> measure -> n sums; values without usage are left out.
    """
    groups = cube.groups(dimension, kept)
    names = cube.names.get(dimension, [None]) if dimension else [None]
    # Measures that are equal everywhere share a column.
    column_of = {measure: cube.sums.aliases[measure] for measure in measures}
    columns = list(dict.fromkeys(column_of.values()))
    place_of = {m: columns.index(column) for m, column in column_of.items()}
    sums = sums_between(cube.sums, edges, columns, groups)
    used = sums[place_of["records"]].any(axis=0)
    return {
        names[groups.keys[group]]: {
            measure: sums[place, :, group] for measure, place in place_of.items()
        }
        for group in np.flatnonzero(used).tolist()
    }
