"""Parquet files as typed rows that keep their numbers."""

from __future__ import annotations

from pathlib import Path

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample


def open_parquet(path: Path, con: duckdb.DuckDBPyConnection) -> RawLedger:
    """Open a Parquet file; nested columns become JSON, as in the other formats.

    Raises:
        LedgerError: When it can't be read.
    """
    try:
        described = con.sql(
            f"SELECT * FROM read_parquet({path_literal(path)}, hive_partitioning=false)"
        )
        names, types = described.columns, [str(each) for each in described.types]
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    cells = ", ".join(
        f"to_json(c{index})::VARCHAR AS c{index}"
        if column_type.startswith(("MAP(", "STRUCT(")) or column_type.endswith("]")
        else f"c{index}"
        for index, column_type in enumerate(types)
    )
    aliases = ", ".join(f"c{index}" for index in range(len(types)))
    layout = " ".join(map(repr, zip(names, types, strict=True))).replace("*/", "")

    def select_rows(files: str) -> str:
        # The comment keeps files apart whose columns differ: the aliases are the same.
        return (
            "SELECT file_index AS file, filename, file_row_number + 1 AS n, "
            f"{cells} FROM read_parquet({files}, hive_partitioning=false) "
            f"AS t({aliases}) /* {layout} */"
        )

    return RawLedger(
        str(path),
        "row",
        select_rows,
        Sample(tuple(names)),
        tuple(types),
        path=path,
        is_numbered=True,
    )
