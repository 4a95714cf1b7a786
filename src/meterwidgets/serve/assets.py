"""The static files of a page: the template's, Voilà's and the widgets' scripts."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import voila
from jupyter_server.base.handlers import FileFindHandler
from tornado.web import HTTPError, StaticFileHandler

from meterwidgets.serve.responses import SECURITY_HEADERS, PlainErrors

# The four that render our widgets, and the scales that bqplot needs.
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
    "bqplot",
    "bqscales",
)
# Voilà's own scripts load each other by bare names: the version is in the folder.
VOILA_STATIC = f"voila/static/{voila.__version__}"
_YEAR_S = 365 * 24 * 3600


class StaticFiles(PlainErrors, StaticFileHandler):
    """Serves the files of the template and of the templates below it."""

    def initialize(self, *, roots: list[str]) -> None:  # type: ignore[override]
        """Take the folders; the first one that has a file wins."""
        super().initialize(path=roots[0])
        self._roots = roots

    def set_default_headers(self) -> None:
        """Set the headers that every answer has."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the file of that path in the first folder that has it."""
        relative = Path(absolute_path).relative_to(root)
        for folder in self._roots:
            path = Path(folder) / relative
            if path.is_file():
                return super().validate_absolute_path(folder, str(path))
        raise HTTPError(404)

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Cache a file for a year if its address carries its version."""
        return _YEAR_S if self._has_version() else 0

    def set_extra_headers(self, path: str) -> None:
        """Ask browsers to revalidate an address without a version."""
        if not self._has_version():
            self.set_header("Cache-Control", "no-cache")

    def _has_version(self) -> bool:
        return "v" in self.request.arguments or VOILA_STATIC in self.request.path


class ExtensionFiles(PlainErrors, FileFindHandler):
    """Serves the widgets' scripts, whose names carry their version."""


def versioned_url(roots: list[str], base_url: str, name: str) -> str:
    """The address of a static file, with a digest of its content as its version.

    Args:
        roots: The folders of static files.
        base_url: The address of these folders.
        name: The file's path inside one of them.

    Raises:
        FileNotFoundError: When no folder has it.
    """
    for root in roots:
        file = Path(root, name)
        if file.is_file():
            return f"{base_url}{name}?v={_digest(file, file.stat().st_mtime_ns)}"
    raise FileNotFoundError(f"static file {name!r} not found in {', '.join(roots)}")


@cache
def _digest(file: Path, _mtime_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
