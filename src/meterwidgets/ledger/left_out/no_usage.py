"""Rows that hold no usage, or usage that the source counts elsewhere."""

from __future__ import annotations

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_reason
from meterwidgets.text import counted

_ELSEWHERE = "they are no usage of their own in this format"


def sentences(ws: Workspace) -> list[str]:
    """The rows that are left out, one sentence a source and reason.

    Args:
        ws: A workspace with ``reported``: usage and other rows, good and bad.
    """
    reason = (
        f"coalesce(left_out, CASE WHEN {TOKENS} > 0 OR {COST} <> 0 "
        f"THEN {literal(_ELSEWHERE)} ELSE '' END)"
    )
    found = by_reason(
        ws,
        f"SELECT source, {reason} AS reason, {TOKENS} AS tokens, {COST} AS cost, "
        f"reported_currency AS currency FROM {ws.reported} "
        "WHERE NOT used AND reject IS NULL AND credit IS NULL",
    )
    return [
        f"{source}: {counted(count, 'row', 'rows')} left out ({amounts}): {reason}"
        if reason
        else without_usage(source, count)
        for (source, reason), (count, amounts) in found.items()
    ]


def without_usage(source: str, count: int) -> str:
    """The note on rows with neither tokens nor cost.

    Examples:
        >>> without_usage("table", 1)
        'table: 1 row holds no usage, left out'
    """
    return f"{source}: {counted(count, 'row holds', 'rows hold')} no usage, left out"
