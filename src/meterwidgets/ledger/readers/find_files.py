"""Find what a path, a glob or an address names: files, also those in archives."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import process_spool
from meterwidgets.ledger.readers.archives.members import find_members, is_archive
from meterwidgets.ledger.readers.databases.named_rows import named_rows
from meterwidgets.ledger.readers.files import (
    MANIFEST,
    PACKED,
    REJECTS,
    STORE_LOCK,
    format_suffix,
)
from meterwidgets.ledger.readers.remote import standard_input
from meterwidgets.ledger.readers.remote.addresses import find_remote
from meterwidgets.ledger.readers.stored_file import StoredFile

SUFFIXES = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".prom",
    ".arrow", ".arrows", ".feather", ".ipc", ".orc", ".avro",
)  # fmt: skip
"""What the files of a folder or an archive end in that are ledgers."""
_DATABASES = (".sqlite", ".sqlite3", ".db", ".duckdb")
"""What those end in that are read where they are named, or where nothing else is: the
usage in an agent's database may be that of the logs beside it."""
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz")
_IN_ARCHIVES = (*SUFFIXES, *(s + packed for s in SUFFIXES for packed in PACKED))
_IN_BUCKETS = (*_IN_ARCHIVES, *_ARCHIVES, *(".tar" + packed for packed in PACKED))
_ADDRESS = re.compile(r"-$|\w+://")


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
    if (elsewhere := _elsewhere(str(source))) is not None:
        return elsewhere
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
            for part in _opened(each, of_many=True)
        ]
    except OSError as error:
        name = _without_credentials(source)
        name = name if len(name) < 200 else f"{name[:200]}..."
        raise LedgerError(f"{name!r} can't be looked up ({error.strerror})") from None
    if not files:
        raise _no_file(source)
    return files


def _elsewhere(source: str) -> list[Path | StoredFile] | None:
    """What a name stands for that is no path; None for a path."""
    if source == standard_input.NAME:
        return _piped()
    if source.lower().startswith("file://"):
        return find_files(unquote(urlsplit(source).path))
    if remote := find_remote(source, _IN_BUCKETS):
        return [part for each in remote for part in _unpacked(each)]
    rows = named_rows(source, state_of)
    return [rows] if rows else None


def _piped() -> list[Path | StoredFile]:
    """The standard input, or what is in it if it is an archive."""
    path, name = standard_input.piped_file(), "standard input"
    files = [
        each if isinstance(each, StoredFile) else StoredFile(name, fetch=lambda _: path)
        for each in _opened(path)
    ]
    return [replace(each, name=each.name.replace(str(path), name)) for each in files]


def _unpacked(stored: StoredFile) -> list[StoredFile]:
    """A file at an address, or what is in it if it is called an archive."""
    if format_suffix(Path(stored.name)) not in _ARCHIVES:
        return [stored]
    path = stored.copy(process_spool())
    if not is_archive(path):
        return [stored]
    return [
        replace(
            each,
            name=each.name.replace(str(path), stored.name),
            state_ns=stored.state_ns,
        )
        for each in find_members(path, _IN_ARCHIVES)
    ]


def _opened(path: Path, *, of_many: bool = False) -> Sequence[Path | StoredFile]:
    """A file, or what is in it if it is an archive; of many, names are believed."""
    is_believed = of_many and format_suffix(path) in SUFFIXES
    try:
        is_packed = not is_believed and is_archive(path)
    except OSError:  # reading it will say why
        is_packed = False
    return find_members(path, _IN_ARCHIVES) if is_packed else [path]


def _files_in(folder: Path) -> list[Path | StoredFile]:
    _check_tables(folder)
    paths = _paths_in(folder, (*SUFFIXES, *_ARCHIVES)) or _paths_in(folder, _DATABASES)
    if not paths:
        raise LedgerError(
            f"no ledger in the folder {str(folder)!r}; looked for files that end in "
            + ", ".join((*SUFFIXES, *_ARCHIVES, *_DATABASES))
        )
    return [part for path in paths for part in _opened(path, of_many=True)]


def _has_suffix(path: Path, suffixes: Sequence[str]) -> bool:
    """Whether a name ends so; of exports in parts, such as 000000.gz, none tells more.

    Examples:
        >>> names = "a.csv.gz", "000000.gz", "a.sql.gz"
        >>> [_has_suffix(Path(name), SUFFIXES) for name in names]
        [True, True, False]
    """
    found = format_suffix(path)
    return found in suffixes or (not found and suffixes is not _DATABASES and
                                 path.suffix.lower() in PACKED)  # fmt: skip


def _check_tables(folder: Path) -> None:
    """Refuse the folder of a table whose files hold rows that were removed since.

    Raises:
        LedgerError: With the way to its rows.
    """
    if (folder / "_delta_log").is_dir():
        kind, way = "a Delta", "deltalake.DeltaTable(...).to_pyarrow_dataset()"
    elif any(folder.glob("metadata/*.metadata.json")):
        kind, way = "an Iceberg", "pyiceberg's table.scan().to_arrow()"
    elif (folder / ".hoodie").is_dir():
        kind, way = "a Hudi", "a dataframe of Spark"
    else:
        return
    raise LedgerError(
        f"{folder}: is {kind} table, whose files also hold rows that were removed or "
        f"replaced; give its rows as {way}"
    )


def _paths_in(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    return [
        each
        for each in sorted(folder.rglob("*"))
        if _has_suffix(each, suffixes)
        and not any(part.startswith(".") for part in each.relative_to(folder).parts)
        and each.is_file()
        and _is_ledger(each)
    ]


def _is_ledger(path: Path) -> bool:
    """Whether a file is neither the rejects nor inside a store."""
    in_store = any((folder / MANIFEST).is_file() for folder in path.parents)
    return path.name != REJECTS and not in_store


def _no_file(source: str | Path) -> LedgerError:
    text = str(source)
    if "://" in text:
        return LedgerError(
            f"{_without_credentials(source)!r} is an address of an unknown kind; "
            "expected a file, a folder or a glob of exports, s3://, gs://, abfs://, "
            "https://, postgresql://, sqlite:/// or duckdb:///"
        )
    problem = "no file matches" if any(mark in text for mark in "*?[") else "no file"
    unset = "set that variable, or " if Path(text).name.startswith("$") else ""
    return LedgerError(f"{problem} {text!r}; {unset}check the path")


def _without_credentials(source: str | Path) -> str:
    """A name without the user and the password that an address may hold."""
    return re.sub(r"://.*@", "://", str(source))


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
