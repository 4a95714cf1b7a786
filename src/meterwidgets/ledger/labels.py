"""The names that a ledger itself has for its ids: collected while it is read.

A record keeps the id, so that grouping stays by identity whatever it is called; where
an id was called several things, the latest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb


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


Names = Mapping[str, Mapping[str, tuple[str, int]]]
"""Dimension -> id -> the name, and the microsecond since when it is so called."""


def collected(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, tuple[str, int]]]:
    """The latest name of each id."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for dimension, value, name, since in con.execute(
        "SELECT dimension, id, arg_max(name, (since, name)), max(since) FROM labels "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        found.setdefault(dimension, {})[value] = (name, since)
    return found
