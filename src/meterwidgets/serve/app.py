"""The server: each page has one clean address, and nothing else answers.

Voilà's own routes (tree, contents, files, render) do not exist.
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
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.utils import get_voila_labextensions_path

from meterwidgets.errors import MeterError
from meterwidgets.present.pages import PAGES
from meterwidgets.serve.assets import (
    EXTENSIONS,
    VOILA_STATIC,
    ExtensionFiles,
    StaticFiles,
)
from meterwidgets.serve.fork_server import ForkServer, can_fork, provisioner_metadata
from meterwidgets.serve.handlers import (
    Favicon,
    KernelState,
    NotFound,
    RedirectToFirstPage,
    ShutdownKernel,
)
from meterwidgets.serve.kernels import OwnInterpreter, kernel_config, kernel_env
from meterwidgets.serve.page import Page, PageServices
from meterwidgets.serve.paths import TEMPLATE, notebooks_dir, template_root
from meterwidgets.serve.prerender import Prerenderer
from meterwidgets.serve.responses import SECURITY_HEADERS
from meterwidgets.serve.template import PageTemplate
from meterwidgets.serve.websocket import PageConnection, PageWebsocket

"""Key, which is the address -> notebook; the bare address leads to the first."""
MAX_MESSAGE_BYTES = 1 << 20
"""The largest websocket message that a page may send."""
MAX_STARTING = (os.cpu_count() or 1) + 1
"""Kernels that start at once; more would each wait for the last of them."""

_PING_WARNING = "The websocket_ping_timeout"
"""tornado takes jupyter_server's milliseconds for seconds, and warns of them."""


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
    if not _find_notebooks(folder):
        names = ", ".join(page.notebook for page in PAGES.values())
        raise MeterError(f"none of the notebooks {names} found in {folder}")
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


def _find_notebooks(folder: Path) -> dict[str, Path]:
    """Page -> its notebook, for those that are in a folder."""
    paths = {page.key: folder / page.notebook for page in PAGES.values()}
    return {page: path for page, path in paths.items() if path.is_file()}


class MeterServer(Voila):  # type: ignore[misc]
    """Voilà with clean addresses, hardened settings and no configuration files."""

    name = "voila"  # Voilà's handlers look the application up by this name

    def __init__(
        self, *, frame_dir: Path, notebooks: Path, user: str = "", **settings: Any
    ) -> None:
        super().__init__(
            config=_voila_config(settings["connection_dir"]),
            log_level=logging.WARNING,
            root_dir=str(notebooks),
            **settings,
        )
        self.frame_dir = frame_dir
        self.notebooks = _find_notebooks(notebooks)
        self.user = user
        self.kernel_metadata: dict[str, Any] = {}
        self.voila_configuration = VoilaConfiguration(parent=self)
        self.setup_template_dirs()

    def setup_template_dirs(self) -> None:
        """Find the template beside this package before any other of its name."""
        roots = [str(template_root()), *jupyter_path()]
        apps = ["voila", "nbconvert"]
        self.template_paths = collect_template_paths(
            apps, TEMPLATE, prune=True, root_dirs=roots
        )
        self.static_paths = collect_static_paths(
            apps, TEMPLATE, prune=True, root_dirs=roots
        )

    def init_settings(self) -> dict[str, Any]:
        """Return Voilà's settings, overridden by ours."""
        is_loopback = self.ip in {"127.0.0.1", "localhost", "::1"}
        settings: dict[str, Any] = super().init_settings()
        return settings | {
            # Beyond loopback a proxy is expected, which checks the Host header.
            "allow_remote_access": not is_loopback,
            "default_handler_class": NotFound,
            "headers": SECURITY_HEADERS,
            "log_function": _log_server_errors,
            "websocket_max_message_size": MAX_MESSAGE_BYTES,
            "xsrf_cookie_kwargs": {"samesite": "Strict"},
        }

    def init_handlers(self) -> list[Any]:
        """Return the only routes that there are."""
        base = self.base_url
        kernel = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
        extensions = "|".join(EXTENSIONS)
        static = {"roots": self.static_paths}
        services = self._page_services()
        pages = [
            (base + key, Page, {"services": services, "key": key, "notebook": notebook})
            for key, notebook in self.notebooks.items()
        ]
        return [
            (base, RedirectToFirstPage, {"url": pages[0][0]}),
            *pages,
            (rf"{base}api/kernels/{kernel}", KernelState),
            (rf"{base}api/kernels/{kernel}/channels", PageWebsocket),
            (rf"{base}voila/api/shutdown/{kernel}", ShutdownKernel),
            (rf"{base}{VOILA_STATIC}/(.*)", StaticFiles, static),
            (rf"{base}voila/static/(.*)", StaticFiles, static),
            (
                rf"{base}voila/labextensions/((?:{extensions})/static/[\w.-]+)",
                ExtensionFiles,
                {"path": get_voila_labextensions_path()},
            ),
            (rf"{base}favicon.ico", Favicon),
        ]

    def _page_services(self) -> PageServices:
        return PageServices(
            frame_dir=self.frame_dir,
            user=self.user,
            template=PageTemplate(
                base_url=self.base_url,
                template_paths=self.template_paths,
                static_paths=self.static_paths,
                contents_manager=self.contents_manager,
                configuration=self.voila_configuration,
                log=self.log,
            ),
            prerenderer=Prerenderer(self.frame_dir, self.user),
            starts=asyncio.Semaphore(MAX_STARTING),
        )

    async def run(
        self, log: Callable[[str], None], *, open_browser: bool = False
    ) -> None:
        """Serve until SIGINT or SIGTERM, then end the kernels."""
        sockets = _bind(self.ip, self.port)
        logging.getLogger("tornado.general").addFilter(
            lambda record: not record.getMessage().startswith(_PING_WARNING)
        )
        port = sockets[0].getsockname()[1]
        self.app = Application(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        http = HTTPServer(self.app)
        http.add_sockets(sockets)
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        address = f"http://{host}:{port}{self.base_url}{next(iter(self.notebooks))}"
        log(f"Serving {address} (Ctrl+C stops)")
        if open_browser:
            webbrowser.open(address)
        with self._fork_server():
            try:
                await _stop_signal()
            finally:
                http.stop()
                await self.kernel_manager.shutdown_all(now=True)

    @contextmanager
    def _fork_server(self) -> Iterator[None]:
        """Fork kernels where that is possible, instead of starting processes."""
        if not can_fork():
            yield
            return
        server = ForkServer(kernel_env(os.environ, frame_dir=self.frame_dir))
        self.kernel_metadata["kernel_provisioner"] = provisioner_metadata(server)
        try:
            yield
        finally:
            server.close()


def _voila_config(connection_dir: str) -> Config:
    config = Config(
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
    config.merge(kernel_config(connection_dir))
    return config


def _bind(host: str, port: int) -> list[Any]:
    try:
        return bind_sockets(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} of {host} is in use; choose another with --port"
        elif error.errno == errno.EACCES:
            problem = (
                f"port {port} of {host} may not be opened by this user; choose one "
                "above 1023 with --port"
            )
        else:
            problem = (
                f"{host!r} is not an address of this machine ({error.strerror}); "
                "choose one with --host, such as 127.0.0.1"
            )
        raise MeterError(problem) from None


async def _stop_signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    await stop.wait()


def _log_server_errors(handler: RequestHandler) -> None:
    if handler.get_status() >= 500:
        logging.getLogger("tornado.access").error(
            "%d %s", handler.get_status(), handler.request.path
        )
