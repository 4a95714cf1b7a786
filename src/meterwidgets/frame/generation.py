"""A generation of a store: the files that it is made of, and what they hold.

They lie beside those of the generation before; ``ingest`` lets them count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import msgspec

from meterwidgets.frame import index, parts
from meterwidgets.frame.manifest import Input, Manifest, Month
from meterwidgets.frame.merge import Merged, merge
from meterwidgets.frame.read import FACTS, Facts, added_up, facts
from meterwidgets.frame.rollup import USER_DIMENSIONS
from meterwidgets.ledger import rejects, staying
from meterwidgets.ledger.labels import collected
from meterwidgets.ledger.notes import combined, tally
from meterwidgets.ledger.prices import PriceBook
from meterwidgets.ledger.progress import Progress
from meterwidgets.ledger.quality import as_line
from meterwidgets.ledger.read import Request, gather, nothing, settle

if TYPE_CHECKING:
    import duckdb

TABLE = "the table"
"""What an input is called that has no name of its own."""
_MOST_PARTS = 8
"""A month of more parts is written as one, so that it stays quick to read."""


@dataclass(frozen=True)
class Added:
    """What an ingest did.

    Attributes:
        records: Records that are new in the store.
        duplicates: Rows that were there already.
        replaced: Stored records that newer ones stand for now.
        rejected: Rows that broke a rule; ``rejects`` of the store holds them.
        read: Inputs that were read.
        unchanged: Inputs that were left alone, as they had not changed.
        problems: Why inputs could not be read, one sentence each; they are not in.
        notes: What the reader should know, one sentence each.
    """

    records: int = 0
    duplicates: int = 0
    replaced: int = 0
    rejected: int = 0
    read: int = 0
    unchanged: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Added) -> Added:
        sums = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(self)
        }
        return Added(**sums | {"notes": tuple(dict.fromkeys(sums["notes"]))})


@dataclass(frozen=True)
class Task:
    """One input that has to be read."""

    request: Request
    name: str
    size: int = 0
    mtime_ns: int | None = None


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


def generation(
    con: duckdb.DuckDBPyConnection, writer: Writer, batch: Sequence[Task]
) -> tuple[Manifest, Added]:
    """Write the files of the next generation and say what they are."""
    before = writer.now
    requests = [task.request for task in batch]
    gathered = gather(con, requests, writer.progress)
    inputs = _inputs(con, before, batch, assumed_tz=gathered.assumed_tz)
    months = {name: month.parts for name, month in before.months.items()}
    merged = merge(con, writer.folder, months)
    inputs = _with_those_of_before(con, before, batch, inputs)
    (count,) = con.execute("SELECT count(*) FROM ledger").fetchone() or (0,)
    bad = sum(each.rejected for each in inputs)
    if not count and not before.months:
        raise nothing(gathered.names, bad, tuple(islice(rejects.rows(con), 1)))
    stored = [path for paths in months.values() for path in paths]
    beside = [parts.ledger(writer.folder, stored)] if stored else []
    rates = settle(con, writer.book, beside=beside)
    number = f"{before.generation + 1:06}"
    after, grain_s = _months(con, writer, merged, [each.id for each in inputs])
    staying.check(con)
    ids = {each.id for each in inputs}
    found = (*gathered.notes, *merged.notes)
    notes = _said(before.notes, found, ids)
    kept = [each for each in before.inputs if each.id not in ids]
    made = msgspec.structs.replace(
        before,
        generation=before.generation + 1,
        grain_s=grain_s,
        months=dict(sorted(after.items())),
        inputs=(*kept, *inputs),
        notes=notes,
        rates=_said(before.rates, rates, ids),
    )
    if bad or before.rejects:
        path = writer.place("rejects", f"{number}.jsonl")
        names = [each.name for each in inputs]
        _write_rejects(con, writer.folder, before.rejects, path, names)
        made = msgspec.structs.replace(made, rejects=path)
    came = collected(con)
    if _shows_the_same(before, made) and not index.renames(writer.folder, before, came):
        made = msgspec.structs.replace(made, index=before.index)
    else:
        path = writer.place("index", number)
        made = msgspec.structs.replace(made, index=path)
        named = (index.names(writer.folder, before), came)
        index.write(writer.folder, made, named=named, book=writer.book, **writer.about)
    retired = {*before.files} - {*made.files}
    said = (*found, *rates)
    return (
        msgspec.structs.replace(made, retired=tuple(sorted(retired))),
        Added(count, merged.duplicates, merged.replaced, bad, len(batch), notes=said),
    )


def _shows_the_same(before: Manifest, made: Manifest) -> bool:
    """Whether nothing changed that the frame of a store shows."""

    def shown(now: Manifest) -> object:
        rows = [(each.rows, each.rejected, each.assumed_tz) for each in now.inputs]
        return now.months, now.notes.keys(), now.rates.keys(), sorted(rows)

    return bool(before.index) and shown(before) == shown(made)


def _said(
    before: Mapping[str, tuple[int, ...]], now: Sequence[str], ids: set[int]
) -> dict[str, tuple[int, ...]]:
    """What was said of other inputs, and what is said of those that were read now."""
    kept = {note: who for note, who in before.items() if not ids.issuperset(who)}
    return kept | dict.fromkeys(now, tuple(sorted(ids)))


def _inputs(
    con: duckdb.DuckDBPyConnection,
    before: Manifest,
    batch: Sequence[Task],
    *,
    assumed_tz: bool,
) -> list[Input]:
    """The inputs of a batch, with what they held; one that was read keeps its id."""
    known = {each.name: each.id for each in before.inputs if each.name != TABLE}
    good = {
        number: (count, last)
        for number, count, last in con.execute(
            "SELECT file, count(*), max(start_us) FROM ledger GROUP BY file"
        ).fetchall()
    }
    bad = dict(
        con.execute("SELECT file, count(*) FROM rejects GROUP BY file").fetchall()
    )
    highest = max((each.id for each in before.inputs), default=0)
    found = []
    for number, task in enumerate(batch):
        highest += task.name not in known
        broken = bad.get(task.name, 0)
        count, last = good.get(number, (0, None))
        found.append(
            Input(
                known.get(task.name, highest),
                task.name,
                task.size if task.mtime_ns is not None else None,
                task.mtime_ns,
                count + broken,
                broken,
                assumed_tz,
                last,
            )
        )
    return found


def _with_those_of_before(
    con: duckdb.DuckDBPyConnection,
    before: Manifest,
    batch: Sequence[Task],
    inputs: Sequence[Input],
) -> list[Input]:
    """The inputs, those of which only the latest was asked for with all their rows.

    Args:
        con: With ``ledger``, in which only what is new is left.
        before: What the store held.
        batch: How the inputs were read.
        inputs: What was read of them.
    """
    known = {each.id: each for each in before.inputs}
    new = dict(
        con.execute("SELECT file, count(*) FROM ledger GROUP BY file").fetchall()
    )
    found = []
    for number, (task, each) in enumerate(zip(batch, inputs, strict=True)):
        then = known.get(each.id)
        if task.request.since is not None and then is not None:
            rows = then.rows + new.get(number, 0) + each.rejected
            last = max(then.until_us or 0, each.until_us or 0)
            each = msgspec.structs.replace(each, rows=rows, until_us=last)
        found.append(each)
    return found


def _months(
    con: duckdb.DuckDBPyConnection,
    writer: Writer,
    merged: Merged,
    ids: Sequence[int],
) -> tuple[dict[str, Month], int]:
    """Write the months that changed; the others stay the files that they are.

    Returns:
        All months, and the seconds of a time bucket in their segments.
    """
    before = writer.now
    stage = writer.place("records", f"{before.generation + 1:06}")
    staged = parts.stage(con, ids, writer.folder / stage)
    writer.made.remove(stage)
    written = {
        name: _records(
            con, writer, name, staged.get(name, ()), anew=name in merged.changed
        )
        for name in sorted({*staged, *merged.changed})
    }
    rmtree(writer.folder / stage, ignore_errors=True)
    months = before.months | {name: each.month for name, each in written.items()}
    grain_s = index.grain(before.grain_s, months.values())
    coarser = before.months if grain_s != before.grain_s else {}
    for name in sorted({*written, *coarser}):
        each = written.get(name) or _Written(months[name], months[name].segment)
        path = writer.place("cube", f"{name}/{before.generation + 1:06}.arrow")
        rows = None
        if each.known is not None:
            added = added_up(con, each.rows, USER_DIMENSIONS, grain_s, each.known)
            rows = added.table()
        old = (each.old, grain_s // before.grain_s) if each.old else None
        index.write_segment(con, writer.folder, rows, path, old=old)
        months[name] = msgspec.structs.replace(months[name], segment=path)
    return months, grain_s


@dataclass(frozen=True)
class _Written:
    """A month whose records are on disk, and what its segment has to be made of.

    Attributes:
        month: What it holds.
        old: The segment of the records that stay as they are; or nothing.
        rows: SQL text of the others.
        known: What is known of those.
    """

    month: Month
    old: str = ""
    rows: str = ""
    known: Facts | None = None


def _records(
    con: duckdb.DuckDBPyConnection,
    writer: Writer,
    name: str,
    staged: Sequence[Path],
    *,
    anew: bool,
) -> _Written:
    """Write what is new in a month beside what is there, or all of it anew.

    Args:
        con: With ``gone`` and ``unpaid``.
        writer: Who writes.
        name: The month.
        staged: The files of what is added.
        anew: Whether stored records of it are gone or lost their price.
    """
    before = writer.now.months.get(name)
    number = f"{writer.now.generation + 1:06}"
    if anew or (before and len(before.parts) >= _MOST_PARTS):
        stays = parts.kept(writer.folder, before.parts if before else ())
        rows = " UNION ALL BY NAME ".join(filter(None, [stays, parts.staged(staged)]))
        made = [writer.place("records", f"{name}/{number}.parquet")]
        parts.write(con, rows, writer.folder / made[0])
        before = None
    else:
        made = [
            writer.place(
                "records", f"{name}/{number}{f'-{place}' if place else ''}.parquet"
            )
            for place, _ in enumerate(staged)
        ]
        for source, path in zip(staged, made, strict=True):
            source.rename(writer.folder / path)
    rows = parts.records(writer.folder, made)
    tallies = tally(con, rows, further=FACTS)
    known = facts(con)
    kept = before or Month((), "", (), known.first_us, known.last_us)
    month = Month(
        (*kept.parts, *made),
        "",
        combined((*kept.tallies, *tallies)),
        min(kept.first_us, known.first_us or kept.first_us),
        max(kept.last_us, known.last_us),
        max(kept.bucket_us, known.bucket_us),
    )
    return _Written(month, kept.segment, rows, known)


def _write_rejects(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    before: str,
    after: str,
    names: Sequence[str],
) -> None:
    """Write the rejected rows of all inputs: those of before, less what was read again.

    Args:
        con: With ``rejects``, those of the inputs that were read.
        folder: The store.
        before: The file that there was, or nothing.
        after: The file that there will be.
        names: The inputs that were read.
    """
    with (folder / after).open("w", encoding="utf-8") as stream:
        if before:
            with (folder / before).open(encoding="utf-8") as old:
                stream.writelines(
                    line for line in old if json.loads(line)["file"] not in names
                )
        for row in rejects.rows(con):
            stream.write(as_line(row))
