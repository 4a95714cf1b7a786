"""The writer of a store: its lock, the files of the next generation, and publication.

New files lie beside those of the current generation and count for nothing until the
manifest names them. What a killed writer left behind is removed by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from meterwidgets.errors import LedgerError, StoreError
from meterwidgets.frame.store import manifest
from meterwidgets.frame.store.manifest import Manifest
from meterwidgets.ledger.engine.progress import Progress
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.readers.files import STORE_LOCK


@dataclass(frozen=True, kw_only=True)
class DisplayOptions:
    """How a store appears on screens.

    Attributes:
        name: What it is called.
        tz: The IANA zone that pages start with.
        labels: Dimension -> id -> name to show; they win over the ledgers' own names.
    """

    name: str
    tz: str
    labels: Mapping[str, Mapping[str, str]]


@dataclass(kw_only=True)
class StoreWriter:
    """Writes the generations of a store while it holds the lock.

    Attributes:
        folder: The store.
        prices: Prices of what ledgers did not price.
        display: How the store appears on screens.
        manifest: The current generation.
        new_paths: Paths of the next generation, relative to the store.
        progress: Told how far the writing is.
    """

    folder: Path
    prices: PriceBook
    display: DisplayOptions
    manifest: Manifest
    new_paths: list[str] = field(default_factory=list)
    progress: Progress | None = None

    @property
    def number(self) -> str:
        """The number of the next generation, as file names carry it."""
        return f"{self.manifest.generation + 1:06}"

    def new_path(self, folder: str, name: str) -> str:
        """A path for a file of the next generation, relative to the store."""
        path = f"{folder}/{name}"
        self.new_paths.append(path)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        return path

    def publish(self, generation: Manifest) -> None:
        """Write a generation to disk for good: its files first, the manifest last."""
        for path in self.new_paths:
            _flush(self.folder / path)
        manifest.publish(self.folder, generation)

    def move_on(self, generation: Manifest) -> None:
        """Continue from a published generation; remove what the last one retired."""
        for path in self.manifest.retired:
            _remove(self.folder / path)
        self.new_paths.clear()
        self.manifest = generation

    def roll_back(self) -> None:
        """Remove the files of a generation that was not published."""
        # interrupted right after the manifest was replaced, the new generation counts
        self.manifest = manifest.load(self.folder, to_write=True) or Manifest()
        self.new_paths.clear()
        self.remove_unnamed_files()

    def remove_unnamed_files(self) -> None:
        """Remove the files that the current generation doesn't name."""
        named = {*self.manifest.files, *self.manifest.retired}
        for name in manifest.FOLDERS:
            for path in (self.folder / name).rglob("*"):
                relative = path.relative_to(self.folder)
                ancestors = {parent.as_posix() for parent in relative.parents}
                is_named = relative.as_posix() in named or not named.isdisjoint(
                    ancestors
                )
                if path.is_file() and not is_named:
                    path.unlink(missing_ok=True)
            for path in sorted((self.folder / name).rglob("*"), reverse=True):
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()


@contextmanager
def locked(folder: Path, *, on_wait: Callable[[], object] | None) -> Iterator[None]:
    """Hold the lock of a store, which is created if it is not there.

    Args:
        folder: The store.
        on_wait: Called once if another writer holds the lock.

    Raises:
        LedgerError: When the folder holds other files.
        StoreError: When the folder can't be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        stored = manifest.load(folder, to_write=True)
        if stored is None and not _is_empty_store(folder):
            raise LedgerError(
                f"{folder}: is a folder with other files and not a store; "
                "name a new folder"
            )
        lock = FileLock(folder / STORE_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None:
                on_wait()
            lock.acquire()
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{folder}: can't be written ({reason})") from None
    try:
        yield
    finally:
        lock.release()


def _is_empty_store(folder: Path) -> bool:
    """Whether a folder holds at most what a killed first writer left behind."""
    return all(
        path.name in manifest.FOLDERS or path.name.startswith(".")
        for path in folder.iterdir()
    )


def _flush(path: Path) -> None:
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        manifest.sync(each)
    manifest.sync(path.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
