"""The cells of a cube as an Arrow table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.cube.cube import Cube


def cells_to_arrow(
    cube: Cube, edges: tuple[int, int], selected: npt.NDArray[np.bool_]
) -> pa.Table:
    """One row per time bucket and combination of values.

    Args:
        cube: The cube.
        edges: The first time bucket, and the first one after the range.
        selected: Which tuples of the cube are selected.

    Returns:
        ``start`` (timestamp, UTC), the dimensions, and the measures (int64).
    """
    rows, buckets = cube.sums.cells(edges, selected)
    instants = buckets * cube.grain_s * 1_000_000
    columns: dict[str, Any] = {"start": pa.array(instants, pa.timestamp("us", "UTC"))}
    tuples = cube.sums.tuple_of[rows]
    for name, values in cube.names.items():
        codes = pa.array(cube.codes[name][tuples], pa.int32())
        columns[name] = pa.array(values, pa.string()).take(codes)
    measures = cube.sums.table(rows)
    columns |= dict(zip(measures.column_names, measures.columns, strict=True))
    return pa.table(columns)
