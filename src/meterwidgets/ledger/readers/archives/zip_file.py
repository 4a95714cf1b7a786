"""ZIP archives."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.archives.member import Member
from meterwidgets.ledger.readers.files import READ_ERRORS

_ERRORS = (
    *READ_ERRORS,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)
_WORKBOOK = "xl/workbook"
_UNIX_TIME = 0x5455
"""The extra field that has a time in UTC; the usual one is local, to two seconds."""


def is_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive, and no workbook of Excel."""
    with path.open("rb") as stream:
        if stream.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not any(n.startswith(_WORKBOOK) for n in archive.namelist())
    except _ERRORS:
        return True


def members(path: Path) -> Iterator[Member]:
    """The files in an archive.

    Raises:
        LedgerError: When it is broken or encrypted.
    """
    about = path.stat()
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (*_ERRORS, IndexError) as error:  # of a file without a name
        raise LedgerError(
            f"{path}: is a ZIP archive that can't be read ({error}); it may be cut "
            "off, so fetch it again"
        ) from None
    if sum(info.compress_size for info in infos) > about.st_size:
        raise LedgerError(
            f"{path}: is a ZIP archive whose files overlap, which no program writes; "
            "it is not unpacked"
        )
    for info in infos:
        if info.flag_bits & 1:
            raise LedgerError(
                f"{path}: its {info.filename} is encrypted; unpack it with its "
                "password, and name what is in it"
            )
        yield Member(info.filename, info.file_size, _changed(info, about.st_mtime_ns))


def fetch(path: Path, member: Member, spool: Spool) -> Path:
    """Copy a file to the spool; its checksum must be right.

    Raises:
        LedgerError: When it is broken.
    """
    name = f"{path}/{member.name}"
    try:
        with zipfile.ZipFile(path) as archive:
            return spool.save(
                name,
                _chunks(archive, member),
                packed=archive.getinfo(member.name).compress_size,
                mtime_ns=member.mtime_ns,
            )
    except _ERRORS as error:
        raise LedgerError(
            f"{name}: can't be unpacked ({error}); unpack the archive yourself, or "
            "fetch it again"
        ) from None


def _chunks(archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    with archive.open(member.name) as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _changed(info: zipfile.ZipInfo, archive_ns: int) -> int:
    """When a file was changed, as unpacking it would say; never after the archive."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = (int.from_bytes(extra[i : i + 2], "little") for i in (0, 2))
        if kind == _UNIX_TIME and size >= 5 and extra[4] & 1:
            return int.from_bytes(extra[5:9], "little", signed=True) * 10**9
        extra = extra[4 + size :]
    if info.date_time <= (1980, 1, 1, 0, 0, 0):
        return archive_ns
    try:
        seconds = int(datetime(*info.date_time).timestamp())
    except ValueError:
        return archive_ns
    return min(seconds * 10**9, archive_ns)
