"""A ledger's own names for its ids, collected while it is read.

A record keeps the id, so that grouping is by identity, whatever the id is called. Of
several names for one id the latest counts.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import LABELLED


def create(ws: Workspace) -> None:
    """Create the empty table ``labels``; the latest ``since`` wins."""
    ws.create_empty(
        ws.labels, "dimension VARCHAR, id VARCHAR, name VARCHAR, since BIGINT"
    )


COLUMNS = tuple(f"{each}_label" for each in sorted(LABELLED))
"""The columns of ``reported`` that hold the names while it is loaded."""


def collect(ws: Workspace) -> None:
    """Collect the names in ``reported``, of all dimensions that have some."""
    naming = [source.name for source in registry.all_sources() if source.labels]
    if not ws.may_hold(ws.reported, naming):
        return
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


def latest_names(ws: Workspace) -> dict[str, dict[str, tuple[str, int]]]:
    """Dimension -> id -> its latest name, and the microsecond since when it has it."""
    names: dict[str, dict[str, tuple[str, int]]] = {}
    for dimension, value, name, since in ws.execute(
        "SELECT dimension, id, arg_max(name, (since, name)), max(since) "
        f"FROM {ws.labels} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        names.setdefault(dimension, {})[value] = (name, since)
    return names
