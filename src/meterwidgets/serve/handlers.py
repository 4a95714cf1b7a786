"""The addresses beside the pages: the redirect to the first page, kernels, 404."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import HTTPError, RequestHandler, authenticated

from meterwidgets.serve.paths import TEMPLATE_FOLDER, template_root
from meterwidgets.serve.responses import SECURITY_HEADERS, PlainErrors


class RedirectToFirstPage(PlainErrors, JupyterHandler):
    """Redirects the bare address to the first page."""

    def initialize(self, *, url: str) -> None:
        """Take the first page's address."""
        self._url = url

    @authenticated
    def get(self) -> None:
        """Redirect; the query is kept."""
        query = self.request.query
        self.redirect(f"{self._url}?{query}" if query else self._url)


class KernelState(PlainErrors, APIHandler):
    """Tells a page whether its kernel still runs."""

    @authenticated
    async def get(self, kernel_id: str) -> None:
        """Answer with the kernel's state, or 404 once it has ended."""
        kernels: Any = self.kernel_manager
        self.finish(kernels.kernel_model(kernel_id))


class ShutdownKernel(PlainErrors, APIHandler):
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
    """Answers every other address, whatever the method, with one page."""

    def prepare(self) -> None:
        """Answer before the method is looked at."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_status(404)
        self.finish((template_root() / TEMPLATE_FOLDER / "not_found.html").read_bytes())


class Favicon(RequestHandler):
    """Serves the icon of the browser's tab."""

    def get(self) -> None:
        """Answer with the icon."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "max-age=86400")
        icon = template_root() / TEMPLATE_FOLDER / "static" / "favicon.svg"
        self.finish(icon.read_bytes())
