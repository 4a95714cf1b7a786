"""A request that is refused: plain words for the reader, the reason for the log."""

from __future__ import annotations

import logging
import time

from tornado.web import HTTPError

REPEAT_S = 60.0
"""Seconds until the same reason is logged again."""
_log = logging.getLogger("meterwidgets")


class Refused(HTTPError):
    """An answer of 401 or 403 that says in plain words what to do.

    Args:
        status: 401 for nobody, 403 for somebody who may not.
        words: What the reader is told.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status)
        self.words = words
        self.title = "You are not signed in" if status == 401 else "Not for you"


class RefusalLog:
    """Logs why readers are refused: each reason at once, then at most every minute.

    Reasons come from a fixed set of sentences and never quote a request, so that
    nobody can flood or forge the log.
    """

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}
        self._unlogged: dict[str, int] = {}

    def add(self, reason: str) -> None:
        """Log a reason, unless it was logged within the last minute."""
        now = time.monotonic()
        if now - self._logged_at.get(reason, -REPEAT_S) < REPEAT_S:
            self._unlogged[reason] = self._unlogged.get(reason, 0) + 1
            return
        self._logged_at[reason] = now
        repeats = self._unlogged.pop(reason, 0)
        more = f" ({repeats:,} more times since the last of these lines)"
        _log.warning("refused: %s%s", reason, more if repeats else "")
