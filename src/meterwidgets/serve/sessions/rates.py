"""How often something may happen."""

from __future__ import annotations

import time
from collections.abc import Callable


class TokenBucket:
    """Allows a burst, then a steady rate.

    Args:
        rate: Tokens that are added a second.
        burst: Tokens that it holds at most, and at the start.
        clock: The time in seconds; any origin.

    Examples:
        >>> now = 0.0
        >>> bucket = TokenBucket(rate=1, burst=2, clock=lambda: now)
        >>> [bucket.take() for _ in range(3)]
        [True, True, False]
        >>> now = 1.0
        >>> bucket.take()
        True
    """

    def __init__(
        self, *, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens = burst
        self._updated = clock()

    def take(self, count: float = 1) -> bool:
        """Take tokens; False, and none taken, where there are too few."""
        now = self._clock()
        added = (now - self._updated) * self._rate
        self._tokens = min(self._burst, self._tokens + added)
        self._updated = now
        if self._tokens < count:
            return False
        self._tokens -= count
        return True
