"""Large Parquet files stay where they are: ``ledger`` is a view of them.

To copy their rows would take longer than to read them some more times, of which each
takes only the columns that it needs; and the memory does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.schema import NAMES

if TYPE_CHECKING:
    from meterwidgets.ledger.records.plan import Plan

LARGE = 16 << 20
"""So many bytes of files are worth it; fewer are quicker to copy."""


def can_stay(plans: Sequence[Plan]) -> bool:
    """Whether ledgers are large Parquet files that are read row by row."""
    paths = [plan.raw.path for plan in plans if plan.raw.path and plan.raw.numbered]
    return (
        len(paths) == len(plans)
        and len({plan.zone for plan in plans}) == 1
        and not any(plan.source.derived or plan.source.paged for plan in plans)
        and sum(path.stat().st_size for path in paths) >= LARGE
    )


def view(
    con: duckdb.DuckDBPyConnection, empty: str, batches: Sequence[Sequence[Plan]]
) -> None:
    """Make the view ``ledger`` of all rows of some files, good or not.

    Args:
        con: An empty database.
        empty: SQL text of a ledger without rows.
        batches: Those that are read by one statement stand together.
    """
    rows, first = [f"FROM ({empty})"], 0
    con.execute("CREATE TEMP TABLE stay (path VARCHAR, size BIGINT, changed BIGINT)")
    for batch in batches:
        paths = [each.raw.path for each in batch if each.raw.path]
        files = f"[{', '.join(map(path_literal, paths))}]"
        rows.append(batch[0].rows(files, first, plain=_plain(con, batch[0], files)))
        first += len(batch)
        con.executemany("INSERT INTO stay VALUES (?, ?, ?)", list(map(_state, paths)))
    con.execute(f"CREATE VIEW ledger AS {' UNION ALL BY NAME '.join(rows)}")


def _plain(con: duckdb.DuckDBPyConnection, plan: Plan, files: str) -> list[str]:
    """The fields whose values are good as they stand, in all of some files."""
    found = con.execute(plan.proof(files))
    names = [column[0] for column in found.description or ()]
    (row,) = found.fetchall()
    return [name for name, plain in zip(names, row, strict=True) if plain is True]


def _state(path: Path) -> tuple[str, int, int]:
    about = path.stat()
    return str(path), about.st_size, about.st_mtime_ns


def check(con: duckdb.DuckDBPyConnection) -> None:
    """Make sure that what was read several times was the same each time.

    Raises:
        LedgerError: When a file that stayed where it was has changed meanwhile.
    """
    try:
        before = con.execute("FROM stay").fetchall()
    except duckdb.CatalogException:
        return
    for state in before:
        try:
            same = _state(Path(state[0])) == state
        except OSError:
            same = False
        if not same:
            raise LedgerError(f"{state[0]}: changed while it was read; read it again")


def distinct(names: Sequence[str]) -> str:
    """SQL text of the lists of all values of some columns.

    Examples:
        >>> distinct(["org"])
        'SELECT list(DISTINCT "org") AS "org"'
    """
    lists = ", ".join(f'list(DISTINCT "{name}") AS "{name}"' for name in names)
    return f"SELECT {lists}"


def look(told: str) -> str:
    """SQL text of a look at every value of the view, into the table ``told``.

    Args:
        told: SQL text of what to find out of each ``file``.
    """
    quoted = ", ".join(f'"{name}"' for name in NAMES)
    return (
        f"CREATE TEMP TABLE told AS {distinct(NAMES)}, {told}, "
        f"count(COLUMNS(* EXCLUDE (file, {quoted}))) FROM ledger GROUP BY file"
    )


def keep_names(con: duckdb.DuckDBPyConnection) -> None:
    """Keep all values of the dimensions of ``told`` in the table ``all_names``."""
    lists = ", ".join(
        f'list_distinct(flatten(list("{name}"))) AS "{name}"' for name in NAMES
    )
    con.execute(f"CREATE TEMP TABLE all_names AS SELECT {lists} FROM told")


def is_view(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the rows of ``ledger`` are where they were."""
    try:
        con.execute("SELECT rowid FROM ledger LIMIT 0")
    except duckdb.BinderException:
        return True
    return False


def narrowed(con: duckdb.DuckDBPyConnection, columns: str, where: str) -> None:
    """Let the view ``ledger`` have fewer columns, or fewer rows.

    Args:
        con: Where the view is.
        columns: SQL text of those that stay.
        where: SQL condition of the rows that stay.
    """
    (count,) = con.execute(
        "SELECT count(*) FROM duckdb_views() WHERE starts_with(view_name, 'ledger') "
        "AND database_name = current_database()"
    ).fetchone() or (0,)
    con.execute(f"ALTER VIEW ledger RENAME TO ledger_{count}")
    con.execute(
        f"CREATE VIEW ledger AS SELECT {columns} FROM ledger_{count} WHERE {where}"
    )


def copy(con: duckdb.DuckDBPyConnection) -> None:
    """Let ``ledger`` be a table that can be changed, if it is a view."""
    if is_view(con):
        con.execute("CREATE TABLE copied AS FROM ledger; DROP VIEW ledger")
        con.execute("ALTER TABLE copied RENAME TO ledger")
