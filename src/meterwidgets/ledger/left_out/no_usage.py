"""Rows that are not requests: events, spans without tokens, lines of a bill."""

from __future__ import annotations

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.text import counted


def sentences(ws: Workspace) -> list[str]:
    """The rows that are left out since they are no usage, one sentence a source.

    Args:
        ws: A workspace with ``reported``: usage and other rows, good and bad.
    """
    found = by_source(
        ws,
        f"SELECT source, {TOKENS} AS tokens, {COST} AS cost, "
        f"reported_currency AS currency FROM {ws.reported} "
        "WHERE NOT used AND reject IS NULL AND credit IS NULL",
    )
    return [
        f"{source}: {counted(count, 'row is not a request', 'rows are not requests')}"
        f", left out ({amounts})"
        for source, (count, amounts) in found.items()
    ]
