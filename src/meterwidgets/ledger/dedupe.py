"""The same usage once, however often its row was exported."""

from __future__ import annotations

import duckdb

from meterwidgets.ledger import normalise

_WHOLE = ", ".join(
    f'"{name}"'
    for name in ("start_us", "end_us", "record_id", *normalise.FIELDS)
    if name not in ("start", "end")
)
_BY_ID = "own_id AND record_id IS NOT NULL"
_IDENTITY = (
    f"CASE WHEN {_BY_ID} THEN hash(source, record_id) ELSE hash(source, {_WHOLE}) END"
)


def deduplicate(con: duckdb.DuckDBPyConnection) -> int:
    """Keep the first row of each identity in ``ledger``; count the others.

    A source's own id is an identity; an id that was guessed or mapped is one together
    with the whole row; without an id it is the row and its occurrence in its file, so
    that two equal rows of one file are two requests and two overlapping exports are
    not.
    """
    row = con.execute(
        "SELECT min(file) <> max(file), count(record_id) > 0 FROM ledger"
    ).fetchone()
    if not any(row or ()):
        return 0
    # hashes find the few rows that may be duplicates; the values decide
    con.execute(f"""
      CREATE OR REPLACE TEMP TABLE suspects AS SELECT identity
      FROM (SELECT {_IDENTITY} AS identity, file, record_id FROM ledger)
      GROUP BY identity HAVING count(*) > 1
        AND (min(file) <> max(file) OR count(record_id) > 0)
    """)
    (count,) = con.execute(f"""
      DELETE FROM ledger WHERE rowid IN (SELECT place FROM (
        SELECT place, row_number() OVER (
          PARTITION BY source, {_BY_ID}, CASE WHEN {_BY_ID} THEN record_id END,
            {_values(_BY_ID)}, CASE WHEN record_id IS NULL THEN occurrence END
          ORDER BY file, n) AS copy
        FROM (SELECT *, rowid AS place,
            row_number() OVER (PARTITION BY file, {_WHOLE} ORDER BY n) AS occurrence
          FROM ledger WHERE {_IDENTITY} IN (FROM suspects)))
      WHERE copy > 1)
    """).fetchone() or (0,)
    con.execute("DROP TABLE suspects")
    return int(count)


def _values(condition: str) -> str:
    return ", ".join(
        f"CASE WHEN NOT ({condition}) THEN {name} END" for name in _WHOLE.split(", ")
    )
