"""The usage of each scope: cut before a kernel starts, again when its store moves."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from meterwidgets.context import open_newer, open_usage
from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.scope import Scope
from meterwidgets.frame.store.scoped import (
    SOCKET,
    publish,
    publish_records,
)
from meterwidgets.frame.store.store import StoreSnapshot
from meterwidgets.serve.scoped.records import listen

FOLLOW_S = 2.0
"""Seconds between two looks at the store while pages are open."""
_THREADS = 2
"""Scopes that are cut at once; more would take the processor from open pages."""
_IDLE_S = 600.0
"""Seconds until the folder of a scope that nobody looks at is removed."""
_MOST = 1024
"""Scopes at once; past that, those that were not used for the longest time go."""
_OPENED = 8
"""Frames that stay open for the first HTML; each takes a few descriptors."""
_log = logging.getLogger("meterwidgets")


@dataclass(frozen=True)
class Cut:
    """What a page is made of.

    Attributes:
        scope: What may be seen.
        folder: What its kernel is given: the folder of the scope, or of everything.
        generation: The number of the newest frame in it; 0 where nothing is cut.
    """

    scope: Scope
    folder: Path
    generation: int = 0


@dataclass(eq=False)
class _ScopeFolder:
    """The folder of a scope.

    Attributes:
        scope: What may be seen.
        path: Where it is.
        generation: The number of its newest frame.
        cut_from: The number of the whole that this was cut from.
        store: The store of that whole.
        cutting: The cut that is going on.
        reading: The cut of records that is going on.
        server: Answers the kernels that ask for records.
        used: When a page was last made of it, on the monotonic clock.
    """

    scope: Scope
    path: Path
    generation: int = 0
    cut_from: int = 0
    store: StoreSnapshot | None = None
    cutting: asyncio.Future[None] | None = None
    reading: asyncio.Future[None] | None = None
    server: asyncio.Server | None = None
    used: float = field(default_factory=time.monotonic)


class ScopedFrames:
    """The usage of each scope; to be used in the server's loop.

    Args:
        whole: The folder of the frame or store that holds everything.
        cache: A folder that is readable to this user only.
        in_use: The scopes that sessions show now: they are cut again as soon as the
            store moves, the others when they are next asked for.
    """

    def __init__(
        self,
        whole: Path,
        cache: Path,
        in_use: Callable[[], Collection[Scope]] = tuple,
    ) -> None:
        self._whole_folder, self._cache, self._in_use = whole, cache, in_use
        # Only the newest whole is kept: an old one may be as large as memory.
        self._whole: UsageFrame | None = None
        self._number = 0
        self._whole_lock = Lock()
        self._folders: dict[str, _ScopeFolder] = {}
        self._opened: OrderedDict[tuple[Path, int], UsageFrame] = OrderedDict()
        self._opened_lock = Lock()
        self._threads = ThreadPoolExecutor(_THREADS, "cut")
        self._records_thread = ThreadPoolExecutor(1, "records")

    async def get(self, scope: Scope) -> Cut:
        """What a page of a scope is made of, of the store's newest generation.

        Raises:
            MeterError: When it can't be read or written.
        """
        if scope.is_all:
            return Cut(scope, self._whole_folder)
        folder = self._folders.get(scope.key)
        if folder is None:
            folder = self._folders[scope.key] = self._new_folder(scope)
        folder.used = time.monotonic()
        await self._cut(folder)
        return Cut(scope, folder.path, folder.generation)

    async def folder(self, scope: Scope) -> Path:
        """The folder that the kernel of a page is given; see ``get``."""
        return (await self.get(scope)).folder

    def usage(self, cut: Cut) -> UsageFrame:
        """The frame that a page is made of, for the server itself; in any thread."""
        if cut.scope.is_all:
            return self._newest()[0]
        key = cut.folder, cut.generation
        with self._opened_lock:
            if key not in self._opened:
                self._opened[key] = open_frame(cut.folder / str(cut.generation))
            self._opened.move_to_end(key)
            while len(self._opened) > _OPENED:
                self._opened.popitem(last=False)
            return self._opened[key]

    async def follow(self) -> None:
        """Cut the scopes in use again whenever the store moves, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            keys = {scope.key for scope in self._in_use()} & self._folders.keys()
            try:
                self._remove_idle(keys)
                if keys:
                    await asyncio.to_thread(self._newest)
                for folder in [self._folders[key] for key in keys]:
                    if folder.cut_from != self._number:
                        await self._cut(folder)
            except (MeterError, OSError) as error:
                _log.warning("the usage of a scope could not be cut again: %s", error)
            except Exception:  # noqa: BLE001 - pages go on with what they show
                _log.exception("the usage of a scope could not be cut again")

    def close(self) -> None:
        """Stop, without waiting for a cut; the folders go with the cache."""
        for threads in (self._threads, self._records_thread):
            threads.shutdown(wait=False, cancel_futures=True)
        for folder in self._folders.values():
            if folder.server:
                folder.server.close()

    def _new_folder(self, scope: Scope) -> _ScopeFolder:
        path = self._cache / scope.key
        self._cache.mkdir(mode=0o700, exist_ok=True)
        path.mkdir(mode=0o700)
        return _ScopeFolder(scope, path)

    async def _cut(self, folder: _ScopeFolder) -> None:
        """Have the folder's frame be that of the newest generation, cut once at most.

        Whoever leaves meanwhile does not stop it: others wait for it, too.
        """
        if folder.cutting is None:
            folder.cutting = asyncio.ensure_future(self._cut_now(folder))
            folder.cutting.add_done_callback(lambda _: setattr(folder, "cutting", None))
        await asyncio.shield(folder.cutting)

    async def _cut_now(self, folder: _ScopeFolder) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._publish, folder)
        can_listen = hasattr(asyncio, "start_unix_server")  # not on Windows
        if folder.store is not None and folder.server is None and can_listen:
            folder.server = await listen(
                folder.path / SOCKET, lambda: self._cut_records(folder)
            )

    def _publish(self, folder: _ScopeFolder) -> None:
        """Cut the newest usage to a scope, unless it is cut already."""
        whole, number = self._newest()
        if folder.cut_from == number:
            return
        store = whole.store if isinstance(whole.store, StoreSnapshot) else None
        before = folder.store
        same_rows = bool(store and before and store.generation == before.generation)
        if same_rows:  # somebody who follows the ledgers has read them all again
            cut = open_frame(folder.path / str(folder.generation))
            coverage = replace(whole.coverage, file_notes=())
            cut = replace(cut, coverage=coverage)
        else:
            cut = whole.scoped(folder.scope)
        folder.generation = publish(cut, folder.path, same_arrays=same_rows)
        folder.cut_from, folder.store = number, store

    async def _cut_records(self, folder: _ScopeFolder) -> None:
        """Cut the records of a scope, if its newest generation has none yet."""
        if folder.reading is None:
            loop = asyncio.get_running_loop()
            folder.reading = loop.run_in_executor(
                self._records_thread, self._publish_records, folder
            )
            folder.reading.add_done_callback(lambda _: setattr(folder, "reading", None))
        await asyncio.shield(folder.reading)

    def _publish_records(self, folder: _ScopeFolder) -> None:
        store, generation = folder.store, folder.generation
        if store is not None:
            publish_records(store, folder.scope, folder.path, generation)

    def _newest(self) -> tuple[UsageFrame, int]:
        """Everything, as it is now, and its number."""
        with self._whole_lock:
            if self._whole is None:
                # A file of the store that is cut off must not end the server.
                self._whole = open_usage(self._whole_folder, mapped=False)
                self._number += 1
            elif (newer := open_newer(self._whole)) is not None:
                self._whole = newer
                self._number += 1
            return self._whole, self._number

    def _remove_idle(self, in_use: Collection[str]) -> None:
        """Remove the folders that nobody has looked at for long, and too many ones."""
        idle = [
            (folder.used, key)
            for key, folder in self._folders.items()
            if key not in in_use and not folder.cutting and not folder.reading
        ]
        idle.sort()
        excess = len(self._folders) - _MOST
        for number, (used, key) in enumerate(idle):
            if number < excess or used < time.monotonic() - _IDLE_S:
                folder = self._folders.pop(key)
                if folder.server:
                    folder.server.close()
                # Out of the way at once: the same scope may be cut again meanwhile.
                with self._opened_lock:
                    for frame in [*self._opened]:
                        if frame[0] == folder.path:
                            del self._opened[frame]
                removed = folder.path.with_suffix(f".{used}")
                with suppress(FileNotFoundError):
                    folder.path.rename(removed)
                self._threads.submit(shutil.rmtree, removed, ignore_errors=True)
