"""Tar archives, compressed or not, read from front to back."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.archives.compressed import (
    compression_of,
    open_unpacked,
)
from meterwidgets.ledger.readers.archives.member import Member
from meterwidgets.ledger.readers.files import READ_ERRORS

_ERRORS = (*READ_ERRORS, tarfile.TarError)
_LONGEST_HEADER = 1 << 20
_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
"""Members that are further fields of the header of the next one."""


class _BoundedHeader(tarfile.TarInfo):
    """A header whose further fields fit in memory."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _LONGEST_HEADER:
            raise tarfile.ReadError("a header is larger than a megabyte")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, perhaps compressed."""
    try:
        with _stream(path) as stream:
            return stream.read(512)[257:262] == b"ustar"
    except READ_ERRORS:
        return False


def members(path: Path) -> Iterator[Member]:
    """The files in an archive.

    Raises:
        LedgerError: When it is broken.
    """
    archive_ns = path.stat().st_mtime_ns
    with _opened(path) as archive:
        for info in archive:
            if info.isfile() and not info.issparse():
                yield _member(info, archive_ns)


def fetch_all(
    path: Path, names: frozenset[str], packed: int, spool: Spool
) -> dict[str, Path]:
    """Copy files to the spool, and return where they are.

    Args:
        path: The archive.
        names: Which of its files; of several with one name the last counts.
        packed: Its bytes.
        spool: Where to copy them.

    Raises:
        LedgerError: When it is broken.
    """
    archive_ns = path.stat().st_mtime_ns
    found = {}
    with _opened(path) as archive:
        for info in archive:
            if info.name in names and (content := archive.extractfile(info)):
                found[info.name] = spool.save(
                    f"{path}/{info.name}",
                    iter(lambda: content.read(1 << 20), b""),
                    packed=packed,
                    mtime_ns=_member(info, archive_ns).mtime_ns,
                )
    return found


def _member(info: tarfile.TarInfo, archive_ns: int) -> Member:
    changed = int(info.mtime * 10**9) or archive_ns
    return Member(info.name, info.size, changed)


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with (
            _stream(path) as stream,
            tarfile.open(
                fileobj=stream, mode="r|", tarinfo=_BoundedHeader, errorlevel=1
            ) as archive,
        ):
            yield archive
    except _ERRORS as error:
        raise LedgerError(
            f"{path}: is a tar archive that can't be read ({error}); it may be cut "
            "off, so fetch it again"
        ) from None


@contextmanager
def _stream(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        kind = compression_of(raw.read(10))
    with open_unpacked(path, kind) if kind else path.open("rb") as stream:
        yield stream
