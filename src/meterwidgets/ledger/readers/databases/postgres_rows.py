"""Any table or query of a PostgreSQL server, copied in one read-only transaction.

The server writes every value as text, numbers in the shortest digits that mean the
same, so a table means what its export as CSV means.
"""

from __future__ import annotations

from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.readers.columnar.write_batches import write_batches
from meterwidgets.ledger.readers.databases.postgres_session import (
    GRANT,
    Session,
    open_session,
)
from meterwidgets.ledger.readers.databases.postgres_url import Database
from meterwidgets.ledger.readers.raw_ledger import check_column_names


def copy_rows(database: Database, spool: Spool) -> Path:
    """The rows of the table or query that an address names, as Parquet in the spool.

    Raises:
        LedgerError: When there is no such table, it may not be read, the query can't be
            run, or the connection breaks.
    """
    with open_session(database) as session:
        query = database.query.strip().rstrip(";") or _table_query(database, session)
        names = session.columns(query)
        check_column_names(names, str(database))
        texts = ", ".join(f"q.{identifier(n)}::text AS {identifier(n)}" for n in names)
        reader = session.stream(f"SELECT {texts} FROM (\n{query}\n) AS q")
        try:
            return write_batches(spool, f"{database.table}.rows", reader.schema, reader)
        except LedgerError:
            session.check()  # where the stream broke off, that is the reason
            raise


def _table_query(database: Database, session: Session) -> str:
    """SQL text of the rows of the table that is named, perhaps with its schema."""
    schema, dot, rest = database.table.partition(".")
    found = [
        table
        for table in session.tables(filter(None, (database.table, rest)))
        if (table.name == database.table and table.in_schema)
        or (dot and (table.schema, table.name) == (schema, rest))
    ]
    if not found:
        raise LedgerError(
            f"{database}: has no table {database.table}; its tables: "
            f"{', '.join(session.table_names()) or 'none'}"
        )
    table = found[0]
    if not table.columns:
        raise LedgerError(f"{database}: {table} may not be read by this user; {GRANT}")
    return f"SELECT {', '.join(map(identifier, table.columns))} FROM {table}"
