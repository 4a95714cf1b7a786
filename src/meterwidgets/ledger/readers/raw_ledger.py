"""One opened ledger: where its rows come from, and what its columns are.

Values stay text until the rules of the record check them, so that money written as
text never passes through a float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.sample import Sample

if TYPE_CHECKING:
    import duckdb

FIRST = 1000
"""Rows that are looked at where a few tell."""

SelectRows = Callable[[str], str]
"""Turns SQL text of a list of files into a SELECT of their rows.

A row has the position of its ``file`` in the list, the ``filename``, and either the
columns ``c0``, ``c1`` ... or the JSON text ``j``.
"""


@dataclass(frozen=True)
class RawLedger:
    """One opened ledger.

    Attributes:
        name: The file, or what messages call a table.
        unit: What a row's number counts: line, record or row.
        select_rows: Selects its rows, and those of other files with the same layout.
        sample: The columns and some records, to recognise the source by.
        types: The types of the columns, where the table is typed.
        json_paths: Column -> its path, where rows are JSON; None for a flat table.
        path: The file, where there is one.
        notes: What the user should know of it, one sentence each.
        is_unordered: Whether row numbers mean nothing, so that messages name ids.
        is_numbered: Whether rows come with their numbers ``n``.
        select_first: Selects its rows with the first ones soon, where there is a way.
        select_pages: Selects the answers that the rows were taken out of.
        header_line: Of a CSV file, the line on which its header stands, from 1.
        delimiter: Of a CSV file, what separates its cells.
        is_live: Whether ``path`` is a copy of what was there when it was read.
    """

    name: str
    unit: str
    select_rows: SelectRows
    sample: Sample
    types: tuple[str, ...] = ()
    json_paths: Mapping[str, tuple[str, ...]] | None = field(default=None, repr=False)
    path: Path | None = None
    notes: tuple[str, ...] = ()
    is_unordered: bool = False
    is_numbered: bool = False
    select_first: SelectRows | None = None
    select_pages: SelectRows | None = None
    header_line: int = 1
    delimiter: str = ","
    is_live: bool = False

    def type_of(self, column: str) -> str:
        """The type of a column; text where the ledger is not typed."""
        if self.types and column in self.sample.columns:
            return self.types[self.sample.columns.index(column)]
        return "VARCHAR"

    def has_column(self, column: str, con: duckdb.DuckDBPyConnection) -> bool:
        """Whether a column occurs, even if only after the sample."""
        if column in self.sample.columns:
            return True
        if self.json_paths is None or any(mark in column for mark in '"*'):
            return False
        files = f"[{path_literal(self.path)}]" if self.path else "[]"
        row = con.execute(
            f"SELECT 1 FROM ({self.select_rows(files)}) "
            f"WHERE TRY(json_exists(j, {self.json_path(column)})) LIMIT 1"
        ).fetchone()
        return row is not None

    def with_records(
        self,
        select: Callable[[str], str],
        sample: Sample,
        paths: Mapping[str, tuple[str, ...]],
        *,
        unit: str = "record",
    ) -> RawLedger:
        """The ledger of records that lie inside the rows of this one.

        Args:
            select: Turns SQL text of these rows into a SELECT of the records as JSON.
            sample: The columns of the records, and some of them.
            paths: Column -> its path in a record.
            unit: What their number counts.
        """
        rows, first = self.select_rows, self.select_first
        return replace(
            self,
            unit=unit,
            select_rows=lambda files: select(rows(files)),
            select_first=(lambda files: select(first(files))) if first else None,
            sample=sample,
            types=(),
            json_paths=paths,
            is_numbered=False,
        )

    def json_path(self, column: str) -> str:
        """SQL text of the JSON path of a column."""
        parts = (self.json_paths or {}).get(column) or column.split(".")
        return literal("$" + "".join(f'."{part}"' for part in parts))


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
            self._ws.execute(f"DROP TABLE IF EXISTS {self._table}")

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
            # the first rows of a ledger inside another take its place
            con.execute(f"CREATE OR REPLACE TABLE {self._ws.first_rows} AS FROM {rows}")
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


def check_column_names(names: Sequence[str], where: str) -> None:
    """Refuse a header in which a name is empty or occurs twice.

    Args:
        names: The columns.
        where: The table, or the file and line, for the error.

    Raises:
        LedgerError: When a column can't be told apart by its name.
    """
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            problem = "a column has no name"
        elif name in seen:
            problem = f"column {name!r} occurs twice"
        else:
            seen.add(name)
            continue
        raise LedgerError(f"{where}: {problem}; give every column its own name")
