"""``ingest``: ledgers into a store, each record once, whatever happens meanwhile.

New usage becomes a new Parquet part of its month; a stored record that a newer one
replaces lets its month be written anew. All of that lies beside what counts until the
manifest names it. What a writer that was ended left behind is swept by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError, StoreError
from meterwidgets.frame.store import manifest
from meterwidgets.frame.store.generation import TABLE, Added, Task, generation
from meterwidgets.frame.store.manifest import Manifest
from meterwidgets.frame.store.months import Writer
from meterwidgets.ledger.engine.connection import workspace
from meterwidgets.ledger.engine.progress import Done, Progress
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.read import Request
from meterwidgets.ledger.readers.database_url import Database
from meterwidgets.ledger.readers.files import find_files

__all__ = ["Added", "ingest"]

_BATCH_BYTES = 256 << 20
_BATCH_FILES = 2_000
_LATE = timedelta(days=1)


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
        progress: Called with a `Done` before each batch of inputs, while a large one is
            read, and at the end.
        waiting: Called once if another writer has the store.

    Raises:
        LedgerError: When nothing is named, or nothing in it is usage.
        StoreError: When the store can't be written; what was in it is still there.
    """
    folder = Path(folder)
    about = {"tz": tz, "labels": labels or {}, "name": folder.stem}
    with _locked(folder, waiting):
        writer = Writer(
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
            told = added.records + added.duplicates
            if progress is not None:
                progress(Done(batch[0].name, done, total, told))
            writer.progress = _after(progress, done, total, told)
            added += _each(writer, batch)
            done += sum(task.size for task in batch)
        if progress is not None and todo:
            progress(Done("", total, total, added.records + added.duplicates))
    if not writer.now.generation:
        raise LedgerError(added.problems[0])
    return added


def _after(
    progress: Progress | None, done: int, total: int, rows: int
) -> Progress | None:
    """What tells how far a batch is as how far all of it is."""
    if progress is None:
        return None

    def tell(now: Done) -> None:
        progress(Done(now.name, done + now.bytes, total, rows + now.rows))

    return tell


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


def _sweep(writer: Writer) -> None:
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


def _tasks(requests: Sequence[Request], now: Manifest) -> Iterator[Task]:
    for request in requests:
        for each in request.inputs:
            if isinstance(each, Database):
                since = request.since or _since(str(each), now)
                yield Task(replace(request, inputs=[each], since=since), str(each))
                continue
            if not isinstance(each, str | Path):
                yield Task(replace(request, inputs=[each]), TABLE)
                continue
            for path in find_files(each):
                path = path.resolve()
                about = path.stat()
                yield Task(
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


def _unchanged(task: Task, now: Manifest) -> bool:
    return task.mtime_ns is not None and any(
        (each.name, each.size, each.mtime_ns) == (task.name, task.size, task.mtime_ns)
        for each in now.inputs
    )


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
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


def _each(writer: Writer, batch: Sequence[Task]) -> Added:
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


def _ingest(writer: Writer, batch: Sequence[Task]) -> Added:
    """Read a batch and make the generation that holds it, or leave all as it was."""
    import duckdb

    writer.made.clear()
    try:
        with workspace() as con:
            made, added = generation(con, writer, batch)
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
    for path in writer.now.retired:
        _remove(writer.folder / path)
    writer.now = made
    return added


def _reach_disk(path: Path) -> None:
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        manifest.sync(each)
    manifest.sync(path.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
