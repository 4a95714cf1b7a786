"""The spool: a reading's own temporary files, for what can't be read where it lies."""

from __future__ import annotations

import atexit
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from threading import Lock
from typing import Any

from meterwidgets.errors import LedgerError

_MOST_TIMES = 250
"""Ledgers of the same few words are packed to a hundredth; a bomb to a thousandth."""
_UNCHECKED = 128 << 20
"""Bytes that anything may unpack to."""
_AT_ONCE = 8
_ROOM = 512 << 20
"""Bytes that stay free on the disk."""


class Spool:
    """A temporary folder that is made when something is put into it.

    Each file has a folder of its own, so that it keeps its name, and is gone when the
    reading is over.
    """

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._numbers = count(1)
        self._lock = Lock()
        self._made: dict[object, Any] = {}

    def place(self, name: str) -> Path:
        """A new path for a file; ``key=value`` folders above it keep their names."""
        with self._lock:
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="meterwidgets-")
            root = self._folder.name
        number = next(self._numbers)
        *folders, last = re.split(r"[/\\]", name)
        parts: list[str] = []
        for folder in reversed(folders):
            if "=" not in folder[1:]:
                break
            parts.insert(0, folder[:200])
        path = Path(root, str(number), *parts, last[-200:] or "file")
        path.parent.mkdir(parents=True)
        return path

    def once(self, key: object, make: Callable[[], Any]) -> Any:
        """What ``make`` returned for a key, which is called for the first time only."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def prepare(self, make: Mapping[object, Callable[[], Any]]) -> None:
        """Call several functions at the same time, for `once` to return their results.

        One that fails is called again by ``once``, which raises its error.
        """
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            futures = {key: threads.submit(call) for key, call in make.items()}
        for key, future in futures.items():
            if future.exception() is None:
                self._made[key] = future.result()

    def save(
        self,
        name: str,
        chunks: Iterable[bytes],
        *,
        packed: int | None = None,
        mtime_ns: int | None = None,
    ) -> Path:
        """Write a file.

        Args:
            name: What to call it, and what errors call it.
            chunks: Its content.
            packed: The bytes of what it is unpacked from.
            mtime_ns: When it was changed; now, if not given.

        Raises:
            LedgerError: When it is far larger than what it is unpacked from, or the
                disk is too small for it.
        """
        path = self.place(name)
        most = None if packed is None else max(_UNCHECKED, _MOST_TIMES * packed)
        size = checked = 0
        with path.open("wb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if most is not None and size > most:
                    raise too_large(name)
                if size - checked > _UNCHECKED or not checked:
                    checked = max(size, 1)
                    _check_room(name, path.parent)
                stream.write(chunk)
        if mtime_ns is not None:
            os.utime(path, ns=(mtime_ns, mtime_ns))
        return path

    def close(self) -> None:
        """Remove all files."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = None
        self._made.clear()


@cache
def process_spool() -> Spool:
    """The spool of what is read only once in a process, until the process ends."""
    spool = Spool()
    atexit.register(spool.close)
    return spool


def _check_room(name: str, folder: Path) -> None:
    if shutil.disk_usage(folder).free < _ROOM:
        raise LedgerError(
            f"{name}: doesn't fit in the temporary folder {gettempdir()}; make room, "
            "or set TMPDIR to a larger one"
        )


def too_large(name: str) -> LedgerError:
    """The error of something that unpacks to far more than a ledger would."""
    return LedgerError(
        f"{name}: unpacks to more than {_MOST_TIMES} times its size, as no ledger "
        "does; if you trust it, unpack it yourself and name what is in it"
    )


def is_too_large(size: int, packed: int) -> bool:
    """Whether something that unpacks to a size is no ledger, but a bomb.

    Examples:
        >>> is_too_large(10 << 30, 10 << 20), is_too_large(50 << 20, 1 << 20)
        (True, False)
    """
    return size > max(_UNCHECKED, _MOST_TIMES * packed)
