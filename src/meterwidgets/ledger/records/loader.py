"""Load opened ledgers into the workspace, and set aside what is not usage.

Ledgers that the same statement reads are loaded together, a batch at a time. Where one
of a batch can't be read the batch is halved until the error names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.progress import LARGE, Done, Progress
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes import pages
from meterwidgets.ledger.readers.json_errors import explain_json_error
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import labels, parquet_view, rejects
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.schema import COUNTS, NAMES
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

    def load(self, batches: Sequence[Sequence[Plan]]) -> None:
        """Fill ``reported`` and ``file_stats``.

        Raises:
            LedgerError: When a ledger can't be read.
        """
        if not self._load_in_place(batches):
            self._ws.create(self._ws.reported, _no_rows())
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
            parquet_view.create(ws, _no_rows(), batches)
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
                raise LedgerError(f"{name}: can't be read ({reason})") from None
            half = len(batch) // 2
            self._load_batch(batch[:half])
            self._load_batch(batch[half:])
            return
        if plan.source.is_paginated:
            pages.add(ws, plan.raw.select_rows(files), plan.source.name)
        self._files += len(batch)
        self._bytes += size
        self._rows += added[0] if added else 0


def _no_rows() -> str:
    """SQL text of ``reported`` without rows."""
    texts = ("source", "grain", "record_id", "covers", *NAMES, "status", "service_tier",
             "reported_currency", *labels.COLUMNS)  # fmt: skip
    numbers = ("file", "n", "start_us", "end_us", *COUNTS, "reported_cost",
               "reported_input_cost", "reported_output_cost", "grown")  # fmt: skip
    booleans = ("recorded_zero", "own_id", "billed", "used", "zoned")
    columns = [f'NULL::VARCHAR AS "{name}"' for name in texts]
    columns += [f"NULL::BIGINT AS {name}" for name in numbers]
    columns += [f"NULL::BOOLEAN AS {name}" for name in booleans]
    columns.append(
        "NULL::STRUCT(field VARCHAR, value VARCHAR, reason VARCHAR) AS reject"
    )
    return f"SELECT {', '.join(columns)} WHERE false"


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
  count(*) FILTER (WHERE NOT used AND reject IS NULL) AS skipped,
  count(*) FILTER (WHERE NOT zoned AND {_IS_GOOD}) AS without_zone,
  min({{n}}) FILTER (WHERE NOT zoned AND {_IS_GOOD}) AS first_without_zone,
  count(reject) AS rejected
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


def remove_bad_rows(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> tuple[list[str], bool]:
    """Leave only usage in ``reported``, with the files numbered as they were given.

    Args:
        ws: A workspace that a `Loader` filled.
        plans: The ledgers as they were given.
        order: The numbers of the ledgers in the order in which they were loaded.

    Returns:
        The notes, one sentence each, and whether a time zone was assumed.
    """
    ((skipped, rejected),) = ws.execute(
        "SELECT coalesce(sum(skipped), 0), coalesce(sum(rejected), 0) "
        f"FROM {ws.file_stats}"
    ).fetchall()
    rejects.collect(ws, [plans[number] for number in order], rejected=rejected)
    notes: dict[int, list[str]] = {}
    assumed = False
    for file, first, not_usage, naive, first_naive in ws.execute(
        "SELECT file, first, skipped, without_zone, first_without_zone "
        f"FROM {ws.file_stats} WHERE skipped > 0 OR without_zone > 0"
    ).fetchall():
        plan = plans[order[file]]
        notes_of_file = notes.setdefault(order[file], [])
        if not_usage:
            rows = counted(not_usage, "row is not a request", "rows are not requests")
            notes_of_file.append(f"{plan.raw.name}: {rows}, left out")
        if naive and plan.source.timezone is None:
            assumed = True
            line = rejects.line_of(ws, plan.raw, first_naive - first + 1)
            notes_of_file.append(_zone_note(plan, line, naive))
    _drop_bad_rows(ws, order, all_good=not (skipped or rejected))
    ws.drop(ws.file_stats)
    return [
        note
        for number, plan in enumerate(plans)
        for note in (*plan.raw.notes, *plan.notes, *notes.get(number, ()))
    ], assumed


def _zone_note(plan: Plan, line: int, count: int) -> str:
    timestamps = counted(count, "timestamp was", "timestamps were")
    return (
        f"{plan.raw.name}, {plan.unit} {line:,}: no time zone; {timestamps} read as "
        f"{plan.zone} (to change it: timezone in meterwidgets.toml, tz= in Python)"
    )


def _drop_bad_rows(ws: Workspace, order: Sequence[int], *, all_good: bool) -> None:
    """Drop the bad rows, and the columns that were needed to find them."""
    is_view = ws.is_view(ws.reported)
    if not all_good and is_view:
        ws.narrow(ws.reported, where=_IS_GOOD)
    elif not all_good:
        ws.execute(f"DELETE FROM {ws.reported} WHERE NOT ({_IS_GOOD})")
    labels.collect(ws)
    columns = ("used", "zoned", "reject", *labels.COLUMNS)
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
