"""Which files a ledger is made of, and how one is named and opened."""

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
READ_ERRORS = (OSError, EOFError, zlib.error)
"""What a file that can't be read, or that is broken in its compression, raises."""

MANIFEST = "meter-manifest.json"
"""What tells a store from other folders; what lies in one is no ledger."""

REJECTS = "rejects.jsonl"
"""Where rejected rows are kept unless the reader says otherwise; never a ledger."""


def find_files(source: str | Path) -> list[Path]:
    """The files that a path, a folder or a glob names, sorted.

    A folder's hidden files, its ``rejects.jsonl`` and what is in a store are none.

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
        if path.is_dir():
            return _inside(path)
        matches = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        found = [
            each
            for each in matches
            if each.is_file() and each.name != REJECTS and not _stored(each)
        ]
    except OSError as error:
        name = _shown(source)
        name = name if len(name) < 200 else f"{name[:200]}..."
        raise LedgerError(f"{name!r} can't be looked up ({error.strerror})") from None
    if found:
        return found
    if "://" in str(source):
        raise LedgerError(
            f"{_shown(source)!r} is an address; name a file, a folder or a glob of "
            "exports, or a database as postgresql://..."
        )
    what = "no file matches" if any(c in str(source) for c in "*?[") else "no file"
    unset = path.name.startswith("$")
    way_out = "set that variable, or check the path" if unset else "check the path"
    raise LedgerError(f"{what} {str(source)!r}; {way_out}")


def _shown(source: str | Path) -> str:
    """A name without what stands before the host of an address: a password, maybe."""
    return re.sub(r"://.*@", "://", str(source))


def format_suffix(path: Path) -> str:
    """The ending that tells the format, without that of the compression.

    Examples:
        >>> format_suffix(Path("logs.JSONL.gz"))
        '.jsonl'
    """
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in {".gz", ".zst"}:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def open_binary(path: Path) -> IO[bytes]:
    """Open a file for reading, whether or not it is compressed."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix.lower() == ".zst":
        import pyarrow as pa

        return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")  # type: ignore[no-any-return]
    return path.open("rb")


def read_chunks(path: Path) -> Iterator[bytes]:
    """The content of a file in pieces of a mebibyte."""
    with open_binary(path) as stream:
        while piece := stream.read(1 << 20):
            yield piece


def _inside(folder: Path) -> list[Path]:
    found = [
        each
        for each in sorted(folder.rglob("*"))
        if format_suffix(each) in SUFFIXES
        and each.name != REJECTS
        and not any(part.startswith(".") for part in each.relative_to(folder).parts)
        and each.is_file()
        and not _stored(each)
    ]
    if not found:
        raise LedgerError(
            f"no ledger in the folder {str(folder)!r}; looked for files that end in "
            + ", ".join(SUFFIXES)
        )
    return found


def _stored(path: Path) -> bool:
    """Whether a file lies in a store."""
    return any((folder / MANIFEST).is_file() for folder in path.parents)
