"""SQLite files, read as they are at one moment, even while another program writes.

Values become text as a CSV export has them: a column of SQLite has no one type.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.readers.columnar.write_batches import write_batches

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"SQLite format 3\x00"
_BATCH = 4_000
_LONGEST_VALUE = 64 << 20
_PATIENCE_S = 10.0
_ERRORS = (sqlite3.Error, UnicodeError, OverflowError, ValueError)
"""What reading raises where a file is damaged, or a query is wrong."""
_READS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
"""What a query may do: it attaches no other file, and changes nothing."""


class SqliteFile:
    """A SQLite file in a transaction that reads.

    Args:
        path: The file.
        connection: The transaction.
        spool: Where rows are copied.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, spool: Spool):
        self._path, self._connection, self._spool = path, connection, spool

    def tables(self) -> dict[str, tuple[str, ...]]:
        """The tables that have rows, with their columns."""
        names = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()
        found = {}
        for (name,) in names:
            try:
                cursor = self._connection.execute(
                    f"SELECT * FROM {identifier(name)} LIMIT 1"
                )
            except _ERRORS:  # of a module that is not here
                continue
            if cursor.fetchone() is not None:
                found[name] = tuple(column[0] for column in cursor.description)
        return found

    def copy(self, query: str) -> Path:
        """The rows of a query as Parquet in the spool.

        Raises:
            LedgerError: When it can't be run.
        """
        import pyarrow as pa

        try:
            cursor = self._connection.execute(query)
            if cursor.description is None:
                raise LedgerError(f"{self._path}: expected a query that returns rows")
            names = [column[0] for column in cursor.description]
            schema = pa.schema([(name, pa.string()) for name in names])
            return write_batches(
                self._spool,
                str(self._path),
                schema,
                _batches(cursor, schema),
                mtime_ns=self._path.stat().st_mtime_ns,
            )
        except _ERRORS as error:
            raise _unreadable(self._path, error) from None


@contextmanager
def open_sqlite(path: Path, spool: Spool) -> Iterator[SqliteFile]:
    """Open a SQLite file for reading.

    Raises:
        LedgerError: When it is broken, or another program keeps it locked.
    """
    try:
        connection = _connect(path)
    except _ERRORS as error:
        raise _unreadable(path, error) from None
    try:
        yield SqliteFile(path, connection, spool)
    except _ERRORS as error:
        raise _unreadable(path, error) from None
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    wal = path.with_name(path.name + "-wal")
    if not wal.exists():
        _check_size(path)
    try:
        return _begin(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # a folder that can't be written to has no room for the index of a log
        if "unable to open" not in str(error) or wal.exists() or not path.exists():
            raise
        return _begin(path, "mode=ro&immutable=1")


def _check_size(path: Path) -> None:
    """Refuse a file that lacks pages, of which SQLite would read zeros."""
    with path.open("rb") as stream:
        head = stream.read(100)
    page = int.from_bytes(head[16:18]) or 0
    pages = int.from_bytes(head[28:32]) if head[24:28] == head[92:96] else 0
    if path.stat().st_size < pages * (65536 if page == 1 else page):
        raise sqlite3.DatabaseError("malformed: pages are missing at its end")


def _begin(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{mode}",
        uri=True,
        timeout=_PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.set_authorizer(_allow)
    except BaseException:
        connection.close()
        raise
    return connection


def _allow(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _batches(cursor: sqlite3.Cursor, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    while rows := cursor.fetchmany(_BATCH):
        columns = [_texts(values) for values in zip(*rows, strict=True)]
        yield pa.record_batch(columns, schema=schema)


def _texts(values: Sequence[Any]) -> pa.Array:
    """The values of a column as text."""
    import pyarrow as pa

    try:
        return pa.array(values).cast(pa.string())
    except (pa.ArrowException, TypeError, OverflowError):
        texts = [None if value is None else _text(value) for value in values]
        return pa.array(texts, pa.string())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _unreadable(path: Path, error: Exception) -> LedgerError:
    message = str(error)
    if isinstance(error, UnicodeError):
        message = "malformed: a name is no text"
    if "locked" in message or "busy" in message:
        way = "another program is writing it and lets nobody read; try again in a while"
    elif "malformed" in message or "not a database" in message:
        way = "it is damaged or was copied while it was written; copy it again"
    elif "prohibited" in message or "not authorized" in message:
        way = "a query may only read"
    else:
        way = "check the file, and the table or query that was named"
    return LedgerError(f"{path}: is SQLite and can't be read ({message}); {way}")
