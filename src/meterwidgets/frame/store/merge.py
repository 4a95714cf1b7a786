"""Merge new usage into a store: each record once, and of growing ones the latest state.

Only stored records that a new one may repeat, replace or cover are read. Where the
source has ids of its own, these start up to a month before or after the new ones; a
record without an id only repeats one that starts at the same instant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from meterwidgets.frame.store import parquet
from meterwidgets.ledger.duplicates import (
    containment,
    dedupe,
    forks,
    nested_buckets,
    provider_costs,
    states,
)
from meterwidgets.ledger.duplicates.removed import STORED_FILE
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.ledger.left_out import retrievals

SUPERSEDED = Relation("superseded")
"""The table of stored rows that newer records replace: part, file_row_number."""
NEWLY_BILLED = Relation("newly_billed")
"""The table of stored rows whose usage new provider costs pay for: likewise."""

_CANDIDATES = Relation("merge_candidates")
"""The table of stored records that new ones may repeat, replace or cover."""
_MONTH_US = 31 * 86_400_000_000


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


# long: each statement works on what the one before left in the workspace
def merge(
    ws: Workspace,
    folder: Path,
    parts: Mapping[str, Sequence[str]],
    known: Collection[int] = (),
) -> MergeResult:
    """Remove from ``reported`` what the store has already.

    Args:
        ws: A workspace with ``reported``, as ``gather`` made it; `SUPERSEDED` and
            `NEWLY_BILLED` are filled.
        folder: The store.
        parts: Month -> the Parquet files of its records.
        known: The numbers of the files that the store has read before.
    """
    for relation in (SUPERSEDED, NEWLY_BILLED):
        ws.create_empty(relation, "part VARCHAR, file_row_number BIGINT")
    months = _months_to_compare(ws, parts)
    if not months:
        overlaps = containment.overlap_notes(ws)
        duplicates = dedupe.deduplicate(ws, known=known)
        return MergeResult(
            duplicates=duplicates.rows,
            replaced=0,
            changed_months=frozenset(),
            notes=(*duplicates.notes, *overlaps),
        )
    stored = parquet.reported_records(
        folder, [part for month in months for part in parts[month]]
    )
    polls, poll_notes = retrievals.remove_stored(ws, stored)
    regrouped = containment.different_groupings(
        ws, ws.reported, _stored_buckets(stored)
    )
    _find_candidates(ws, stored)
    has_candidates = ws.has_rows(_CANDIDATES)
    if has_candidates:
        ws.materialise(ws.reported, room_for_all=True)
        ws.add_rows(
            ws.reported,
            f"SELECT * EXCLUDE (part, file_row_number), {STORED_FILE} AS file "
            f"FROM {_CANDIDATES}",
        )
    conflicts = containment.conflicting_states(ws)
    removed = dedupe.deduplicate(ws, known=known)
    notes = (*poll_notes, *removed.notes, *regrouped, *conflicts)
    if has_candidates:
        ws.execute(
            f"INSERT INTO {SUPERSEDED} SELECT part, file_row_number FROM {_CANDIDATES} "
            f"WHERE n NOT IN (SELECT n FROM {ws.reported} "
            f"WHERE file = {STORED_FILE})"
        )
        ws.execute(
            f"INSERT INTO {NEWLY_BILLED} SELECT part, file_row_number FROM "
            f"{_CANDIDATES} WHERE NOT billed AND n IN (SELECT n FROM {ws.reported} "
            f"WHERE file = {STORED_FILE} AND billed)"
        )
        ws.execute(f"DELETE FROM {ws.reported} WHERE file = {STORED_FILE}")
    ws.drop(_CANDIDATES)
    _find_newly_billed(ws, stored)
    replaced = ws.count(SUPERSEDED)
    return MergeResult(
        duplicates=removed.rows - replaced + polls,
        replaced=replaced,
        changed_months=_changed_months(ws, stored),
        notes=notes,
    )


def _months_to_compare(ws: Workspace, months: Mapping[str, Sequence[str]]) -> list[str]:
    """The months of a store that may hold what the new usage repeats."""
    row = ws.execute(
        f"SELECT {month_of(f'min(start_us) - {_MONTH_US}')}, "
        f"{month_of(f'max(start_us) + {_MONTH_US}')} FROM {ws.reported}"
    ).fetchone()
    first, last = row or (None, None)
    if first is None or last is None:
        return []
    return [month for month in months if first <= month <= last]


def _stored_buckets(stored: str) -> str:
    """SQL text of the stored buckets of the instants that came, as one answer."""
    keyed = containment.is_keyed()
    return (
        f"(SELECT *, {STORED_FILE} AS file FROM {stored} WHERE {keyed} AND "
        f"(source, start_us) IN (SELECT (source, start_us) FROM {Workspace.reported} "
        f"WHERE {keyed}))"
    )


def _find_candidates(ws: Workspace, stored: str) -> None:
    """Fill `_CANDIDATES`, with one cheap condition for each way to be a duplicate."""
    (with_id, covering, first, last) = ws.execute(
        f"SELECT count(*) FILTER ({dedupe.BY_ID}), count(covers), "
        f"min(start_us) FILTER (NOT ({dedupe.BY_ID})), "
        f"max(start_us) FILTER (NOT ({dedupe.BY_ID})) FROM {ws.reported}"
    ).fetchone() or (0, 0, None, None)
    identities = f"SELECT {dedupe.IDENTITY} FROM {ws.reported}"
    same_identity = f"{dedupe.IDENTITY} IN ({identities})"
    record, covered = "(source, record_id)", "(source, covers)"
    conditions = ["false"]
    if first is not None:
        same_time = f"start_us BETWEEN {first} AND {last}"
        conditions.append(f"NOT ({dedupe.BY_ID}) AND {same_time} AND {same_identity}")
        conditions += [
            f"{same_time} AND {dedupe.same_request(ws, is_doubtful=is_doubtful)}"
            for is_doubtful, rows in ((True, stored), (False, ws.reported))
            if ws.has_rows(f"{rows} WHERE doubtful IS NOT NULL")
        ]
    if with_id:
        conditions.append(f"{dedupe.BY_ID} AND {same_identity}")
        ids = f"SELECT {record} FROM {ws.reported}"
        conditions.append(f"covers IS NOT NULL AND {covered} IN ({ids})")
    shared = states.SHARES_ID
    if ws.has_rows(f"{ws.reported} WHERE {shared}"):
        ids = f"SELECT {record} FROM {ws.reported} WHERE {shared}"
        conditions.append(f"{shared} AND {record} IN ({ids})")
    copies, moment = forks.MAY_BE_COPY, forks.MOMENT
    if ws.has_rows(f"{ws.reported} WHERE {copies}"):
        moments = f"SELECT ({moment}) FROM {ws.reported} WHERE {copies}"
        conditions.append(f"{copies} AND ({moment}) IN ({moments})")
    if covering:
        ids = f"SELECT {covered} FROM {ws.reported} WHERE covers IS NOT NULL"
        conditions.append(f"{record} IN ({ids})")
    if nested := nested_buckets.may_nest(ws, stored):
        conditions.append(nested)
    # UNION, not UNION ALL: a stored record may meet several of the conditions.
    rows = " UNION ".join(
        f"SELECT * FROM {stored} WHERE {condition}" for condition in conditions
    )
    ws.create(_CANDIDATES, f"SELECT *, row_number() OVER () AS n FROM ({rows})")


def _find_newly_billed(ws: Workspace, stored: str) -> None:
    """Fill `NEWLY_BILLED` with the stored usage that new provider costs pay for."""
    sources = ", ".join(map(literal, provider_costs.sources()))
    if not ws.has_rows(f"{ws.reported} WHERE source IN ({sources})"):
        return
    provider_costs.find_billed_days(ws, ws.reported)
    ws.execute(
        f"INSERT INTO {NEWLY_BILLED} SELECT part, file_row_number FROM {stored} "
        f"WHERE NOT billed AND {provider_costs.IS_BILLED} "
        f"AND (part, file_row_number) NOT IN (FROM {SUPERSEDED})"
    )


def _changed_months(ws: Workspace, stored: str) -> frozenset[str]:
    months = ws.execute(
        f"SELECT DISTINCT {month_of('start_us')} FROM {stored} WHERE "
        f"(part, file_row_number) IN (FROM {SUPERSEDED} UNION ALL FROM {NEWLY_BILLED})"
    )
    return frozenset(month for (month,) in months.fetchall())
