"""Dataframes of any library, through Arrow's PyCapsule interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.columnar.parquet_file import open_parquet
from meterwidgets.ledger.readers.columnar.write_batches import write_batches
from meterwidgets.ledger.readers.databases.tables import Recognise
from meterwidgets.ledger.readers.frames.objects import (
    is_answer,
    is_nested,
    open_objects,
)
from meterwidgets.ledger.readers.frames.streams import NAME, Stream, is_record
from meterwidgets.ledger.readers.open_file import open_copy
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample


def open_stream(stream: Stream, ws: Workspace, recognise: Recognise) -> RawLedger:
    """Open rows that come once.

    Raises:
        LedgerError: When they are neither records nor batches.
    """
    raw = open_copy(stream.file(_batch), NAME, ws, recognise)
    return replace(raw, unit="row", is_live=True)


def _batch(item: Any) -> Any:
    import pyarrow as pa

    if isinstance(item, pa.RecordBatch):
        return pa.Table.from_batches([item])
    try:
        return _as_arrow(item)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise LedgerError(
            f"{NAME}: expected an iterator of dicts, of dataframes or of Arrow "
            f"batches, got {type(item).__name__} ({error})"
        ) from None


def _copied(dataframe: Any, spool: Spool) -> Path | None:
    """What computes or reads its rows when asked to, as Parquet in the spool."""
    package = type(dataframe).__module__.partition(".")[0]
    if package == "polars" and hasattr(dataframe, "sink_parquet"):
        path = spool.place(f"{NAME}.parquet")
        try:
            dataframe.sink_parquet(path)
        except Exception as error:  # noqa: BLE001 (polars has many kinds)
            raise LedgerError(
                f"{NAME}: its query can't be run ({str(error).splitlines()[0]})"
            ) from None
        return path
    if package == "pyarrow" and hasattr(dataframe, "scanner"):
        dataframe = dataframe.scanner()
    if package == "pyarrow" and hasattr(dataframe, "projected_schema"):
        schema, batches = dataframe.projected_schema, dataframe.to_batches()
        return write_batches(spool, f"{NAME}.parquet", schema, batches)
    return None


def _as_arrow(dataframe: Any) -> Any:
    """A dataframe as an Arrow table.

    Columns of pandas that have no one type become text, and so do periods, of which
    Arrow has the numbers only.
    """
    import pyarrow as pa

    if type(dataframe).__module__.partition(".")[0] != "pandas":
        return pa.table(dataframe)
    check_column_names([str(name) for name in dataframe.columns], NAME)
    periods = [n for n, kind in enumerate(dataframe.dtypes) if _is_period(kind)]
    if _is_period(dataframe.index.dtype):
        dataframe = dataframe.set_axis(dataframe.index.astype(str))
    try:
        return pa.table(_with_texts(dataframe, periods))
    except pa.ArrowException:
        mixed = [n for n in range(len(dataframe.columns)) if _is_mixed(dataframe, n)]
        if not mixed:
            raise
        return pa.table(_with_texts(dataframe, [*periods, *mixed]))


def _is_period(kind: object) -> bool:
    return str(kind).startswith("period")


def _is_mixed(dataframe: Any, number: int) -> bool:
    """Whether a column can't be taken as Arrow."""
    import pyarrow as pa

    try:
        pa.array(dataframe.iloc[:, number])
    except pa.ArrowException:
        return True
    return False


def _with_texts(dataframe: Any, columns: Sequence[int]) -> Any:
    """A dataframe of pandas with some columns, by their places, as text."""
    if not columns:
        return dataframe
    found = dataframe.copy(deep=False)
    for number in columns:
        column = dataframe.iloc[:, number]
        text = column.astype(object).map(str, na_action="ignore")
        found.isetitem(number, text)
    return found


def open_dataframe(dataframe: Any, ws: Workspace) -> RawLedger:
    """Open a dataframe: anything with ``__arrow_c_stream__``.

    Args:
        dataframe: pandas, polars, pyarrow, DuckDB or another; or the answer of an API
            as a dict, or a list of dicts.
        ws: The workspace in which it is registered.

    Raises:
        LedgerError: When the object can't hand out Arrow.
    """
    import pyarrow as pa

    if path := _copied(dataframe, ws.spool):
        raw = open_parquet(path, ws.con)
        return replace(raw, name=NAME, is_live=True)
    is_object = is_record(dataframe) and not isinstance(dataframe, Mapping)
    if is_object or is_answer(dataframe):
        return open_objects([dataframe], ws)
    if isinstance(dataframe, list) and all(map(is_record, dataframe)):
        return open_objects(dataframe, ws)
    try:
        arrow = _as_arrow(dataframe)
    except (TypeError, ValueError, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowException) or hasattr(dataframe, "columns"):
            raise LedgerError(
                f"the table: a column can't be taken as Arrow ({error}); give each "
                "column one type"
            ) from None
        raise LedgerError(
            "expected a path or a dataframe (pandas, polars, pyarrow, DuckDB), a dict, "
            f"a list of dicts, or an iterator of either, got {type(dataframe).__name__}"
        ) from None
    names = tuple(str(name) for name in arrow.column_names)
    check_column_names(names, NAME)
    relation = ws.register(
        arrow.rename_columns([f"c{index}" for index in range(len(names))])
    )
    types = tuple(str(each) for each in ws.con.sql(f"FROM {relation}").types)
    cells = ", ".join(
        f"to_json(c{i})::VARCHAR AS c{i}" if is_nested(kind) else f"c{i}"
        for i, kind in enumerate(types)
    )
    rows = f"SELECT 0 AS file, {literal(NAME)} AS filename, {cells} FROM {relation}"
    return RawLedger(NAME, "row", lambda _: rows, Sample(names), types)
