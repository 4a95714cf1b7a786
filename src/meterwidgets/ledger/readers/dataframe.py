"""Dataframes of any library, through Arrow's PyCapsule interface."""

from __future__ import annotations

from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample


def open_dataframe(dataframe: Any, ws: Workspace) -> RawLedger:
    """Open a dataframe: anything with ``__arrow_c_stream__``.

    Args:
        dataframe: pandas, polars, pyarrow, DuckDB or another.
        ws: The workspace in which it is registered.

    Raises:
        LedgerError: When the object can't hand out Arrow.
    """
    import pyarrow as pa

    try:
        arrow = pa.table(dataframe)
    except (TypeError, ValueError, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowException) or hasattr(dataframe, "columns"):
            raise LedgerError(
                f"the table: a column can't be taken as Arrow ({error}); give each "
                "column one type"
            ) from None
        raise LedgerError(
            f"expected a path or a dataframe (pandas, polars, pyarrow, DuckDB), got "
            f"{type(dataframe).__name__}"
        ) from None
    names = tuple(str(name) for name in arrow.column_names)
    check_column_names(names, "the table")
    relation = ws.register(
        arrow.rename_columns([f"c{index}" for index in range(len(names))])
    )
    rows = f"SELECT 0 AS file, 'the table' AS filename, * FROM {relation}"
    types = tuple(str(each) for each in ws.con.sql(f"FROM {relation}").types)
    return RawLedger("the table", "row", lambda _: rows, Sample(names), types)
