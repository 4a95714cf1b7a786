"""The server: every page has one clean address, and nothing else answers.

Voilà's own routes (tree, contents, files, render) are not there at all.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.utils import get_voila_labextensions_path

from meterwidgets.errors import MeterError
from meterwidgets.serve.assets import (
    EXTENSIONS,
    HEADERS,
    VOILA_STATIC,
    Extension,
    Static,
)
from meterwidgets.serve.handlers import (
    CloseKernel,
    Favicon,
    KernelState,
    NotFound,
    ToFirstPage,
)
from meterwidgets.serve.kernels import (
    OwnInterpreter,
    PageConnection,
    PageWebsocket,
    kernel_config,
    kernel_env,
)
from meterwidgets.serve.page import Page, PageTemplate
from meterwidgets.serve.paths import TEMPLATE, notebooks_dir, template_root
from meterwidgets.serve.prerender import Figures
from meterwidgets.serve.standby import Standby, available, provisioner

PAGES = {
    "overview": "overview.ipynb",
    "token-usage": "token_usage.ipynb",
    "model-analytics": "model_analytics.ipynb",
    "my-usage": "my_usage.ipynb",
}  # address -> notebook; the first is the start
MESSAGE_BYTES = 1 << 20  # the largest that a page may send
STARTS = (os.cpu_count() or 1) + 1
"""Sessions that start at once; of more, each would wait for the last of them."""

Say = Callable[[str], None]
_NOT_SAID = "The websocket_ping_timeout"
"""tornado takes for seconds what jupyter_server means in ms, and warns of it."""


def _print(line: str) -> None:
    print(line, flush=True)  # at once, also into a pipe


def serve(
    frame_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    open_browser: bool = False,
    notebooks: Path | None = None,
    user: str = "",
    log: Say = _print,
) -> None:
    """Serve the pages until SIGINT or SIGTERM; kernels end with the server.

    Args:
        frame_dir: The folder with the usage that the pages show.
        host: The address to listen on.
        port: The port to listen on; 0 takes any free one.
        open_browser: Show the first page in the reader's browser.
        notebooks: The folder with the pages' notebooks; the package's own if None.
        user: Whose own usage /my-usage shows, as the ledger reports users.
        log: Gets the one line with the address, once the server listens.

    Raises:
        MeterError: The port is taken, or a notebook or the template is missing.
    """
    folder = (notebooks or notebooks_dir()).resolve()
    if not _pages(folder):
        wanted = ", ".join(PAGES.values())
        raise MeterError(f"none of the notebooks {wanted} found in {folder}")
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


def _pages(folder: Path) -> dict[str, Path]:
    """The pages whose notebooks are in a folder, by address."""
    found = {page: folder / notebook for page, notebook in PAGES.items()}
    return {page: path for page, path in found.items() if path.is_file()}


class MeterServer(Voila):  # type: ignore[misc]
    """Voilà with clean addresses, hardened settings and no configuration files."""

    name = "voila"  # Voilà's handlers look themselves up under this name

    def __init__(
        self, *, frame_dir: Path, notebooks: Path, user: str = "", **settings: Any
    ) -> None:
        super().__init__(
            config=_config(settings["connection_dir"]),
            log_level=logging.WARNING,
            root_dir=str(notebooks),
            **settings,
        )
        self.frame_dir = frame_dir
        self.pages = _pages(notebooks)
        self.user = user
        self.figures = Figures(frame_dir, user)
        self.starts = asyncio.Semaphore(STARTS)
        self.kernel_metadata: dict[str, Any] = {}
        self.voila_configuration = VoilaConfiguration(parent=self)
        self.setup_template_dirs()

    def setup_template_dirs(self) -> None:
        """Find the template beside this package before any other of its name."""
        from jupyter_core.paths import jupyter_path

        roots = [str(template_root()), *jupyter_path()]
        apps = ["voila", "nbconvert"]
        self.template_paths = collect_template_paths(
            apps, TEMPLATE, prune=True, root_dirs=roots
        )
        self.static_paths = collect_static_paths(
            apps, TEMPLATE, prune=True, root_dirs=roots
        )

    @cached_property
    def template(self) -> PageTemplate:
        """The pages' template, compiled once."""
        return PageTemplate(self)

    def init_settings(self) -> dict[str, Any]:
        """Return Voilà's settings, with ours over them."""
        local = self.ip in {"127.0.0.1", "localhost", "::1"}
        settings: dict[str, Any] = super().init_settings()
        return settings | {
            # Away from loopback a proxy stands before us and checks the host.
            "allow_remote_access": not local,
            "default_handler_class": NotFound,
            "headers": HEADERS,
            "log_function": _log_failures,
            "websocket_max_message_size": MESSAGE_BYTES,
            "xsrf_cookie_kwargs": {"samesite": "Strict"},
        }

    def init_handlers(self) -> list[Any]:
        """Return the only routes that there are."""
        base = self.base_url
        kernel = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
        first = next(iter(self.pages))
        extensions = "|".join(EXTENSIONS)
        return [
            (base, ToFirstPage, {"address": base + first}),
            *(
                (
                    base + page,
                    Page,
                    {"server": self, "page": page, "notebook": notebook},
                )
                for page, notebook in self.pages.items()
            ),
            (rf"{base}api/kernels/{kernel}", KernelState),
            (rf"{base}api/kernels/{kernel}/channels", PageWebsocket),
            (rf"{base}voila/api/shutdown/{kernel}", CloseKernel),
            (rf"{base}{VOILA_STATIC}/(.*)", Static, {"roots": self.static_paths}),
            (rf"{base}voila/static/(.*)", Static, {"roots": self.static_paths}),
            (
                rf"{base}voila/labextensions/((?:{extensions})/static/[\w.-]+)",
                Extension,
                {"path": get_voila_labextensions_path()},
            ),
            (rf"{base}favicon.ico", Favicon),
        ]

    async def run(self, log: Say, *, open_browser: bool = False) -> None:
        """Listen until a signal comes, then end the kernels."""
        sockets = _bind(self.ip, self.port)
        logging.getLogger("tornado.general").addFilter(
            lambda record: not record.getMessage().startswith(_NOT_SAID)
        )
        port = sockets[0].getsockname()[1]
        self.app = Application(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        http = HTTPServer(self.app)
        http.add_sockets(sockets)
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        address = f"http://{host}:{port}{self.base_url}{next(iter(self.pages))}"
        log(f"Serving {address} (Ctrl+C stops)")
        if open_browser:
            webbrowser.open(address)
        with self._standing_by():
            try:
                await _signal()
            finally:
                http.stop()
                await self.kernel_manager.shutdown_all(now=True)

    @contextmanager
    def _standing_by(self) -> Iterator[None]:
        """Fork sessions, where that can be, instead of starting each anew."""
        if not available():
            yield
            return
        standby = Standby(kernel_env(os.environ, frame_dir=self.frame_dir))
        self.kernel_metadata["kernel_provisioner"] = provisioner(standby)
        try:
            yield
        finally:
            standby.close()


def _config(connection_dir: str) -> Config:
    ours = Config(
        VoilaConfiguration={
            "template": TEMPLATE,
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": list(EXTENSIONS),
            "file_allowlist": [],
            "kernel_spec_manager_class": OwnInterpreter,
            "preheat_kernel": False,
            "progressive_rendering": False,
            "show_tracebacks": False,
            "strip_sources": True,
        },
        Voila={"kernel_websocket_connection_class": PageConnection},
        IdentityProvider={"cookie_options": {"samesite": "Strict"}},
    )
    ours.merge(kernel_config(connection_dir))
    return ours


def _bind(host: str, port: int) -> list[Any]:
    try:
        return bind_sockets(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            what = f"port {port} of {host} is in use"
            raise MeterError(f"{what}; name another with --port") from None
        if error.errno == errno.EACCES:
            what = f"port {port} of {host} may not be opened by this user"
            raise MeterError(f"{what}; name one above 1023 with --port") from None
        raise MeterError(
            f"{host!r} is not an address of this machine ({error.strerror}); "
            "name one with --host, such as 127.0.0.1"
        ) from None


async def _signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(each, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(stop.set))
    await stop.wait()


def _log_failures(handler: RequestHandler) -> None:
    if handler.get_status() >= 500:
        logging.getLogger("tornado.access").error(
            "%d %s", handler.get_status(), handler.request.path
        )
