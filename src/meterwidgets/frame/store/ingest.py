"""``ingest``: read ledgers into a store, each record once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from meterwidgets.errors import LedgerError, StoreError
from meterwidgets.frame.store import manifest
from meterwidgets.frame.store.generation import (
    IngestResult,
    rebuild_generation,
    write_generation,
)
from meterwidgets.frame.store.inputs import PendingInput, batches, pending_inputs
from meterwidgets.frame.store.manifest import Manifest
from meterwidgets.frame.store.writer import DisplayOptions, StoreWriter, locked
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.progress import Done, Progress
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.records.plan import LedgerSpec


def ingest(
    requests: Sequence[LedgerSpec],
    folder: str | Path,
    *,
    prices: PriceBook | None = None,
    tz: str = "UTC",
    labels: Mapping[str, Mapping[str, str]] | None = None,
    progress: Progress | None = None,
    on_wait: Callable[[], object] | None = None,
) -> IngestResult:
    """Read ledgers into a store; records that it has already are not added again.

    A file that has not changed since it was read is skipped. One that can't be read
    changes nothing and is listed in the result; the others are added. A store of an
    earlier version is rebuilt first, from its own records, at the costs that they have;
    for that alone name no ledger.

    Args:
        requests: What to read.
        folder: The store; it is created if it is not there.
        prices: Prices of what the ledgers did not price.
        tz: The zone that pages start with.
        labels: Dimension -> id -> name to show.
        progress: Called with a `Done` before each batch of inputs, while a large one is
            read, and at the end.
        on_wait: Called once if another writer holds the store.

    Raises:
        LedgerError: When nothing is named, or nothing in it is usage.
        StoreError: When the store can't be written; its contents stay as they were.
    """
    folder = Path(folder)
    with locked(folder, on_wait=on_wait):
        writer = StoreWriter(
            folder=folder,
            prices=prices or PriceBook(),
            display=DisplayOptions(name=folder.stem, tz=tz, labels=labels or {}),
            manifest=manifest.load(folder, to_write=True) or Manifest(),
        )
        writer.remove_unnamed_files()
        rebuilt = _rebuild(writer)
        inputs = list(pending_inputs(requests, writer.manifest))
        if not inputs and rebuilt.rebuilt:
            return rebuilt
        if not inputs:
            raise LedgerError("no ledger was named; name a file, a folder or a glob")
        changed = [each for each in inputs if not each.is_unchanged(writer.manifest)]
        result = rebuilt + IngestResult(unchanged=len(inputs) - len(changed))
        result += _ingest_batches(writer, changed, progress)
    if not writer.manifest.generation:
        raise LedgerError(result.problems[0])
    return result


def _rebuild(writer: StoreWriter) -> IngestResult:
    """Rebuild a store of an earlier version; one of this version stays as it is."""
    if writer.manifest.format == manifest.FORMAT:
        return IngestResult()

    def rebuild(ws: Workspace) -> tuple[Manifest, IngestResult]:
        after = rebuild_generation(ws, writer)
        records = sum(month.records for month in after.months.values())
        return after, IngestResult(rebuilt=records)

    return _publish(writer, rebuild)


def _ingest_batches(
    writer: StoreWriter, inputs: Sequence[PendingInput], progress: Progress | None
) -> IngestResult:
    """Ingest the inputs, a generation a batch."""
    result, bytes_done = IngestResult(), 0
    total = sum(pending.size for pending in inputs)
    for batch in batches(inputs):
        rows_done = result.records + result.duplicates
        if progress is not None:
            progress(Done(batch[0].name, bytes_done, total, rows_done))
            writer.progress = _offset(progress, bytes_done, total, rows_done)
        result += _ingest_readable(writer, batch)
        bytes_done += sum(pending.size for pending in batch)
    if progress is not None and inputs:
        progress(Done("", total, total, result.records + result.duplicates))
    return result


def _offset(
    progress: Progress, bytes_done: int, total: int, rows_done: int
) -> Progress:
    """Turn the progress of one batch into the progress of all of them."""

    def report(batch: Done) -> None:
        done = bytes_done + batch.bytes
        progress(Done(batch.name, done, total, rows_done + batch.rows))

    return report


def _ingest_readable(
    writer: StoreWriter, batch: Sequence[PendingInput]
) -> IngestResult:
    """Ingest a batch, without the inputs that can't be read."""
    try:
        return _ingest_batch(writer, batch)
    except StoreError:
        raise
    except LedgerError as error:
        if len(batch) == 1:
            return IngestResult(problems=(str(error),))
    half = len(batch) // 2  # find them by bisection
    return _ingest_readable(writer, batch[:half]) + _ingest_readable(
        writer, batch[half:]
    )


def _ingest_batch(writer: StoreWriter, batch: Sequence[PendingInput]) -> IngestResult:
    """Publish a generation that has a batch, or leave the store as it was."""
    return _publish(writer, lambda ws: write_generation(ws, writer, batch))


def _publish(
    writer: StoreWriter, write: Callable[[Workspace], tuple[Manifest, IngestResult]]
) -> IngestResult:
    """Publish a generation, or leave the store as it was.

    Args:
        writer: Who writes.
        write: Writes its files, and returns its manifest and what was done.
    """
    import duckdb

    try:
        with open_workspace() as ws:
            generation, result = write(ws)
        writer.publish(generation)
    except BaseException as error:
        writer.roll_back()
        if isinstance(error, OSError | duckdb.Error):
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise StoreError(
                f"{writer.folder}: can't be written ({reason}); what was in it "
                "before is still there"
            ) from error
        raise
    writer.move_on(generation)
    return result
