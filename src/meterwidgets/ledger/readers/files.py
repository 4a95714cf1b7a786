"""Find the files of a ledger, and open them whether or not they are compressed."""

from __future__ import annotations

import glob
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from meterwidgets.errors import LedgerError

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")
LONGEST_LINE = 16 << 20
"""Lines with more bytes than this are rejected."""
READ_FIRST = f", parallel=false, buffer_size={LONGEST_LINE + 1}"
"""The options with which DuckDB's reader of lines has the first of them soonest."""

READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading raises where a file is unreadable or its compression is broken."""

MANIFEST = "meter-manifest.json"
"""The file that makes a folder a store; files inside a store are not ledgers."""
STORE_LOCK = ".lock"
"""The file of a store that its writer locks."""

REJECTS = "rejects.jsonl"
"""The default file of rejected rows, which is never a ledger."""


def find_files(source: str | Path) -> list[Path]:
    """The files that a path, a folder or a glob names, sorted.

    Hidden files of a folder, its ``rejects.jsonl`` and files inside a store are left
    out.

    Raises:
        LedgerError: When there is none, with what was looked for.
    """
    if not str(source):
        raise LedgerError("the name of the ledger is empty; name a file or a folder")
    path = Path(source).expanduser()
    try:
        if path.is_file():
            return [path]
        if (path / MANIFEST).is_file():
            raise LedgerError(
                f"{path}: is a store, and its ledgers are in it already; name a ledger"
            )
        if path.is_dir() and (path / STORE_LOCK).exists():
            raise LedgerError(
                f"{path}: is a store that nothing is in yet, for its first ingest has "
                f"not finished; run it again: meterwidgets ingest --store {path} ..."
            )
        if path.is_dir():
            return _files_in(path)
        matches = map(Path, sorted(glob.glob(str(path), recursive=True)))
        files = [each for each in matches if each.is_file() and _is_ledger(each)]
    except OSError as error:
        name = _without_credentials(source)
        name = name if len(name) < 200 else f"{name[:200]}..."
        raise LedgerError(f"{name!r} can't be looked up ({error.strerror})") from None
    if not files:
        raise _no_file(source)
    return files


def _no_file(source: str | Path) -> LedgerError:
    text = str(source)
    if "://" in text:
        return LedgerError(
            f"{_without_credentials(source)!r} is an address; name a file, a folder or "
            "a glob of exports, or a database as postgresql://..."
        )
    problem = "no file matches" if any(mark in text for mark in "*?[") else "no file"
    unset = "set that variable, or " if Path(text).name.startswith("$") else ""
    return LedgerError(f"{problem} {text!r}; {unset}check the path")


def _without_credentials(source: str | Path) -> str:
    """A name without the user and the password that an address may hold."""
    return re.sub(r"://.*@", "://", str(source))


def format_suffix(path: Path) -> str:
    """The suffix that tells the format, without that of the compression.

    Examples:
        >>> format_suffix(Path("logs.JSONL.gz"))
        '.jsonl'
    """
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in {".gz", ".zst"}:
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


def _files_in(folder: Path) -> list[Path]:
    files = [
        each
        for each in sorted(folder.rglob("*"))
        if format_suffix(each) in SUFFIXES
        and not any(part.startswith(".") for part in each.relative_to(folder).parts)
        and each.is_file()
        and _is_ledger(each)
    ]
    if not files:
        raise LedgerError(
            f"no ledger in the folder {str(folder)!r}; looked for files that end in "
            + ", ".join(SUFFIXES)
        )
    return files


def _is_ledger(path: Path) -> bool:
    """Whether a file is neither the rejects nor inside a store."""
    in_store = any((folder / MANIFEST).is_file() for folder in path.parents)
    return path.name != REJECTS and not in_store
