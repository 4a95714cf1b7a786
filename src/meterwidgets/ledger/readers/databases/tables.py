"""The tables of a database file: the one that is named, else those with usage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.columnar.parquet_file import open_parquet
from meterwidgets.ledger.readers.raw_ledger import FIRST, RawLedger

Recognise = Callable[[RawLedger], str]
"""Names the source that can read a table; "" where there is none."""


class DatabaseFile(Protocol):
    """A database in a file, opened for reading."""

    def tables(self) -> Mapping[str, Sequence[str]]:
        """The tables that have rows, with their columns."""

    def copy(self, query: str) -> Path:
        """The rows of a query as Parquet in the spool."""


def copy_usage(
    database: DatabaseFile, path: Path, ws: Workspace, recognise: Recognise
) -> Path:
    """The rows of the table with usage, or of several with the same columns.

    Args:
        database: The opened file.
        path: The file.
        ws: The workspace that looks into the tables.
        recognise: Tells which source reads a table.

    Raises:
        LedgerError: When no table has usage, or several of different kinds.
    """
    tables = database.tables()
    if not tables:
        raise LedgerError(f"{path}: has no table with rows; name another database")
    chosen = [*tables] if len(tables) == 1 else []
    if not chosen:
        sources = {name: _source(database, name, ws, recognise) for name in tables}
        # a source that knows a table's columns goes before the guess of any table
        chosen = [n for n, source in sources.items() if source not in ("", "table")]
        chosen = chosen or [name for name, source in sources.items() if source]
    if not chosen:
        raise LedgerError(
            f"{path}: no table has usage; its tables: {_listed(tables)}; name one with "
            f"{path.name}?table=NAME, or choose its columns with ?query=SELECT ..."
        )
    if len({frozenset(tables[name]) for name in chosen}) > 1:
        raise LedgerError(
            f"{path}: several tables have usage, which may be the same usage: "
            f"{_listed(chosen)}; name one with {path.name}?table={chosen[0]}"
        )
    columns = ", ".join(map(identifier, tables[chosen[0]]))
    selects = [f"SELECT {columns} FROM {identifier(name)}" for name in chosen]
    return database.copy(" UNION ALL ".join(selects))


def copy_named(database: DatabaseFile, path: Path, table: str, query: str) -> Path:
    """The rows of the table, or the query, that somebody named.

    Raises:
        LedgerError: When there is no such table, or the query can't be run.
    """
    if query:
        return database.copy(query)
    tables = database.tables()
    if table in tables:
        return database.copy(f"SELECT * FROM {identifier(table)}")
    try:  # a view, or a table without rows
        return database.copy(f"SELECT * FROM {identifier(table)}")
    except LedgerError:
        raise LedgerError(
            f"{path}: has no table {table!r}; its tables with rows: {_listed(tables)}"
        ) from None


def _source(
    database: DatabaseFile, table: str, ws: Workspace, recognise: Recognise
) -> str:
    try:
        rows = database.copy(f"SELECT * FROM {identifier(table)} LIMIT {FIRST}")
        return recognise(open_parquet(rows, ws.con))
    except LedgerError:  # such as a virtual table of a module that is not here
        return ""


def _listed(names: Mapping[str, object] | Sequence[str]) -> str:
    shown = sorted(names)[:20]
    more = f" and {len(names) - 20:,} more" if len(names) > 20 else ""
    return (", ".join(shown) or "none") + more
