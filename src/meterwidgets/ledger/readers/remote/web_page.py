"""A ledger at an address of the web, fetched once and within limits."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.stored_file import StoredFile

MOST_BYTES = 4 << 30
PATIENCE_S = 30.0
"""Seconds without a byte after which a server counts as gone."""
LONGEST_S = 1_800.0
"""Seconds that a page may take."""
_MOST_REDIRECTS = 5
_BROKEN = (OSError, http.client.HTTPException, ValueError)


def find_page(source: str) -> StoredFile | None:
    """The page that an address of the web names; None for anything else.

    Raises:
        LedgerError: When it would be fetched without encryption.
    """
    if not source.lower().startswith(("https://", "http://")):
        return None
    url = _split(source)
    return StoredFile(_public(url), fetch=partial(_fetch, source), is_remote=True)


def _split(source: str) -> SplitResult:
    try:
        url = urlsplit(source)
        url.port  # noqa: B018 (a port that is none is found out when it is asked for)
    except ValueError:
        raise LedgerError(
            "the address of the page can't be read; write special characters of a "
            "user or password as percent codes"
        ) from None
    if url.scheme.lower() == "http" and not _is_loopback(url.hostname or ""):
        raise LedgerError(
            f"{_public(url)}: is not encrypted; name it as https://, or fetch it "
            "yourself and name the file"
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _public(url: SplitResult) -> str:
    """An address without user, password and query, which may be a signature."""
    host = (url.hostname or "") + (f":{url.port}" if url.port else "")
    return urlunsplit((url.scheme, host, url.path, "", ""))


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, none to where a page would not be fetched."""

    max_redirections = _MOST_REDIRECTS

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The request for the next address, without another host's password."""
        fp.close()
        url = _split(newurl)
        before = urlsplit(req.full_url)
        if url.scheme not in ("https", before.scheme):
            raise LedgerError(
                f"{_public(before)}: a redirect leads to a page that is not encrypted; "
                "name the last address, or fetch it yourself and name the file"
            )
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and (url.scheme, url.netloc) != (before.scheme, before.netloc):
            following.remove_header("Authorization")
        return following


def _fetch(source: str, spool: Spool) -> Path:
    """Copy a page to the spool.

    Raises:
        LedgerError: When it can't be fetched; never with user, password or query.
    """
    url = _split(source)
    name = _public(url)
    plain = urlunsplit((url.scheme, urlsplit(name).netloc, url.path, url.query, ""))
    request = urllib.request.Request(plain, headers={"User-Agent": "meterwidgets"})
    if url.username:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}".encode()
        encoded = base64.b64encode(pair).decode()
        request.add_header("Authorization", f"Basic {encoded}")
    try:
        opener = urllib.request.build_opener(_Redirects)
        with opener.open(request, timeout=PATIENCE_S) as answer:
            changed = answer.headers.get("Last-Modified")
            expected = int(answer.headers.get("Content-Length") or -1)
            copy = spool.save(
                name, _chunks(name, answer, expected), mtime_ns=_instant_ns(changed)
            )
    except urllib.error.HTTPError as error:
        error.close()
        raise LedgerError(f"{name}: {_refused(error.code)}") from None
    except _BROKEN as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise LedgerError(
            f"{name}: can't be fetched ({str(reason)[:200]}); check the address and "
            "the network"
        ) from None
    if expected >= 0 and copy.stat().st_size != expected:
        raise LedgerError(f"{name}: broke off in the middle; fetch it again")
    return copy


def _chunks(name: str, answer: Any, expected: int) -> Iterator[bytes]:
    started, size = time.monotonic(), max(expected, 0)
    read = 0
    while True:
        if max(size, read) > MOST_BYTES:
            raise LedgerError(
                f"{name}: is larger than {MOST_BYTES >> 30} GB; fetch it yourself in "
                "parts, and name the files"
            )
        if time.monotonic() - started > LONGEST_S:
            raise LedgerError(
                f"{name}: took longer than {LONGEST_S / 60:.0f} minutes; fetch it "
                "yourself, and name the file"
            )
        if not (chunk := answer.read1(1 << 20)):
            return
        read += len(chunk)
        yield chunk


def _instant_ns(text: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(text or "").timestamp()) * 10**9
    except ValueError:
        return None


def _refused(status: int) -> str:
    if status in (401, 403):
        return (
            f"needs a login, or other rights (HTTP {status}); name it as "
            "https://user:password@host/..., or fetch it yourself and name the file"
        )
    if status == 404:
        return "is not there (HTTP 404); check the address"
    if 300 <= status < 400:
        return (
            f"redirects more than {_MOST_REDIRECTS} times, or out of the web; name the "
            "last address"
        )
    return f"the server answers HTTP {status}; try again later"
