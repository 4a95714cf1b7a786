"""Dataframes of any library, through Arrow's PyCapsule interface."""

from __future__ import annotations

from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.objects import is_answer, is_nested, open_objects
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample


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
        arrow = pa.table(dataframe)
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
