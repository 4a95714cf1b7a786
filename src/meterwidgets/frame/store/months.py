"""The months of a generation: their records, and the rows of the cube beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from meterwidgets.frame.cube.build import added_up
from meterwidgets.frame.rollup.stats import FACTS, Facts, facts
from meterwidgets.frame.store import parquet, segments
from meterwidgets.frame.store.manifest import Manifest, Month
from meterwidgets.frame.store.merge import Merged
from meterwidgets.ledger.engine.progress import Progress, Steps
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.records.notes import Tally, combined, tally, told
from meterwidgets.schema import DIMENSIONS

if TYPE_CHECKING:
    import duckdb

_MOST_PARTS = 8
"""A month of more parts is written as one, so that it stays quick to read."""
_LAST_DAY = "last_day(make_timestamp(start_us))"


@dataclass
class Writer:
    """The one that writes to a store, while it holds the lock."""

    folder: Path
    book: PriceBook
    about: Mapping[str, Any]
    now: Manifest
    made: list[str] = field(default_factory=list)
    progress: Progress | None = None

    def place(self, folder: str, name: str) -> str:
        """A new path of this generation, relative to the store."""
        path = f"{folder}/{name}"
        self.made.append(path)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        return path


def months_of(
    con: duckdb.DuckDBPyConnection,
    writer: Writer,
    merged: Merged,
    ids: Sequence[int],
    steps: Steps,
) -> tuple[dict[str, Month], int]:
    """Write the months that changed; the others stay the files that they are.

    Args:
        con: With ``records``, which are new, and with ``gone`` and ``unpaid``.
        writer: Who writes.
        merged: What the new records do to stored ones.
        ids: The ids of the inputs, by the numbers of their files.
        steps: Told how far writing is.

    Returns:
        All months, and the seconds of a time bucket in their segments.
    """
    before = writer.now
    number = f"{before.generation + 1:06}"
    stage = writer.place("records", number)
    staged = parquet.stage(con, ids, writer.folder / stage, tell=steps.tell)
    steps.until(1)
    writer.made.remove(stage)
    tally(con, further=[f"{_LAST_DAY} AS month", *FACTS])
    every = facts(con)
    full = {
        name for name, month in before.months.items() if len(month.parts) >= _MOST_PARTS
    }
    anew = sorted(merged.changed | (full & staged.keys()))
    added = {
        name: _with_further(con, writer, name, files)
        for name, files in staged.items()
        if name not in anew
    }
    again = {name: _anew(con, writer, name, staged.get(name, ())) for name in anew}
    rmtree(writer.folder / stage, ignore_errors=True)
    months = before.months | added | {name: each.month for name, each in again.items()}
    grain_s = segments.grain(before.grain_s, months.values())
    written = _segments(con, before, added, every, again, grain_s, steps)
    for name, rows, old in written:
        path = writer.place("cube", f"{name}/{number}.arrow")
        of_before = (old, grain_s // before.grain_s) if old else None
        segments.write_segment(con, writer.folder, rows, path, old=of_before)
        months[name] = msgspec.structs.replace(months[name], segment=path)
    return months, grain_s


@dataclass(frozen=True)
class _Anew:
    """A month whose records are all written anew.

    Attributes:
        month: What it holds.
        rows: SQL text of the records.
        known: What is known of them.
    """

    month: Month
    rows: str
    known: Facts


def _segments(
    con: duckdb.DuckDBPyConnection,
    before: Manifest,
    added: Mapping[str, Month],
    every: Facts,
    again: Mapping[str, _Anew],
    grain_s: int,
    steps: Steps,
) -> Iterator[tuple[str, pa.Table | None, str]]:
    """The rows of the cube of the months that changed.

    Args:
        con: With ``records``.
        before: What the store held.
        added: The months that have further records.
        every: What is known of ``records``.
        again: The months that are written anew.
        grain_s: Seconds of a time bucket.
        steps: Told how far it is.

    Yields:
        A month, rows that come into its segment, and its segment that stays, or
        nothing.
    """
    if added:
        others = ", ".join(f"'{_first(name):%Y-%m-%d}'::DATE" for name in again)
        where = f"WHERE date_trunc('month', make_timestamp(start_us)) NOT IN ({others})"
        records = f"(SELECT * FROM records {where})" if again else "records"
        rows = added_up(
            con, records, DIMENSIONS.personal_keys, grain_s, every, steps.tell
        )
        names = sorted(added)
        edges = [int(_first(name).timestamp()) // grain_s for name in names]
        for name, table in zip(names, rows.tables([*edges, 1 << 62]), strict=True):
            kept = before.months.get(name)
            yield name, table, kept.segment if kept else ""
    for name, each in again.items():
        rows = added_up(con, each.rows, DIMENSIONS.personal_keys, grain_s, each.known)
        yield name, *rows.tables([0, 1 << 62]), ""
    if grain_s != before.grain_s:
        for name, month in before.months.items():
            if name not in added and name not in again:
                yield name, None, month.segment


def _first(month: str) -> datetime:
    """The first moment of a month."""
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def _with_further(
    con: duckdb.DuckDBPyConnection, writer: Writer, name: str, staged: Sequence[Path]
) -> Month:
    """Put what is new in a month beside what is there.

    Args:
        con: With ``tallies`` by month.
        writer: Who writes.
        name: The month.
        staged: The files of what is new.
    """
    number = f"{writer.now.generation + 1:06}"
    made = [
        writer.place(
            "records", f"{name}/{number}{f'-{place}' if place else ''}.parquet"
        )
        for place, _ in enumerate(staged)
    ]
    for source, path in zip(staged, made, strict=True):
        source.rename(writer.folder / path)
    of_month = f"(FROM tallies WHERE strftime(month, '%Y-%m') = {literal(name)})"
    known = facts(con, of_month)
    return _month(writer.now.months.get(name), made, told(con, of_month), known)


def _anew(
    con: duckdb.DuckDBPyConnection, writer: Writer, name: str, staged: Sequence[Path]
) -> _Anew:
    """Write what is new in a month and what stays in it as one.

    Args:
        con: With ``gone`` and ``unpaid``.
        writer: Who writes.
        name: The month.
        staged: The files of what is new.
    """
    before = writer.now.months.get(name)
    stays = parquet.kept(writer.folder, before.parts if before else ())
    rows = " UNION ALL BY NAME ".join(filter(None, [stays, parquet.staged(staged)]))
    path = writer.place("records", f"{name}/{writer.now.generation + 1:06}.parquet")
    parquet.write(con, rows, writer.folder / path)
    records = parquet.records(writer.folder, [path])
    tallies = tally(con, records, further=FACTS)
    known = facts(con)
    return _Anew(_month(None, [path], tallies, known), records, known)


def _month(
    before: Month | None, made: Sequence[str], tallies: Sequence[Tally], known: Facts
) -> Month:
    """A month that holds further records, without its segment."""
    kept = before or Month((), "", (), known.first_us, known.last_us)
    return Month(
        (*kept.parts, *made),
        "",
        combined((*kept.tallies, *tallies)),
        min(kept.first_us, known.first_us or kept.first_us),
        max(kept.last_us, known.last_us),
        max(kept.bucket_us, known.bucket_us),
    )
