"""Remove duplicates: each usage once, however often its row was exported."""

from __future__ import annotations

from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.schema import FIELDS, MONEY

REPORTED = tuple(f"reported_{name}" for name in (*MONEY, "currency"))
"""The columns of what the ledger wrote of a cost."""

_VALUES = ", ".join(
    f'"{name}"'
    for name in ("start_us", "end_us", "record_id", *FIELDS, *REPORTED)
    if name not in ("start", "end", "covers", *MONEY, "currency")
)
BY_ID = "coalesce(own_id, false) AND record_id IS NOT NULL"
"""SQL condition of the rows in ``ledger`` that have an id of the source's own."""

IDENTITY = (
    f"CASE WHEN {BY_ID} THEN hash(source, record_id) ELSE hash(source, {_VALUES}) END"
)
"""SQL text of a hash that is equal for rows of one identity, rarely for others."""

_ID = (
    "CASE WHEN record_id IS NULL THEN hash(source, " + _VALUES + ") "
    "ELSE hash(source, record_id) END"
)

COUNTED = " + ".join(
    f"coalesce({name}, 0)"
    for name in ("requests", "input_tokens", "output_tokens", "reported_cost")
)
"""SQL text of the state of a record that grows: the sum of its counters.

Each counter only rises, whichever of them a ledger has, and so does their sum.
"""


def deduplicate(ws: Workspace) -> int:
    """Keep one row of each identity in ``reported``; return the number of others.

    A record that another one covers goes first: a parent that repeats the tokens of
    its children, a replay of a message. A source's own id is an identity, and of a
    record that grows the row that counts the most is kept, else the first; an id that
    was guessed or mapped is one together with the whole row; without an id it is the
    row and its occurrence in its file, so that two equal rows of one file are two
    requests and two overlapping exports are not.
    """
    several_files, ids, covering, count = ws.execute(
        "SELECT min(file) <> max(file), count(record_id), count(covers), count(*) "
        f"FROM {ws.reported}"
    ).fetchone() or (False, 0, 0, 0)
    covered = _remove_covered(ws) if covering else 0
    if not (several_files or ids or covering):
        return covered
    key = "hash(source, record_id)" if ids == count else _ID
    # hashes find the few rows that may be duplicates, ids alone most of them; the
    # values decide
    (same,) = ws.execute(
        f"SELECT count(*) > count(DISTINCT {key}) FROM {ws.reported}"
    ).fetchone() or (True,)
    if not same:
        return covered
    with ws.temporary(_repeated_keys(ws, key)) as keys:
        if not ws.has_rows(keys):
            return covered
        narrowed = _repeated_keys(ws, IDENTITY, f"{key} IN (FROM {keys})")
        with ws.temporary(narrowed) as identities:
            if not ws.has_rows(identities):
                return covered
            copies = ws.keep(_copies(ws, identities))
    return _remove(ws, copies) + covered


def _repeated_keys(ws: Workspace, key: str, where: str = "true") -> str:
    """SQL text of the keys of rows that may be duplicates."""
    return f"""
      SELECT key
      FROM (SELECT {key} AS key, file, record_id FROM {ws.reported} WHERE {where})
      GROUP BY key HAVING count(*) > 1
        AND (min(file) <> max(file) OR count(record_id) > 0)
    """


def _copies(ws: Workspace, identities: str) -> str:
    """SQL text of the duplicates, by file and row number."""
    return f"""
      SELECT file, n FROM (
        SELECT file, n, row_number() OVER (
          PARTITION BY source, {BY_ID}, CASE WHEN {BY_ID} THEN record_id END,
            {_values_unless(BY_ID)}, CASE WHEN record_id IS NULL THEN occurrence END
          ORDER BY grown DESC NULLS LAST, file, n) AS copy
        FROM (SELECT *,
            row_number() OVER (PARTITION BY file, {_VALUES} ORDER BY n) AS occurrence
          FROM {ws.reported} WHERE {IDENTITY} IN (FROM {identities})))
      WHERE copy > 1
    """


def _remove(ws: Workspace, copies: Relation) -> int:
    """Remove the listed rows; return their number."""
    count = ws.count(copies)
    if count and ws.is_view(ws.reported):
        ws.narrow(ws.reported, where=f"(file, n) NOT IN (FROM {copies})")
        return count
    if count:
        ws.execute(f"DELETE FROM {ws.reported} WHERE (file, n) IN (FROM {copies})")
    ws.drop(copies)
    return count


def _remove_covered(ws: Workspace) -> int:
    """Remove the records that others cover; return their number."""
    ws.materialise(ws.reported)
    (count,) = ws.execute(
        f"DELETE FROM {ws.reported} WHERE (source, record_id) IN "
        f"(SELECT (source, covers) FROM {ws.reported} WHERE covers IS NOT NULL)"
    ).fetchone() or (0,)
    return int(count)


def _values_unless(condition: str) -> str:
    return ", ".join(
        f"CASE WHEN NOT ({condition}) THEN {name} END" for name in _VALUES.split(", ")
    )
