"""Load opened ledgers into the workspace.

Ledgers that the same statement reads are loaded together, a batch at a time. Where one
of a batch can't be read the batch is halved until the error names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.progress import LARGE, Done, Progress
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes import pages
from meterwidgets.ledger.loading import parquet_view, reported
from meterwidgets.ledger.readers.json_layout import explain_json_error
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records.doubts import IS_CORRECTION
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.ledger.records.spans import LAST_US

BATCH_BYTES = 256 << 20
"""Bytes of files per statement, unless a single file is larger."""
SMALL_BYTES = 256 << 10
"""Bytes of files that are read sooner than their statement is optimized."""


def batches(plans: Sequence[Plan]) -> list[list[int]]:
    """The numbers of the ledgers to load together, in the order of their first one."""
    found: dict[tuple[str, str], list[list[int]]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for number, plan in enumerate(plans):
        key = plan.zone, plan.statement("", 0)
        alike = found.setdefault(key, [[]])
        sizes[key] = sizes.get(key, 0) + plan.size
        if alike[-1] and sizes[key] > BATCH_BYTES:
            alike.append([])
            sizes[key] = plan.size
        alike[-1].append(number)
    return [batch for alike in found.values() for batch in alike]


class Loader:
    """Loads batches of ledgers into ``reported``; each file gets the next number.

    Args:
        ws: An empty workspace.
        size: The bytes of all ledgers.
        progress: Called with the bytes and rows loaded so far.
    """

    def __init__(self, ws: Workspace, size: int, progress: Progress | None) -> None:
        self._ws = ws
        self._size = size
        self._progress = progress
        self._files = self._bytes = self._rows = 0
        self.failed: list[tuple[str, LedgerError]] = []
        """The files that can't be read, of several, with the reasons."""

    def load(self, batches: Sequence[Sequence[Plan]]) -> None:
        """Fill ``reported`` and ``file_stats``.

        Raises:
            LedgerError: When a ledger can't be read.
        """
        if not self._load_in_place(batches):
            plans = [plan for batch in batches for plan in batch]
            self._ws.create_empty(
                self._ws.reported,
                reported.COLUMNS,
                absent=reported.absent(plans),
                sources={plan.source.name for plan in plans},
            )
            for batch in batches:
                is_small = 0 < sum(plan.size for plan in batch) < SMALL_BYTES
                with self._ws.without_optimizer() if is_small else nullcontext():
                    self._load_batch(batch)
            _number_rows(self._ws)
        self._report(batches[-1][-1].raw.name)

    def _report(self, name: str, read: int = 0, rows: int = 0) -> None:
        """Report progress, with the bytes and rows read of the current batch."""
        if self._progress is not None:
            done = Done(name, self._bytes + read, self._size, self._rows + rows)
            self._progress(done)

    def _tell(
        self, name: str, size: int, rows: int = 0
    ) -> Callable[[float], None] | None:
        """What to call with the completed part of a statement.

        Args:
            name: What it reads.
            size: Its bytes.
            rows: Its rows, where that is known beforehand.
        """
        if self._progress is None or size < LARGE:
            return None
        return lambda part: self._report(name, int(part * size), int(part * rows))

    def _load_in_place(self, batches: Sequence[Sequence[Plan]]) -> bool:
        """Make ``reported`` a view of Parquet files, if possible, in one pass."""
        plans = [plan for batch in batches for plan in batch]
        if not parquet_view.can_read_in_place(plans):
            return False
        ws, name = self._ws, plans[0].raw.name
        self._report(name)
        _set_zone(ws, plans[0].zone)
        try:
            parquet_view.create(ws, reported.no_rows(), batches)
            rows = ws.count(ws.reported) if self._progress else 0
            looked_at = _with_stats_columns(ws.reported, "n")
            stats = parquet_view.stats_query(looked_at, _STATS)
            ws.create(ws.file_stats, stats, tell=self._tell(name, self._size, rows))
            parquet_view.collect_dimension_values(ws)
        except duckdb.Error:  # load them one by one, to find the file that is to blame
            for relation in (ws.reported, ws.parquet_files, ws.file_stats):
                ws.drop(relation)
            return False
        self._rows, self._bytes = rows, self._size
        return True

    def _load_batch(self, batch: Sequence[Plan]) -> None:
        ws, plan, name = self._ws, batch[0], batch[0].raw.name
        self._report(name)
        _set_zone(ws, plan.zone)
        paths = [each.raw.path for each in batch if each.raw.path]
        files = f"[{', '.join(map(path_literal, paths))}]"
        size = sum(each.size for each in batch)
        try:
            added = ws.run(plan.statement(files, self._files), self._tell(name, size))
        except duckdb.Error as error:
            if len(batch) == 1:
                reason = _reason(plan.raw, error)
                problem = LedgerError(f"{name}: can't be read ({reason})")
                is_of_file = not isinstance(error, duckdb.OutOfMemoryException)
                if not (plan.may_fail and is_of_file):
                    raise problem from None
                self.failed.append((name, problem))
                self._files += 1
                return
            half = len(batch) // 2
            self._load_batch(batch[:half])
            self._load_batch(batch[half:])
            return
        if plan.source.is_paginated or plan.raw.select_pages:
            select = plan.raw.select_pages or plan.raw.select_rows
            pages.add(ws, select(files), plan.source.name)
        self._files += len(batch)
        self._bytes += size
        self._rows += added[0] if added else 0


def _set_zone(ws: Workspace, zone: str) -> None:
    """Read timestamps without a zone in this one."""
    try:
        ws.execute(f"SET TimeZone = {literal(zone)}")
    except duckdb.Error:
        raise LedgerError(
            f"timestamps can't be read in the zone {zone!r}; expected an IANA name "
            "such as Europe/Berlin"
        ) from None


def _reason(raw: RawLedger, error: duckdb.Error) -> str:
    """Why DuckDB could not read a ledger, and what to do about it."""
    message = str(error).splitlines()[0].replace(str(raw.path), raw.name)
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{message}; read it in parts, or on a machine with more memory"
    if raw.unit == "record" and raw.path is not None:
        return explain_json_error(raw.path, message)
    if "state machine" in message:
        return (
            "its lines end in different ways, some with CR LF and some with LF; "
            "give every line the same end"
        )
    return message


IS_GOOD = "used AND reject IS NULL"
"""SQL condition of the rows that are usage."""

_STATS = """
  file, min(number) AS first,
  count(CASE WHEN NOT used AND reject IS NULL AND credit IS NULL THEN 1 END) AS skipped,
  count(credit) AS credits,
  count(number_without_zone) AS without_zone,
  min(number_without_zone) AS first_without_zone,
  count(reject) AS rejected, count(doubts) AS doubtful,
  count(CASE WHEN is_good THEN added_tokens END) AS with_added_tokens,
  count(CASE WHEN is_good AND is_correction THEN 1 END) AS corrections,
  sum(extra_dropped) AS extra_dropped,
  min(good_us) AS first_us,
  max(good_us) AS last_start_us,
  max(CASE WHEN is_good THEN end_or_second END) AS last_us
"""
"""SQL text of the columns of ``file_stats``, over ``_with_stats_columns``."""


def _with_stats_columns(rows: str, number: str) -> str:
    """SQL text of rows with the columns that ``_STATS`` looks at.

    An aggregate with a FILTER takes several times as long as one of a CASE.

    Args:
        rows: SQL text of the rows of ``reported``.
        number: SQL text of the number of a row.
    """
    good = f"SELECT *, {number} AS number, {IS_GOOD} AS is_good, "
    good += f"{IS_CORRECTION} AS is_correction, {LAST_US} AS end_or_second FROM {rows}"
    return (
        "SELECT *, CASE WHEN is_good THEN start_us END AS good_us, "
        "CASE WHEN is_good AND NOT zoned THEN number END AS number_without_zone "
        f"FROM ({good})"
    )


def _number_rows(ws: Workspace) -> None:
    """Fill ``file_stats``, and number the rows of each file from 1."""
    # rows are read in their order, but numbered only where a source asks for it: to
    # number them all would keep the reader from using more than one thread
    rows = _with_stats_columns(ws.reported, "coalesce(n, rowid)")
    ws.create(ws.file_stats, f"SELECT {_STATS} FROM ({rows}) GROUP BY file")
    ws.execute(
        f"UPDATE {ws.reported} AS r SET n = coalesce(r.n, r.rowid) - first + 1 "
        f"FROM {ws.file_stats} AS s WHERE s.file = r.file"
    )
