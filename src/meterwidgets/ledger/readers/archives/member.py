"""What an archive says of one file in it."""

from __future__ import annotations

from typing import NamedTuple


class Member(NamedTuple):
    """A file in an archive.

    Attributes:
        name: Its path in the archive.
        size: Its bytes, unpacked.
        mtime_ns: When it was changed; that of the archive where it doesn't say.
    """

    name: str
    size: int
    mtime_ns: int
