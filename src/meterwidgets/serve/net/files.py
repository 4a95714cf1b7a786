"""How many files the server may have open, and what that leaves for readers."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace

from meterwidgets.serve.sessions.limits import Limits

MAX_FILES = 1 << 16
FILES_A_SESSION = 12
"""While it starts; later half of them."""
_OWN_FILES = 64


def raise_file_limit() -> int:
    """Raise the soft limit of open files as far as it may be; return it."""
    if sys.platform == "win32":
        return MAX_FILES
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = MAX_FILES if hard == unlimited else min(hard, MAX_FILES)
    if soft != unlimited and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MAX_FILES if soft == unlimited else soft


def within_files(limits: Limits, files: int) -> Limits:
    """Limits that no server exceeds that may have so many files open.

    Examples:
        >>> small = within_files(Limits(sessions=256, connections=4096), 1024)
        >>> small.sessions, small.connections
        (64, 192)
        >>> within_files(Limits(), 65536) == Limits()
        True
    """
    left = max(files - _OWN_FILES, 60)
    sessions = min(limits.sessions, left // (FILES_A_SESSION + 3))
    connections = min(limits.connections, left - FILES_A_SESSION * sessions)
    return replace(limits, sessions=sessions, connections=connections)
