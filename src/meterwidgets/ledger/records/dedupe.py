"""The same usage once, however often its row was exported."""

from __future__ import annotations

import duckdb

from meterwidgets.ledger.records import parquet_view
from meterwidgets.schema import FIELDS

_WHOLE = ", ".join(
    f'"{name}"'
    for name in ("start_us", "end_us", "record_id", *FIELDS)
    if name not in ("start", "end", "covers")
)
BY_ID = "coalesce(own_id, false) AND record_id IS NOT NULL"
"""SQL condition of the rows in ``ledger`` that have an id of the source's own."""

IDENTITY = (
    f"CASE WHEN {BY_ID} THEN hash(source, record_id) ELSE hash(source, {_WHOLE}) END"
)
"""SQL text of a hash that rows of one identity share, and perhaps a few others."""

_ID = (
    "CASE WHEN record_id IS NULL THEN hash(source, " + _WHOLE + ") "
    "ELSE hash(source, record_id) END"
)

COUNTED = " + ".join(
    f"coalesce({name}, 0)"
    for name in ("requests", "input_tokens", "output_tokens", "cost")
)
"""SQL text of how far a record that grows has come: all that it counts, together.

Each of the counters only rises, whichever of them a ledger has, and so does their sum.
"""


def deduplicate(con: duckdb.DuckDBPyConnection) -> int:
    """Keep one row of each identity in ``ledger``; count the others.

    A record that another one covers goes first: a parent that repeats the tokens of
    its children, a replay of a message. A source's own id is an identity, and of a
    record that grows the row that counts the most is kept, else the first; an id that
    was guessed or mapped is one together with the whole row; without an id it is the
    row and its occurrence in its file, so that two equal rows of one file are two
    requests and two overlapping exports are not.
    """
    several, ids, covering, count = con.execute(
        "SELECT min(file) <> max(file), count(record_id), count(covers), count(*) "
        "FROM ledger"
    ).fetchone() or (False, 0, 0, 0)
    covered = _without_covered(con) if covering else 0
    if not (several or ids or covering):
        return covered
    key = "hash(source, record_id)" if ids == count else _ID
    # hashes find the few rows that may be duplicates, ids alone most of them; the
    # values decide
    (same,) = con.execute(
        f"SELECT count(*) > count(DISTINCT {key}) FROM ledger"
    ).fetchone() or (True,)
    if (
        not same
        or not _suspects(con, key, "true")
        or not _suspects(con, IDENTITY, f"{key} IN (FROM suspects)")
    ):
        return covered
    con.execute(f"""
      CREATE OR REPLACE TEMP TABLE copies AS SELECT file, n FROM (
        SELECT file, n, row_number() OVER (
          PARTITION BY source, {BY_ID}, CASE WHEN {BY_ID} THEN record_id END,
            {_values(BY_ID)}, CASE WHEN record_id IS NULL THEN occurrence END
          ORDER BY grown DESC NULLS LAST, file, n) AS copy
        FROM (SELECT *,
            row_number() OVER (PARTITION BY file, {_WHOLE} ORDER BY n) AS occurrence
          FROM ledger WHERE {IDENTITY} IN (FROM suspects)))
      WHERE copy > 1
    """)
    con.execute("DROP TABLE suspects")
    return _without_copies(con) + covered


def _without_copies(con: duckdb.DuckDBPyConnection) -> int:
    """Leave out the rows of ``ledger`` that ``copies`` lists; say how many."""
    (count,) = con.execute("SELECT count(*) FROM copies").fetchone() or (0,)
    if count and parquet_view.is_view(con):
        parquet_view.narrowed(con, "*", "(file, n) NOT IN (FROM copies)")
    elif count:
        con.execute("DELETE FROM ledger WHERE (file, n) IN (FROM copies)")
    return int(count)


def _suspects(con: duckdb.DuckDBPyConnection, key: str, where: str) -> int:
    """Fill ``suspects`` with the keys of rows that may be one; say how many."""
    con.execute(f"""
      CREATE OR REPLACE TEMP TABLE suspects AS SELECT key
      FROM (SELECT {key} AS key, file, record_id FROM ledger WHERE {where})
      GROUP BY key HAVING count(*) > 1
        AND (min(file) <> max(file) OR count(record_id) > 0)
    """)
    (count,) = con.execute("SELECT count(*) FROM suspects").fetchone() or (0,)
    return int(count)


def _without_covered(con: duckdb.DuckDBPyConnection) -> int:
    """Leave out the records that others stand for."""
    parquet_view.copy(con)
    (count,) = con.execute(
        "DELETE FROM ledger WHERE (source, record_id) IN "
        "(SELECT (source, covers) FROM ledger WHERE covers IS NOT NULL)"
    ).fetchone() or (0,)
    return int(count)


def _values(condition: str) -> str:
    return ", ".join(
        f"CASE WHEN NOT ({condition}) THEN {name} END" for name in _WHOLE.split(", ")
    )
