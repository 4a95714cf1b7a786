"""The server: each page has one clean address, and nothing else answers.

Voilà's own routes (tree, contents, files, render) do not exist.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from jupyter_core.paths import jupyter_path
from tornado.web import Application
from traitlets.config import Config
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths

from meterwidgets.frame.scope import Scope
from meterwidgets.serve.assets import EXTENSIONS
from meterwidgets.serve.handlers import NotFound
from meterwidgets.serve.health.access_log import AccessLog
from meterwidgets.serve.health.metrics import Metrics, resident_bytes
from meterwidgets.serve.health.metrics_page import METRICS_TOKEN, metrics_token
from meterwidgets.serve.health.observer import OBSERVER, Observer
from meterwidgets.serve.health.probes import READINESS, Readiness
from meterwidgets.serve.identity.choose import SignIn
from meterwidgets.serve.identity.cookie_secret import cookie_secret
from meterwidgets.serve.identity.provider import MeterIdentity
from meterwidgets.serve.identity.signed_in import SignedInAuthorizer
from meterwidgets.serve.kernels.fork_server import (
    ForkServer,
    can_fork,
    provisioner_metadata,
)
from meterwidgets.serve.kernels.launch import OwnInterpreter, kernel_config, kernel_env
from meterwidgets.serve.kernels.manager import PageKernels
from meterwidgets.serve.kernels.running import running_pids
from meterwidgets.serve.net.addresses import Addresses
from meterwidgets.serve.net.connections import BoundedServer
from meterwidgets.serve.net.files import raise_file_limit, within_files
from meterwidgets.serve.net.listen import (
    bind,
    exit_within,
    on_hangup,
    open_in_browser,
    remove_socket,
    stop_signal,
)
from meterwidgets.serve.net.own_requests import ADDRESSES
from meterwidgets.serve.page import PageServices
from meterwidgets.serve.paths import TEMPLATE, template_root
from meterwidgets.serve.prerender import Prerenderer
from meterwidgets.serve.responses import SECURITY_HEADERS
from meterwidgets.serve.routes import find_notebooks, routes
from meterwidgets.serve.scoped.access import first_page
from meterwidgets.serve.scoped.choose import Chooser
from meterwidgets.serve.scoped.frames import ScopedFrames
from meterwidgets.serve.sessions.admission import StartQueue
from meterwidgets.serve.sessions.limits import Limits
from meterwidgets.serve.sessions.messages import MAX_MESSAGE_BYTES
from meterwidgets.serve.sessions.registry import Sessions
from meterwidgets.serve.template import PageTemplate
from meterwidgets.serve.websocket import PageConnection

STOP_S = 9.0
"""Seconds from a signal to the end, whatever still runs."""
_PING_WARNING = "The websocket_ping_timeout"
"""tornado takes jupyter_server's milliseconds for seconds, and warns of them."""


class MeterServer(Voila):  # type: ignore[misc]
    """Voilà with clean addresses, hardened settings and no configuration files."""

    name = "voila"  # Voilà's handlers look the application up by this name

    def __init__(
        self,
        *,
        frame_dir: Path,
        notebooks: Path,
        addresses: Addresses,
        sign_in: SignIn,
        connection_dir: str,
        limits: Limits | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        super().__init__(
            config=_voila_config(connection_dir),
            log_level=logging.WARNING,
            root_dir=str(notebooks),
            connection_dir=connection_dir,
            base_url=addresses.link_base,
            cookie_secret=cookie_secret(),
        )
        self.frames = ScopedFrames(
            frame_dir,
            Path(connection_dir) / "scopes",
            lambda: [session.scope for session in self.sessions],
        )
        self.notebooks = find_notebooks(notebooks)
        self.addresses = addresses
        self.sign_in = sign_in
        self.exit_timer: Timer | None = None
        self.limits = within_files(limits or Limits(), raise_file_limit())
        self.readiness = Readiness()
        self.observer = Observer(Metrics(), access_log)
        self.metrics_token = metrics_token()
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

    def init_settings(self, identity: MeterIdentity) -> dict[str, Any]:
        """Return Voilà's settings, overridden by ours."""
        settings: dict[str, Any] = super().init_settings()
        self.sessions = Sessions(self.kernel_manager, self.limits)
        return settings | {
            ADDRESSES: self.addresses,
            METRICS_TOKEN: self.metrics_token,
            OBSERVER: self.observer,
            READINESS: self.readiness,
            "authorizer": SignedInAuthorizer(parent=self, identity_provider=identity),
            "default_handler_class": NotFound,
            "headers": SECURITY_HEADERS,
            "identity_provider": identity,
            "log_function": self.observer.request,
            "sessions": self.sessions,
            "websocket_max_message_size": MAX_MESSAGE_BYTES,
            "xsrf_cookie_kwargs": {
                "path": self.addresses.link_base,
                "samesite": "Strict",
                "secure": self.addresses.is_https,
            },
        }

    def init_handlers(self, identity: MeterIdentity) -> list[Any]:
        """Return the only routes that there are."""
        services = self._page_services()
        signing_in = [
            (self.base_url + path, *route) for path, *route in identity.get_handlers()
        ]
        return signing_in + [
            route
            for base in self.addresses.route_bases
            for route in routes(
                base,
                base_url=self.base_url,
                notebooks=self.notebooks,
                services=services,
                static_paths=self.static_paths,
            )
        ]

    def _page_services(self) -> PageServices:
        starts = StartQueue(starting=self.limits.starting, waiting=self.limits.waiting)
        self._add_gauges(starts)
        return PageServices(
            chooser=Chooser(self.frames),
            template=PageTemplate(
                base_url=self.base_url,
                template_paths=self.template_paths,
                static_paths=self.static_paths,
                contents_manager=self.contents_manager,
                configuration=self.voila_configuration,
                log=self.log,
            ),
            prerenderer=Prerenderer(self.frames),
            sessions=self.sessions,
            starts=starts,
        )

    def _add_gauges(self, starts: StartQueue) -> None:
        gauge = self.observer.metrics.gauge
        gauge("sessions", "Sessions that there are.", lambda: len(self.sessions))
        gauge("waiting_pages", "Pages that wait for a start.", lambda: starts.waiting)
        gauge(
            "sessions_resident_memory_bytes",
            "Memory of the sessions; what they share is counted for each.",
            lambda: resident_bytes(running_pids(self.kernel_manager)),
        )

    async def run(
        self,
        log: Callable[[str], None],
        *,
        open_browser: bool = False,
        sockets: Callable[[], list[socket.socket]] | None = None,
    ) -> None:
        """Serve until SIGINT or SIGTERM, then end the kernels."""
        listening = sockets() if sockets else bind(self.addresses)
        logging.getLogger("tornado.general").addFilter(
            lambda record: not record.getMessage().startswith(_PING_WARNING)
        )
        port = self.addresses.port
        if self.addresses.socket is None:
            port = listening[0].getsockname()[1]
        identity = self.sign_in.provider(self.addresses, port=port, parent=self)
        self.app = Application(**self.init_settings(identity))
        self.app.add_handlers(".*$", self.init_handlers(identity))
        http = BoundedServer(self.app, self.limits)
        http.add_sockets(listening)
        user = self.sign_in.user
        first = first_page(Scope({"user": (user,)} if user else {})).key
        address = identity.address_with_token(self.addresses.url(first, port=port))
        behind = f" by a proxy to {self.addresses.listening(port)}"
        log(
            f"Serving {address}{behind if self.addresses.public else ''} (Ctrl+C stops)"
        )
        if open_browser:
            open_in_browser(address, Path(self.connection_dir))
        if self.observer.access_log:
            on_hangup(self.observer.access_log.reopen_or_keep)
        with self._fork_server():
            tasks = [
                asyncio.ensure_future(self.sessions.keep_sweeping()),
                asyncio.ensure_future(self.frames.follow()),
            ]
            try:
                await stop_signal()
            finally:
                await self._close(http, tasks)

    async def _close(
        self, http: BoundedServer, tasks: Sequence[asyncio.Future[None]]
    ) -> None:
        """End the sessions and whatever else runs, within a few seconds."""
        self.exit_timer = exit_within(STOP_S)
        self.readiness.is_ready = False  # for probes whose connection is still open
        for task in tasks:
            task.cancel()
        http.stop()
        await self.sessions.close()
        remove_socket(self.addresses)
        await self.kernel_manager.shutdown_all(now=True)
        self.frames.close()

    @contextmanager
    def _fork_server(self) -> Iterator[None]:
        """Fork kernels where that is possible, instead of starting processes."""
        if not can_fork():
            yield
            return
        server = ForkServer(kernel_env(os.environ))
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
            "multi_kernel_manager_class": PageKernels,
            "preheat_kernel": False,
            "progressive_rendering": False,
            "show_tracebacks": False,
            "strip_sources": True,
        },
        Voila={"kernel_websocket_connection_class": PageConnection},
    )
    config.merge(kernel_config(connection_dir))
    return config
