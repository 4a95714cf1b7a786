"""Remove duplicates: each usage once, however often its row was exported."""

from __future__ import annotations

from collections.abc import Collection

from meterwidgets.ledger.duplicates import forks, nested_buckets
from meterwidgets.ledger.duplicates.look_alikes import look_alikes
from meterwidgets.ledger.duplicates.removed import LENGTH, ORIGIN, Duplicates, notes_of
from meterwidgets.ledger.duplicates.states import remove_earlier
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.schema import FIELDS, MONEY, OPTIONAL, UNSTORED

REPORTED = tuple(f"reported_{name}" for name in (*MONEY, "currency"))
"""The columns of what the ledger wrote of a cost."""

_VALUES = ", ".join(
    f'"{name}"'
    for name in ("start_us", "end_us", "record_id", *FIELDS, *REPORTED)
    if name not in ("start", "end", "covers", *UNSTORED, *MONEY, "currency", *OPTIONAL)
)
"""SQL text of the values of a row without an id of its own.

Without the optional fields: an export that names one is still of the same usage as an
earlier one that did not, in a store from before it was read, too.
"""
BY_ID = "coalesce(own_id, false) AND record_id IS NOT NULL"
"""SQL condition of the rows in ``ledger`` that have an id of the source's own."""

IDENTITY = (
    f"CASE WHEN {BY_ID} THEN hash({ORIGIN}, record_id) ELSE hash(source, {_VALUES}) END"
)
"""SQL text of a hash that is equal for rows of one identity, rarely for others."""

_ID = (
    f"CASE WHEN record_id IS NULL THEN hash(source, {_VALUES}) "
    f"ELSE hash({ORIGIN}, record_id) END"
)

_SAME_REQUEST = "(source, record_id, start_us)"
_IS_CORRECTABLE = f"NOT ({BY_ID}) AND record_id IS NOT NULL"
"""SQL condition of the rows whose id was guessed or mapped: one with a doubtful value
is the same as one without that has its id and time."""

_COVERED = "other rows report the same usage"
_CORRECTED = "a row with the same id and time has a value in place of a doubtful one"
_SAME_ID = "a row with the same id counts already"
_SAME_ROW = (
    "each is equal to a row of another file and has no id; if they are further "
    "requests, join the files into one or give each row an id"
)
SAME_ROW_AND_ID = "each is equal to another row, with its id"


def deduplicate(ws: Workspace, *, known: Collection[int] = ()) -> Duplicates:
    """Keep each usage in ``reported`` once; return what was removed.

    A record that another one covers goes first: a parent that repeats the tokens of
    its children, a replay of a message. Then the copies of a row, and at last the
    buckets that hold each other.

    Args:
        ws: A workspace with ``reported``.
        known: The numbers of files that a store has read before, of which duplicates
            need no note: a file that grew begins with what it had.
    """
    equal = _remove_equal(ws, known) + forks.remove_copied(ws, known)
    found = equal + nested_buckets.remove_nested(ws, known)
    return found + Duplicates(notes=tuple(look_alikes(ws)))


def _remove_equal(ws: Workspace, known: Collection[int]) -> Duplicates:
    """Keep one row of each identity, and none that another one covers.

    A source's own id is an identity, and of a record that grows the row that counts the
    most is kept, else the earliest without a doubtful value; an id that was guessed or
    mapped is one together with the whole row, but for a doubtful value; without an id
    it is the row and its occurrence in its file, so that two equal rows of one file are
    two requests and two overlapping exports are not.
    """
    several_files, ids, covering, doubtful, count = ws.execute(
        "SELECT min(file) <> max(file), count(record_id), count(covers), "
        f"count(doubtful), count(*) FROM {ws.reported}"
    ).fetchone() or (False, 0, 0, 0, 0)
    covered = _remove_covered(ws, known) if covering else Duplicates()
    if doubtful and ids and several_files:
        several = (
            f"{_SAME_REQUEST} IN (SELECT {_SAME_REQUEST} FROM {ws.reported} "
            "GROUP BY ALL HAVING min(file) <> max(file))"
        )
        where = f"{same_request(ws)} AND {several}"
        covered += _remove_where(ws, where, _CORRECTED, known)
    if not (several_files or ids or covering):
        return covered
    key = f"hash({ORIGIN}, record_id)" if ids == count else _ID
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
        copies = _remove_copies(ws, f"{key} IN (FROM {keys})", known)
        states = remove_earlier(ws, f"{key} IN (FROM {keys})", known)
    return covered + copies + states


def _remove_copies(ws: Workspace, keys: str, known: Collection[int]) -> Duplicates:
    """Remove the copies among the rows that meet a condition."""
    with ws.temporary(_repeated_keys(ws, IDENTITY, keys)) as identities:
        if not ws.has_rows(identities):
            return Duplicates()
        copies = ws.keep(_copies(ws, identities))
    return _remove(ws, copies, known)


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
          PARTITION BY {ORIGIN}, {BY_ID}, CASE WHEN {BY_ID} THEN record_id END,
            {LENGTH}, {_values_unless(BY_ID)},
            CASE WHEN record_id IS NULL THEN occurrence END
          ORDER BY grown DESC NULLS LAST, doubtful IS NOT NULL, start_us, file, n)
            AS copy
        FROM (SELECT *,
            row_number() OVER (PARTITION BY file, {_VALUES} ORDER BY n) AS occurrence
          FROM {ws.reported} WHERE {IDENTITY} IN (FROM {identities})))
      WHERE copy > 1
    """


def _remove(ws: Workspace, copies: Relation, known: Collection[int]) -> Duplicates:
    """Remove the listed rows."""
    count = ws.count(copies)
    if not count:
        ws.drop(copies)
        return Duplicates()
    why = (
        f"CASE WHEN {BY_ID} THEN '{_SAME_ID}' WHEN record_id IS NULL "
        f"THEN '{_SAME_ROW}' ELSE '{SAME_ROW_AND_ID}' END"
    )
    notes = notes_of(ws, why, f"(file, n) IN (FROM {copies})", known)
    if ws.is_view(ws.reported):
        ws.narrow(ws.reported, where=f"(file, n) NOT IN (FROM {copies})")
    else:
        ws.execute(f"DELETE FROM {ws.reported} WHERE (file, n) IN (FROM {copies})")
        ws.drop(copies)
    return Duplicates(count, notes)


def _remove_covered(ws: Workspace, known: Collection[int]) -> Duplicates:
    """Remove the records that others cover."""
    covered = (
        "(source, record_id) IN "
        f"(SELECT (source, covers) FROM {ws.reported} WHERE covers IS NOT NULL)"
    )
    return _remove_where(ws, covered, _COVERED, known)


def same_request(ws: Workspace, *, is_doubtful: bool = True) -> str:
    """SQL condition of the rows that repeat one in ``reported`` but for doubts.

    Args:
        ws: A workspace with ``reported``.
        is_doubtful: Whether they have the doubtful value, or the other row has it.
    """
    mine, other = ("NOT NULL", "NULL") if is_doubtful else ("NULL", "NOT NULL")
    return (
        f"doubtful IS {mine} AND {_IS_CORRECTABLE} AND {_SAME_REQUEST} IN "
        f"(SELECT {_SAME_REQUEST} FROM {ws.reported} "
        f"WHERE doubtful IS {other} AND {_IS_CORRECTABLE})"
    )


def _remove_where(
    ws: Workspace, where: str, why: str, known: Collection[int]
) -> Duplicates:
    """Remove the rows of a condition for one reason."""
    ws.materialise(ws.reported)
    notes = notes_of(ws, f"'{why}'", where, known)
    (count,) = ws.execute(f"DELETE FROM {ws.reported} WHERE {where}").fetchone() or (0,)
    return Duplicates(int(count), notes)


def _values_unless(condition: str) -> str:
    return ", ".join(
        f"CASE WHEN NOT ({condition}) THEN {name} END" for name in _VALUES.split(", ")
    )
