"""``serve()``: the pages at clean addresses, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from meterwidgets.serve.paths import notebooks_dir
from meterwidgets.serve.server import MeterServer


def _print_at_once(line: str) -> None:
    print(line, flush=True)  # a pipe would hold it back


def serve(
    frame_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    open_browser: bool = False,
    notebooks: Path | None = None,
    user: str = "",
    log: Callable[[str], None] = _print_at_once,
) -> None:
    """Serve the pages until SIGINT or SIGTERM; kernels end with the server.

    Args:
        frame_dir: The folder of the usage that the pages show.
        host: The address to listen on.
        port: The port to listen on; 0 takes any free one.
        open_browser: Open the first page in a browser.
        notebooks: The folder of the pages' notebooks; None takes the package's own.
        user: Whose usage /my-usage shows, as the ledger reports users.
        log: Called with the address once the server listens.

    Raises:
        MeterError: When the port is taken, or a notebook or the template is missing.
    """
    folder = (notebooks or notebooks_dir()).resolve()
    with tempfile.TemporaryDirectory(prefix="mw-") as connection_dir:
        server = MeterServer(
            frame_dir=frame_dir.resolve(),
            notebooks=folder,
            user=user,
            ip=host,
            port=port,
            connection_dir=connection_dir,
        )
        asyncio.run(server.run(log, open_browser=open_browser))
