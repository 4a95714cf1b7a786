"""The names that a ledger itself has for its ids: collected while it is read.

A record keeps the id, so that grouping stays by identity whatever it is called; where
an id was called several things, the latest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

LABELLED = ("org", "project", "user", "api_key")
"""The dimensions of which a ledger may know names."""


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table ``labels``; ``since`` says which name is the latest."""
    con.execute(
        "CREATE TEMP TABLE labels "
        "(dimension VARCHAR, id VARCHAR, name VARCHAR, since BIGINT)"
    )


def keep(con: duckdb.DuckDBPyConnection, dimensions: Iterable[str]) -> None:
    """Collect the names in ``parsed``, of the given dimensions."""
    for each in dimensions:
        con.execute(
            f"INSERT INTO labels SELECT '{each}', \"{each}\", "
            f"arg_max({each}_label, (start_us, {each}_label)), max(start_us) "
            f'FROM parsed WHERE used AND reject IS NULL AND "{each}" IS NOT NULL '
            f'AND {each}_label <> "{each}" GROUP BY "{each}"'
        )


def of_records(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Dimension -> id -> name, of the ids that occur in ``records``."""
    found: dict[str, dict[str, str]] = {}
    for each in LABELLED:
        rows = con.execute(
            "SELECT id, arg_max(name, (since, name)) FROM labels WHERE dimension = ? "
            f'AND id IN (SELECT "{each}" FROM records) GROUP BY id ORDER BY id',
            [each],
        ).fetchall()
        if rows:
            found[each] = dict(rows)
    return found
