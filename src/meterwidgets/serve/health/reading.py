"""The port while the ledger is still read: a page that says how far that has come.

It is served by a thread, so the reading goes on as ever: what it raises ends the
command, and Ctrl+C stops it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from threading import Event, Thread
from typing import Any, Self

from tornado.web import Application, RequestHandler

from meterwidgets.ledger.engine.progress import Done
from meterwidgets.serve.health.probes import Healthz
from meterwidgets.serve.net.addresses import Addresses
from meterwidgets.serve.net.connections import BoundedServer
from meterwidgets.serve.net.listen import bind, remove_socket
from meterwidgets.serve.paths import TEMPLATE_FOLDER, template_root
from meterwidgets.serve.responses import SECURITY_HEADERS
from meterwidgets.serve.sessions.limits import Limits

RELOAD_S = 2
_STEPS = 1000


class ReadingPort:
    """Answers at a server's address until the server itself takes over.

    Args:
        addresses: Where the server will listen.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._began = time.monotonic()
        self._since = datetime.now(UTC)
        self._done: Done | None = None
        self._sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._listens = Event()
        self._thread = Thread(target=self._run, name="reading-port", daemon=True)

    def __enter__(self) -> Self:
        self._sockets = bind(self._addresses)
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        sockets = self.hand_over()
        if sockets:
            for listening in sockets:
                listening.close()
            remove_socket(self._addresses)

    def update(self, done: Done) -> None:
        """Note what has been read so far."""
        self._done = done

    def hand_over(self) -> list[socket.socket]:
        """Stop answering; whoever connects meanwhile waits.

        Returns:
            The sockets that listen, for the server; nothing at the second call.
        """
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        sockets, self._sockets = self._sockets, []
        return sockets

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        routes: list[Any] = [
            (r".*/healthz", Healthz),
            (r".*", _ReadingPage, {"port": self}),
        ]
        app = Application(routes, log_function=lambda _: None)
        http = BoundedServer(app, Limits())
        # Copies: stopping closes them, and the server goes on with the originals.
        http.add_sockets([listening.dup() for listening in self._sockets])
        self._listens.set()
        await self._stop.wait()
        http.stop()
        await http.close_all_connections()

    def shows_names(self, host: str) -> bool:
        """Whether files may be named to whoever asks: only on this machine."""
        own = self._addresses
        return own.public is None and own.is_local and own.is_own_host(host)

    def progress(self, *, with_name: bool) -> tuple[float, str]:
        """The part that is read, from 0 to 1, and that in words."""
        done, seconds = self._done, time.monotonic() - self._began
        since = f"since {self._since:%H:%M:%S} UTC ({seconds:.0f} s)"
        if done is None or not done.of:
            return 0, f"Looking at it {since}."
        name = f"{Path(done.name).name}: " if with_name and done.name else ""
        part = min(1.0, done.bytes / done.of)
        rows = f", {done.rows:,} rows" if done.rows else ""
        size = f"{done.bytes / 1e6:,.0f} of {done.of / 1e6:,.0f} MB"
        return part, f"{name}{part:.0%}, {size}{rows}, {since}."


class _ReadingPage(RequestHandler):
    """Answers every address, whatever the method, with the progress of the reading."""

    def initialize(self, *, port: ReadingPort) -> None:
        """Take what tells of the reading."""
        self._port = port

    def prepare(self) -> None:
        """Answer before the method is looked at."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_status(503)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Retry-After", str(RELOAD_S))
        if self.request.path.endswith("/readyz"):
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish("not ready\n")
            return
        names = self._port.shows_names(self.request.host)
        part, text = self._port.progress(with_name=names)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Refresh", str(RELOAD_S))
        self.finish(_page(part, text))


def _page(part: float, text: str) -> str:
    title = "Reading the usage"
    value = f' value="{round(part * _STEPS)}" max="{_STEPS}"' if part else ""
    body = (
        f'<progress aria-label="{title}"{value}></progress>\n<p>{escape(text)}</p>\n'
        "<p>This page opens by itself when all of it is read.</p>"
    )
    path = template_root() / TEMPLATE_FOLDER / "notice.html"
    return Template(path.read_text("utf-8")).substitute(title=title, body=body)
