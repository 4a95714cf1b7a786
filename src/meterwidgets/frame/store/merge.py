"""Merge new usage into a store: each record once, and of growing ones the latest state.

Only stored records that a new one may repeat, replace or cover are read. Where the
source has ids of its own, these start up to a month before or after the new ones; a
record without an id only repeats one that starts at the same instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from meterwidgets.frame.store import parquet
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.records import dedupe, parquet_view, provider_costs

SUPERSEDED = "superseded"
"""The table of stored rows that newer records replace: part, file_row_number."""
NEWLY_BILLED = "newly_billed"
"""The table of stored rows whose usage new provider costs pay for: likewise."""

_CANDIDATES = "merge_candidates"
"""The table of stored records that new ones may repeat, replace or cover."""
_MONTH_US = 31 * 86_400_000_000
_STORED_FILE = -1
"""The file number of stored records: they are older than any new one."""


@dataclass(frozen=True, kw_only=True)
class MergeResult:
    """The effect of new usage on a store.

    Attributes:
        duplicates: New rows that were there already.
        replaced: Stored records that newer ones replace.
        changed_months: The months of those and of newly billed ones, to be rewritten.
        notes: What may be counted twice, one sentence each.
    """

    duplicates: int
    replaced: int
    changed_months: frozenset[str]
    notes: tuple[str, ...]


def month_of(start_us: str) -> str:
    """SQL text of the calendar month of UTC, such as "2026-02"."""
    return f"strftime(make_timestamp({start_us}), '%Y-%m')"


def merge(
    con: duckdb.DuckDBPyConnection, folder: Path, parts: Mapping[str, Sequence[str]]
) -> MergeResult:
    """Remove from ``ledger`` what the store has already.

    Args:
        con: A workspace with ``ledger``, as ``gather`` made it; `SUPERSEDED` and
            `NEWLY_BILLED` are filled.
        folder: The store.
        parts: Month -> the Parquet files of its records.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {SUPERSEDED} "
        "(part VARCHAR, file_row_number BIGINT)"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE {NEWLY_BILLED} AS FROM {SUPERSEDED}")
    months = _months_to_compare(con, parts)
    if not months:
        notes = (
            *provider_costs.regrouped(con, "ledger"),
            *provider_costs.outgrown(con),
        )
        return MergeResult(
            duplicates=dedupe.deduplicate(con),
            replaced=0,
            changed_months=frozenset(),
            notes=notes,
        )
    stored = parquet.reported_records(
        folder, [part for month in months for part in parts[month]]
    )
    regrouped = provider_costs.regrouped(con, "ledger", _stored_buckets(stored))
    _find_candidates(con, stored)
    has_candidates = provider_costs.any_row(con, _CANDIDATES)
    if has_candidates:
        parquet_view.copy(con)
        con.execute(
            "INSERT INTO ledger BY NAME SELECT * EXCLUDE (part, file_row_number), "
            f"{_STORED_FILE} AS file FROM {_CANDIDATES}"
        )
    notes = (*regrouped, *provider_costs.outgrown(con))
    removed = dedupe.deduplicate(con)
    if has_candidates:
        con.execute(
            f"INSERT INTO {SUPERSEDED} SELECT part, file_row_number FROM {_CANDIDATES} "
            f"WHERE n NOT IN (SELECT n FROM ledger WHERE file = {_STORED_FILE})"
        )
        con.execute(f"DELETE FROM ledger WHERE file = {_STORED_FILE}")
    con.execute(f"DROP TABLE {_CANDIDATES}")
    _find_newly_billed(con, stored)
    (replaced,) = con.execute(f"SELECT count(*) FROM {SUPERSEDED}").fetchone() or (0,)
    return MergeResult(
        duplicates=removed - replaced,
        replaced=replaced,
        changed_months=_changed_months(con, stored),
        notes=notes,
    )


def _months_to_compare(
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


def _stored_buckets(stored: str) -> str:
    """SQL text of the stored buckets of the instants that came, as one answer."""
    keyed = provider_costs.IS_KEYED
    return (
        f"(SELECT *, {_STORED_FILE} AS file FROM {stored} WHERE {keyed} AND "
        "(source, start_us) IN (SELECT (source, start_us) FROM ledger "
        f"WHERE {keyed}))"
    )


def _find_candidates(con: duckdb.DuckDBPyConnection, stored: str) -> None:
    """Fill `_CANDIDATES`, with one cheap condition for each way to be a duplicate."""
    (with_id, covering, first, last) = con.execute(
        f"SELECT count(*) FILTER ({dedupe.BY_ID}), count(covers), "
        f"min(start_us) FILTER (NOT ({dedupe.BY_ID})), "
        f"max(start_us) FILTER (NOT ({dedupe.BY_ID})) FROM ledger"
    ).fetchone() or (0, 0, None, None)
    same_identity = f"{dedupe.IDENTITY} IN (SELECT {dedupe.IDENTITY} FROM ledger)"
    record, covered = "(source, record_id)", "(source, covers)"
    conditions = []
    if first is not None:
        same_time = f"start_us BETWEEN {first} AND {last}"
        conditions.append(f"NOT ({dedupe.BY_ID}) AND {same_time} AND {same_identity}")
    if with_id:
        conditions.append(f"{dedupe.BY_ID} AND {same_identity}")
        conditions.append(
            f"covers IS NOT NULL AND {covered} IN (SELECT {record} FROM ledger)"
        )
    if covering:
        conditions.append(
            f"{record} IN (SELECT {covered} FROM ledger WHERE covers IS NOT NULL)"
        )
    # UNION, not UNION ALL: a stored record may meet several of the conditions.
    rows = " UNION ".join(
        f"SELECT * FROM {stored} WHERE {condition}" for condition in conditions
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_CANDIDATES} AS "
        f"SELECT *, row_number() OVER () AS n FROM ({rows})"
    )


def _find_newly_billed(con: duckdb.DuckDBPyConnection, stored: str) -> None:
    """Fill `NEWLY_BILLED` with the stored usage that new provider costs pay for."""
    sources = ", ".join(map(literal, provider_costs.SOURCES))
    if not provider_costs.any_row(con, f"ledger WHERE source IN ({sources})"):
        return
    provider_costs.find_paid(con, "ledger")
    con.execute(
        f"INSERT INTO {NEWLY_BILLED} SELECT part, file_row_number FROM {stored} "
        f"WHERE NOT billed AND {provider_costs.IS_PAID} "
        f"AND (part, file_row_number) NOT IN (FROM {SUPERSEDED})"
    )


def _changed_months(con: duckdb.DuckDBPyConnection, stored: str) -> frozenset[str]:
    months = con.execute(
        f"SELECT DISTINCT {month_of('start_us')} FROM {stored} WHERE "
        f"(part, file_row_number) IN (FROM {SUPERSEDED} UNION ALL FROM {NEWLY_BILLED})"
    )
    return frozenset(month for (month,) in months.fetchall())
