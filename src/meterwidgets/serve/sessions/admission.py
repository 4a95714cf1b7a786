"""The queue of pages whose sessions may not start yet."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import AsyncIterator
from contextlib import suppress
from operator import attrgetter


class QueueFullError(Exception):
    """More pages wait already than may."""


class Turn:
    """A page's place in the queue; leaving its block gives it up.

    Args:
        queue: The queue.
        owner: Whose page it is.
    """

    def __init__(self, queue: StartQueue, owner: str) -> None:
        self._queue = queue
        self.owner = owner
        self.round = 0  # of the owner's pages, the how-manieth it is
        self.moved = asyncio.Event()

    async def places(self) -> AsyncIterator[int]:
        """Yield how many pages come before it, whenever that changes, until its turn.

        Where it need not wait, nothing.
        """
        last = -1
        while True:
            # Before the look: it may move while its reader is told.
            self.moved.clear()
            before = self._queue.before(self)
            if before is None:
                return
            if before != last:
                yield before
                last = before
            await self.moved.wait()

    def __enter__(self) -> Turn:
        self._queue.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.leave(self)


class StartQueue:
    """Lets some pages start at once and the others wait.

    Everybody's first page comes before anybody's second: whoever opens many keeps
    nobody else waiting.

    Args:
        starting: Pages that start at once.
        waiting: Pages that may wait.
    """

    def __init__(self, *, starting: int, waiting: int) -> None:
        self._max_starting, self._max_waiting = starting, waiting
        self._starting: list[Turn] = []
        self._waiting: list[Turn] = []  # in the order of their turns

    @property
    def waiting(self) -> int:
        """How many pages wait."""
        return len(self._waiting)

    def turn(self, owner: str) -> Turn:
        """A place for a page.

        Raises:
            QueueFullError: Too many wait.
        """
        if len(self._waiting) >= self._max_waiting:
            raise QueueFullError
        return Turn(self, owner)

    def enter(self, turn: Turn) -> None:
        """Let a page join the queue, or start."""
        owners = [each.owner for each in (*self._starting, *self._waiting)]
        turn.round = owners.count(turn.owner)
        insort(self._waiting, turn, key=attrgetter("round"))
        self._advance()

    def leave(self, turn: Turn) -> None:
        """Let a page give up its place, wherever it is."""
        for turns in (self._starting, self._waiting):
            with suppress(ValueError):
                turns.remove(turn)
        self._advance()

    def before(self, turn: Turn) -> int | None:
        """How many wait before a page; None if it may start."""
        return None if turn in self._starting else self._waiting.index(turn)

    def _advance(self) -> None:
        while self._waiting and len(self._starting) < self._max_starting:
            turn = self._waiting.pop(0)
            self._starting.append(turn)
            turn.moved.set()
        for turn in self._waiting:
            turn.moved.set()
