"""States of one request: a table that has a row for each update of its status.

An id that a column was guessed or mapped to may be that of a session, too. Rows are
surely states of one request only where they have one start and one set of names, and
where every count rises from row to row.
"""

from __future__ import annotations

from collections.abc import Collection

from meterwidgets.ledger.duplicates.removed import (
    COUNTED,
    STORED_FILE,
    Duplicates,
    notes_of,
)
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.schema import NAMES
from meterwidgets.text import counted

SHARES_ID = "NOT coalesce(own_id, false) AND record_id IS NOT NULL"
"""SQL condition of the rows whose id a column was guessed or mapped to."""

_STATE = literal("each is an earlier state of a request with the same id and start")
_FAILED = r"err|fail|cancel|abort|time_?out|refus|reject|^[45]\d\d$"
"""Regular expression of a status that ends an attempt: a later one is another."""

_DAY_US = 86_400_000_000
_COUNTERS = ("requests", "input_tokens", "output_tokens", "reported_cost")


def remove_earlier(ws: Workspace, keys: str, known: Collection[int] = ()) -> Duplicates:
    """Remove the earlier states of requests from ``reported``.

    Args:
        ws: A workspace with ``reported``.
        keys: SQL condition of the rows whose ids several rows may have.
        known: The numbers of files that need no note.
    """
    rows = f"{ws.reported} WHERE {SHARES_ID} AND {keys}"
    if not ws.has_rows(rows):
        return Duplicates()
    columns = ", ".join((*_COUNTERS, *map('"{}"'.format, NAMES), "reported_currency"))
    shared_rows = (
        "SELECT source, record_id, file, n, start_us, status, reported_input_cost, "
        f"reported_output_cost, {columns} FROM {rows}"
    )
    with (
        ws.temporary(shared_rows) as shared,
        ws.temporary(_shared_ids(shared)) as ids,
        ws.temporary(_last_states(shared, ids)) as states,
    ):
        notes = _ambiguous(ws, shared, ids, states, known)
        gone = (
            f"SELECT (file, n) FROM {shared} JOIN {states} USING (source, record_id) "
            "WHERE (file, n) <> last"
        )
        count = ws.count(f"({gone})")
        if not count:
            return Duplicates(notes=notes)
        notes = (*notes_of(ws, _STATE, f"(file, n) IN ({gone})", known), *notes)
        ws.materialise(ws.reported)
        ws.execute(f"DELETE FROM {ws.reported} WHERE (file, n) IN ({gone})")
        return Duplicates(count, notes)


def _shared_ids(shared: Relation) -> str:
    """SQL text of the ids that several rows have: whether it ``may_be_one`` request."""
    one_name = " AND ".join(f'count(DISTINCT "{name}") <= 1' for name in NAMES)
    # without a status that tells them apart, rows of other inputs may be other calls,
    # and rows of one day may be anything
    return f"""
      SELECT source, record_id, min(start_us) = max(start_us) AND {one_name}
        AND (count(DISTINCT status) > 1 OR min(start_us) % {_DAY_US} <> 0
          AND count(DISTINCT nullif(input_tokens, 0)) = 1) AS may_be_one
      FROM {shared} GROUP BY ALL HAVING count(*) > 1
    """


def _last_states(shared: Relation, ids: Relation) -> str:
    """SQL text of the ids that surely are one request, with the place of its last row.

    No count falls or is negative, and no attempt failed that was paid for. Exports may
    be sorted either way, so the row that counts the most is the last.
    """
    falls = " OR ".join(
        f"coalesce({name}, 0) < greatest(0, coalesce(lag({name}) OVER rows, 0))"
        for name in _COUNTERS
    )
    paid = f"({TOKENS} <> 0 OR {COST} <> 0)"
    return f"""
      SELECT source, record_id, last((file, n) ORDER BY counted, file, n) AS last
      FROM (
        SELECT *, {falls} OR lead(n) OVER rows IS NOT NULL AND {paid}
          AND regexp_matches(lower(status), '{_FAILED}') AS differs
        FROM (SELECT *, {COUNTED} AS counted FROM {shared})
        JOIN {ids} USING (source, record_id) WHERE may_be_one
        WINDOW rows AS (PARTITION BY source, record_id ORDER BY counted, file, n))
      GROUP BY ALL HAVING NOT coalesce(bool_or(differs), false)
    """


def _ambiguous(
    ws: Workspace,
    shared: Relation,
    ids: Relation,
    states: Relation,
    known: Collection[int],
) -> tuple[str, ...]:
    """The rows that share an id and may be requests of their own."""
    unnoted = ", ".join(map(str, (STORED_FILE, *known)))
    found = by_source(
        ws,
        f"SELECT source, {TOKENS} AS tokens, {COST} AS cost, "
        f"reported_currency AS currency FROM {shared} "
        f"SEMI JOIN {ids} USING (source, record_id) "
        f"ANTI JOIN {states} USING (source, record_id) "
        f"WHERE file NOT IN ({unnoted})",
    )
    return tuple(
        f"{source}: {counted(count, 'record', 'records')} ({amounts}) share an id with "
        "others and are counted as requests of their own, for their times, names or "
        "counts differ; if an id is one request, keep only its last row"
        for source, (count, amounts) in found.items()
    )
