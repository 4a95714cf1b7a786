"""A file that lies in something else: an archive, a bucket, a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from meterwidgets.ledger.engine.spool import Spool


@dataclass(frozen=True)
class StoredFile:
    """A file that is copied to the spool when it is read.

    Attributes:
        name: Where it lies; without passwords, for messages and stores have it.
        size: Its bytes as far as they are known.
        state_ns: Nanoseconds since 1970 that differ when it changes, such as those
            of its last change; None where that can't be known.
        fetch: Copies it to a spool, as a file that was changed when it was.
        is_remote: Whether that waits for a server, so that several go at once.
    """

    name: str
    size: int = 0
    state_ns: int | None = None
    fetch: Callable[[Spool], Path] = field(kw_only=True, repr=False, compare=False)
    is_remote: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return self.name

    def copy(self, spool: Spool) -> Path:
        """The copy of it in a spool."""
        path: Path = spool.once(self, lambda: self.fetch(spool))
        return path


def fetch_remote(parts: Iterable[object], spool: Spool) -> None:
    """Copy what lies on servers to a spool, several at a time.

    What can't be copied is an error where it is opened.
    """
    remote = [p for p in parts if isinstance(p, StoredFile) and p.is_remote]
    if len(remote) > 1:
        spool.prepare({part: partial(part.fetch, spool) for part in remote})
