"""``serve()``: the pages at clean addresses, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from meterwidgets.serve.health.access_log import AccessLog
from meterwidgets.serve.identity.choose import SignIn
from meterwidgets.serve.logs import bound_log
from meterwidgets.serve.net.addresses import addresses
from meterwidgets.serve.paths import notebooks_dir
from meterwidgets.serve.server import MeterServer
from meterwidgets.serve.sessions.limits import Limits


def _print_at_once(line: str) -> None:
    print(line, flush=True)  # a pipe would hold it back


def serve(
    frame_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    public_url: str | None = None,
    base_url: str | None = None,
    open_browser: bool = False,
    notebooks: Path | None = None,
    sign_in: SignIn | None = None,
    limits: Limits | None = None,
    access_log: str | None = None,
    sockets: Callable[[], list[socket.socket]] | None = None,
    log: Callable[[str], None] = _print_at_once,
) -> None:
    """Serve the pages until SIGINT or SIGTERM; kernels end with the server.

    Args:
        frame_dir: The folder of the usage that the pages show.
        host: The address to listen on, or ``unix:`` and the path of a socket.
        port: The port to listen on; 0 takes any free one.
        public_url: The address that readers open, where a proxy answers.
        base_url: The path that the pages are under; None answers at the bare path and
            at that of ``public_url``.
        open_browser: Open the first page in a browser.
        notebooks: The folder of the pages' notebooks; None takes the package's own.
        sign_in: How readers sign in; None takes a token in the printed address.
        limits: How much readers may take; None takes the defaults.
        access_log: The file that gets a JSON line for each request, or "-" for the
            standard output; None writes none.
        sockets: Hands over sockets that listen there already, as soon as the server
            answers; None opens them.
        log: Called with the address once the server listens.

    Raises:
        MeterError: When the port is taken, a notebook or the template is missing, or
            nobody would know who a reader is.
    """
    where = addresses(host=host, port=port, base_url=base_url, public_url=public_url)
    sign_in = sign_in or SignIn()
    sign_in.check(where)
    folder = (notebooks or notebooks_dir()).resolve()
    with tempfile.TemporaryDirectory(prefix="mw-") as connection_dir:
        server = MeterServer(
            frame_dir=frame_dir.resolve(),
            notebooks=folder,
            addresses=where,
            sign_in=sign_in,
            limits=limits,
            access_log=AccessLog(access_log) if access_log else None,
            connection_dir=connection_dir,
        )
        bound_log(server.log)
        try:
            asyncio.run(server.run(log, open_browser=open_browser, sockets=sockets))
        finally:
            if server.exit_timer:
                server.exit_timer.cancel()
