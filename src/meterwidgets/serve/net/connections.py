"""The HTTP server: how many connections it takes, and how long it waits for them."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from meterwidgets.serve.sessions.limits import Limits
from meterwidgets.serve.sessions.messages import MAX_MESSAGE_BYTES

MAX_BODY_BYTES = 4096
"""No page sends more than an empty body."""
MAX_HEADER_BYTES = 32 << 10
PAUSE_S = 1.0
"""Seconds without accepting, when the system has no file left for a connection."""
UNREAD_MS = 60_000
"""Milliseconds after which a client that takes nothing has lost its connection."""
_ACCEPTED_AT_ONCE = 128
_log = logging.getLogger("meterwidgets")


class CountedStream(IOStream):
    """A connection that says when it has closed."""

    on_closed: Callable[[], None] | None = None

    def close_fd(self) -> None:
        """Close it."""
        super().close_fd()
        if self.on_closed:
            self.on_closed()
            self.on_closed = None


class BoundedServer(HTTPServer):
    """An HTTP server that no client can exhaust by its connections.

    Requests have to arrive in time and be small; who does not read is cut off.
    """

    def initialize(self, app: Any, limits: Limits) -> None:  # type: ignore[override]
        """Take the application, and how much of everything."""
        super().initialize(
            app,
            idle_connection_timeout=limits.request_s,
            body_timeout=limits.request_s,
            max_body_size=MAX_BODY_BYTES,
            max_header_size=MAX_HEADER_BYTES,
            max_buffer_size=4 * MAX_MESSAGE_BYTES,
        )
        self._limits = limits
        self._open: Counter[str] = Counter()

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept connections on listening sockets."""
        for listening in sockets:
            self._sockets[listening.fileno()] = listening
            self._handlers[listening.fileno()] = self._start_accepting(listening)

    def _start_accepting(self, listening: socket.socket) -> Callable[[], None]:
        """Accept until the returned function is called."""
        loop, fd = IOLoop.current(), listening.fileno()
        is_stopped = False

        def stop() -> None:
            nonlocal is_stopped
            is_stopped = True
            loop.remove_handler(fd)

        def resume() -> None:
            if not is_stopped:
                loop.add_handler(fd, accept, IOLoop.READ)

        def accept(_fd: int, _events: int) -> None:
            for _ in range(_ACCEPTED_AT_ONCE):
                try:
                    connection, address = listening.accept()
                except BlockingIOError:
                    return
                except ConnectionAbortedError:
                    continue
                except OSError as error:
                    # The connection still waits, so the loop would come right back.
                    _log.error("no connections for a moment: %s", error)
                    loop.remove_handler(fd)
                    loop.call_later(PAUSE_S, resume)
                    return
                self._handle_connection(connection, address)

        resume()
        return stop

    def _handle_connection(self, connection: socket.socket, address: Any) -> None:
        source = _counted_source(address)
        if self._is_too_many(source):
            _log.warning("connections refused: too many are open")
            connection.close()
            return
        _cut_off_if_unread(connection)
        stream = CountedStream(connection, max_buffer_size=self.max_buffer_size)
        self._open.update(("", source))
        stream.on_closed = partial(self._forget, source)
        self.handle_stream(stream, address)

    def _is_too_many(self, source: str) -> bool:
        limits = self._limits
        if self._open[""] >= limits.connections:
            return True
        return bool(source) and self._open[source] >= limits.connections_an_address

    def _forget(self, source: str) -> None:
        for counted in ("", source):
            self._open[counted] -= 1
            if not self._open[counted]:
                del self._open[counted]


def _counted_source(address: Any) -> str:
    """The address that a connection counts for; "" if only in all.

    A proxy on this machine connects by loopback or a unix socket, for everybody.
    IPv6 networks are given out as /64: whoever has one has 2^64 addresses.

    Examples:
        >>> _counted_source(("192.0.2.7", 4711))
        '192.0.2.7'
        >>> _counted_source(("2001:db8::7", 4711, 0, 0))
        '2001:db8::/64'
        >>> _counted_source(("127.0.0.1", 4711))
        ''
    """
    if not isinstance(address, tuple):
        return ""
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return ""
    if ip.version == 6:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _cut_off_if_unread(connection: socket.socket) -> None:
    """Close a connection that takes nothing, where the system can."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and connection.family != socket.AF_UNIX:
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, UNREAD_MS)
