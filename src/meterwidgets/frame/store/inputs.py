"""The inputs of an ingest: which to read, in which batches, and what they held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import UnsetType

from meterwidgets.frame.store.manifest import Input, Manifest
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.databases.postgres_url import Database
from meterwidgets.ledger.readers.find_files import find_files, state_of
from meterwidgets.ledger.readers.stored_file import StoredFile
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.ledger.records.spans import LedgerSpan
from meterwidgets.zones import EPOCH

_TABLE = "the table"
"""The name of an input in memory."""
_BATCH_BYTES = 256 << 20
_BATCH_FILES = 2_000
_LATE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class PendingInput:
    """One input to read.

    Attributes:
        request: How to read it.
        name: Its path or address.
        size: Its bytes; 0 for what is not a file.
        mtime_ns: Its modification time; None for what is not a file.
    """

    request: LedgerSpec
    name: str
    size: int = 0
    mtime_ns: int | None = None

    def is_unchanged(self, manifest: Manifest) -> bool:
        """Whether it is a file that a store has read in this very state."""
        return self.mtime_ns is not None and any(
            (stored.name, stored.size, stored.mtime_ns)
            == (self.name, self.size, self.mtime_ns)
            for stored in manifest.inputs
        )


def pending_inputs(
    requests: Sequence[LedgerSpec], manifest: Manifest
) -> Iterator[PendingInput]:
    """The single files, databases and tables of some requests.

    Args:
        requests: What to read.
        manifest: What the store holds: a database is only asked for what is newer.
    """
    for request in requests:
        for ledger in request.inputs:
            if isinstance(ledger, Database):
                name = str(ledger)
                # whether a table only grows, and by which column, nobody knows
                is_whole = ledger.has_rows
                since = None if is_whole else request.since or _since(name, manifest)
                yield PendingInput(
                    request=replace(request, inputs=[ledger], since=since), name=name
                )
            elif isinstance(ledger, str | Path | StoredFile):
                for part in find_files(ledger):
                    yield _pending_file(request, part)
            else:
                yield PendingInput(
                    request=replace(request, inputs=[ledger]), name=_TABLE
                )


def _pending_file(request: LedgerSpec, part: Path | StoredFile) -> PendingInput:
    if isinstance(part, StoredFile):
        size, changed = part.size, part.state_ns
    else:
        part = part.resolve()
        size, changed = state_of(part)
    return PendingInput(
        request=replace(request, inputs=[part]),
        name=str(part),
        size=size,
        mtime_ns=changed,
    )


def _since(database: str, manifest: Manifest) -> datetime | None:
    """The time from which to ask a database for more; None asks for everything.

    A gateway writes a request when it is finished, so the last day is asked for again.
    Where rows were rejected everything is read again, to find out which still are.
    """
    for stored in manifest.inputs:
        if stored.name == database and stored.last_start_us is not None:
            if stored.rejected:
                return None
            return EPOCH + timedelta(microseconds=stored.last_start_us) - _LATE
    return None


def batches(inputs: Sequence[PendingInput]) -> Iterator[list[PendingInput]]:
    """Inputs that make one generation: many small ones, or one large one."""
    batch: list[PendingInput] = []
    size = 0
    for pending in inputs:
        if batch and (len(batch) >= _BATCH_FILES or size + pending.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(pending)
        size += pending.size
    if batch:
        yield batch


def read_inputs(
    ws: Workspace,
    before: Manifest,
    batch: Sequence[PendingInput],
    *,
    spans: Sequence[LedgerSpan | None],
    assumed_tz: bool,
) -> list[Input]:
    """The inputs of a batch as the manifest lists them, with the rows that they held.

    Args:
        ws: A workspace with ``reported`` and ``rejects``, before anything is merged.
        before: What the store holds; an input that is read again keeps its id.
        batch: The inputs, in the order of their file numbers.
        spans: The times of each.
        assumed_tz: Whether timestamps were read in an assumed zone.
    """
    ids = {stored.name: stored.id for stored in before.inputs if stored.name != _TABLE}
    good_rows = {
        file: (count, last_start_us)
        for file, count, last_start_us in ws.execute(
            f"SELECT file, count(*), max(start_us) FROM {ws.reported} GROUP BY file"
        ).fetchall()
    }
    rejected_rows = dict(
        ws.execute(
            f"SELECT file, count(*) FROM {ws.rejects} WHERE NOT kept GROUP BY file"
        ).fetchall()
    )
    last_id = max((stored.id for stored in before.inputs), default=0)
    inputs = []
    for file, pending in enumerate(batch):
        last_id += pending.name not in ids
        rejected = rejected_rows.get(pending.name, 0)
        count, last_start_us = good_rows.get(file, (0, None))
        inputs.append(
            Input(
                id=ids.get(pending.name, last_id),
                name=pending.name,
                size=pending.size if pending.mtime_ns is not None else None,
                mtime_ns=pending.mtime_ns,
                rows=count + rejected,
                rejected=rejected,
                assumed_tz=assumed_tz,
                last_start_us=last_start_us,
                span=spans[file] or msgspec.UNSET,
            )
        )
    return inputs


def with_earlier_rows(
    ws: Workspace,
    before: Manifest,
    batch: Sequence[PendingInput],
    inputs: Sequence[Input],
) -> list[Input]:
    """The inputs, where only the latest rows were asked for with all rows so far.

    Args:
        ws: A workspace whose ``reported`` holds only new rows by now.
        before: What the store holds.
        batch: How the inputs were read.
        inputs: What `read_inputs` found.
    """
    stored = {each.id: each for each in before.inputs}
    new_rows = dict(
        ws.execute(f"SELECT file, count(*) FROM {ws.reported} GROUP BY file").fetchall()
    )
    completed = []
    for file, (pending, read) in enumerate(zip(batch, inputs, strict=True)):
        earlier = stored.get(read.id)
        if pending.request.since is not None and earlier is not None:
            read = msgspec.structs.replace(
                read,
                rows=earlier.rows + new_rows.get(file, 0) + read.rejected,
                last_start_us=max(earlier.last_start_us or 0, read.last_start_us or 0),
                span=_extended(earlier.span, read.span),
            )
        completed.append(read)
    return completed


def _extended(
    earlier: LedgerSpan | UnsetType, read: LedgerSpan | UnsetType
) -> LedgerSpan | UnsetType:
    """The span of a database of which only the latest rows were read again.

    Even a reading that found none moves the time until which it is known.
    """
    if read:
        return read.extended(earlier or None)
    return earlier.read_again(datetime.now(UTC)) if earlier else earlier
