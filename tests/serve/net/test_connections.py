"""Connections of one address are counted, and those that take nothing are cut off."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from tornado.web import Application, RequestHandler

from meterwidgets.serve.net import connections
from meterwidgets.serve.net.connections import BoundedServer
from meterwidgets.serve.sessions.limits import Limits

LARGE = 8 << 20


class Here(socket.socket):
    """Listens on loopback; its clients come from the addresses of ``origins``."""

    origins: list[tuple[Any, ...]]

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        taken, address = super().accept()
        return taken, self.origins.pop(0) if self.origins else address


class Page(RequestHandler):
    """A word at /, much at any other path."""

    def get(self, path: str) -> None:
        """Answer."""
        self.write("x" * LARGE if path else "ok")


@asynccontextmanager
async def listening(
    *origins: tuple[Any, ...], **limits: int
) -> AsyncIterator[tuple[str, int]]:
    """The address of a server within limits."""
    listener = Here(socket.AF_INET, socket.SOCK_STREAM)
    listener.origins = list(origins)
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    listener.setblocking(False)
    server = BoundedServer(Application([(r"/(.*)", Page)]), Limits(**limits))
    server.add_sockets([listener])
    try:
        yield listener.getsockname()
    finally:
        server.stop()
        await server.close_all_connections()
        listener.close()


async def is_taken(wire: socket.socket, address: tuple[str, int]) -> bool:
    """Whether a request over a new connection is answered."""
    loop = asyncio.get_running_loop()
    wire.setblocking(False)
    await loop.sock_connect(wire, address)
    try:
        await loop.sock_sendall(wire, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return (await loop.sock_recv(wire, 4096)).startswith(b"HTTP/1.1 200")
    except (ConnectionResetError, BrokenPipeError):
        return False


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        ([("192.0.2.7", n) for n in range(3)], [True, True, False]),
        ([(f"192.0.2.{n}", 1) for n in range(3)], [True, True, True]),
        ([(f"2001:db8::{n}", 1, 0, 0) for n in range(3)], [True, True, False]),
        ([(f"::ffff:192.0.2.{n}", 1, 0, 0) for n in (7, 7, 8)], [True, True, True]),
        ([("::1", n, 0, 0) for n in range(3)], [True, True, True]),
        ([], [True, True, True]),
    ],
    ids=["one", "three", "one IPv6 network", "IPv4 in IPv6", "loopback", "a proxy"],
)
def test_an_address_has_so_many_connections_and_a_proxy_any_number(
    origins: list[tuple[Any, ...]], expected: list[bool]
) -> None:
    async def main() -> None:
        async with listening(*origins, connections_an_address=2) as address:
            with ExitStack() as stack:
                wires = [stack.enter_context(socket.socket()) for _ in expected]
                assert [await is_taken(wire, address) for wire in wires] == expected

    asyncio.run(main())


def test_a_connection_that_closed_makes_room_for_another_of_its_address() -> None:
    async def main() -> None:
        origins = [("192.0.2.7", n) for n in range(999)]
        async with listening(*origins, connections_an_address=1) as address:
            with socket.socket() as first:
                assert await is_taken(first, address)
                with socket.socket() as second:
                    assert not await is_taken(second, address)
            end, took = time.monotonic() + 10, False
            while not took and time.monotonic() < end:
                with socket.socket() as again:
                    took = await is_taken(again, address)
            assert took

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has TCP_USER_TIMEOUT")
def test_a_client_that_takes_nothing_loses_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "UNREAD_MS", 500)

    async def main() -> None:
        async with listening() as address:
            with socket.socket() as wire:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                wire.connect(address)
                wire.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await asyncio.sleep(4)
                got = 0
                wire.setblocking(False)
                loop = asyncio.get_running_loop()
                try:
                    while part := await asyncio.wait_for(
                        loop.sock_recv(wire, 1 << 16), 5
                    ):
                        got += len(part)
                except ConnectionResetError:
                    pass
                assert 0 < got < LARGE

    asyncio.run(main())
