"""DuckDB files, attached read-only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.sql import identifier, literal
from meterwidgets.ledger.readers.raw_ledger import check_column_names

_numbers = count()


class DuckdbFile:
    """A DuckDB file that is attached to the engine.

    Args:
        path: The file.
        con: The connection whose current database it is.
        spool: Where rows are copied.
    """

    def __init__(self, path: Path, con: duckdb.DuckDBPyConnection, spool: Spool):
        self._path, self._con, self._spool = path, con, spool

    def tables(self) -> dict[str, tuple[str, ...]]:
        """The tables that have rows, with their columns."""
        rows = self._con.execute(
            "SELECT t.table_name, list(c.column_name ORDER BY c.column_index) "
            "FROM duckdb_tables() AS t JOIN duckdb_columns() AS c USING (table_oid, "
            "database_name) WHERE t.database_name = current_database() "
            "AND t.schema_name = 'main' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return {
            name: tuple(columns)
            for name, columns in rows
            if self._con.execute(f"FROM {identifier(name)} LIMIT 1").fetchone()
        }

    def copy(self, query: str) -> Path:
        """The rows of a query as Parquet in the spool.

        Raises:
            LedgerError: When it can't be run.
        """
        copy = self._spool.place(str(self._path))
        try:
            names = self._con.execute(f"DESCRIBE ({query})").fetchall()
            check_column_names([name for name, *_ in names], str(self._path))
            self._con.execute(
                f"COPY ({query}) TO {literal(str(copy))} (FORMAT parquet, "
                "COMPRESSION lz4_raw)"
            )
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise LedgerError(
                f"{self._path}: is DuckDB and can't be read ({reason}); check the "
                "table or query that was named"
            ) from None
        changed = self._path.stat().st_mtime_ns
        os.utime(copy, ns=(changed, changed))
        return copy


@contextmanager
def open_duckdb(
    path: Path, con: duckdb.DuckDBPyConnection, spool: Spool
) -> Iterator[DuckdbFile]:
    """Attach a DuckDB file until the end of the block.

    Raises:
        LedgerError: When it is broken, of a newer version, or being written.
    """
    name = f"attached_{next(_numbers)}"
    cursor = con.cursor()
    try:
        cursor.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        cursor.close()
        reason = str(error).splitlines()[0]
        way = "copy it, or read it with a newer duckdb"
        if "already attached" in reason:
            way = (
                "this program has it open: close that, or give a relation of its "
                "connection, such as con.table('usage')"
            )
        elif "lock" in reason:
            way = "another program has it open to write; close that, or read a copy"
        raise LedgerError(
            f"{path}: is DuckDB and can't be read ({reason}); {way}"
        ) from None
    try:
        cursor.execute(f"SET search_path = {literal(f'{name}.main')}")
        yield DuckdbFile(path, cursor, spool)
    finally:
        cursor.execute("SET search_path = 'memory.main'")
        cursor.execute(f"DETACH {name}")
        cursor.close()
