"""What a file is that can't be read as a ledger, by its first bytes."""

from __future__ import annotations

import re

_UNPACK = "unpack it, and name what is in it"
_CONVERT = "export it as CSV, JSON or Parquet"
_GIVE = "read it with pyarrow, and give the table"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x1f\x8b", "compressed with gzip", "give it a name that ends in .gz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "give it a name that ends in .zst"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK),
    (b"ARROW1", "an Arrow (Feather) file", _GIVE),
    (
        b"FEA1",
        "a Feather file of version 1",
        "read it with pyarrow, and give the table",
    ),
    (
        b"\xff\xff\xff\xff",
        "an Arrow stream",
        "read it with pyarrow, and give the table",
    ),
    (b"ORC", "an ORC file", _GIVE),
    (b"Obj\x01", "an Avro file", _CONVERT),
    (b"SQLite format 3\x00", "an SQLite database", "export its table as CSV"),
    (b"\x89HDF", "an HDF5 file", _CONVERT),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "save its sheet as CSV"),
    (b"%PDF", "a PDF", _CONVERT),
    (b"\x89PNG", "an image", _CONVERT),
    (b"\xff\xd8\xff", "an image", _CONVERT),
    (b"\x93NUMPY", "an array of numpy", _CONVERT),
)
_SHORT = {b"BZh", b"ORC", b"\x1f\x8b"}
"""Beginnings that are too short to go by alone: what follows must be binary, too."""


def unreadable(head: bytes) -> str:
    r"""What a file is, and what to do, where it is no text and no Parquet; else "".

    Args:
        head: Its beginning.

    Examples:
        >>> unreadable(b"SQLite format 3\x00\x10")
        'is an SQLite database; export its table as CSV'
        >>> unreadable(b"model,cost")
        ''
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16; save it as UTF-8"
    for magic, kind, way in _MAGIC:
        if head.startswith(magic) and (magic not in _SHORT or _is_binary(head)):
            if magic == b"PK\x03\x04" and b"xl/" in head[:4096]:
                return "is an Excel workbook; save its sheet as CSV"
            return f"is {kind}; {way}"
    if head[8:12] == b"DUCK":
        return "is a DuckDB database; export its table as Parquet or CSV"
    if head[257:262] == b"ustar":
        return f"is a tar archive; {_UNPACK}"
    # every other byte of Latin text in UTF-16 is 0
    evens, odds = head[0:400:2], head[1:400:2]
    few, many = sorted((evens.count(0), odds.count(0)))
    if many > 8 and many > 0.8 * len(odds) and few < 0.1 * len(odds):
        return "is UTF-16; save it as UTF-8"
    if _is_binary(head):
        return f"is binary, expected text or Parquet; {_CONVERT}"
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "is a web page, perhaps that of a login; fetch the export again"
    if start.startswith(b"<?xml"):
        return f"is XML; {_CONVERT}"
    if start.startswith((b"# help ", b"# type ")):
        return (
            "is a page of Prometheus counters, which only say how much there was since "
            "a start; export their increase over time as a table"
        )
    if re.match(rb"(---\s|- \w+:\s|\w+:\s*\n\s*- \w+:)", start):
        return f"is YAML; {_CONVERT}"
    return ""


def _is_binary(head: bytes) -> bool:
    """Whether bytes are no text: too many of them are control characters."""
    looked = head[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in looked)
    return controls > max(8, len(looked) // 20)
