"""New usage beside what a store has: once each, and the fullest of what grew.

Only stored records that a new one may repeat, replace or cover are looked at. Of a
source with ids of its own these may start up to a month before or after; a record
without one repeats only another that starts in the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from meterwidgets.frame.store import parquet
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.records import dedupe, parquet_view, provider_costs

_MONTH_US = 31 * 86_400_000_000
_BEFORE = -1
"""The number of the file of what was stored before; it is older than any new one."""


@dataclass(frozen=True)
class Merged:
    """What new usage does to a store.

    Attributes:
        duplicates: New rows that were there already.
        replaced: Stored records that newer or other ones stand for now.
        changed: The months of those, which are written anew.
        notes: What of it may count twice, one sentence each.
    """

    duplicates: int
    replaced: int
    changed: frozenset[str]
    notes: tuple[str, ...]


def month_of(start_us: str) -> str:
    """SQL text of the calendar month of UTC, as "2026-02"."""
    return f"strftime(make_timestamp({start_us}), '%Y-%m')"


def merge(
    con: duckdb.DuckDBPyConnection, folder: Path, months: Mapping[str, Sequence[str]]
) -> Merged:
    """Leave in ``ledger`` what the store doesn't have.

    Args:
        con: A connection with ``ledger``, as ``gather`` made it.
        folder: The store.
        months: Month -> its parts.

    Returns:
        What was there already. ``gone`` lists the stored records that are so no more,
        ``unpaid`` those that lose their price since costs of their own came.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gone (part VARCHAR, file_row_number BIGINT)"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE unpaid AS FROM gone")
    near = _near(con, months)
    if not near:
        notes = (
            *provider_costs.regrouped(con, "ledger"),
            *provider_costs.outgrown(con),
        )
        return Merged(dedupe.deduplicate(con), 0, frozenset(), notes)
    stored = parquet.ledger(folder, [part for month in near for part in months[month]])
    regrouped = provider_costs.regrouped(con, "ledger", _beside(stored))
    _find_repeated(con, stored)
    if provider_costs.any_row(con, "repeated"):
        parquet_view.copy(con)
        con.execute(
            "INSERT INTO ledger BY NAME SELECT * EXCLUDE (part, file_row_number), "
            f"{_BEFORE} AS file FROM repeated"
        )
    notes = (*regrouped, *provider_costs.outgrown(con))
    removed = dedupe.deduplicate(con)
    if provider_costs.any_row(con, "repeated"):
        con.execute(
            "INSERT INTO gone SELECT part, file_row_number FROM repeated "
            f"WHERE n NOT IN (SELECT n FROM ledger WHERE file = {_BEFORE})"
        )
        con.execute(f"DELETE FROM ledger WHERE file = {_BEFORE}")
    con.execute("DROP TABLE repeated")
    _find_unpaid(con, stored)
    (replaced,) = con.execute("SELECT count(*) FROM gone").fetchone() or (0,)
    changed = con.execute(
        f"SELECT DISTINCT {month_of('start_us')} FROM {stored} "
        "WHERE (part, file_row_number) IN (FROM gone UNION ALL FROM unpaid)"
    )
    months_anew = frozenset(month for (month,) in changed.fetchall())
    return Merged(removed - replaced, replaced, months_anew, notes)


def _beside(stored: str) -> str:
    """SQL text of what is stored of the buckets that came, as one answer."""
    keyed = provider_costs.IS_KEYED
    return (
        f"(SELECT *, {_BEFORE} AS file FROM {stored} WHERE {keyed} AND "
        "(source, start_us) IN (SELECT (source, start_us) FROM ledger "
        f"WHERE {keyed}))"
    )


def _near(
    con: duckdb.DuckDBPyConnection, months: Mapping[str, Sequence[str]]
) -> list[str]:
    """The months of a store that may hold what the new usage repeats."""
    row = con.execute(
        f"SELECT {month_of(f'min(start_us) - {_MONTH_US}')}, "
        f"{month_of(f'max(start_us) + {_MONTH_US}')} FROM ledger"
    ).fetchone()
    first, last = row or (None, None)
    if first is None or last is None:
        return []
    return [month for month in months if first <= month <= last]


def _find_repeated(con: duckdb.DuckDBPyConnection, stored: str) -> None:
    """Make ``repeated``: the stored records that new ones may repeat or replace."""
    (ids, covers, first, last) = con.execute(
        f"SELECT count(*) FILTER ({dedupe.BY_ID}), count(covers), "
        f"min(start_us) FILTER (NOT ({dedupe.BY_ID})), "
        f"max(start_us) FILTER (NOT ({dedupe.BY_ID})) FROM ledger"
    ).fetchone() or (0, 0, None, None)
    same = f"{dedupe.IDENTITY} IN (SELECT {dedupe.IDENTITY} FROM ledger)"
    ours, theirs = "(source, record_id)", "(source, covers)"
    found = []
    if first is not None:
        moment = f"start_us BETWEEN {first} AND {last}"
        found.append(f"NOT ({dedupe.BY_ID}) AND {moment} AND {same}")
    if ids:
        found.append(f"{dedupe.BY_ID} AND {same}")
        found.append(f"covers IS NOT NULL AND {theirs} IN (SELECT {ours} FROM ledger)")
    if covers:
        found.append(
            f"{ours} IN (SELECT {theirs} FROM ledger WHERE covers IS NOT NULL)"
        )
    rows = " UNION ".join(f"SELECT * FROM {stored} WHERE {each}" for each in found)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE repeated AS "
        f"SELECT *, row_number() OVER () AS n FROM ({rows})"
    )


def _find_unpaid(con: duckdb.DuckDBPyConnection, stored: str) -> None:
    """Fill ``unpaid``: stored usage that the new costs pay for."""
    names = ", ".join(map(literal, provider_costs.SOURCES))
    if not provider_costs.any_row(con, f"ledger WHERE source IN ({names})"):
        return
    provider_costs.find_paid(con, "ledger")
    con.execute(
        f"INSERT INTO unpaid SELECT part, file_row_number FROM {stored} "
        f"WHERE NOT billed AND {provider_costs.IS_PAID} "
        "AND (part, file_row_number) NOT IN (FROM gone)"
    )
