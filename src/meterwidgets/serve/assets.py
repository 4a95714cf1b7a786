"""The files that a page loads: the template's, Voilà's and the widgets' scripts."""

from __future__ import annotations

import hashlib
from functools import cache
from http.client import responses
from pathlib import Path
from typing import Any

import voila
from jupyter_server.base.handlers import FileFindHandler
from tornado.web import HTTPError, StaticFileHandler

# The four that draw our widgets, and the scales that bqplot draws with.
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
    "bqplot",
    "bqscales",
)
_SOURCES = {
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
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in _SOURCES.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Voila's own scripts, which load each other by bare names, under its version.
VOILA_STATIC = f"voila/static/{voila.__version__}"
_YEAR = 365 * 24 * 3600


class Plain:
    """Answers an error in one line, and logs only what is the server's own fault."""

    def write_error(self: Any, status_code: int, **_kwargs: Any) -> None:
        """Say what is wrong, in plain text."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {responses.get(status_code, 'Error')}\n")

    def log_exception(self: Any, kind: Any, error: Any, trace: Any) -> None:
        """Log an error, unless it was the request that was wrong."""
        if not isinstance(error, HTTPError) or error.status_code >= 500:
            super().log_exception(kind, error, trace)  # type: ignore[misc]


class Static(Plain, StaticFileHandler):
    """Serves the files of the template and of those that it builds on."""

    def initialize(self, *, roots: list[str]) -> None:  # type: ignore[override]
        """Take the folders, the first that has a file wins."""
        super().initialize(path=roots[0])
        self._roots = roots

    def set_default_headers(self) -> None:
        """Set the headers that every answer has."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the first file of that name, from any of the folders."""
        inside = Path(absolute_path).relative_to(root)
        for each in self._roots:
            if (Path(each) / inside).is_file():
                return super().validate_absolute_path(each, str(Path(each) / inside))
        raise HTTPError(404)

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Keep a file whose address carries its version; ask again for others."""
        return _YEAR if self._versioned() else 0

    def set_extra_headers(self, path: str) -> None:
        """Ask for a revalidation where the address carries no version."""
        if not self._versioned():
            self.set_header("Cache-Control", "no-cache")

    def _versioned(self) -> bool:
        return "v" in self.request.arguments or VOILA_STATIC in self.request.path


class Extension(Plain, FileFindHandler):
    """Serves the scripts of the widgets; their names carry their version."""


def versioned(roots: list[str], base: str, name: str) -> str:
    """Return the address of a static file, with its version.

    Args:
        roots: The folders of the static files.
        base: The address of the folder.
        name: The file's path inside it.
    """
    for root in roots:
        file = Path(root, name)
        if file.is_file():
            return f"{base}{name}?v={_digest(file, file.stat().st_mtime_ns)}"
    raise FileNotFoundError(f"static file {name!r} not found in {', '.join(roots)}")


@cache
def _digest(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
