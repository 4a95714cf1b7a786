"""Ledgers at an address of the web: limits, redirects, and no credentials in errors."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

import meterwidgets as mw
from ledger.figures import read, sums
from meterwidgets.ledger.readers.remote import web_page

TEXT = b"start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"
LOGIN = base64.b64encode(b"me:s3cret").decode()


class Pages(BaseHTTPRequestHandler):
    """Pages that work, and some that don't."""

    seen: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        login = self.headers.get("Authorization")
        self.seen.append((self.path, login))
        if path == "/private.csv" and login != f"Basic {LOGIN}":
            return self.answer(401, b"")
        if path.startswith("/to"):
            return self.answer(302, b"", Location=self.target(path))
        if path == "/cut.csv":
            return self.answer(200, TEXT, **{"Content-Length": "1000"})
        if path == "/gone.csv":
            return self.answer(404, b"no")
        changed = "Sun, 22 Feb 2026 11:00:00 GMT"
        data = gzip.compress(TEXT) if path.endswith(".gz") else TEXT
        return self.answer(200, data, **{"Last-Modified": changed})

    def target(self, path: str) -> str:
        targets = {
            "/to-other.csv": f"http://localhost:{self.server.server_port}/a.csv",  # type: ignore[attr-defined]
            "/to-plain.csv": "http://example.com/a.csv?token=s3cret",
            "/to-file.csv": "file:///etc/passwd",
        }
        return targets.get(path, path)

    def answer(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_is_read_and_was_written_when_its_server_says(site: str) -> None:
    for name in ("a.csv", "a.csv.gz", "download?format=csv"):
        assert sums(read(f"http://{site}/{name}"))["cost"] == 250_000_000
    (span,) = read(f"http://{site}/a.csv?token=s3cret").quality.spans
    assert span.name == f"http://{site}/a.csv"
    assert span.written == datetime(2026, 2, 22, 11, tzinfo=UTC)


def test_a_login_is_sent_to_its_own_host_only(site: str) -> None:
    Pages.seen.clear()
    assert sums(read(f"http://me:s3cret@{site}/private.csv"))["input_tokens"] == 5
    assert sums(read(f"http://me:s3cret@{site}/to-other.csv"))["input_tokens"] == 5
    assert Pages.seen[-1] == ("/a.csv", None)


BAD = {
    "http://me:s3cret@{site}/gone.csv?token=s3cret": "is not there",
    "http://me:s3cret@{site}/cut.csv?token=s3cret": "broke off",
    "http://me:s3cret2@{site}/private.csv": "needs a login",
    "http://{site}/to-plain.csv": "is not encrypted",
    "http://{site}/to-file.csv": "or out of the web",
    "http://{site}/to-itself.csv": "redirects more than 5 times",
    "http://example.com/a.csv?token=s3cret": "is not encrypted",
    "https://me:s3cret@127.0.0.1:1/a.csv": "can't be fetched",
    "https://me:s3cret@host:s3cret/a.csv": "can't be read",
}


@pytest.mark.parametrize("address", BAD)
def test_a_page_that_can_not_be_read_says_why(address: str, site: str) -> None:
    with pytest.raises(mw.MeterError, match=BAD[address]) as caught:
        read(address.format(site=site))
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_page_is_fetched_within_limits(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_page, "MOST_BYTES", 20)
    with pytest.raises(mw.MeterError, match="is larger than"):
        read(f"http://{site}/a.csv")
    monkeypatch.undo()
    monkeypatch.setattr(web_page, "LONGEST_S", -1.0)
    with pytest.raises(mw.MeterError, match="took longer than"):
        read(f"http://{site}/a.csv")
