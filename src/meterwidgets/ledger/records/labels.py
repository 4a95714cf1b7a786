"""The names that a ledger itself has for its ids: collected while it is read.

A record keeps the id, so that grouping stays by identity whatever it is called; where
an id was called several things, the latest one counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.sources import registry


def create(ws: Workspace) -> None:
    """Make the empty table ``labels``; ``since`` says which name is the latest."""
    ws.create_empty(
        ws.labels, "dimension VARCHAR, id VARCHAR, name VARCHAR, since BIGINT"
    )


_DIMENSIONS = sorted({each for source in registry.SOURCES for each in source.labels})
COLUMNS = tuple(f"{each}_label" for each in _DIMENSIONS)
"""The columns that hold the names while a ledger is read."""


def keep(ws: Workspace) -> None:
    """Collect the names in ``ledger``, of all dimensions that have some."""
    named = {
        each
        for (name,) in ws.execute(
            f"SELECT DISTINCT source FROM {ws.reported}"
        ).fetchall()
        for each in registry.find(name).labels
    }
    for each in sorted(named):
        ws.execute(
            f"INSERT INTO {ws.labels} SELECT '{each}', \"{each}\", "
            f"arg_max({each}_label, (start_us, {each}_label)), max(start_us) "
            f'FROM {ws.reported} WHERE "{each}" IS NOT NULL '
            f'AND {each}_label <> "{each}" GROUP BY "{each}"'
        )


Names = Mapping[str, Mapping[str, tuple[str, int]]]
"""Dimension -> id -> the name, and the microsecond since when it is so called."""


def collected(ws: Workspace) -> dict[str, dict[str, tuple[str, int]]]:
    """The latest name of each id."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for dimension, value, name, since in ws.execute(
        "SELECT dimension, id, arg_max(name, (since, name)), max(since) "
        f"FROM {ws.labels} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        found.setdefault(dimension, {})[value] = (name, since)
    return found
