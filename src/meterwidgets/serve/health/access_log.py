"""Who saw what, when: a JSON line a request, which no request can forge or stretch."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from meterwidgets.errors import MeterError
from meterwidgets.frame.scope import Scope

MAX_TEXT = 500
"""Characters of a text in a line."""
MAX_LINE = 8000
"""Bytes of a line."""
_SECRETS = re.compile(r"token|secret|password|assertion|code|state|key|sig", re.I)
"""Names of query parameters whose values are left out."""
_FILTERS = {"api_key"}
"""Such names that are filters of a page."""
_COMPLAIN_S = 60.0
_log = logging.getLogger("meterwidgets")


class AccessLog:
    """Appends lines to a file, or to the standard output.

    Args:
        target: The file's path, or "-".

    Raises:
        MeterError: The file can't be written.
    """

    def __init__(self, target: str) -> None:
        self._path = None if target == "-" else Path(target)
        self._descriptor = -1
        self._complained = -_COMPLAIN_S
        self.reopen()

    def reopen(self) -> None:
        """Open the file again, for it may have been moved away.

        Raises:
            MeterError: It can't be written.
        """
        if self._path is None:
            self._descriptor = sys.stdout.fileno()
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            new = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise MeterError(
                f"--access-log {self._path}: can't be written ({error.strerror})"
            ) from None
        self.close()
        self._descriptor = new

    def reopen_or_keep(self) -> None:
        """Open the file again; where that fails, go on with the one before."""
        try:
            self.reopen()
        except MeterError as error:
            _log.error("%s", error)

    def close(self) -> None:
        """Close the file."""
        if self._path is not None and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append a line; where the disk is full, that is logged and nothing else."""
        try:
            os.write(self._descriptor, line(entry))  # one write: lines don't mix
        except OSError as error:
            if time.monotonic() - self._complained >= _COMPLAIN_S:
                self._complained = time.monotonic()
                _log.error("the access log can't be written (%s)", error.strerror)


def line(entry: Mapping[str, Any]) -> bytes:
    r"""An entry as a line of printable ASCII, with the time in front.

    Examples:
        >>> line({"path": "/\n{}\u202e"}).partition(b'Z", ')[2]
        b'"path": "/\\n{}\\u202e"}\n'
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = json.dumps({"time": now, **_bounded(entry)})
    if len(text) > MAX_LINE:  # a scope of thousands of names, or escapes alone
        short = {name: value for name, value in entry.items() if name in _SHORT}
        text = json.dumps({"time": now, **_bounded(short), "is_cut": True})
    return text.encode("ascii") + b"\n"


_SHORT = {"event", "method", "status", "seconds", "client", "principal", "scope_key"}
"""What is left of an entry that is too long."""


def _bounded(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value[:MAX_TEXT] if isinstance(value, str) else value
        for name, value in entry.items()
    }


def request_entry(handler: RequestHandler) -> dict[str, Any]:
    """What is logged of a request that was answered."""
    request = handler.request
    entry = {
        "event": "request",
        "method": request.method,
        "path": request.path,
        "query": _query(request.query),
        "status": handler.get_status(),
        "seconds": round(request.request_time(), 3),
        **_client(request),
        **_reader(handler),
    }
    if session := getattr(handler, "kernel_id", None):
        entry["session"] = session
    return entry


def connection_entry(handler: RequestHandler, event: str) -> dict[str, Any]:
    """What is logged of a page that connects to its session, or loses it.

    Args:
        handler: That of its websocket.
        event: "connected" or "disconnected".
    """
    session = getattr(handler, "kernel_id", "")
    client = _client(handler.request)
    return {"event": event, "session": session, **client, **_reader(handler)}


def _query(query: str) -> str:
    """A query without the values that may be secrets."""
    with suppress(ValueError):
        pairs = parse_qsl(query[: 4 * MAX_TEXT], keep_blank_values=True)
        return urlencode(
            [(name, value if _is_public(name) else "...") for name, value in pairs]
        )
    return ""


def _is_public(name: str) -> bool:
    return name in _FILTERS or not _SECRETS.search(name)


def _client(request: HTTPServerRequest) -> dict[str, str]:
    """The address of a client; a proxy's word for it is only that: a word."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    found = {"client": request.remote_ip or ""}
    return {**found, "forwarded_for": forwarded} if forwarded else found


def _reader(handler: RequestHandler) -> dict[str, Any]:
    """Who is behind a request, and the rows that they may see."""
    user = getattr(handler, "_jupyter_current_user", None)
    if user is None:
        return {"principal": None}
    scope: Scope = user.scope
    return {
        "principal": user.principal_id,
        "user": user.username,
        "role": user.role,
        "scope": "all" if scope.is_all else _rows(scope),
        "scope_key": scope.key,
    }


def _rows(scope: Scope) -> dict[str, Any]:
    rows: dict[str, Any] = {name: list(values) for name, values in scope.rows.items()}
    return rows if scope.personal else {**rows, "personal": False}
