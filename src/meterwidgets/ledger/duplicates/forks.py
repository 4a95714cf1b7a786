"""Requests that a forked session copied: the same time and tokens under another id.

Agents that fork a session write its messages again, into the new session and under new
ids, with the time and the usage of the original.
"""

from __future__ import annotations

from collections.abc import Collection

from meterwidgets.ledger.duplicates.removed import Duplicates, notes_of
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.schema import NAMES

_SECOND_US = 1_000_000
_FORKING = ("opencode",)
"""The sources of agents that give a copied message a new id."""

MAY_BE_COPY = (
    f"record_id IS NOT NULL AND start_us % {_SECOND_US} <> 0 "
    f"AND (NOT coalesce(own_id, false) OR source IN ({literal(_FORKING[0])})) "
    "AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0"
)
"""SQL condition of the rows that may be copies: two requests of different sessions
start in one thousandth of a second less often than sessions are forked."""

MOMENT = "start_us, input_tokens, output_tokens"
"""SQL text of what copies have in common, by which few others are found."""

_SAME = ", ".join(
    (
        "source, start_us, end_us, input_tokens, output_tokens, cache_read_tokens",
        "cache_write_tokens, reasoning_tokens, reported_cost",
        *(f'"{name}"' for name in NAMES),
    )
)
_SESSION = "coalesce(session, CASE WHEN file >= 0 THEN file::VARCHAR END)"
_WHY = literal(
    "each has the time, names, tokens and cost of a request of another session, as "
    "forked and resumed sessions have them"
)


def remove_copied(ws: Workspace, known: Collection[int] = ()) -> Duplicates:
    """Remove from ``reported`` what a forked session copied.

    Args:
        ws: A workspace with ``reported``, each id once.
        known: The numbers of files that need no note.
    """
    rows = f"{ws.reported} WHERE {MAY_BE_COPY}"
    several = "min(file) <> max(file) OR min(session) <> max(session)"
    equal = f"count(*) > count(DISTINCT hash({MOMENT}))"
    if not all(
        ws.has_rows(f"(SELECT 1 FROM {rows} HAVING {each})")
        for each in (several, equal)
    ):
        return Duplicates()
    # equal requests of one session stay as many as they are there
    copies = ws.keep(f"""
      WITH rows AS (
        SELECT {_SAME}, file, n, {_SESSION} AS owner FROM {rows}
        AND ({MOMENT}) IN (SELECT ({MOMENT}) FROM {rows} GROUP BY ALL
          HAVING count(*) > 1)),
      numbered AS (
        SELECT *, row_number() OVER (PARTITION BY {_SAME}, owner ORDER BY file, n)
          AS place FROM rows)
      SELECT file, n FROM numbered
      QUALIFY row_number() OVER (PARTITION BY {_SAME}, place ORDER BY file, n) > 1
    """)
    gone = f"(file, n) IN (FROM {copies})"
    count = ws.count(copies)
    notes = notes_of(ws, _WHY, gone, known) if count else ()
    if count:
        ws.materialise(ws.reported)
        ws.execute(f"DELETE FROM {ws.reported} WHERE {gone}")
    ws.drop(copies)
    return Duplicates(count, notes)
