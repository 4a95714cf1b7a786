"""Dataframes of any library, through Arrow's PyCapsule interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.frames.objects import (
    is_answer,
    is_nested,
    open_objects,
)
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample


def _as_arrow(dataframe: Any) -> Any:
    """A dataframe as an Arrow table.

    Columns of pandas that have no one type become text, and so do periods, of which
    Arrow has the numbers only.
    """
    import pyarrow as pa

    if type(dataframe).__module__.partition(".")[0] != "pandas":
        return pa.table(dataframe)
    check_column_names([str(name) for name in dataframe.columns], "the table")
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

    if is_answer(dataframe):
        return open_objects([dataframe], ws)
    if isinstance(dataframe, list) and all(isinstance(e, dict) for e in dataframe):
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
            "expected a path or a dataframe (pandas, polars, pyarrow, DuckDB), a dict "
            f"or a list of dicts, got {type(dataframe).__name__}"
        ) from None
    names = tuple(str(name) for name in arrow.column_names)
    check_column_names(names, "the table")
    relation = ws.register(
        arrow.rename_columns([f"c{index}" for index in range(len(names))])
    )
    types = tuple(str(each) for each in ws.con.sql(f"FROM {relation}").types)
    cells = ", ".join(
        f"to_json(c{i})::VARCHAR AS c{i}" if is_nested(kind) else f"c{i}"
        for i, kind in enumerate(types)
    )
    rows = f"SELECT 0 AS file, 'the table' AS filename, {cells} FROM {relation}"
    return RawLedger("the table", "row", lambda _: rows, Sample(names), types)
