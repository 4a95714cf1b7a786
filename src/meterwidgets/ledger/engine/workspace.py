"""The workspace: one reading's own database, and the names of its relations.

This module and the store are the only ones that know what a table is called. Take a
`Workspace` instead of a connection, and name its relations by attribute, so that the
type checker finds a misspelt one::

    def unpriced(ws: Workspace) -> int:
        return ws.count(f"{ws.records} WHERE currency IS NULL")

A table that only one function needs has no name at all: ``with ws.temporary(query) as
rows`` creates it under a new one and drops it. Functions that a Spark cluster answers
too take an `Engine` and name the relations by the class, ``Workspace.records``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NewType, Protocol

from meterwidgets.ledger.engine.progress import run
from meterwidgets.ledger.engine.spool import Spool

if TYPE_CHECKING:
    import duckdb

Relation = NewType("Relation", str)
"""SQL text that names a table or view of a workspace."""


class Answer(Protocol):
    """The rows of a query."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The remaining rows."""


class Engine(Protocol):
    """What answers our SQL over `Workspace.records`: a workspace, or a cluster."""

    def execute(self, query: str, /) -> Answer:
        """Run a query."""


class Workspace:
    """A database in memory through which one ledger passes, stage by stage.

    A cost has one name at each stage: what the ledger wrote is ``reported_cost`` (with
    its parts ``reported_input_cost``, ``reported_output_cost``, ``reported_fee_cost``,
    and ``reported_currency``) from the first relation to the store; the price of a
    record is the sum of ``schema.COST_PARTS``, in ``currency``, all null where it is
    unpriced. Money is in nano-units everywhere.

    Args:
        con: A connection to an empty database that knows the macros.
    """

    first_rows: Final = Relation("first_rows")
    """The first rows of the file that is being planned, as they stand in it."""
    reported: Final = Relation("reported")
    """What the sources reported, checked but not priced: one row per request or bucket,
    with the number of its ``file`` and its row number ``n`` in it. Duplicates are
    removed in place. A view where large Parquet files are read in place."""
    records: Final = Relation("records")
    """The priced records, without duplicates: a table, or a view if there are many."""
    rejects: Final = Relation("rejects")
    """Rejected rows: file, line, unit, field, value, reason."""
    credits: Final = Relation("credits")
    """Credits, taxes and purchases, which are in no record: source, org, project,
    start_us, currency, nano, and what identifies each."""
    labels: Final = Relation("labels")
    """The ledger's own names for its ids: dimension, id, name, since."""
    pages: Final = Relation("pages")
    """The pages of paged answers, to find out whether some are missing."""
    file_stats: Final = Relation("file_stats")
    """What was found in each file: row counts, and rows without a time zone."""
    dimension_values: Final = Relation("dimension_values")
    """One row: all values of each dimension. Only there for Parquet read in place."""
    parquet_files: Final = Relation("parquet_files")
    """The Parquet files that are read in place, with size and modification time."""
    billed_days: Final = Relation("billed_days")
    """The sources and UTC days whose usage is paid by the provider's cost rows."""
    rates: Final = Relation("rates")
    """The rates of each distinct provider, deployment, model, service tier and day."""
    rated: Final = Relation("rated")
    """A view: each reported row beside its rates, and the basis of its cost."""
    tallies: Final = Relation("tallies")
    """Counts and sums of the records of each kind."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.spool = Spool()
        self._views: dict[Relation, str] = {}
        self._sources: dict[Relation, frozenset[str]] = {}
        self._tables: set[Relation] = set()
        self._absent: dict[Relation, frozenset[str]] = {}
        self._numbers = count()

    def execute(
        self, query: str, /, parameters: object = None
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement, and return the connection to fetch its rows from."""
        return self.con.execute(query, parameters)

    @contextmanager
    def without_optimizer(self) -> Iterator[None]:
        """Run statements as they stand: for few rows, to optimize takes longest."""
        self.execute("PRAGMA disable_optimizer")
        try:
            yield
        finally:
            self.execute("PRAGMA enable_optimizer")

    def run(
        self, statement: str, tell: Callable[[float], None] | None = None
    ) -> tuple[Any, ...] | None:
        """Run a statement that may take long, and return its first row.

        Args:
            statement: SQL text.
            tell: Called now and then with the completed part, from 0 to 1.
        """
        return run(self.con, statement, tell)

    def count(self, rows: str) -> int:
        """The number of rows of a relation, or of ``relation WHERE condition``."""
        ((number,),) = self.execute(f"SELECT count(*) FROM {rows}").fetchall()
        return int(number)

    def has_rows(self, rows: str) -> bool:
        """Whether there is any row: cheaper than to plan a longer query for none."""
        return bool(self.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchall())

    def create(
        self,
        relation: Relation,
        query: str,
        *,
        view: bool = False,
        sources: Collection[str] | None = None,
        tell: Callable[[float], None] | None = None,
    ) -> None:
        """Create a relation, in place of one of that name.

        Args:
            relation: Its name.
            query: A SELECT of its rows.
            view: Whether to run the query each time that the relation is read.
            sources: Of a view, all formats that its rows may have, where that is known.
            tell: Called now and then with the completed part, from 0 to 1.
        """
        self.drop(relation)
        kind = "VIEW" if view else "TABLE"
        self.run(f"CREATE {kind} {relation} AS {query}", tell)
        if view:
            self._views[relation] = query
            if sources is not None:
                self._sources[relation] = frozenset(sources)
        else:
            self._tables.add(relation)

    def create_empty(
        self,
        relation: Relation,
        columns: str | Mapping[str, str],
        *,
        absent: Collection[str] = (),
        sources: Collection[str] | None = None,
    ) -> None:
        """Create an empty table, in place of one of that name.

        Args:
            relation: Its name.
            columns: The columns and their types, as they are or as SQL text.
            absent: The columns that are null in every row, and take no room; nothing
                can be inserted into them before the table is materialised.
            sources: All formats that its rows may have, where that is known.
        """
        self.drop(relation)
        if not isinstance(columns, str):
            columns = ", ".join(
                f'"{name}" {kind}'
                + f" GENERATED ALWAYS AS (NULL::{kind}) VIRTUAL" * (name in absent)
                for name, kind in columns.items()
            )
        self.execute(f"CREATE TABLE {relation} ({columns})")
        self._tables.add(relation)
        self._absent[relation] = frozenset(absent)
        if sources is not None:
            self._sources[relation] = frozenset(sources)

    def absent(self, relation: Relation) -> frozenset[str]:
        """The columns that are null in every row of a table, and take no room."""
        return self._absent.get(relation, frozenset())

    def drop(self, relation: Relation) -> None:
        """Drop a relation, if it exists."""
        if self.is_view(relation):
            self.execute(f"DROP VIEW {relation}")
            del self._views[relation]
            self._sources.pop(relation, None)
        elif relation in self._tables:
            self.execute(f"DROP TABLE {relation}")
            self._tables.remove(relation)
            self._absent.pop(relation, None)
            self._sources.pop(relation, None)

    def exists(self, relation: Relation) -> bool:
        """Whether a relation was created."""
        return relation in self._tables or self.is_view(relation)

    def is_view(self, relation: Relation) -> bool:
        """Whether a relation is a view, whose rows can't be changed."""
        return relation in self._views

    def narrow(self, view: Relation, columns: str = "*", where: str = "true") -> None:
        """Leave fewer columns, or fewer rows, in a view.

        Args:
            view: Its name.
            columns: SQL text of the columns that stay.
            where: SQL condition of the rows that stay.
        """
        query = f"SELECT {columns} FROM ({self._views[view]}) WHERE {where}"
        self.create(view, query, view=True, sources=self._sources.get(view))

    def may_hold(self, relation: str, sources: Collection[str]) -> bool:
        """Whether a relation may have rows of some formats, without a query.

        To plan a query of a wide view costs 10 ms, even where it has no rows.
        """
        known = self.sources(relation)
        return known is None or not known.isdisjoint(sources)

    def sources(self, relation: str) -> frozenset[str] | None:
        """All formats that a relation may have rows of; None where that is unknown."""
        return self._sources.get(Relation(relation))

    def add_rows(self, relation: Relation, query: str) -> None:
        """Insert rows of any formats into a table, by the names of their columns."""
        self.execute(f"INSERT INTO {relation} BY NAME {query}")
        self._sources.pop(relation, None)

    def materialise(self, relation: Relation, *, room_for_all: bool = False) -> None:
        """Copy the rows of a view into a table, so that they can be changed.

        Args:
            relation: Its name.
            room_for_all: Whether a table gets room for the columns that are absent.
        """
        query = self._views.get(relation)
        if query is None and room_for_all and self.absent(relation):
            query = f"SELECT * FROM {relation}"
        if query:
            sources = self.sources(relation)
            copied = self.keep(query)
            self.drop(relation)
            self.execute(f"ALTER TABLE {copied} RENAME TO {relation}")
            self._tables = (self._tables - {copied}) | {relation}
            if sources is not None:
                self._sources[relation] = sources

    def keep(self, query: str) -> Relation:
        """Create a table under a new name, which stays as long as the workspace."""
        relation = Relation(f"temporary_{next(self._numbers)}")
        self.create(relation, query)
        return relation

    @contextmanager
    def temporary(self, query: str) -> Iterator[Relation]:
        """Create a table under a new name, and drop it at the end of the block."""
        relation = self.keep(query)
        try:
            yield relation
        finally:
            self.drop(relation)

    def register(self, table: Any) -> Relation:
        """Give an Arrow table a name in SQL, as long as the workspace lasts."""
        relation = Relation(f"registered_{next(self._numbers)}")
        self.con.register(relation, table)
        return relation

    @contextmanager
    def registered(self, table: Any) -> Iterator[Relation]:
        """Give an Arrow table or stream a name in SQL until the end of the block."""
        relation = self.register(table)
        try:
            yield relation
        finally:
            self.con.unregister(relation)
