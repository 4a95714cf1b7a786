"""Open one file by its content, whatever its name ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.archives.compressed import (
    SUFFIXES,
    compression_of,
    unpack,
)
from meterwidgets.ledger.readers.columnar.arrow_file import copy_arrow, copy_orc
from meterwidgets.ledger.readers.columnar.avro_file import copy_avro
from meterwidgets.ledger.readers.columnar.parquet_file import open_parquet
from meterwidgets.ledger.readers.containers import unreadable
from meterwidgets.ledger.readers.csv_file import open_csv
from meterwidgets.ledger.readers.databases import sqlite_file
from meterwidgets.ledger.readers.databases.duckdb_file import open_duckdb
from meterwidgets.ledger.readers.databases.sqlite_file import open_sqlite
from meterwidgets.ledger.readers.databases.tables import Recognise, copy_usage
from meterwidgets.ledger.readers.files import (
    LONGEST_LINE,
    READ_ERRORS,
    format_suffix,
    open_binary,
)
from meterwidgets.ledger.readers.json_file import open_json
from meterwidgets.ledger.readers.json_layout import HEAD_BYTES
from meterwidgets.ledger.readers.log_lines import check_header, is_log, open_log
from meterwidgets.ledger.readers.prometheus_text import is_prometheus, open_prometheus
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.stored_file import StoredFile

_READ_PACKED = {"gzip", "zstd"}
"""Compressions that DuckDB reads itself, where the name tells them."""
_LOOKED = 1 << 17
_COPIES: tuple[tuple[bytes, Callable[[Path, Spool], Path]], ...] = (
    (b"ARROW1", copy_arrow),
    (b"\xff\xff\xff\xff", copy_arrow),
    (b"ORC", copy_orc),
    (b"Obj\x01", copy_avro),
)
"""The first bytes of a file of typed columns, and what makes Parquet of it."""


def open_file(path: Path, ws: Workspace, recognise: Recognise) -> RawLedger:
    """Open one file by its content.

    Args:
        path: The file.
        ws: The workspace that looks into it.
        recognise: Tells which source reads a table of a database.

    Raises:
        LedgerError: When the file can't be read, holds nothing, or its header can't
            be used.
    """
    try:
        with path.open("rb") as stream:
            packing = compression_of(stream.read(10))
        in_name = next((k for k in _READ_PACKED if _ends(path, SUFFIXES[k])), "")
        if packing and packing != in_name:
            return open_copy(unpack(path, packing, ws.spool), str(path), ws, recognise)
        if in_name and not packing and path.stat().st_size:
            return open_copy(_renamed(path, ws.spool), str(path), ws, recognise)
        head = _head(path)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    if packing and _is_container(head):
        return open_copy(unpack(path, packing, ws.spool), str(path), ws, recognise)
    if head.startswith(b"PAR1"):
        return open_parquet(path, ws.con)
    if copy := _copied(path, head, ws, recognise):
        return open_copy(copy, str(path), ws, recognise)
    return _open_text(path, head, ws)


def open_stored(stored: StoredFile, ws: Workspace, recognise: Recognise) -> RawLedger:
    """Open a file that lies in an archive, a bucket or a pipe; see `open_file`."""
    return open_copy(stored.copy(ws.spool), stored.name, ws, recognise)


def open_copy(copy: Path, name: str, ws: Workspace, recognise: Recognise) -> RawLedger:
    """Open a file of the spool under the name of what it is a copy of."""
    try:
        return replace(open_file(copy, ws, recognise), name=name)
    except LedgerError as error:
        raise LedgerError(str(error).replace(str(copy), name)) from None


def _open_text(path: Path, head: bytes, ws: Workspace) -> RawLedger:
    if is_prometheus(start := head[:_LOOKED].decode("utf-8-sig", "replace")):
        return open_prometheus(path, start)
    if problem := unreadable(head):
        raise LedgerError(f"{path}: {problem}")
    text = head.decode("utf-8-sig", "replace")
    if not text.strip():
        raise LedgerError(f"{path}: is empty; name a ledger that has rows")
    if is_log(text):
        return open_log(path, text)
    is_json = format_suffix(path) in {".json", ".jsonl", ".ndjson"}
    if is_json or text.lstrip()[0] in "[{":
        return open_json(path, text, ws.con)
    check_header(path, text)
    return open_csv(path, text)


def _head(path: Path) -> bytes:
    with open_binary(path) as stream:
        head = stream.read(HEAD_BYTES)
        if len(head) == HEAD_BYTES and b"\n" not in head:  # a long first line
            head += stream.read(LONGEST_LINE)
    return head


def _ends(path: Path, suffix: str) -> bool:
    return path.suffix.lower() == suffix


def _renamed(path: Path, spool: Spool) -> Path:
    """A file whose name says that it is compressed and which is not, without that."""
    link = spool.place(str(path.with_suffix("")))
    link.symlink_to(path.absolute())
    return link


def _is_container(head: bytes) -> bool:
    magic = (b"PAR1", sqlite_file.MAGIC, *(magic for magic, _ in _COPIES))
    return head.startswith(magic) or head[8:12] == b"DUCK"


def _copied(
    path: Path, head: bytes, ws: Workspace, recognise: Recognise
) -> Path | None:
    """The rows of a database or of typed columns, as Parquet in the spool."""
    if head.startswith(sqlite_file.MAGIC):
        with open_sqlite(path, ws.spool) as database:
            return copy_usage(database, path, ws, recognise)
    if head[8:12] == b"DUCK":
        with open_duckdb(path, ws.con, ws.spool) as attached:
            return copy_usage(attached, path, ws, recognise)
    for magic, copy in _COPIES:
        if head.startswith(magic) and (magic != b"ORC" or b"\x00" in head):
            return copy(path, ws.spool)
    return None
