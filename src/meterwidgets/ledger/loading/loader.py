"""Load opened ledgers into the workspace, and set aside what is not usage.

Ledgers that the same statement reads are loaded together, a batch at a time. Where one
of a batch can't be read the batch is halved until the error names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.progress import LARGE, Done, Progress
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes import pages
from meterwidgets.ledger.left_out import nesting, no_usage, remarks, retrievals
from meterwidgets.ledger.loading import parquet_view, rejects, reported
from meterwidgets.ledger.readers.json_errors import explain_json_error
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import bill_credits, format_notes, labels
from meterwidgets.ledger.records.doubts import IS_CORRECTION
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.ledger.records.spans import LAST_US
from meterwidgets.text import counted

BATCH_BYTES = 256 << 20
"""Bytes of files per statement, unless a single file is larger."""


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
        """The files of folders that can't be read, with the reasons."""

    def load(self, batches: Sequence[Sequence[Plan]]) -> None:
        """Fill ``reported`` and ``file_stats``.

        Raises:
            LedgerError: When a ledger can't be read.
        """
        if not self._load_in_place(batches):
            plans = [plan for batch in batches for plan in batch]
            self._ws.create_empty(
                self._ws.reported, reported.COLUMNS, absent=reported.absent(plans)
            )
            for batch in batches:
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
            rows = ws.count(ws.reported)
            stats = parquet_view.stats_query(ws, _FILE_STATS.format(n="n"))
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
    message = str(error).splitlines()[0]
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


_IS_GOOD = "used AND reject IS NULL"
_FILE_STATS = f"""
  file, min({{n}}) AS first,
  count(*) FILTER (WHERE NOT used AND reject IS NULL AND credit IS NULL) AS skipped,
  count(credit) AS credits,
  count(*) FILTER (WHERE NOT zoned AND {_IS_GOOD}) AS without_zone,
  min({{n}}) FILTER (WHERE NOT zoned AND {_IS_GOOD}) AS first_without_zone,
  count(reject) AS rejected, count(doubts) AS doubtful,
  count(added_tokens) FILTER (WHERE {_IS_GOOD}) AS with_added_tokens,
  count(*) FILTER (WHERE {IS_CORRECTION} AND {_IS_GOOD}) AS corrections,
  sum(extra_dropped) AS extra_dropped,
  min(start_us) FILTER (WHERE {_IS_GOOD}) AS first_us,
  max(start_us) FILTER (WHERE {_IS_GOOD}) AS last_start_us,
  max({LAST_US}) FILTER (WHERE {_IS_GOOD}) AS last_us
"""
"""SQL text of the columns of ``file_stats``."""


def _number_rows(ws: Workspace) -> None:
    """Fill ``file_stats``, and number the rows of each file from 1."""
    # rows are read in their order, but numbered only where a source asks for it: to
    # number them all would keep the reader from using more than one thread
    stats = _FILE_STATS.format(n="coalesce(n, rowid)")
    ws.create(ws.file_stats, f"SELECT {stats} FROM {ws.reported} GROUP BY file")
    ws.execute(
        f"UPDATE {ws.reported} AS r SET n = coalesce(r.n, r.rowid) - first + 1 "
        f"FROM {ws.file_stats} AS s WHERE s.file = r.file"
    )


@dataclass(frozen=True)
class Checked:
    """What was found in loaded ledgers, of which only usage is left.

    Attributes:
        notes: What users should know about each, one sentence each.
        assumed_tz: Whether a time zone was assumed.
        repeated: How many records were left out since others report their usage.
        has_added_tokens: Whether ``reported`` has a column ``added_tokens``.
        has_corrections: Whether some records take money back.
    """

    notes: list[str]
    assumed_tz: bool
    repeated: int
    has_added_tokens: bool
    has_corrections: bool


def remove_bad_rows(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> Checked:
    """Leave only usage in ``reported``, with the files numbered as they were given.

    Args:
        ws: A workspace that a `Loader` filled.
        plans: The ledgers as they were given.
        order: The numbers of the ledgers in the order in which they were loaded.
    """
    sums = (
        "skipped", "rejected", "doubtful", "credits", "with_added_tokens",
        "corrections",
    )  # fmt: skip
    ((skipped, rejected, doubtful, credit_rows, added, corrections),) = ws.execute(
        f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in sums)} "
        f"FROM {ws.file_stats}"
    ).fetchall()
    rejects.collect(ws, plans, order, count=rejected + doubtful)
    left_out = no_usage.sentences(ws) if skipped else []
    repeated, sentences = _remove_repeated(ws)
    left_out += [*sentences, *remarks.sentences(ws, [plan.source for plan in plans])]
    left_out += reported.extra_notes(ws)
    zone_notes = _zone_notes(ws, plans, order)
    if credit_rows:
        bill_credits.collect(ws, order)
    all_good = not (skipped or rejected or credit_rows)
    _drop_bad_rows(ws, order, [] if added else ["added_tokens"], all_good=all_good)
    ws.drop(ws.file_stats)
    left_out += format_notes.of_plans(plans)
    left_out += [note for plan in plans for note in plan.raw.notes]
    return Checked(
        notes=[*left_out, *zone_notes],
        assumed_tz=bool(zone_notes),
        repeated=repeated,
        has_added_tokens=bool(added),
        has_corrections=bool(corrections),
    )


def _remove_repeated(ws: Workspace) -> tuple[int, list[str]]:
    """Remove the usage that other records report; return its number and notes."""
    above, notes_above = nesting.remove_repeated(ws)
    later, notes_later = retrievals.remove_retrievals(ws)
    return above + later, [*notes_above, *notes_later]


def _zone_notes(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> list[str]:
    """Timestamps whose zone was assumed, one sentence for all files of a format."""
    alike: dict[tuple[str, str, str], list[tuple[int, int, int]]] = {}
    for file, first, naive, first_naive in ws.execute(
        "SELECT file, first, without_zone, first_without_zone "
        f"FROM {ws.file_stats} WHERE without_zone > 0"
    ).fetchall():
        plan = plans[order[file]]
        if plan.source.timezone is None:
            key = plan.source.name, plan.zone, plan.unit
            alike.setdefault(key, []).append(
                (order[file], naive, first_naive - first + 1)
            )
    sentences = []
    for (_, zone, unit), found in alike.items():
        number, _, row = min(found)
        name = plans[number].raw.name
        line = rejects.line_of(ws, plans[number].raw, row)
        count = sum(naive for _, naive, _ in found)
        timestamps = counted(count, "timestamp was", "timestamps were")
        more = len(found) - 1
        others = f", and {counted(more, 'more file', 'more files')}" if more else ""
        sentences.append(
            f"{name}, {unit} {line:,}{others}: no time zone; {timestamps} read as "
            f"{zone} (to change it: timezone in meterwidgets.toml, tz= in Python)"
        )
    return sentences


def _drop_bad_rows(
    ws: Workspace, order: Sequence[int], unneeded: Sequence[str], *, all_good: bool
) -> None:
    """Drop the bad rows, and the columns that were needed to find them."""
    is_view = ws.is_view(ws.reported)
    if not all_good and is_view:
        ws.narrow(ws.reported, where=_IS_GOOD)
    elif not all_good:
        ws.execute(f"DELETE FROM {ws.reported} WHERE NOT ({_IS_GOOD})")
    labels.collect(ws)
    columns = (
        "used", "left_out", "zoned", "reject", "doubts", "credit", "remark",
        "extra_dropped", *labels.COLUMNS, *unneeded,
    )  # fmt: skip
    numbers = ", ".join(map(str, order))
    file = f"([{numbers}]::BIGINT[])[file + 1]"
    if is_view:
        excluded = ", ".join(columns)
        ws.narrow(ws.reported, f"* EXCLUDE ({excluded}) REPLACE ({file} AS file)")
        return
    for column in columns:
        ws.execute(f"ALTER TABLE {ws.reported} DROP COLUMN {column}")
    if list(order) != sorted(order):
        ws.execute(f"UPDATE {ws.reported} SET file = {file}")
