"""The answers beside the pages: the way there, their kernels, what is not there."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import HTTPError, RequestHandler, authenticated

from meterwidgets.serve.assets import HEADERS, Plain
from meterwidgets.serve.paths import TEMPLATE_FOLDER, template_root


class ToFirstPage(Plain, JupyterHandler):
    """Sends the bare address on to the first page, with its query."""

    def initialize(self, *, address: str) -> None:
        """Take the first page's address."""
        self._address = address

    @authenticated
    def get(self) -> None:
        """Redirect, with the query kept."""
        query = self.request.query
        self.redirect(f"{self._address}?{query}" if query else self._address)


class KernelState(Plain, APIHandler):
    """Says whether a page's kernel still lives."""

    @authenticated
    async def get(self, kernel_id: str) -> None:
        """Answer with the kernel's state, or 404 once it has ended."""
        kernels: Any = self.kernel_manager
        self.finish(kernels.kernel_model(kernel_id))


class CloseKernel(Plain, APIHandler):
    """Ends the kernel of a page that is closed."""

    @authenticated
    async def post(self, kernel_id: str) -> None:
        """End the kernel at once."""
        kernels: Any = self.kernel_manager
        if kernel_id not in kernels:
            raise HTTPError(404)
        await kernels.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)
        self.finish()


class NotFound(RequestHandler):
    """Says that there is no such page, whatever was asked."""

    def prepare(self) -> None:
        """Answer any method in the same way."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_status(404)
        self.finish((template_root() / TEMPLATE_FOLDER / "not_found.html").read_bytes())


class Favicon(RequestHandler):
    """Serves the small picture in the browser's tab."""

    def get(self) -> None:
        """Answer with the picture."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "max-age=86400")
        icon = template_root() / TEMPLATE_FOLDER / "static" / "favicon.svg"
        self.finish(icon.read_bytes())
