"""A read-only transaction on a PostgreSQL server, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier, literal
from meterwidgets.ledger.readers.databases.postgres_url import Database

if TYPE_CHECKING:
    import pyarrow as pa

_BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_SETTINGS = {
    "extra_float_digits": "3",
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
    "lock_timeout": "10s",
}
GRANT = "GRANT SELECT on the tables to the user of the address"
"""The way out where a table may not be read."""

_UNREACHABLE = (
    "refused", "timeout", "timed out", "translate host", "No such file", "unreachable",
    "No route",
)  # fmt: skip
_LOGIN_REFUSED = (
    "password", "authentication", "role ", "pg_hba", "not permitted to log in",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table or view of a database.

    Attributes:
        schema: Its schema.
        name: Its name.
        in_schema: Whether it is in the schema that was named, or in the search path
            if none was.
        columns: The columns that may be read, with their types.
        forbidden: The columns that may not be read.
    """

    schema: str
    name: str
    in_schema: bool
    columns: Mapping[str, str]
    forbidden: tuple[str, ...]

    def __str__(self) -> str:
        return f"{identifier(self.schema)}.{identifier(self.name)}"


class Session:
    """A read-only transaction; everything that it reads is of one moment.

    Args:
        database: The database.
        connection: The open connection.
        stack: Closes the cursors that the session opens.
    """

    def __init__(self, database: Database, connection: Any, stack: ExitStack) -> None:
        self._database = database
        self._connection = connection
        self._stack = stack
        self._failure: LedgerError | None = None

    def __str__(self) -> str:
        return str(self._database)

    def begin(self) -> None:
        """Start the transaction, in which times and numbers have one text form."""
        self._execute(_BEGIN)
        settings = ", ".join(
            f"set_config({literal(name)}, {literal(value)}, true)"
            for name, value in _SETTINGS.items()
        )
        self.rows(f"SELECT {settings}")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query that returns few."""
        rows: list[dict[str, Any]] = self._execute(query).read_all().to_pylist()
        return rows

    def columns(self, query: str) -> list[str]:
        """The columns of the rows of a query."""
        rows = self._execute(f"SELECT * FROM (\n{query}\n) AS q LIMIT 0")
        names: list[str] = rows.schema.names
        rows.read_all()
        return names

    def table_names(self) -> list[str]:
        """The first of the tables that may be read in the schema that is used."""
        schema = self._database.schema
        of_schema = "true" if schema is None else f"n.nspname = {literal(schema)}"
        names = self.rows(
            "SELECT c.relname::text AS name FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
            "AND has_schema_privilege(n.oid, 'USAGE') "
            f"AND has_table_privilege(c.oid, 'SELECT') AND {of_schema} "
            "ORDER BY name LIMIT 20"
        )
        return [row["name"] for row in names]

    def stream(self, query: str) -> pa.RecordBatchReader:
        """The rows of a query in batches; call ``check`` when they have been read."""
        import pyarrow as pa

        reader = self._execute(query)

        def batches() -> Iterator[pa.RecordBatch]:
            rows_read = 0
            try:
                for batch in reader:
                    rows_read += batch.num_rows
                    yield batch
            except (OSError, pa.ArrowException, _errors()) as error:
                self._failure = _interrupted(self._database, error, rows_read)
                raise

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    def check(self) -> None:
        """Raise the error that interrupted a stream, if one did.

        Raises:
            LedgerError: With the server's reason.
        """
        if self._failure is not None:
            raise self._failure from None

    def has_rows(self, table: Table) -> bool:
        """Whether a table has any rows."""
        (row,) = self.rows(f"SELECT EXISTS (SELECT FROM {table}) AS has_rows")
        return bool(row["has_rows"])

    def tables(self, names: Iterable[str]) -> list[Table]:
        """The tables with the given names, in any schema."""
        listed = ", ".join(map(literal, names))
        schema = self._database.schema
        in_schema = (
            "pg_table_is_visible(c.oid)"
            if schema is None
            else f"n.nspname = {literal(schema)}"
        )
        attributes: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for row in self.rows(
            "SELECT n.nspname::text AS schema, c.relname::text AS name, "
            f"{in_schema} AS in_schema, a.attname::text AS attribute, "
            "format_type(a.atttypid, NULL) AS type, "
            "has_column_privilege(c.oid, a.attnum, 'SELECT') AS allowed "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 "
            f"AND NOT a.attisdropped AND c.relname IN ({listed}) ORDER BY a.attnum"
        ):
            table = (row["schema"], row["name"], row["in_schema"])
            attributes.setdefault(table, []).append(row)
        return [
            Table(
                *table,
                {row["attribute"]: row["type"] for row in rows if row["allowed"]},
                tuple(row["attribute"] for row in rows if not row["allowed"]),
            )
            for table, rows in attributes.items()
        ]

    def _execute(self, query: str) -> pa.RecordBatchReader:
        try:
            cursor = self._stack.enter_context(self._connection.cursor())
            cursor.execute(query)
            return cursor.fetch_record_batch()
        except _errors() as error:
            raise _query_failed(self._database, error) from None


@contextmanager
def open_session(database: Database) -> Iterator[Session]:
    """Open a session; leaving it closes everything that it opened.

    Raises:
        LedgerError: When the driver is missing or the server can't be used.
    """
    try:
        import adbc_driver_postgresql.dbapi as driver
    except ImportError:
        raise LedgerError(
            f"{database}: PostgreSQL is read through ADBC, which is not installed; "
            "pip install 'meterwidgets[postgres]'"
        ) from None
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(driver.connect(database.conninfo()))
        except _errors() as error:
            raise _connection_failed(database, error) from None
        session = Session(database, connection, stack)
        session.begin()
        yield session


def _errors() -> type[Exception]:
    from adbc_driver_manager import Error

    return Error


def _server_message(database: Database, error: Exception) -> str:
    """The server's first line, without the driver's prefix and without passwords."""
    message = str(error).strip().splitlines()[0]
    for prefix in ("FATAL:", "ERROR:", "failed:", "Failed to connect:"):
        if prefix in message:
            message = message.split(prefix, 1)[1]
            break
    return database.without_secrets(message.strip())


def _connection_failed(database: Database, error: Exception) -> LedgerError:
    message, full_text = _server_message(database, error), str(error)
    if "does not exist" in message and "database" in message:
        return LedgerError(f"{database}: {message}; check the name behind the host")
    if any(mark in full_text for mark in _UNREACHABLE):
        return LedgerError(
            f"{database}: no server answers there ({message}); check the host and the "
            "port, and whether the server runs"
        )
    if any(mark in full_text for mark in _LOGIN_REFUSED):
        return LedgerError(
            f"{database}: refuses this user and password ({message}); check them, or "
            "the pgpass file"
        )
    return LedgerError(f"{database}: can't be connected to ({message})")


def _query_failed(database: Database, error: Exception) -> LedgerError:
    message, state = _server_message(database, error), getattr(error, "sqlstate", None)
    way_out = {
        "42501": f"; {GRANT}",
        "55P03": "; another session is changing the table: try again in a while",
    }.get(state or "", "")
    return LedgerError(f"{database}: can't be read ({message}){way_out}")


def _interrupted(database: Database, error: Exception, rows_read: int) -> LedgerError:
    message = _server_message(database, error)
    return LedgerError(
        f"{database}: broke off after {rows_read:,} rows ({message}); "
        "none of them were kept, so read it again"
    )
