"""The span of a ledger: the times of its records, beside when it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.ledger.envelopes.exported import archived_time
from meterwidgets.zones import EPOCH

if TYPE_CHECKING:
    from meterwidgets.ledger.records.plan import Plan

CLOCK_TOLERANCE = timedelta(hours=1)
"""Clocks differ: a record is dated in the future only if it is later than this."""
_MAX_FUTURE = 100

LAST_US = (
    "coalesce(CASE WHEN grain = 'bucket' THEN greatest(end_us, start_us + 1) END, "
    "(start_us // 1000000 + 1) * 1000000)"
)
"""SQL text of a record's end: that of its bucket, or an instant's next second."""


@dataclass(frozen=True, kw_only=True)
class LedgerSpan:
    """The times of one file, database or table, in microseconds since 1970.

    Attributes:
        name: The file, or what messages call a table.
        source: Its format.
        written: When it was written.
        written_by: How that is known, such as "the file was changed on"; empty where
            somebody said so, or where it was read just now.
        first_us: The start of the first record.
        last_us: The end of the last one that is not dated after ``written``; None
            where there is none.
        future_us: The ends of those dated later, ascending: the first hundred of them,
            and the last.
        future_count: The number of those.
    """

    name: str
    source: str
    written: datetime
    written_by: str = ""
    first_us: int
    last_us: int | None
    future_us: tuple[int, ...] = ()
    future_count: int = 0

    def read_again(self, at: datetime | None) -> LedgerSpan:
        """The span, judged as of a later reading that found nothing new."""
        if at is None or at <= self.written:
            return self
        limit = us(at + CLOCK_TOLERANCE)
        past = list(takewhile(lambda end: end <= limit, self.future_us))
        return replace(
            self,
            written=at,
            written_by="the ledger was last read on",
            last_us=max([self.last_us or 0, *past]) or None,
            future_us=self.future_us[len(past) :],
            future_count=self.future_count - len(past),
        )

    def extended(self, earlier: LedgerSpan | None) -> LedgerSpan:
        """The span of a ledger of which only the latest part was read again."""
        if earlier is None:
            return self
        before = earlier.read_again(self.written)
        return replace(
            self,
            first_us=min(self.first_us, before.first_us),
            last_us=max(self.last_us or 0, before.last_us or 0) or None,
        )

    def trusted(self) -> LedgerSpan:
        """The span where even dates in the future are taken as true."""
        last_us = max([self.last_us or 0, *self.future_us])
        written = max(self.written, EPOCH + timedelta(microseconds=last_us))
        return replace(self, written=written, last_us=last_us)


def us(instant: datetime) -> int:
    """An instant in microseconds since 1970."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def span_of(engine: Engine, name: str, source: str, written: datetime) -> LedgerSpan:
    """The span of all records of an engine, which come from one table.

    Args:
        engine: Holds the records.
        name: What messages call the table.
        source: Its format.
        written: When it was written.
    """
    records = Workspace.records
    ((first_us, last_start_us, last_us),) = engine.execute(
        f"SELECT min(start_us), max(start_us), max({LAST_US}) FROM {records}"
    ).fetchall()
    span = LedgerSpan(
        name=name, source=source, written=written, first_us=first_us, last_us=last_us
    )
    return without_future(engine, f"{records} WHERE true", span, last_start_us)


def collect_spans(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int], read_at: datetime
) -> tuple[LedgerSpan | None, ...]:
    """The span of each ledger, None for one without usage.

    Args:
        ws: A workspace with ``reported`` and ``file_stats``.
        plans: The ledgers as they were given.
        order: The numbers of the ledgers in the order in which they were loaded.
        read_at: When reading began: what a dataframe or a database held.
    """
    spans: list[LedgerSpan | None] = [None] * len(plans)
    for file, first_us, last_start_us, last_us in ws.execute(
        "SELECT file, first_us, last_start_us, last_us "
        f"FROM {ws.file_stats} WHERE first_us IS NOT NULL"
    ).fetchall():
        plan = plans[order[file]]
        written, written_by = _written(plan, read_at, last_start_us)
        span = LedgerSpan(
            name=plan.raw.name,
            source=plan.source.name,
            written=written,
            written_by=written_by,
            first_us=first_us,
            last_us=last_us,
        )
        good = f"{ws.reported} WHERE file = {file} AND used AND reject IS NULL"
        spans[order[file]] = without_future(ws, good, span, last_start_us)
    return tuple(spans)


def _written(plan: Plan, read_at: datetime, last_start_us: int) -> tuple[datetime, str]:
    """When a ledger was written, and how that is known."""
    if plan.written is not None:
        return plan.written, ""
    if plan.exported is not None and plan.exported <= read_at + CLOCK_TOLERANCE:
        return plan.exported, "the ledger says that it was exported on"
    if plan.raw.path is not None and not plan.raw.is_live:
        archived = archived_time(plan.raw.path)
        # of several archives in one file the first is dated before the last record
        if archived and us(archived) >= last_start_us:
            return archived, "its archive says that the file was changed on"
        changed = plan.raw.path.stat().st_mtime_ns // 1000
        written = EPOCH + timedelta(microseconds=changed)
        return written, "the file was changed on"
    return read_at, ""


def without_future(
    engine: Engine, rows: str, span: LedgerSpan, last_start_us: int
) -> LedgerSpan:
    """A span whose records dated after it was written are told apart.

    Args:
        engine: Holds the records.
        rows: SQL text of their relation, with a WHERE.
        span: The span of all of them.
        last_start_us: The start of the last one.
    """
    limit = us(span.written + CLOCK_TOLERANCE)
    if last_start_us <= limit:
        return span
    ((last_us, count, latest),) = engine.execute(
        f"SELECT max(CASE WHEN start_us <= {limit} THEN {LAST_US} END), "
        f"sum(CASE WHEN start_us > {limit} THEN 1 END), max({LAST_US}) FROM {rows}"
    ).fetchall()
    ends = engine.execute(
        f"SELECT DISTINCT {LAST_US} AS end_us FROM {rows} AND start_us > {limit} "
        f"ORDER BY end_us LIMIT {_MAX_FUTURE}"
    ).fetchall()
    future_us = sorted({*(end for (end,) in ends), latest})
    return replace(
        span, last_us=last_us, future_us=tuple(future_us), future_count=int(count)
    )
