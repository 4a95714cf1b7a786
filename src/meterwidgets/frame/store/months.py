"""Write the months of a generation: their records, and their rows of the cube."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from shutil import rmtree

import msgspec
import pyarrow as pa

from meterwidgets.frame.cube.build import accumulate_records
from meterwidgets.frame.rollup.stats import STATS_COLUMNS, RecordStats, record_stats
from meterwidgets.frame.store import parquet, segments
from meterwidgets.frame.store.manifest import Manifest, Month
from meterwidgets.frame.store.merge import NEWLY_BILLED, SUPERSEDED, MergeResult
from meterwidgets.frame.store.writer import StoreWriter
from meterwidgets.ledger.engine.progress import Steps
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.records.notes import Tally, combined, read_tallies, tally
from meterwidgets.schema import DIMENSIONS

_MAX_PARTS = 8
"""A month with this many parts is rewritten as one, so that it stays quick to read."""
_LAST_DAY = "last_day(make_timestamp(start_us))"
_END_OF_TIME = 1 << 62


@dataclass(frozen=True)
class _Rewritten:
    """A month whose records are all in one new part.

    Attributes:
        month: Its files and counts.
        records: SQL text of its priced records.
        stats: Statistics of those.
    """

    month: Month
    records: str
    stats: RecordStats


@dataclass(frozen=True)
class _SegmentUpdate:
    """What the next segment of a month is made of.

    Attributes:
        month: The month.
        rows: New rows of the cube, or None.
        segment: The present segment to add them to; "" for none.
    """

    month: str
    rows: pa.Table | None
    segment: str = ""


# long: the steps of writing a month in order, each a call
def write_months(
    ws: Workspace,
    writer: StoreWriter,
    merged: MergeResult,
    input_ids: Sequence[int],
    steps: Steps,
) -> tuple[dict[str, Month], int]:
    """Write the months that changed; the others keep their files.

    Args:
        ws: A workspace with the priced new ``records``, merged.
        writer: Who writes.
        merged: The effect of the new records on stored ones.
        input_ids: The ids of the inputs, in the order of their file numbers.
        steps: Told how far the writing is.

    Returns:
        All months, and the seconds of a time bucket in their segments.
    """
    before = writer.manifest
    staging = writer.folder / "records" / writer.number
    staging.parent.mkdir(exist_ok=True)
    new_files = parquet.write_by_month(ws, input_ids, staging, tell=steps.tell)
    steps.until(1)
    tally(ws, extra_sums=[f"{_LAST_DAY} AS month", *STATS_COLUMNS])
    stats = record_stats(ws)
    crowded = {
        name for name, month in before.months.items() if len(month.parts) >= _MAX_PARTS
    }
    to_rewrite = sorted(merged.changed_months | (crowded & new_files.keys()))
    appended = {
        name: _append(ws, writer, name, files)
        for name, files in new_files.items()
        if name not in to_rewrite
    }
    rewritten = {
        name: _rewrite(ws, writer, name, new_files.get(name, ())) for name in to_rewrite
    }
    rmtree(staging, ignore_errors=True)
    months = before.months | appended
    months |= {name: each.month for name, each in rewritten.items()}
    grain_s = segments.grain(before.grain_s, months.values())
    updates = chain(
        _appended_rows(ws, before, rewritten, sorted(appended), stats, grain_s, steps),
        _rewritten_rows(ws, rewritten, grain_s),
        _coarser_rows(before, {*appended, *rewritten}, grain_s),
    )
    for update in updates:  # one at a time: the rows of all months may not fit
        path = writer.new_path("cube", f"{update.month}/{writer.number}.arrow")
        segments.write_segment(
            ws,
            writer.folder / path,
            update.rows,
            base=writer.folder / update.segment if update.segment else None,
            base_buckets=grain_s // before.grain_s,
        )
        months[update.month] = msgspec.structs.replace(
            months[update.month], segment=path
        )
    return dict(sorted(months.items())), grain_s


def rebuild_month(ws: Workspace, writer: StoreWriter, name: str) -> Month:
    """Rewrite a month of an earlier version from its own records.

    Args:
        ws: A workspace.
        writer: Who writes.
        name: The month.

    Returns:
        The month; its records cost what they did.
    """
    month = writer.manifest.months[name]
    rows = parquet.upgraded_rows(writer.folder, month.parts)
    rebuilt = _write_as_one(ws, writer, name, rows)
    (update,) = _rewritten_rows(ws, {name: rebuilt}, writer.manifest.grain_s)
    segment = writer.new_path("cube", f"{name}/{writer.number}.arrow")
    segments.write_segment(
        ws, writer.folder / segment, update.rows, base=None, base_buckets=1
    )
    return msgspec.structs.replace(rebuilt.month, segment=segment)


def _appended_rows(
    ws: Workspace,
    before: Manifest,
    rewritten: Collection[str],
    months: Sequence[str],
    stats: RecordStats,
    grain_s: int,
    steps: Steps,
) -> Iterator[_SegmentUpdate]:
    """The new rows of months that keep the records that they had, in one roll-up.

    Args:
        ws: A workspace with ``records``.
        before: What the store held.
        rewritten: The other months of ``records``.
        months: The months, in order.
        stats: Statistics of ``records``.
        grain_s: Seconds of a time bucket.
        steps: Told how far the roll-up is.
    """
    if not months:
        return
    records: str = ws.records
    if rewritten:
        others = ", ".join(f"'{_start(name):%Y-%m-%d}'::DATE" for name in rewritten)
        records = (
            f"(SELECT * FROM {ws.records} WHERE "
            f"date_trunc('month', make_timestamp(start_us)) NOT IN ({others}))"
        )
    rows = accumulate_records(
        ws, records, DIMENSIONS.personal_keys, grain_s, stats, steps.tell
    )
    edges = [int(_start(name).timestamp()) // grain_s for name in months]
    tables = rows.tables([*edges, _END_OF_TIME])
    for name, table in zip(months, tables, strict=True):
        month = before.months.get(name)
        yield _SegmentUpdate(name, table, month.segment if month else "")


def _rewritten_rows(
    ws: Workspace, rewritten: Mapping[str, _Rewritten], grain_s: int
) -> Iterator[_SegmentUpdate]:
    """All rows of the months that were rewritten."""
    for name, month in rewritten.items():
        rows = accumulate_records(
            ws, month.records, DIMENSIONS.personal_keys, grain_s, month.stats
        )
        (table,) = rows.tables([0, _END_OF_TIME])
        yield _SegmentUpdate(name, table)


def _coarser_rows(
    before: Manifest, changed: Collection[str], grain_s: int
) -> Iterator[_SegmentUpdate]:
    """The other months, whose rows need merging if time buckets become longer."""
    if grain_s != before.grain_s:
        for name, month in before.months.items():
            if name not in changed:
                yield _SegmentUpdate(name, None, month.segment)


def _start(month: str) -> datetime:
    """The first instant of a month."""
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def _append(
    ws: Workspace,
    writer: StoreWriter,
    name: str,
    files: Sequence[Path],
) -> Month:
    """Move new files of records beside those that a month has.

    Args:
        ws: A workspace with ``tallies`` by month.
        writer: Who writes.
        name: The month.
        files: The new files.
    """
    suffixes = ["", *(f"-{number}" for number in range(1, len(files)))]
    parts = [
        writer.new_path("records", f"{name}/{writer.number}{suffix}.parquet")
        for suffix in suffixes
    ]
    for file, part in zip(files, parts, strict=True):
        file.rename(writer.folder / part)
    of_month = f"(FROM {ws.tallies} WHERE strftime(month, '%Y-%m') = {literal(name)})"
    month = writer.manifest.months.get(name)
    return _extended(
        month, parts, read_tallies(ws, of_month), record_stats(ws, of_month)
    )


def _rewrite(
    ws: Workspace,
    writer: StoreWriter,
    name: str,
    files: Sequence[Path],
) -> _Rewritten:
    """Write the new and the remaining records of a month as one part.

    Args:
        ws: A workspace with `SUPERSEDED` and `NEWLY_BILLED`.
        writer: Who writes.
        name: The month.
        files: The files of the new records.
    """
    month = writer.manifest.months.get(name)
    remaining = parquet.remaining_rows(
        writer.folder,
        month.parts if month else (),
        superseded=SUPERSEDED,
        newly_billed=NEWLY_BILLED,
    )
    rows = " UNION ALL BY NAME ".join(
        filter(None, [remaining, parquet.rows_of_files(files)])
    )
    return _write_as_one(ws, writer, name, rows)


def _write_as_one(
    ws: Workspace, writer: StoreWriter, name: str, rows: str
) -> _Rewritten:
    """Write the stored rows of a month as one part."""
    part = writer.new_path("records", f"{name}/{writer.number}.parquet")
    parquet.write_part(ws, rows, writer.folder / part)
    records = parquet.priced_records(writer.folder, [part])
    tallies = tally(ws, records, extra_sums=STATS_COLUMNS)
    stats = record_stats(ws)
    return _Rewritten(_extended(None, [part], tallies, stats), records, stats)


def _extended(
    month: Month | None,
    parts: Sequence[str],
    tallies: Sequence[Tally],
    stats: RecordStats,
) -> Month:
    """A month with further records; its segment is still to be written."""
    if month is None:
        month = Month(
            parts=(), segment="", tallies=(),
            first_us=stats.first_us, last_us=stats.last_us,
        )  # fmt: skip
    return Month(
        parts=(*month.parts, *parts),
        segment="",
        tallies=combined((*month.tallies, *tallies)),
        first_us=min(month.first_us, stats.first_us or month.first_us),
        last_us=max(month.last_us, stats.last_us),
        bucket_us=max(month.bucket_us, stats.bucket_us),
    )
