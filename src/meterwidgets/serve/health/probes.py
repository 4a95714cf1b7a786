"""``/healthz`` and ``/readyz``: for whatever restarts the server or sends it readers.

They need no sign-in, start no kernel and tell nothing but a status. A probe names the
machine's own address as host, so any host will do.
"""

from __future__ import annotations

from dataclasses import dataclass

from tornado.web import RequestHandler

from meterwidgets.serve.responses import SECURITY_HEADERS

READINESS = "meterwidgets_readiness"
"""The setting that holds the server's readiness."""


@dataclass
class Readiness:
    """Whether new readers are welcome: not while the ledger is read, or at the end."""

    is_ready: bool = True


class Healthz(RequestHandler):
    """Answers as long as the server can."""

    def set_default_headers(self) -> None:
        """Set the headers that every answer has; no answer is kept."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")

    def get(self) -> None:
        """Answer that the server runs."""
        self.finish("ok\n")

    head = get


class Readyz(Healthz):
    """Answers whether readers should be sent here."""

    def get(self) -> None:
        """Answer with 200, or with 503 while the server is about to end."""
        readiness: Readiness = self.settings[READINESS]
        if not readiness.is_ready:
            self.set_status(503)
            self.finish("not ready\n")
            return
        super().get()

    head = get
