"""A store: a folder with every record, the rolled-up months, and a frame over them."""

from __future__ import annotations

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
from meterwidgets.ledger.readers.files import MANIFEST

if TYPE_CHECKING:
    import pyarrow as pa

FED = ".fed"
"""Touched whenever the one who feeds a store has looked for more."""
_FED_FOR = timedelta(minutes=10)
_TRIES = 5


@dataclass(frozen=True)
class Stored:
    """One generation of a store, as the ``RecordStore`` of its frame.

    Attributes:
        folder: The store.
        generation: Which one of its generations.
        parts: Month, as "2026-02" -> the Parquet files of its records.
    """

    folder: Path
    generation: int
    parts: Mapping[str, tuple[Path, ...]]

    def records(self, query: RecordQuery) -> pa.Table:
        """The records that a query asks for; see ``Selection.records``."""
        from meterwidgets.frame.store.records import read_records

        return read_records(self.folder, self.parts, query)

    def is_current(self) -> bool:
        """Whether no newer generation has been written."""
        now = manifest.load(self.folder)
        return now is None or now.generation == self.generation


def is_store(folder: str | Path) -> bool:
    """Whether a folder is a store."""
    return (Path(folder) / MANIFEST).is_file()


def open_store(folder: str | Path) -> UsageFrame:
    """The usage in a store, mapped into memory and shared by every kernel.

    Args:
        folder: As ``meterwidgets ingest --store`` made it.

    Returns:
        A frame of the generation that counts now. A writer changes nothing in it;
        open the store again, or ``view.refresh()``, for a newer one.

    Raises:
        LedgerError: When there is no store, or it can't be read.
    """
    folder = Path(folder)
    for _ in range(_TRIES):
        now = _generation(folder)
        if (folder / now.index).is_dir():
            break  # else a writer went on by two generations meanwhile
    frame = open_frame(folder / now.index)
    months = {
        name: tuple(folder / part for part in month.parts)
        for name, month in now.months.items()
    }
    stored = Stored(folder, now.generation, months)
    frame = replace(frame, store=stored, fed=_fed(folder))
    paths = [path for month in months.values() for path in month]
    return replace(frame, reread=partial(_reprice, frame, folder, paths))


def _reprice(
    frame: UsageFrame, folder: Path, paths: Sequence[Path], **prices: Any
) -> UsageFrame:
    """Repricing needs the engine; opening does not."""
    from meterwidgets.frame.store.reprice import reprice

    return reprice(frame, folder, paths, **prices)


def _generation(folder: Path) -> manifest.Manifest:
    now = manifest.load(folder)
    if now is None or not now.generation:
        raise LedgerError(
            f"{folder}: is no store; make one with meterwidgets ingest SOURCE "
            f"--store {folder}"
        )
    return now


def _fed(folder: Path) -> datetime | None:
    """When somebody who still feeds the store looked for more; else None."""
    try:
        seen = datetime.fromtimestamp((folder / FED).stat().st_mtime, UTC)
    except OSError:
        return None
    return seen if datetime.now(UTC) - seen < _FED_FOR else None
