"""The addresses beside the pages: the redirect to the first page, kernels, 404."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import RequestHandler, authenticated

from meterwidgets.serve.paths import TEMPLATE_FOLDER, template_root
from meterwidgets.serve.responses import SECURITY_HEADERS, PlainErrors
from meterwidgets.serve.scoped.access import first_page
from meterwidgets.serve.sessions.registry import Sessions

CLOSING_S = 5.0
"""Seconds in which a browser closes the connections of a page that it leaves."""


class RedirectToFirstPage(PlainErrors, JupyterHandler):
    """Redirects the bare address to the first page of whoever asks."""

    def initialize(self, *, base_url: str) -> None:
        """Take the path that the pages are under."""
        self._base_url = base_url

    @authenticated
    def get(self) -> None:
        """Redirect; the query is kept."""
        query = self.request.query
        url = self._base_url + first_page(self.current_user.scope).key
        self.redirect(f"{url}?{query}" if query else url)

    head = get


class KernelState(PlainErrors, APIHandler):
    """Tells a page whether its kernel still runs."""

    @authenticated
    async def get(self, kernel_id: str) -> None:
        """Answer with the kernel's state; 404 once it has ended, or to others."""
        sessions: Sessions = self.settings["sessions"]
        sessions.of(kernel_id, self.current_user)
        kernels: Any = self.kernel_manager
        self.finish(kernels.kernel_model(kernel_id))


class ShutdownKernel(PlainErrors, APIHandler):
    """Ends the kernel of a page that is closed."""

    @authenticated
    async def post(self, kernel_id: str) -> None:
        """End the kernel at once, if it is theirs; else 404."""
        sessions: Sessions = self.settings["sessions"]
        sessions.of(kernel_id, self.current_user)
        # Told at once, a page that is being closed would ask for its kernel's state.
        await sessions.end(kernel_id, delay_s=CLOSING_S)
        self.set_status(204)
        self.finish()


class NotFound(RequestHandler):
    """Answers every other address, whatever the method, with one page."""

    def prepare(self) -> None:
        """Answer before the method is looked at."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_status(404)
        self.finish((template_root() / TEMPLATE_FOLDER / "not_found.html").read_bytes())


class Favicon(RequestHandler):
    """Serves the icon of the browser's tab."""

    def set_default_headers(self) -> None:
        """Set the headers that every answer has."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def get(self) -> None:
        """Answer with the icon."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "max-age=86400")
        icon = template_root() / TEMPLATE_FOLDER / "static" / "favicon.svg"
        self.finish(icon.read_bytes())

    head = get
