"""Large Parquet files are read in place: ``reported`` is a view of them.

Copying their rows would take longer than reading them several times, each time only the
columns that a query needs; and memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.schema import NAMES

if TYPE_CHECKING:
    from meterwidgets.ledger.records.plan import Plan

LARGE = 16 << 20
"""Below this many bytes, copying is quicker."""


def can_read_in_place(plans: Sequence[Plan]) -> bool:
    """Whether ledgers are large Parquet files that are read row by row."""
    paths = [plan.raw.path for plan in plans if plan.raw.path and plan.raw.is_numbered]
    return (
        len(paths) == len(plans)
        and len({plan.zone for plan in plans}) == 1
        and not any(plan.source.derived or plan.source.is_paginated for plan in plans)
        and sum(path.stat().st_size for path in paths) >= LARGE
    )


def create(ws: Workspace, empty: str, batches: Sequence[Sequence[Plan]]) -> None:
    """Make ``reported`` a view of all rows of some files, good or not.

    Args:
        ws: An empty workspace.
        empty: SQL text of the relation without rows.
        batches: The files that one statement reads stand together.
    """
    rows, first = [f"FROM ({empty})"], 0
    states: list[tuple[str, int, int]] = []
    for batch in batches:
        paths = [each.raw.path for each in batch if each.raw.path]
        files = f"[{', '.join(map(path_literal, paths))}]"
        rows.append(batch[0].rows(files, first, plain=_plain(ws, batch[0], files)))
        first += len(batch)
        states += map(_state, paths)
    ws.create_empty(ws.parquet_files, "path VARCHAR, size BIGINT, mtime_ns BIGINT")
    ws.con.executemany(f"INSERT INTO {ws.parquet_files} VALUES (?, ?, ?)", states)
    sources = {plan.source.name for batch in batches for plan in batch}
    query = " UNION ALL BY NAME ".join(rows)
    ws.create(ws.reported, query, view=True, sources=sources)


def _plain(ws: Workspace, plan: Plan, files: str) -> list[str]:
    """The fields whose values are good as they stand, in all of some files."""
    found = ws.execute(plan.proof(files))
    names = [column[0] for column in found.description or ()]
    (row,) = found.fetchall()
    return [name for name, plain in zip(names, row, strict=True) if plain is True]


def _state(path: Path) -> tuple[str, int, int]:
    about = path.stat()
    return str(path), about.st_size, about.st_mtime_ns


def check(ws: Workspace) -> None:
    """Check that no file changed between the passes over it.

    Raises:
        LedgerError: When one did.
    """
    if not ws.exists(ws.parquet_files):
        return
    before = ws.execute(f"FROM {ws.parquet_files}").fetchall()
    for state in before:
        try:
            same = _state(Path(state[0])) == state
        except OSError:
            same = False
        if not same:
            raise LedgerError(f"{state[0]}: changed while it was read; read it again")


def value_lists(names: Sequence[str]) -> str:
    """SQL text that aggregates each column to the list of its values.

    Examples:
        >>> value_lists(["org"])
        'list(DISTINCT "org") AS "org"'
    """
    return ", ".join(f'list(DISTINCT "{name}") AS "{name}"' for name in names)


def stats_query(rows: str, stats: str) -> str:
    """SQL text of the ``file_stats`` that looks at every value of the view.

    Args:
        rows: SQL text of its rows.
        stats: SQL text of what to find out about each ``file``.
    """
    names = ", ".join(map(identifier, NAMES))
    return (
        f"SELECT {value_lists(NAMES)}, {stats}, "
        f"count(COLUMNS(* EXCLUDE (file, {names}))) "
        f"FROM ({rows}) GROUP BY file"
    )


def collect_dimension_values(ws: Workspace) -> None:
    """Collect all values of the dimensions from ``file_stats``."""
    lists = ", ".join(
        f'list_distinct(flatten(list("{name}"))) AS "{name}"' for name in NAMES
    )
    ws.create(ws.dimension_values, f"SELECT {lists} FROM {ws.file_stats}")
