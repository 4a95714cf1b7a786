"""A store: a folder with every record, the rolled-up months, and a frame over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store import manifest
from meterwidgets.ledger.readers.files import MANIFEST

FED = ".fed"
"""Touched whenever the one who feeds a store has looked for more."""
_FED_FOR = timedelta(minutes=10)
_TRIES = 5


@dataclass(frozen=True)
class Stored:
    """Where a frame comes from.

    Attributes:
        folder: The store.
        generation: Which one of its generations.
        parts: Month, as "2026-02" -> the Parquet files of its records.
    """

    folder: Path
    generation: int
    parts: Mapping[str, tuple[Path, ...]]


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
    frame = replace(frame, stored=stored, fed=_fed(folder))
    return replace(frame, again=partial(_reprice, frame, stored))


def _reprice(frame: UsageFrame, stored: Stored, **words: Any) -> UsageFrame:
    """Repricing needs the engine; opening does not."""
    from meterwidgets.frame.store.reprice import reprice

    return reprice(frame, stored, **words)


def _generation(folder: Path) -> manifest.Manifest:
    now = manifest.load(folder)
    if now is None or not now.generation:
        raise LedgerError(
            f"{folder}: is no store; make one with meterwidgets ingest SOURCE "
            f"--store {folder}"
        )
    return now


def newest(stored: Stored) -> bool:
    """Whether there is no generation after that of a frame."""
    now = manifest.load(stored.folder)
    return now is None or now.generation == stored.generation


def _fed(folder: Path) -> datetime | None:
    """When somebody who still feeds the store looked for more; else None."""
    try:
        seen = datetime.fromtimestamp((folder / FED).stat().st_mtime, UTC)
    except OSError:
        return None
    return seen if datetime.now(UTC) - seen < _FED_FOR else None
