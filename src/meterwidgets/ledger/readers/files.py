"""Find the files of a ledger, and open them whether or not they are compressed."""

from __future__ import annotations

import glob
import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers import standard_input
from meterwidgets.ledger.readers.archives.compressed import ERRORS
from meterwidgets.ledger.readers.archives.members import find_members, is_archive
from meterwidgets.ledger.readers.databases.named_rows import named_rows
from meterwidgets.ledger.readers.stored_file import StoredFile

SUFFIXES = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq",
    ".arrow", ".arrows", ".feather", ".ipc", ".orc", ".avro",
    ".sqlite", ".sqlite3", ".duckdb",
)  # fmt: skip
"""What the files of a folder or an archive end in that are ledgers."""
_PACKED = (".gz", ".zst", ".bz2", ".xz", ".lz4")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz")
_ADDRESS = re.compile(r"-$|\w+://|\w+:///")
_IN_ARCHIVES = (*SUFFIXES, *(s + packed for s in SUFFIXES for packed in _PACKED))
LONGEST_LINE = 16 << 20
"""Lines with more bytes than this are rejected."""
READ_FIRST = f", parallel=false, buffer_size={LONGEST_LINE + 1}"
"""The options with which DuckDB's reader of lines has the first of them soonest."""

READ_ERRORS = ERRORS
"""What reading raises where a file is unreadable or its compression is broken."""

MANIFEST = "meter-manifest.json"
"""The file that makes a folder a store; files inside a store are not ledgers."""
STORE_LOCK = ".lock"
"""The file of a store that its writer locks."""

REJECTS = "rejects.jsonl"
"""The default file of rejected rows, which is never a ledger."""


def find_files(source: str | Path | StoredFile) -> list[Path | StoredFile]:
    """The files that a path, a folder or a glob names, sorted.

    Those in archives are files like others. Hidden files of a folder, its
    ``rejects.jsonl`` and files inside a store are left out.

    Raises:
        LedgerError: When there is none, with what was looked for.
    """
    if isinstance(source, StoredFile):
        return [source]
    if not str(source):
        raise LedgerError("the name of the ledger is empty; name a file or a folder")
    if str(source) == standard_input.NAME:
        return _piped()
    if rows := named_rows(str(source), state_of):
        return [rows]
    path = Path(source).expanduser()
    try:
        if path.is_file():
            return [*_opened(path)]
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
        files = [
            part
            for each in matches
            if each.is_file() and _is_ledger(each)
            for part in _opened(each)
        ]
    except OSError as error:
        name = _without_credentials(source)
        name = name if len(name) < 200 else f"{name[:200]}..."
        raise LedgerError(f"{name!r} can't be looked up ({error.strerror})") from None
    if not files:
        raise _no_file(source)
    return files


def _piped() -> list[Path | StoredFile]:
    """The standard input, or what is in it if it is an archive."""
    path, name = standard_input.piped_file(), "standard input"
    files = [
        each if isinstance(each, StoredFile) else StoredFile(name, fetch=lambda _: path)
        for each in _opened(path)
    ]
    return [replace(each, name=each.name.replace(str(path), name)) for each in files]


def _opened(path: Path) -> Sequence[Path | StoredFile]:
    """A file, or what is in it if it is an archive."""
    suffixes = [each.lower() for each in path.suffixes[-2:]]
    # what ends like a ledger is opened by its content later
    is_plain = suffixes and suffixes[-1] in SUFFIXES
    try:
        is_packed = not is_plain and is_archive(path)
    except OSError:  # reading it will say why
        is_packed = False
    return find_members(path, _IN_ARCHIVES) if is_packed else [path]


def state_of(path: Path) -> tuple[int, int]:
    """The size of a file, and nanoseconds that differ when its content does.

    A database that is being written grows in a log beside it first.
    """
    about = path.stat()
    try:
        log = path.with_name(f"{path.name}-wal").stat()
    except OSError:
        return about.st_size, about.st_mtime_ns
    return about.st_size + log.st_size, max(about.st_mtime_ns, log.st_mtime_ns)


def size_of(part: object) -> int:
    """The bytes of a part of a ledger; 0 of what is no file."""
    if isinstance(part, Path):
        return part.stat().st_size
    return part.size if isinstance(part, StoredFile) else 0


def in_folder(source: str | Path, folder: Path | None) -> str | Path:
    """A path of a config, which is in its folder; an address stays as it is."""
    if folder is None or _ADDRESS.match(str(source)):
        return source
    return folder / Path(source).expanduser()


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
    if suffixes and suffixes[-1] in _PACKED:
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


def _files_in(folder: Path) -> list[Path | StoredFile]:
    paths = [
        each
        for each in sorted(folder.rglob("*"))
        if _has_ledgers(each)
        and not any(part.startswith(".") for part in each.relative_to(folder).parts)
        and each.is_file()
        and _is_ledger(each)
    ]
    if not paths:
        raise LedgerError(
            f"no ledger in the folder {str(folder)!r}; looked for files that end in "
            + ", ".join((*SUFFIXES, *_ARCHIVES))
        )
    return [part for path in paths for part in _opened(path)]


def _has_ledgers(path: Path) -> bool:
    """Whether a name is that of a ledger, or of an archive."""
    suffix = format_suffix(path)
    return suffix in SUFFIXES or suffix in _ARCHIVES


def _is_ledger(path: Path) -> bool:
    """Whether a file is neither the rejects nor inside a store."""
    in_store = any((folder / MANIFEST).is_file() for folder in path.parents)
    return path.name != REJECTS and not in_store
