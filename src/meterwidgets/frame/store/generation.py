"""A generation of a store: the files that it is made of, and what they hold.

They lie beside those of the generation before; ``ingest`` lets them count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from meterwidgets.frame.store import parquet, segments
from meterwidgets.frame.store.manifest import Input, Manifest
from meterwidgets.frame.store.merge import merge
from meterwidgets.frame.store.months import Writer, months_of
from meterwidgets.ledger.engine.progress import Steps
from meterwidgets.ledger.read import Request, gather, nothing, settle
from meterwidgets.ledger.records import parquet_view, rejects
from meterwidgets.ledger.records.labels import collected
from meterwidgets.ledger.records.quality import as_line

if TYPE_CHECKING:
    import duckdb

TABLE = "the table"
"""What an input is called that has no name of its own."""


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


def generation(
    con: duckdb.DuckDBPyConnection, writer: Writer, batch: Sequence[Task]
) -> tuple[Manifest, Added]:
    """Write the files of the next generation and say what they are."""
    before = writer.now
    requests = [task.request for task in batch]
    steps = Steps(writer.progress)
    steps.until(0.4)
    gathered = gather(con, requests, steps.progress)
    steps.until(0.8)
    inputs = _inputs(con, before, batch, assumed_tz=gathered.assumed_tz)
    months = {name: month.parts for name, month in before.months.items()}
    merged = merge(con, writer.folder, months)
    inputs = _with_those_of_before(con, before, batch, inputs)
    (count,) = con.execute("SELECT count(*) FROM ledger").fetchone() or (0,)
    bad = sum(each.rejected for each in inputs)
    if not count and not before.months:
        raise nothing(gathered.names, bad, tuple(islice(rejects.rows(con), 1)))
    stored = [path for paths in months.values() for path in paths]
    beside = [parquet.ledger(writer.folder, stored)] if stored else []
    rates = settle(con, writer.book, beside=beside)
    number = f"{before.generation + 1:06}"
    after, grain_s = months_of(con, writer, merged, [each.id for each in inputs], steps)
    parquet_view.check(con)
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
    if _shows_the_same(before, made) and not segments.renames(
        writer.folder, before, came
    ):
        made = msgspec.structs.replace(made, index=before.index)
    else:
        path = writer.place("index", number)
        made = msgspec.structs.replace(made, index=path)
        named = (segments.names(writer.folder, before), came)
        segments.write(
            writer.folder, made, named=named, book=writer.book, **writer.about
        )
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
