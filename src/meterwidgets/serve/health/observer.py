"""Counts and logs every request once it is answered."""

from __future__ import annotations

import logging
import re

from tornado.web import RequestHandler

from meterwidgets.present.pages import PAGES
from meterwidgets.serve.health.access_log import (
    AccessLog,
    connection_entry,
    request_entry,
)
from meterwidgets.serve.health.metrics import Metrics

OBSERVER = "meterwidgets_observer"
"""The setting that holds the observer of requests."""
_KEYS = {page.key for page in PAGES.values()}


class Observer:
    """Tells the metrics and the access log of requests.

    Args:
        metrics: Of the server.
        access_log: Where requests are logged, if they are.
    """

    def __init__(self, metrics: Metrics, access_log: AccessLog | None) -> None:
        self.metrics, self.access_log = metrics, access_log

    def request(self, handler: RequestHandler) -> None:
        """Note a request that was answered; errors of the server are logged anyway."""
        status = handler.get_status()
        self.metrics.count_request(route(handler), status)
        if self.access_log:
            self.access_log.write(request_entry(handler))
        if status >= 500:
            logging.getLogger("tornado.access").error(
                "%d %s", status, handler.request.path
            )

    def connection(self, handler: RequestHandler, event: str) -> None:
        """Note that a page has connected to its session, or lost it.

        Args:
            handler: That of its websocket.
            event: "connected" or "disconnected".
        """
        if self.access_log:
            self.access_log.write(connection_entry(handler, event))


def route(handler: RequestHandler) -> str:
    """A name of what answers a request: a page's key, or that of its handler."""
    key = getattr(handler, "key", "")
    if key in _KEYS:
        return str(key)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(handler).__name__).lower()
