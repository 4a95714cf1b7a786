"""Requests for another host, or of another site's pages, are refused."""

from __future__ import annotations

from typing import Any

from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.net.addresses import Addresses

ADDRESSES = "meterwidgets_addresses"
"""The setting that holds the server's addresses."""
_WRONG_HOST = (
    "This server does not answer at this address. Use the one that was printed when it "
    "started."
)
_refusals = RefusalLog()


class OwnRequests:
    """Mixin of handlers: takes requests for this server and of its own pages alone."""

    def check_host(self: Any) -> bool:
        """Whether the ``Host`` header names this server.

        Raises:
            Refused: It names another one.
        """
        own: Addresses = self.settings[ADDRESSES]
        if own.is_own_host(self.request.host):
            return True
        _refusals.add(
            "a request for another host; if a proxy sends a name of its own, let it "
            "keep the reader's (nginx: proxy_set_header Host $host) and name that with "
            "--public-url"
        )
        raise Refused(403, _WRONG_HOST)

    def check_origin(self: Any, origin: str | None = None) -> bool:
        """Whether our own page sent a request, or no page at all."""
        own: Addresses = self.settings[ADDRESSES]
        origin = origin or self.get_origin()
        if origin is None or own.is_own_origin(origin, self.request.host):
            return True
        _refusals.add("a request that a page of another site sent")
        return False

    def check_xsrf_cookie(self: Any) -> None:
        """Refuse requests that another site may have made a browser send.

        A page's own reading requests need no token: browsers say whose they are.
        """
        reads = self.request.method in {"GET", "HEAD"}
        site = self.request.headers.get("Sec-Fetch-Site")
        if not (reads and site == "same-origin"):
            super().check_xsrf_cookie()  # type: ignore[misc]
