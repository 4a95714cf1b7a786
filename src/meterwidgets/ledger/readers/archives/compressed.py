"""Compressed files: which compression it is, by the first bytes, and unpacking it."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.files import READ_ERRORS

SUFFIXES = {
    "gzip": ".gz",
    "zstd": ".zst",
    "bzip2": ".bz2",
    "xz": ".xz",
    "lz4": ".lz4",
}
"""Compression -> the suffix of files that have it."""
_MAGIC = {
    "gzip": b"\x1f\x8b\x08",
    "zstd": b"\x28\xb5\x2f\xfd",
    "xz": b"\xfd7zXZ\x00",
    "lz4": b"\x04\x22\x4d\x18",
}


def compression_of(head: bytes) -> str:
    r"""The compression of a file by its first 10 bytes; "" for none.

    Examples:
        >>> compression_of(b"\x1f\x8b\x08\x00"), compression_of(b"BZh")
        ('gzip', '')
    """
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return "bzip2"
    return next((kind for kind, magic in _MAGIC.items() if head.startswith(magic)), "")


def open_unpacked(path: Path, kind: str) -> IO[bytes]:
    """Open a compressed file for reading."""
    if kind == "gzip":
        return gzip.open(path)  # type: ignore[return-value]
    if kind == "bzip2":
        return bz2.open(path)
    if kind == "xz":
        return lzma.open(path)
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(path)), kind)  # type: ignore[no-any-return]


def unpack(path: Path, kind: str, spool: Spool) -> Path:
    """Unpack a compressed file to the spool.

    Raises:
        LedgerError: When it is broken, or larger than a ledger could be.
    """
    about = path.stat()
    ends = SUFFIXES[kind]
    name = path.name.removesuffix(path.suffix if path.suffix.lower() == ends else "")
    try:
        return spool.save(
            str(path.with_name(name)),
            _chunks(path, kind),
            packed=about.st_size,
            mtime_ns=about.st_mtime_ns,
        )
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        raise LedgerError(f"{path}: its {kind} can't be unpacked ({reason})") from None


def _chunks(path: Path, kind: str) -> Iterator[bytes]:
    with open_unpacked(path, kind) as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
