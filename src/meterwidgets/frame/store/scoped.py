"""The folder of a scope: what a server gives to kernels that may see no more.

It holds a saved frame for each generation, numbered from 1, the newest two of them. A
new one appears by a rename, so a kernel finds it whole. Where the server has a store,
its records of the scope are cut when a kernel asks for them: it can say no more than
that over the socket in the folder, for the server knows whose folder it is.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.saved import open_frame, save
from meterwidgets.frame.scope import Scope
from meterwidgets.frame.store.store import StoreSnapshot
from meterwidgets.schema import DIMENSIONS

if TYPE_CHECKING:
    import pyarrow as pa

SOCKET = "server"
"""The socket on which the server cuts records."""
_LONGEST_ADDRESS = 100
"""Bytes of a socket's path: the systems' limit is 108, or 104."""
_OPEN_FOLDERS = Path("/proc/self/fd")
CUT, DONE = b"cut\n", b"cut.\n"
"""All that a kernel says there, and all that it hears."""
RECORDS = "records"
"""The folder with the records of a generation, a Parquet file a month."""
_KEPT = 2
_TIMEOUT_S = 120
"""Seconds that a kernel waits for its records."""
_ATTEMPTS = 5


@dataclass(frozen=True)
class ScopedSnapshot:
    """One generation in the folder of a scope, as the ``RecordStore`` of its frame.

    Attributes:
        folder: That of the scope.
        generation: The number of the generation.
    """

    folder: Path
    generation: int
    is_scoped: bool = True
    is_mapped: bool = True

    def records(self, query: RecordQuery) -> pa.Table:
        """The records that a query asks for; they name no file of the ledger."""
        from meterwidgets.frame.store.records import read_records

        folder = self.folder / str(self.generation) / RECORDS
        if not folder.is_dir():
            self._ask_for_records()
        parts = {path.stem: (path,) for path in sorted(folder.glob("*.parquet"))}
        if not parts:
            raise LedgerError("the usage has changed since it was opened; refresh it")
        rows = read_records(self.folder, parts, query)
        return _without_rows(rows)

    def is_current(self) -> bool:
        """Whether no newer generation has appeared."""
        return self.generation == max(generations(self.folder), default=0)

    def _ask_for_records(self) -> None:
        """Wait until the server has cut them; if it doesn't, they are not there."""
        with closing(socket.socket(socket.AF_UNIX)) as server:
            server.settimeout(_TIMEOUT_S)
            try:
                with socket_address(self.folder / SOCKET) as address:
                    server.connect(address)
                server.sendall(CUT)
                server.recv(len(DONE))
            except OSError as error:
                raise LedgerError(
                    f"the requests can't be read now ({error}); try again later"
                ) from None


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """The address of a socket, short enough for the system where its path is not.

    Args:
        path: The socket, in a folder that exists.
    """
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS or not _OPEN_FOLDERS.is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield str(_OPEN_FOLDERS / str(folder) / path.name)
    finally:
        os.close(folder)


def _without_rows(rows: pa.Table) -> pa.Table:
    """Records without their number in the cut, which only orders them."""
    import pyarrow as pa

    field = rows.schema.field("row")
    place = rows.schema.get_field_index("row")
    return rows.set_column(place, field, pa.nulls(rows.num_rows, field.type))


def generations(folder: Path) -> list[int]:
    """The generations in the folder of a scope, ascending; empty for other folders."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isdecimal())


def open_scoped(folder: Path) -> UsageFrame:
    """The newest generation in the folder of a scope, mapped into memory.

    Raises:
        LedgerError: When there is none, or it can't be read.
    """
    for attempt in range(_ATTEMPTS):
        newest = max(generations(folder), default=0)
        try:
            frame = open_frame(folder / str(newest))
            break
        except LedgerError:  # two later ones have appeared since
            if attempt == _ATTEMPTS - 1:
                raise
    has_records = (folder / SOCKET).exists()
    store = ScopedSnapshot(folder, newest) if has_records else None
    return replace(frame, store=store)


def open_newer_scoped(usage: UsageFrame, store: ScopedSnapshot) -> UsageFrame | None:
    """The usage of a newer generation in the folder of a scope; None if there is none.

    Args:
        usage: What is shown.
        store: Its store.
    """
    return None if store.is_current() else open_scoped(store.folder)


def publish(frame: UsageFrame, folder: Path, *, same_arrays: bool = False) -> int:
    """Save the next generation in the folder of a scope.

    Args:
        frame: What is in the scope.
        folder: That of the scope.
        same_arrays: Whether its rows are those of the newest generation, so that only
            what is said of them has to be written.

    Returns:
        Its number.
    """
    known = generations(folder)
    newest = max(known, default=0)
    arrays_of = folder / str(newest) if same_arrays and newest else None
    save(frame, folder / str(newest + 1), arrays_of=arrays_of)
    for outdated in known[: 1 - _KEPT]:
        shutil.rmtree(folder / str(outdated), ignore_errors=True)
    return newest + 1


def publish_records(
    store: StoreSnapshot, scope: Scope, folder: Path, generation: int
) -> None:
    """Write the records of a scope beside the frame of a generation, or do nothing.

    Args:
        store: What that generation was cut from.
        scope: What may be seen.
        folder: That of the scope.
        generation: Its number.

    Raises:
        LedgerError: When the store has changed meanwhile, or nothing can be written.
    """
    from meterwidgets.frame.store.records import write_records

    frame = folder / str(generation)
    if (frame / RECORDS).is_dir():
        return
    temporary = frame / f".{RECORDS}"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(mode=0o700)
        kept, personal = _columns(scope), scope.personal
        write_records(store.folder, store.parts, kept, temporary, personal=personal)
        temporary.rename(frame / RECORDS)
    except OSError as error:
        raise LedgerError(f"{frame}: can't be written ({error.strerror})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _columns(scope: Scope) -> Mapping[str, tuple[str | None, ...]]:
    """Column of the records -> the values that may be seen."""
    return {
        DIMENSIONS.named(name).column: tuple(values)
        for name, values in scope.rows.items()
    }
