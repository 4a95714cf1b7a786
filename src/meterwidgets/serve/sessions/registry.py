"""Who owns which session, and when it ends because nobody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tornado.web import HTTPError

from meterwidgets.frame.scope import Scope
from meterwidgets.serve.identity.signed_in import SignedIn
from meterwidgets.serve.sessions.limits import Limits
from meterwidgets.serve.sessions.rates import TokenBucket

SESSION_ENDED = 4001
"""The close code that page.js takes for the end of the kernel."""
SERVICE_RESTART = 1012
SWEEP_S = 2.0
"""Seconds between two looks for sessions to end."""
_LOADED_S = 10.0
"""Seconds after which a page without a connection may have to make room."""
_COSTLY_RATE, _COSTLY_BURST = 0.5, 20.0
"""How often a page may ask for the state of every widget."""


class Kernels(Protocol):
    """The kernels of a server."""

    def __contains__(self, kernel_id: str) -> bool:
        """Whether a kernel runs."""

    async def shutdown_kernel(self, kernel_id: str) -> None:
        """End a kernel."""


class Connection(Protocol):
    """A websocket of a page."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close it."""


class TooManySessionsError(Exception):
    """No further session now.

    Attributes:
        is_own: Whether they are this person's own.
    """

    def __init__(self, *, is_own: bool) -> None:
        super().__init__("too many sessions")
        self.is_own = is_own


@dataclass(kw_only=True, eq=False)
class Session:
    """A page's session: its kernel, and who may use it.

    Attributes:
        kernel_id: Of its kernel.
        owner: The principal that opened the page.
        expires: When the owner's assertion ends, in seconds since 1970.
        scope: What the page shows.
        granted: What its owner might see when the page was opened.
        started: When the page was asked for, on the monotonic clock.
        last_seen: When its browser was last heard of, on the same clock.
        page: What makes the page.
        is_complete: Whether it has been made.
        was_connected: Whether its browser has ever connected.
        connections: Its open websockets.
        messages, bytes, costly: How much its browser may send.
    """

    kernel_id: str
    owner: str
    expires: float | None
    scope: Scope
    granted: Scope
    started: float
    last_seen: float
    messages: TokenBucket
    bytes: TokenBucket
    costly: TokenBucket
    page: asyncio.Task[None] | None = None
    is_complete: bool = False
    was_connected: bool = False
    connections: set[Connection] = field(default_factory=set)


class Sessions:
    """The sessions of a server.

    Args:
        kernels: Its kernels.
        limits: How many there may be, and for how long.
        clock: The monotonic time in seconds.
        now: The time in seconds since 1970.
    """

    def __init__(
        self,
        kernels: Kernels,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._kernels, self.limits = kernels, limits
        self._clock, self._now = clock, now
        self._sessions: dict[str, Session] = {}
        self._is_closed = False

    def __iter__(self) -> Iterator[Session]:
        return iter([*self._sessions.values()])

    def __len__(self) -> int:
        return len(self._sessions)

    async def admit(self, kernel_id: str, user: SignedIn, *, scope: Scope) -> Session:
        """Register a session that is about to start.

        Where there are too many, those that no browser is connected to make room, the
        owner's own before others.

        Args:
            kernel_id: Of its kernel.
            user: Whoever opened the page.
            scope: What the page shows.

        Raises:
            TooManySessionsError: All of them are in use.
        """
        for abandoned in self.in_the_way(user):
            await self.end(abandoned.kernel_id)
        owner = user.principal_id
        at, limits = self._clock(), self.limits
        session = self._sessions[kernel_id] = Session(
            kernel_id=kernel_id,
            owner=owner,
            expires=user.expires,
            scope=scope,
            granted=user.scope,
            started=at,
            last_seen=at,
            messages=TokenBucket(rate=limits.message_rate, burst=limits.message_burst),
            bytes=TokenBucket(rate=limits.byte_rate, burst=4 * limits.byte_rate),
            costly=TokenBucket(rate=_COSTLY_RATE, burst=_COSTLY_BURST),
        )
        return session

    def in_the_way(self, user: SignedIn) -> list[Session]:
        """The abandoned sessions that have to end before somebody's next one starts.

        Raises:
            TooManySessionsError: All of them are in use.
        """
        if self._is_closed:
            raise HTTPError(503)
        own = [session for session in self if session.owner == user.principal_id]
        found = []
        if len(own) >= self.limits.sessions_a_person:
            found.append(self._abandoned(own, is_own=True))
        if len(self) - len(found) >= self.limits.sessions:
            others = [session for session in own or self if session not in found]
            found.append(self._abandoned(others, is_own=False))
        return found

    def _abandoned(self, sessions: list[Session], *, is_own: bool) -> Session:
        """The one of these that no browser has been connected to for the longest time.

        Raises:
            TooManySessionsError: All of them are in use.
        """
        before = self._clock() - _LOADED_S
        abandoned = [
            session
            for session in sessions
            if session.is_complete
            and not session.connections
            and session.last_seen < before
        ]
        if not abandoned:
            raise TooManySessionsError(is_own=is_own)
        return min(abandoned, key=lambda session: session.last_seen)

    def of(self, kernel_id: str, user: SignedIn) -> Session:
        """A session of somebody's; it lasts as long as their newest assertion.

        Raises:
            HTTPError: 404 where there is none, where it is somebody else's, and where
                its owner may see something else by now: then it ends.
        """
        session = self._sessions.get(kernel_id)
        is_own = session is not None and session.owner == user.principal_id
        if session is None or not is_own or kernel_id not in self._kernels:
            raise HTTPError(404)
        if session.granted != user.scope:
            session.expires = 0
            raise HTTPError(404)
        if session.expires is not None and user.expires is not None:
            session.expires = max(session.expires, user.expires)
        return session

    def complete(self, session: Session) -> None:
        """Note that a page has been made: its browser should connect soon."""
        session.is_complete = True
        session.last_seen = self._clock()

    @contextmanager
    def connected(self, session: Session, connection: Connection) -> Iterator[None]:
        """Note a connection for as long as it is open."""
        session.connections.add(connection)
        session.was_connected = True
        try:
            yield
        finally:
            session.connections.discard(connection)
            session.last_seen = self._clock()

    async def end(self, kernel_id: str, *, delay_s: float = 0) -> None:
        """End a session.

        Args:
            kernel_id: Of its kernel.
            delay_s: Seconds until its page is told.
        """
        session = self._sessions.pop(kernel_id, None)
        for connection in [*session.connections] if session else ():
            asyncio.get_running_loop().call_later(
                delay_s, connection.close, SESSION_ENDED, "session ended"
            )
        if kernel_id in self._kernels:
            await self._kernels.shutdown_kernel(kernel_id)

    async def sweep(self) -> None:
        """End the sessions whose time has come."""
        ended = [session.kernel_id for session in self if self._has_ended(session)]
        await asyncio.gather(*map(self.end, ended))

    def _has_ended(self, session: Session) -> bool:
        if session.expires is not None and self._now() >= session.expires:
            return True
        if not session.is_complete:  # its page ends it
            return False
        if session.kernel_id not in self._kernels:
            return True
        limits = self.limits
        patience = limits.idle_s if session.was_connected else limits.unseen_s
        is_idle = self._clock() - session.last_seen >= patience
        return is_idle and not session.connections

    async def close(self) -> None:
        """Start nothing any more, give up the pages in the making, close connections.

        Pages connect again by themselves, to the server that comes next.
        """
        self._is_closed = True
        for session in self:
            for connection in [*session.connections]:
                connection.close(SERVICE_RESTART, "the server restarts")
        pages = [session.page for session in self if session.page]
        for page in pages:
            page.cancel()
        if pages:
            await asyncio.wait(pages)

    async def keep_sweeping(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.sweep()
