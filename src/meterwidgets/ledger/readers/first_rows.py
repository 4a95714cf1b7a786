"""The first rows of an opened ledger, read once however often they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.raw_ledger import RawLedger

if TYPE_CHECKING:
    import duckdb

FIRST = 1000
"""Rows that are looked at where a few tell."""


class FirstRows(AbstractContextManager["FirstRows"]):
    """The first rows of an opened ledger; leaving the context forgets them.

    A file is read from its beginning for each query with a limit, and by several
    threads at once, which takes longer than the queries themselves.

    Args:
        raw: The ledger.
        ws: The workspace that keeps them.
    """

    def __init__(self, raw: RawLedger, ws: Workspace) -> None:
        self.raw = raw
        self._ws = ws
        self._table: str | None = None

    def __exit__(self, *_: object) -> None:
        if self._table is not None:
            self._ws.execute(f"DROP TABLE {self._table}")

    def ledger(self) -> RawLedger:
        """The same ledger with only these rows; its files play no part.

        Raises:
            duckdb.Error: When they can't be read.
        """
        path = self.raw.path
        select = self.raw.select_first or self.raw.select_rows
        some = f"({select(f'[{path_literal(path)}]' if path else '[]')}) LIMIT {FIRST}"
        # what is typed lies in memory, or in a file that has an index
        is_quick = path is None or self.raw.types
        rows = f"FROM {some if is_quick else self._table or self._copy(some)}"
        return replace(self.raw, select_rows=lambda _: rows)

    def _copy(self, rows: str) -> str:
        with engine(self.raw, self._ws.con) as con:
            con.execute(f"CREATE TABLE {self._ws.first_rows} AS FROM {rows}")
        self._table = self._ws.first_rows
        return self._table


@contextmanager
def engine(
    raw: RawLedger, con: duckdb.DuckDBPyConnection
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose list of malformed lines is its own, in UTC.

    Args:
        raw: The ledger that it reads.
        con: The connection of a workspace.
    """
    if raw.path is None:
        con.execute("SET TimeZone = 'UTC'")
        yield con
        return
    cursor = con.cursor()
    try:
        ((path,),) = con.execute("SELECT current_setting('search_path')").fetchall()
        cursor.execute(f"SET search_path = '{path}'; SET TimeZone = 'UTC'")
        yield cursor
    finally:
        cursor.close()
