"""The segments of a store: the rows of the cube, one Arrow file a month."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from meterwidgets.frame.rollup.measures import reaggregate
from meterwidgets.frame.rollup.stats import grain_for
from meterwidgets.frame.rollup.tables import aliases_of, compact, with_aliases
from meterwidgets.frame.saved import map_table, write_table
from meterwidgets.frame.store.manifest import Month
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.measures import MEASURES
from meterwidgets.schema import DIMENSIONS


def grain(before: int, months: Iterable[Month]) -> int:
    """Seconds of a time bucket for a store of some months.

    It only ever grows, because what was summed can't be taken apart.

    Args:
        before: The grain of the generation before.
        months: The months of the next one.
    """
    spans = [(month.first_us, month.last_us) for month in months if month.records]
    if not spans:
        return before
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return max(before, grain_for(first, last))


def write_segment(
    ws: Workspace,
    path: Path,
    rows: pa.Table | None,
    *,
    base: Path | None,
    base_buckets: int,
) -> None:
    """Write the segment of a month, without the measures that are 0 in every row.

    Args:
        ws: A workspace.
        path: The file to write.
        rows: New rows of the cube, see ``compact``; None only if there is a `base`.
        base: The segment to add them to.
        base_buckets: How many time buckets of `base` make one of the new segment.
    """
    if base is not None:
        rows = _added(ws, map_table(base), base_buckets, rows)
    assert rows is not None
    same = {name: of for name, of in aliases_of(rows).items() if _any(rows[of])}
    columns = {"bucket": rows["bucket"]}
    columns |= {name: _dictionary(rows[name]) for name in DIMENSIONS.personal_keys}
    columns |= {name: rows[name] for name in same.values()}
    table = pa.table(columns).unify_dictionaries().combine_chunks()
    write_table(path, with_aliases(table, same))


def _added(
    ws: Workspace, base: pa.Table, base_buckets: int, rows: pa.Table | None
) -> pa.Table:
    """The rows of a segment, in longer time buckets, with new rows added up."""
    with (
        ws.registered(_with_all_measures(base)) as base_rows,
        ws.registered(_with_all_measures(base[:0] if rows is None else rows)) as added,
    ):
        coarser = reaggregate(base_rows, DIMENSIONS.personal_keys, base_buckets)
        both = f"({coarser} UNION ALL BY NAME FROM {added})"
        query = reaggregate(both, DIMENSIONS.personal_keys)
        return compact(ws.con.sql(query).to_arrow_table(), {})


def _with_all_measures(rows: pa.Table) -> pa.Table:
    """Rows of the cube with a column for every measure.

    Args:
        rows: See ``compact``.
    """
    same, zeros = aliases_of(rows), pa.array(np.zeros(len(rows), np.int64))
    columns = {name: rows[name] for name in ("bucket", *DIMENSIONS.personal_keys)}
    columns |= {name: rows[same[name]] if name in same else zeros for name in MEASURES}
    return pa.table(columns)


def _any(column: pa.ChunkedArray) -> bool:
    """Whether any number of a column is not 0."""
    return any(pc.min_max(column).as_py().values())


def _dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A dimension, dictionary-encoded with indices of int32."""
    if not pa.types.is_dictionary(column.type):
        return column.dictionary_encode()
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), chunk.dictionary)
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))
