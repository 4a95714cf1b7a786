"""What was removed as a duplicate, and the notes that say so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_reason
from meterwidgets.ledger.sources.spans import SAME_IDS
from meterwidgets.text import counted

ORIGIN = (
    f"CASE WHEN source IN ({', '.join(map(literal, SAME_IDS))}) "
    f"THEN {literal(SAME_IDS[0])} ELSE source END"
)
"""SQL text of what an id is one of: the source, or those that give the same ids."""

LENGTH = (
    "CASE WHEN grain = 'bucket' AND own_id THEN CASE "
    "WHEN end_us - start_us <= 60000000 THEN 'minute' "
    "WHEN end_us - start_us <= 3600000000 THEN 'hour' END END"
)
"""SQL text of the length of a bucket with an id, which says where it starts only.

The state of a bucket that was still running ends when it was asked for, so that its
length is not its identity; but a day is no state of its first hour.
"""

STORED_FILE = -1
"""The file number of the records that a store has: they are older than any new one."""


COUNTED = " + ".join(
    f"coalesce({name}, 0)"
    for name in ("requests", "input_tokens", "output_tokens", "reported_cost")
)
"""SQL text of the state of a record that grows: the sum of its counters.

Each counter only rises, whichever of them a ledger has, and so does their sum.
"""


@dataclass(frozen=True)
class Duplicates:
    """What was removed from ``reported`` because it is there once already.

    Attributes:
        rows: The number of rows.
        notes: Why, with their tokens and money, one sentence a format and reason.
    """

    rows: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: Duplicates) -> Duplicates:
        return Duplicates(self.rows + other.rows, self.notes + other.notes)


def notes_of(
    ws: Workspace, why: str, where: str, known: Collection[int]
) -> tuple[str, ...]:
    """The rows that are removed, one sentence a format and reason.

    Args:
        ws: A workspace with ``reported``.
        why: SQL text of the reason.
        where: SQL condition of the rows.
        known: The numbers of files that need no note.
    """
    unnoted = ", ".join(map(str, (STORED_FILE, *known)))
    found = by_reason(
        ws,
        f"SELECT source, {why} AS reason, {TOKENS} AS tokens, {COST} AS cost, "
        f"reported_currency AS currency FROM {ws.reported} "
        f"WHERE {where} AND file NOT IN ({unnoted})",
    )
    return tuple(
        sentence(source, count, amounts, reason)
        for (source, reason), (count, amounts) in found.items()
    )


def sentence(source: str, count: int, amounts: str, reason: str) -> str:
    """The note on duplicates of a format that were left out for a reason.

    Examples:
        >>> sentence("table", 1, "5 tokens", "each is equal to another row")
        'table: 1 duplicate left out (5 tokens): each is equal to another row'
    """
    duplicates = counted(count, "duplicate", "duplicates")
    return f"{source}: {duplicates} left out ({amounts}): {reason}"
