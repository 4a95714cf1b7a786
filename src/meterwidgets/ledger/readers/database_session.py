"""One reading transaction of a PostgreSQL server, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier, literal
from meterwidgets.ledger.readers.database_url import Database

if TYPE_CHECKING:
    import pyarrow as pa

_BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_SETTINGS = {
    "extra_float_digits": "3",
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
    "lock_timeout": "10s",
}
GRANT = "GRANT SELECT on LiteLLM's tables to the user of the address"
_NO_ANSWER = (
    "refused", "timeout", "timed out", "translate host", "No such file", "unreachable",
    "No route",
)  # fmt: skip
_NO_ENTRY = ("password", "authentication", "role ", "pg_hba", "not permitted to log in")


@dataclass(frozen=True)
class Table:
    """A table or view of a database.

    Attributes:
        schema: Where it lies.
        name: What it is called.
        here: Whether it is found without naming the schema, or in the one named.
        columns: The columns that may be read, and their types.
        forbidden: Those that may not.
    """

    schema: str
    name: str
    here: bool
    columns: Mapping[str, str]
    forbidden: tuple[str, ...]

    def __str__(self) -> str:
        return f"{identifier(self.schema)}.{identifier(self.name)}"


class Session:
    """A read-only transaction; all that it reads is of one moment.

    Args:
        database: Where it is.
        connection: What it is on.
        stack: Closes what it opens.
    """

    def __init__(self, database: Database, connection: Any, stack: ExitStack) -> None:
        self._database = database
        self._connection = connection
        self._stack = stack
        self._failure: LedgerError | None = None

    def __str__(self) -> str:
        return str(self._database)

    def begin(self) -> None:
        """Start reading: nothing is written, and every text is in one form."""
        self._answer(_BEGIN)
        settings = ", ".join(
            f"set_config({literal(name)}, {literal(value)}, true)"
            for name, value in _SETTINGS.items()
        )
        self.rows(f"SELECT {settings}")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a small answer."""
        found: list[dict[str, Any]] = self._answer(query).read_all().to_pylist()
        return found

    def stream(self, query: str) -> pa.RecordBatchReader:
        """The rows of a large answer, batch by batch; ``check`` says how it ended."""
        import pyarrow as pa

        answer = self._answer(query)

        def batches() -> Iterator[pa.RecordBatch]:
            taken = 0
            try:
                for batch in answer:
                    taken += batch.num_rows
                    yield batch
            except (OSError, pa.ArrowException, _errors()) as error:
                self._failure = _lost(self._database, error, taken)
                raise

        return pa.RecordBatchReader.from_batches(answer.schema, batches())

    def check(self) -> None:
        """Say why a stream broke off, if one did.

        Raises:
            LedgerError: Why.
        """
        if self._failure is not None:
            raise self._failure from None

    def has_rows(self, table: Table) -> bool:
        """Whether a table holds anything."""
        (row,) = self.rows(f"SELECT EXISTS (SELECT FROM {table}) AS found")
        return bool(row["found"])

    def tables(self, names: Iterable[str]) -> list[Table]:
        """The tables of given names that there are, in any schema."""
        listed = ", ".join(map(literal, names))
        schema = self._database.schema
        here = (
            "pg_table_is_visible(c.oid)"
            if schema is None
            else f"n.nspname = {literal(schema)}"
        )
        found: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for row in self.rows(
            "SELECT n.nspname::text AS schema, c.relname::text AS name, "
            f"{here} AS here, a.attname::text AS attribute, "
            "format_type(a.atttypid, NULL) AS type, "
            "has_column_privilege(c.oid, a.attnum, 'SELECT') AS allowed "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 "
            f"AND NOT a.attisdropped AND c.relname IN ({listed}) ORDER BY a.attnum"
        ):
            place = (row["schema"], row["name"], row["here"])
            found.setdefault(place, []).append(row)
        return [
            Table(
                *place,
                {row["attribute"]: row["type"] for row in rows if row["allowed"]},
                tuple(row["attribute"] for row in rows if not row["allowed"]),
            )
            for place, rows in found.items()
        ]

    def _answer(self, query: str) -> pa.RecordBatchReader:
        try:
            cursor = self._stack.enter_context(self._connection.cursor())
            cursor.execute(query)
            return cursor.fetch_record_batch()
        except _errors() as error:
            raise _refused(self._database, error) from None


@contextmanager
def session(database: Database) -> Iterator[Session]:
    """Open a session; it and all that it opened are closed at the end.

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
            raise _no_connection(database, error) from None
        opened = Session(database, connection, stack)
        opened.begin()
        yield opened


def _errors() -> type[Exception]:
    from adbc_driver_manager import Error

    return Error


def _said(database: Database, error: Exception) -> str:
    """The server's first sentence, without what the driver puts around it."""
    first = str(error).strip().splitlines()[0]
    for mark in ("FATAL:", "ERROR:", "failed:", "Failed to connect:"):
        if mark in first:
            first = first.split(mark, 1)[1]
            break
    return database.without_secrets(first.strip())


def _no_connection(database: Database, error: Exception) -> LedgerError:
    said, whole = _said(database, error), str(error)
    if "does not exist" in said and "database" in said:
        return LedgerError(f"{database}: {said}; check the name behind the host")
    if any(mark in whole for mark in _NO_ANSWER):
        return LedgerError(
            f"{database}: no server answers there ({said}); check the host and the "
            "port, and whether the server runs"
        )
    if any(mark in whole for mark in _NO_ENTRY):
        return LedgerError(
            f"{database}: lets nobody in by this user and password ({said}); check "
            "them, or the pgpass file"
        )
    return LedgerError(f"{database}: can't be connected to ({said})")


def _refused(database: Database, error: Exception) -> LedgerError:
    said, state = _said(database, error), getattr(error, "sqlstate", None)
    way_out = {
        "42501": f"; {GRANT}",
        "55P03": "; another session changes the table: try again in a while",
    }.get(state or "", "")
    return LedgerError(f"{database}: can't be read ({said}){way_out}")


def _lost(database: Database, error: Exception, taken: int) -> LedgerError:
    return LedgerError(
        f"{database}: broke off after {taken:,} rows ({_said(database, error)}); "
        "nothing of it was taken, so read it again"
    )
