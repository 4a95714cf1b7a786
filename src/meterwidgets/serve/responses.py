"""What every answer has in common: its security headers, and how errors look."""

from __future__ import annotations

from html import escape
from http.client import responses
from typing import Any

from tornado.web import HTTPError

from meterwidgets.serve.identity.refused import Refused
from meterwidgets.serve.net.own_requests import OwnRequests
from meterwidgets.serve.notice import notice_page

_CSP_SOURCES = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' ws: wss:",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in _CSP_SOURCES.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def busy_page(*, is_own: bool) -> str:
    """The page for somebody whose session can't start now.

    Args:
        is_own: Whether their own pages are the reason.
    """
    if is_own:
        title = "You have too many pages open."
        advice = "Close some of them, then reload this one."
    else:
        title = "Too many people are using this at the moment."
        advice = "Reload this page in half a minute."
    return notice_page(title, f"<p>{advice}</p>")


class PlainErrors(OwnRequests):
    """Mixin of handlers: an error is one line of text, and logged only from 500 up."""

    def write_error(self: Any, status_code: int, **kwargs: Any) -> None:
        """Answer with the status and its name or what to do: to a person as a page."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        text = responses.get(status_code, "Error")
        if isinstance(error, Refused):
            self.set_header("Cache-Control", "no-store")
            if "text/html" in self.request.headers.get("Accept", ""):
                self.set_header("Content-Type", "text/html; charset=utf-8")
                self.finish(notice_page(error.title, f"<p>{escape(error.words)}</p>"))
                return
            text = f"{text}. {error.words}"
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {text}\n")

    def log_exception(self: Any, kind: Any, error: Any, trace: Any) -> None:
        """Log an error unless the request caused it."""
        if not isinstance(error, HTTPError) or error.status_code >= 500:
            super().log_exception(kind, error, trace)  # type: ignore[misc]
