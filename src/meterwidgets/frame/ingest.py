"""``ingest``: ledgers into a store, each record once, whatever happens meanwhile.

New usage becomes a new Parquet part of its month; a stored record that a newer one
replaces lets its month be written anew. All of that lies beside what counts until the
manifest names it. What a writer that was ended left behind is swept by the next one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from meterwidgets.errors import LedgerError, StoreError
from meterwidgets.frame import index, manifest, parts
from meterwidgets.frame.manifest import Input, Manifest, Month
from meterwidgets.frame.merge import Merged, merge, month_of
from meterwidgets.frame.read import connect
from meterwidgets.ledger import rejects
from meterwidgets.ledger.database_url import Database
from meterwidgets.ledger.files import files
from meterwidgets.ledger.labels import collected
from meterwidgets.ledger.notes import combined, tallied
from meterwidgets.ledger.prices import PriceBook
from meterwidgets.ledger.quality import as_line
from meterwidgets.ledger.read import Done, Request, gather, nothing, settle

if TYPE_CHECKING:
    import duckdb

_BATCH_BYTES = 256 << 20
_BATCH_FILES = 2_000
_TABLE = "the table"
_LATE = timedelta(days=1)
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
class _Task:
    """One input that has to be read."""

    request: Request
    name: str
    size: int = 0
    mtime_ns: int | None = None


@dataclass
class _Writer:
    """The one that writes to a store, while it holds the lock."""

    folder: Path
    book: PriceBook
    about: Mapping[str, Any]
    now: Manifest
    made: list[str] = field(default_factory=list)

    def place(self, folder: str, name: str) -> str:
        """A new path of this generation, relative to the store."""
        path = f"{folder}/{name}"
        self.made.append(path)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        return path


def ingest(
    requests: Sequence[Request],
    folder: str | Path,
    *,
    prices: PriceBook | None = None,
    tz: str = "UTC",
    labels: Mapping[str, Mapping[str, str]] | None = None,
    progress: Any = None,
    waiting: Any = None,
) -> Added:
    """Read ledgers into a store; what it has already changes nothing.

    A file that has not changed since it was read is not read again. One that can't be
    read changes nothing and is a problem of the answer; the others go in.

    Args:
        requests: What to read.
        folder: The store; made if it is not there.
        prices: Prices of what the ledgers did not price.
        tz: The zone that pages start with.
        labels: Dimension -> id -> name to show.
        progress: Called with a `Done` before each batch of inputs and at the end.
        waiting: Called once if another writer has the store.

    Raises:
        LedgerError: When nothing is named, or nothing in it is usage.
        StoreError: When the store can't be written; what was in it is still there.
    """
    folder = Path(folder)
    about = {"tz": tz, "labels": labels or {}, "name": folder.stem}
    with _locked(folder, waiting):
        writer = _Writer(
            folder, prices or PriceBook(), about, manifest.load(folder) or Manifest()
        )
        _sweep(writer)
        tasks = list(_tasks(requests, writer.now))
        if not tasks:
            raise LedgerError("no ledger was named; name a file, a folder or a glob")
        todo = [task for task in tasks if not _unchanged(task, writer.now)]
        total = sum(task.size for task in todo)
        added, done = Added(unchanged=len(tasks) - len(todo)), 0
        for batch in _batches(todo):
            if progress is not None:
                progress(
                    Done(batch[0].name, done, total, added.records + added.duplicates)
                )
            added += _each(writer, batch)
            done += sum(task.size for task in batch)
        if progress is not None and todo:
            progress(Done("", total, total, added.records + added.duplicates))
    if not writer.now.generation:
        raise LedgerError(added.problems[0])
    return added


@contextmanager
def _locked(folder: Path, waiting: Any) -> Iterator[None]:
    """Be the one that writes; another one is waited for."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [each for each in folder.iterdir() if not each.name.startswith(".")]
        if others and manifest.load(folder) is None and not _ours(folder):
            raise LedgerError(
                f"{folder}: is a folder with other files and no store; name a new one"
            )
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting is not None:
                waiting()
            lock.acquire()
    except OSError as error:
        said = error.strerror or error
        raise StoreError(f"{folder}: can't be written ({said})") from None
    try:
        yield
    finally:
        lock.release()


def _ours(folder: Path) -> bool:
    """Whether a folder holds nothing but what a first writer left that was ended."""
    return all(
        each.name in manifest.FOLDERS or each.name.startswith(".")
        for each in folder.iterdir()
    )


def _sweep(writer: _Writer) -> None:
    """Remove what no generation names: a writer before was ended while it wrote."""
    kept = {*writer.now.files, *writer.now.retired}
    for name in manifest.FOLDERS:
        for path in (writer.folder / name).rglob("*"):
            inside = path.relative_to(writer.folder).as_posix()
            named = inside in kept or any(inside.startswith(f"{k}/") for k in kept)
            if path.is_file() and not named:
                path.unlink(missing_ok=True)
        for path in sorted((writer.folder / name).rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _tasks(requests: Sequence[Request], now: Manifest) -> Iterator[_Task]:
    for request in requests:
        for each in request.inputs:
            if isinstance(each, Database):
                since = request.since or _since(str(each), now)
                yield _Task(replace(request, inputs=[each], since=since), str(each))
                continue
            if not isinstance(each, str | Path):
                yield _Task(replace(request, inputs=[each]), _TABLE)
                continue
            for path in files(each):
                path = path.resolve()
                about = path.stat()
                yield _Task(
                    replace(request, inputs=[path]),
                    str(path),
                    about.st_size,
                    about.st_mtime_ns,
                )


def _since(name: str, now: Manifest) -> datetime | None:
    """Since when to ask a database for more; None asks for all.

    A gateway writes a request when it is over, so a day is asked for once more. Where
    rows were rejected all is read again, so that those are known that still are.
    """
    for each in now.inputs:
        if each.name == name and each.until_us is not None and not each.rejected:
            last = datetime(1970, 1, 1, tzinfo=UTC)
            return last + timedelta(microseconds=each.until_us) - _LATE
    return None


def _unchanged(task: _Task, now: Manifest) -> bool:
    return task.mtime_ns is not None and any(
        (each.name, each.size, each.mtime_ns) == (task.name, task.size, task.mtime_ns)
        for each in now.inputs
    )


def _batches(tasks: Sequence[_Task]) -> Iterator[list[_Task]]:
    """Inputs that become one generation: many small ones, or one large one."""
    rest = iter(tasks)
    batch = list(islice(rest, 1))
    for task in rest:
        size = sum(each.size for each in batch)
        if len(batch) >= _BATCH_FILES or size + task.size > _BATCH_BYTES:
            yield batch
            batch = []
        batch.append(task)
    if batch:
        yield batch


def _each(writer: _Writer, batch: Sequence[_Task]) -> Added:
    """Read a batch; if that can't be done, find out which of it and read the others."""
    try:
        return _ingest(writer, batch)
    except StoreError:
        raise
    except LedgerError as error:
        if len(batch) == 1:
            return Added(problems=(str(error),))
    half = len(batch) // 2
    return _each(writer, batch[:half]) + _each(writer, batch[half:])


def _ingest(writer: _Writer, batch: Sequence[_Task]) -> Added:
    """Read a batch and make the generation that holds it, or leave all as it was."""
    import duckdb

    writer.made.clear()
    con = connect()
    try:
        made, added = _generation(con, writer, batch)
        for path in writer.made:
            _reach_disk(writer.folder / path)
        manifest.publish(writer.folder, made)
    except BaseException as error:
        # ended right after the manifest was renamed, the new generation counts
        writer.now = manifest.load(writer.folder) or Manifest()
        _sweep(writer)
        if isinstance(error, OSError | duckdb.Error):
            said = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise StoreError(
                f"{writer.folder}: can't be written ({said}); what was in it before is "
                "still there"
            ) from error
        raise
    finally:
        con.close()
    for path in writer.now.retired:
        _remove(writer.folder / path)
    writer.now = made
    return added


def _generation(
    con: duckdb.DuckDBPyConnection, writer: _Writer, batch: Sequence[_Task]
) -> tuple[Manifest, Added]:
    """Write the files of the next generation and say what they are."""
    before = writer.now
    gathered = gather(con, [task.request for task in batch])
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
    grain_s = index.grain(con, before)
    generation = f"{before.generation + 1:06}"
    after = _months(con, writer, merged, [each.id for each in inputs], grain_s)
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
        path = writer.place("rejects", f"{generation}.jsonl")
        names = [each.name for each in inputs]
        _write_rejects(con, writer.folder, before.rejects, path, names)
        made = msgspec.structs.replace(made, rejects=path)
    came = collected(con)
    if _shows_the_same(before, made) and not index.renames(writer.folder, before, came):
        made = msgspec.structs.replace(made, index=before.index)
    else:
        path = writer.place("index", generation)
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
    batch: Sequence[_Task],
    *,
    assumed_tz: bool,
) -> list[Input]:
    """The inputs of a batch, with what they held; one that was read keeps its id."""
    known = {each.name: each.id for each in before.inputs if each.name != _TABLE}
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
    batch: Sequence[_Task],
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
    writer: _Writer,
    merged: Merged,
    ids: Sequence[int],
    grain_s: int,
) -> dict[str, Month]:
    """Write the months that changed; the others stay the files that they are."""
    months = dict(writer.now.months)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS "
        f"SELECT {month_of('start_us')} AS month, min(start_us) AS first, "
        "max(start_us) AS last FROM records GROUP BY month"
    )
    touched = {m: (a, b) for m, a, b in con.execute("FROM touched").fetchall()}
    coarser = {m for m in months if grain_s != writer.now.grain_s}
    for name in sorted({*touched, *merged.changed, *coarser}):
        new = ""
        if name in touched:
            first, last = touched[name]
            inside = f"(FROM records WHERE start_us BETWEEN {first} AND {last})"
            new = parts.written(inside, ids)
        months[name] = _month(
            con, writer, name, new, grain_s, anew=name in merged.changed
        )
    return months


def _month(
    con: duckdb.DuckDBPyConnection,
    writer: _Writer,
    name: str,
    new: str,
    grain_s: int,
    *,
    anew: bool,
) -> Month:
    """Write what is new in a month beside what is there, or all of it anew.

    Args:
        con: With ``gone`` and ``unpaid``.
        writer: Who writes.
        name: The month.
        new: SQL text of what is added, as it is written; or nothing.
        grain_s: Seconds of a time bucket.
        anew: Whether stored records of it are gone or lost their price.
    """
    before = writer.now.months.get(name)
    generation = f"{writer.now.generation + 1:06}"
    path = writer.place("cube", f"{name}/{generation}.arrow")
    rows = ""
    if anew or (before and new and len(before.parts) >= _MOST_PARTS):
        stays = parts.kept(writer.folder, before.parts if before else ())
        new = " UNION ALL BY NAME ".join(filter(None, [stays, new]))
        before = None
    made = before or Month((), "", (), 0, 0)
    if new:
        part = writer.place("records", f"{name}/{generation}.parquet")
        parts.write(con, new, writer.folder / part)
        rows = parts.records(writer.folder, [part])
        first, last, longest = parts.spans(con, rows)
        made = Month(
            (*made.parts, part),
            path,
            combined((*made.tallies, *tallied(con, rows))),
            min(made.first_us or first, first),
            max(made.last_us, last),
            max(made.bucket_us, longest),
        )
    old = (before.segment, grain_s // writer.now.grain_s) if before else None
    index.write_segment(con, writer.folder, rows, path, grain_s=grain_s, old=old)
    return msgspec.structs.replace(made, segment=path)


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


def _reach_disk(path: Path) -> None:
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        manifest.sync(each)
    manifest.sync(path.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
