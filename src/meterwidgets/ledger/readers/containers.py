"""What a file is that can't be read as a ledger, by its first bytes."""

from __future__ import annotations

import re

_UNPACK = "unpack it, and name what is in it"
_CONVERT = "export it as CSV, JSON or Parquet"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive by another name, or inside another", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"!<arch>\n", "an ar archive", _UNPACK),
    (b"PARE", "an encrypted Parquet file", "write it without encryption"),
    (b"FEA1", "a Feather file of version 1", "write it as version 2, or as Parquet"),
    (b"\x89HDF", "an HDF5 file", _CONVERT),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "save its sheet as CSV"),
    (b"%PDF", "a PDF", _CONVERT),
    (b"\x89PNG", "an image", _CONVERT),
    (b"\xff\xd8\xff", "an image", _CONVERT),
    (b"\x93NUMPY", "an array of numpy", _CONVERT),
    (b"\x80\x04\x95", "a pickle of Python, which could run anything", _CONVERT),
    (b"\x80\x05\x95", "a pickle of Python, which could run anything", _CONVERT),
    (b"\x80\x03", "a pickle of Python, which could run anything", _CONVERT),
    (b"\x80\x02", "a pickle of Python, which could run anything", _CONVERT),
    (b"PGDMP", "a dump of PostgreSQL", "restore it, and name postgresql://..."),
    (b"\x7fELF", "a program", _CONVERT),
    (b"MZ", "a program", _CONVERT),
)
_SHORT = {b"MZ", b"\x80\x02", b"\x80\x03"}
"""Beginnings that are too short to go by alone: what follows must be binary, too."""


def unreadable(head: bytes) -> str:
    r"""What a file is, and what to do, where it is no text and no Parquet; else "".

    Args:
        head: Its beginning.

    Examples:
        >>> unreadable(b"%PDF-1.7")
        'is a PDF; export it as CSV, JSON or Parquet'
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
    if head[257:262] == b"ustar":
        return f"is a tar archive by another name, or inside another; {_UNPACK}"
    # every other byte of Latin text in UTF-16 is 0
    evens, odds = head[0:400:2], head[1:400:2]
    few, many = sorted((evens.count(0), odds.count(0)))
    if many > 8 and many > 0.8 * len(odds) and few < 0.1 * len(odds):
        return "is UTF-16; save it as UTF-8"
    if _is_protobuf(head):
        return (
            "looks like Protocol Buffers, such as OTLP's; export it as JSON (OTLP's "
            "JSON encoding, or a collector's file exporter), or as Parquet"
        )
    if _is_binary(head):
        return f"is binary, expected text or Parquet; {_CONVERT}"
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "is a web page, perhaps that of a login; fetch the export again"
    if start.startswith(b"<?xml"):
        return f"is XML; {_CONVERT}"
    if re.match(rb"(---\s|- \w+:\s|\w+:\s*\n\s*- \w+:)", start):
        return f"is YAML; {_CONVERT}"
    return ""


def _is_binary(head: bytes) -> bool:
    """Whether bytes are no text: too many of them are control characters."""
    looked = head[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in looked)
    return controls > max(8, len(looked) // 20)


def _is_protobuf(head: bytes) -> bool:
    """Whether bytes are messages one after the other, each with its length in front.

    That is how collectors write OTLP to files: field 1, then messages within.
    """
    place, fields = 0, 0
    while place < min(len(head), 4096):
        key, place = _varint(head, place)
        size, place = _varint(head, place)
        if key != 10 or not size:
            return False
        fields += 1
        place += size
    return fields > 0 and _is_binary(head)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of 7 bits a byte, and the place after it."""
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            break
    return value, place
