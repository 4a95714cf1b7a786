"""A store: a folder with every record, the months rolled up, and a frame over them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store import manifest
from meterwidgets.frame.store.manifest import Manifest, store_coverage
from meterwidgets.ledger.readers.files import MANIFEST

if TYPE_CHECKING:
    import pyarrow as pa

HEARTBEAT = ".fed"
"""The file that ``ingest --follow`` touches each time it has read all its ledgers."""
_ATTEMPTS = 5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class StoreSnapshot:
    """One generation of a store, as the ``RecordStore`` of its frame.

    Attributes:
        folder: The store.
        generation: The number of the generation.
        parts: Month, such as "2026-02" -> the Parquet files of its records.
        is_mapped: Whether its frame is mapped into memory, and a newer one will be.
    """

    folder: Path
    generation: int
    parts: Mapping[str, tuple[Path, ...]]
    is_scoped: bool = False
    is_mapped: bool = True

    def records(self, query: RecordQuery) -> pa.Table:
        """The records that a query asks for; see ``Selection.records``."""
        from meterwidgets.frame.store.records import read_records

        return read_records(self.folder, self.parts, query)

    def is_current(self) -> bool:
        """Whether no newer generation has been published."""
        current = manifest.load(self.folder)
        return current is None or current.generation == self.generation


def is_store(folder: str | Path) -> bool:
    """Whether a folder is a store."""
    return (Path(folder) / MANIFEST).is_file()


def open_store(folder: str | Path, *, mapped: bool = True) -> UsageFrame:
    """The usage in a store, mapped into memory and shared by every kernel.

    Args:
        folder: The folder that ``meterwidgets ingest --store`` made.
        mapped: False reads it into memory, for a process that must outlive its files.

    Returns:
        A frame of the current generation. Later ingests don't change it; open the
        store again, or call ``view.refresh()``, for a newer one.

    Raises:
        LedgerError: When there is no store, or it can't be read.
    """
    folder = Path(folder)
    for _ in range(_ATTEMPTS):
        current = _load(folder)
        if (folder / current.index).is_dir():
            break  # else a writer has published two generations since
    frame = open_frame(folder / current.index, mapped=mapped)
    parts = {
        name: tuple(folder / part for part in month.parts)
        for name, month in current.months.items()
    }
    snapshot = StoreSnapshot(folder, current.generation, parts, is_mapped=mapped)
    coverage = store_coverage(current, frame.tz, last_read=_last_heartbeat(folder))
    frame = replace(frame, store=snapshot, coverage=coverage)
    paths = [path for month in parts.values() for path in month]
    return replace(frame, reread=partial(_reprice, frame, folder, paths))


def open_newer(usage: UsageFrame) -> UsageFrame | None:
    """The usage of a newer generation of the same store, or None if there is none.

    While the store is followed, the end of what it covers moves on by the minute
    without a new generation, too.

    Args:
        usage: A frame; one that was not opened from a store has no newer one.

    Returns:
        The newer frame, with the labels of the old one where it has none itself.
    """
    store = usage.store
    if store is None:
        return None
    heartbeat = _last_heartbeat(store.folder)
    is_later = heartbeat is not None and heartbeat - usage.coverage.written >= _MINUTE
    if store.is_current() and not is_later:
        return None
    current = _load(store.folder)
    if current.generation == store.generation:
        # only time has moved on: the same arrays, which may be large, stay
        coverage = store_coverage(current, usage.tz, last_read=heartbeat)
        if coverage == usage.coverage:
            return None
        return replace(usage, coverage=coverage)
    newer = open_store(store.folder, mapped=store.is_mapped)
    labels = {
        dimension: {
            **usage.labels.get(dimension, {}), **newer.labels.get(dimension, {})
        }
        for dimension in {*usage.labels, *newer.labels}
    }  # fmt: skip
    return replace(newer, labels=labels)


def touch_heartbeat(folder: Path, at: datetime) -> None:
    """Say that somebody who follows the ledgers of a store has read them all."""
    if folder.is_dir():
        path = folder / HEARTBEAT
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))


def _reprice(
    frame: UsageFrame, folder: Path, paths: Sequence[Path], **prices: Any
) -> UsageFrame:
    """Reprice a store; only this needs the engine, opening does not."""
    from meterwidgets.frame.store.reprice import reprice

    return reprice(frame, folder, paths, **prices)


def _load(folder: Path) -> Manifest:
    current = manifest.load(folder)
    if current is None or not current.generation:
        raise LedgerError(
            f"{folder}: is not a store; make one with meterwidgets ingest SOURCE "
            f"--store {folder}"
        )
    return current


def _last_heartbeat(folder: Path) -> datetime | None:
    """When somebody who follows the ledgers last read them all; None if nobody did."""
    try:
        return datetime.fromtimestamp((folder / HEARTBEAT).stat().st_mtime, UTC)
    except OSError:
        return None
