"""Files as bytes, decompressed where their names say so, and what some are called."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

LONGEST_LINE = 16 << 20
"""Lines with more bytes than this are rejected."""
READ_FIRST = f", parallel=false, buffer_size={LONGEST_LINE + 1}"
"""The options with which DuckDB's reader of lines has the first of them soonest."""

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
"""What reading raises where a file is unreadable or its compression is broken."""

PACKED = (".gz", ".zst", ".bz2", ".xz", ".lz4")
"""What the names of compressed files end in."""
MANIFEST = "meter-manifest.json"
"""The file that makes a folder a store; files inside a store are not ledgers."""
STORE_LOCK = ".lock"
"""The file of a store that its writer locks."""

REJECTS = "rejects.jsonl"
"""The default file of rejected rows, which is never a ledger."""


def format_suffix(path: Path) -> str:
    """The suffix that tells the format, without that of the compression.

    Examples:
        >>> format_suffix(Path("logs.JSONL.gz"))
        '.jsonl'
    """
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def open_binary(path: Path) -> IO[bytes]:
    """Open a file for reading, decompressed."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix.lower() == ".zst":
        import pyarrow as pa

        return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")  # type: ignore[no-any-return]
    return path.open("rb")


def read_chunks(path: Path) -> Iterator[bytes]:
    """The content of a file, decompressed, in chunks of a mebibyte."""
    with open_binary(path) as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
