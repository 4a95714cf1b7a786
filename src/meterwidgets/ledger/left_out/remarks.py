"""What a source remarks about some of its records, counted, with their amounts."""

from __future__ import annotations

from collections.abc import Iterable

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.ledger.sources.base import Source
from meterwidgets.text import counted


def sentences(ws: Workspace, sources: Iterable[Source]) -> list[str]:
    """The remarks of some sources that records gave reason to, one sentence each.

    Args:
        ws: A workspace with ``reported``, its column ``remark`` filled.
        sources: Those that were read.
    """
    found = []
    for words in dict.fromkeys(each for source in sources for each in source.remarks):
        rows = by_source(
            ws,
            f"SELECT source, {TOKENS} AS tokens, {COST} AS cost, "
            f"reported_currency AS currency FROM {ws.reported} "
            f"WHERE used AND reject IS NULL AND remark = {literal(words)}",
        )
        found += [
            f"{source}: {counted(count, 'record', 'records')} ({amounts}) {words}"
            for source, (count, amounts) in rows.items()
        ]
    return found
