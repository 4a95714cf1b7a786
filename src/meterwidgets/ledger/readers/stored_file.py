"""A file that lies in something else: an archive, a bucket, a pipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
    """

    name: str
    size: int = 0
    state_ns: int | None = None
    fetch: Callable[[Spool], Path] = field(kw_only=True, repr=False, compare=False)

    def __str__(self) -> str:
        return self.name
