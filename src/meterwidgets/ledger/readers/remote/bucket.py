"""The objects of a bucket as files: listed, copied to the spool, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.remote.bucket_address import (
    BucketAddress,
    file_system,
    without_secrets,
)
from meterwidgets.ledger.readers.stored_file import StoredFile

_CHUNK = 4 << 20
_GLOB = re.compile(r"[*?\[]")
_DENIED = (
    "ACCESS_DENIED", "AccessDenied", "Forbidden", "403", "401", "PERMISSION_DENIED",
    "UNAUTHENTICATED", "AuthorizationFailure", "AuthenticationFailed", "InvalidAccess",
    "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID", "credential",
)  # fmt: skip
_MISSING = (
    "NO_SUCH_BUCKET", "NoSuchBucket", "does not exist", "NOT_FOUND", "404",
    "ContainerNotFound", "Path does not exist",
)  # fmt: skip
_UNREACHABLE = (
    "NETWORK_CONNECTION", "curlCode", "resolve host", "refused", "Timeout", "timed out",
    "UNAVAILABLE", "connect",
)  # fmt: skip


def find_objects(address: BucketAddress, suffixes: Sequence[str]) -> list[StoredFile]:
    """The objects that an address names, sorted: one, those below it, or a pattern's.

    Args:
        address: The bucket, and what of it is read.
        suffixes: What the names of ledgers end in, where many are listed.

    Raises:
        LedgerError: When there is none, or the bucket can't be read.
    """
    from pyarrow.fs import FileSelector, FileType

    system = file_system(address)
    key, path = address.key, f"{address.bucket}/{address.key}".rstrip("/")
    try:
        if key and not _GLOB.search(key) and not key.endswith("/"):
            info = system.get_file_info(path)
            if info.type == FileType.File:
                return [_stored(address, system, info)]
        base = _GLOB.split(path)[0].rsplit("/", 1)[0] if key else path
        selector = FileSelector(base, recursive=True, allow_not_found=bool(key))
        infos = system.get_file_info(selector)
    except OSError as error:
        raise _unreadable(address.name, error) from None
    pattern = _pattern(path, bool(_GLOB.search(key)))
    named = [
        info
        for info in infos
        if info.type == FileType.File and pattern.fullmatch(info.path)
    ]
    found = named
    if not _GLOB.search(key):
        found = [info for info in named if _is_ledger(info.path, suffixes)]
        # services that deliver logs often give them names without an ending
        found = found or [info for info in named if _is_bare(info.path)]
    if not found:
        raise LedgerError(
            f"{address.name}/{key}: no ledger there; looked for names that end in "
            f"{', '.join(suffixes)} among {len(named):,} objects"
        )
    found.sort(key=lambda info: info.path)
    return [_stored(address, system, info) for info in found]


def _pattern(path: str, is_glob: bool) -> re.Pattern[str]:
    """What the paths of objects look like: ``*`` stays in a folder, ``**`` doesn't.

    Examples:
        >>> bool(_pattern("b/*/x.csv", True).fullmatch("b/1/x.csv"))
        True
        >>> bool(_pattern("b/2026-0", False).fullmatch("b/2026-01/x.csv"))
        True
    """
    if not is_glob:
        return re.compile(re.escape(path) + ".*", re.DOTALL)
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", path)
    words = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            words.get(part) or (part if part.startswith("[") else re.escape(part))
            for part in parts
        )
    )


def _is_ledger(path: str, suffixes: Sequence[str]) -> bool:
    """Whether a name is that of a ledger, or of a part of an export: ``000000.gz``."""
    is_part = path.endswith(".gz") and "." not in path[:-3].rsplit("/", 1)[-1]
    return not _is_hidden(path) and (is_part or path.lower().endswith(tuple(suffixes)))


def _is_bare(path: str) -> bool:
    """Whether a name says nothing of its format, such as ``logs-1-2026-02-22``."""
    return not _is_hidden(path) and "." not in path.rsplit("/", 1)[-1]


def _is_hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/")[1:])


def _stored(address: BucketAddress, system: Any, info: Any) -> StoredFile:
    key = info.path.partition("/")[2]
    name = f"{address.name}/{key}"
    return StoredFile(
        name,
        info.size or 0,
        info.mtime_ns,
        fetch=partial(_fetch, system, info.path, name),
        is_remote=True,
    )


def _fetch(system: Any, path: str, name: str, spool: Spool) -> Path:
    """Copy an object to the spool, if it stays the same for that long."""
    try:
        before = system.get_file_info(path)
        with system.open_input_stream(path, compression=None) as stream:
            tag = _tag(stream)
            copy = spool.save(name, _chunks(stream), mtime_ns=before.mtime_ns)
        after = system.get_file_info(path)
        with system.open_input_stream(path, compression=None) as stream:
            is_same = tag == _tag(stream)
    except OSError as error:
        raise _unreadable(name, error) from None
    is_same = is_same and (before.size, before.mtime_ns) == (after.size, after.mtime_ns)
    if not is_same or copy.stat().st_size != after.size:
        raise LedgerError(f"{name}: changed while it was read; read it again")
    return copy


def _tag(stream: Any) -> object:
    """What the server calls this content of an object, where it says so."""
    metadata = stream.metadata() or {}
    return next(
        (v for k, v in metadata.items() if k.lower() in (b"etag", "etag")), None
    )


def _chunks(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _unreadable(name: str, error: OSError) -> LedgerError:
    text = str(error)
    message = without_secrets(text)
    if any(mark in text for mark in _DENIED):
        return LedgerError(
            f"{name}: may not be read with these credentials ({message}); grant them "
            "to list the bucket and to read its objects, or set others in the "
            "environment"
        )
    if any(mark in text for mark in _MISSING):
        return LedgerError(f"{name}: is not there ({message}); check the address")
    if any(mark in text for mark in _UNREACHABLE):
        return LedgerError(
            f"{name}: no server answers ({message}); check the region, the endpoint "
            "and the network"
        )
    return LedgerError(f"{name}: can't be read ({message})")
