"""The files in an archive, each with the time at which it was changed itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool, is_too_large, too_large
from meterwidgets.ledger.readers.archives import tar_file, zip_file
from meterwidgets.ledger.readers.archives.compressed import compression_of
from meterwidgets.ledger.readers.archives.member import Member
from meterwidgets.ledger.readers.stored_file import StoredFile

_MOST_MEMBERS = 100_000


@dataclass(frozen=True)
class _State:
    """An archive as it was when it was looked into."""

    path: Path
    size: int
    mtime_ns: int


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP or a tar archive; an Excel workbook is none.

    Raises:
        OSError: When it can't be read.
    """
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"PK"):
        return zip_file.is_zip(path)
    may_be_tar = head[257:262] == b"ustar" or compression_of(head)
    return bool(may_be_tar) and tar_file.is_tar(path)


def find_members(path: Path, suffixes: Sequence[str]) -> list[StoredFile]:
    """The ledgers in an archive: files with these suffixes, or the only file.

    Raises:
        LedgerError: When it holds none, is broken or encrypted, names a path outside
            of it, or unpacks to more than a ledger would.
    """
    about = path.stat()
    state = _State(path, about.st_size, about.st_mtime_ns)
    files = _members(state)
    fitting = [each for each in files if each.name.lower().endswith(tuple(suffixes))]
    chosen = fitting or (files if len(files) == 1 else ())
    if not chosen:
        raise LedgerError(
            f"{path}: no ledger in the archive; looked for files that end in "
            + ", ".join(suffixes)
        )
    names = frozenset(member.name for member in chosen)
    return [
        StoredFile(
            f"{path}/{member.name}",
            member.size,
            state.mtime_ns,
            fetch=partial(_fetch, state, member, names),
        )
        for member in sorted(chosen, key=lambda each: each.name)
    ]


@lru_cache(maxsize=32)
def _members(state: _State) -> tuple[Member, ...]:
    """The files of an archive, checked; hidden ones and folders are left out."""
    path, size = state.path, 0
    listed = zip_file.members if zip_file.is_zip(path) else tar_file.members
    members = []
    for number, member in enumerate(listed(path)):
        size += member.size
        if is_too_large(size, state.size) or number >= _MOST_MEMBERS:
            raise too_large(str(path))
        if _is_outside(member.name):
            raise LedgerError(
                f"{path}: names the path {member.name[:200]!r} outside of it, so "
                "nothing in it is read; unpack it yourself, and name what is in it"
            )
        if not any(part[:1] in ".~" or part == "__MACOSX" for part in _parts(member)):
            members.append(member)
    return tuple(members)


def _parts(member: Member) -> Iterator[str]:
    yield from (part for part in member.name.split("/") if part not in ("", "."))


def _is_outside(name: str) -> bool:
    """Whether a name leaves the folder in which an archive is unpacked.

    Examples:
        >>> [_is_outside(name) for name in ("a/b.csv", "../b.csv", "/b.csv", "C:b")]
        [False, True, True, True]
    """
    parts = re.split(r"[/\\]", name)
    return not parts[0] or ".." in parts or bool(re.match("[A-Za-z]:", name))


def _fetch(state: _State, member: Member, names: frozenset[str], spool: Spool) -> Path:
    """Copy a file of an archive to the spool."""
    path = state.path
    about = path.stat()
    if (about.st_size, about.st_mtime_ns) != (state.size, state.mtime_ns):
        raise LedgerError(f"{path}: changed while it was read; read it again")
    if zip_file.is_zip(path):
        return zip_file.fetch(path, member, spool)
    # a tar archive has no index: all of its ledgers are copied in one pass
    copies = spool.once(
        state, partial(tar_file.fetch_all, path, names, state.size, spool)
    )
    found: Path = copies[member.name]
    return found
