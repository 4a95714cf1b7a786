"""Pages behind nginx, as a browser meets them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from serve.identity.issuer import CONFIG, HEADER, Issuer
from serve.identity.nginx import Nginx, free_port
from serve.running import COOKIES, Running, until

from .conftest import OpenPage

pytestmark = pytest.mark.slow

DEPLOYMENT = Path(__file__).parents[2] / "docs" / "deployment.md"
KEPT = """
    location /kept/ {{
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_pass http://127.0.0.1:{port};
    }}
"""


def documented(socket: Path, issuer: str) -> str:
    """The locations of docs/deployment.md, for this socket and this issuer."""
    text = DEPLOYMENT.read_text("utf-8")
    block = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)[0]
    _map, _, locations = block.partition("\n\n")
    replaced = {
        "/run/meter/meter.sock": str(socket),
        "http://127.0.0.1:4180": issuer,
        "location /meter/": "location /cut/",
    }
    for there, here in replaced.items():
        assert there in locations
        locations = locations.replace(there, here)
    return str(locations)


LEDGER = """time,org,user,model,input_tokens,output_tokens,cost
2026-02-22T10:00:00Z,Acme,ada@acme.test,m,10,5,0.5
2026-02-22T11:00:00Z,Beta,bob@beta.test,m,10,5,0.5
"""


@dataclass(frozen=True)
class Proxied:
    """One host with two servers behind it.

    Attributes:
        cut: The first page of the one whose path the proxy cuts off, by a unix socket
            and with a signed assertion.
        kept: The first page of the one whose path it keeps, with a token.
        port: Of the server of `kept`.
        issuer: Of the assertions for `cut`.
    """

    cut: str
    kept: str
    port: int
    issuer: Issuer


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("proxied")
    (folder / "ledger.csv").write_text(LEDGER)
    port = free_port()
    host = f"http://usage.localhost:{port}"
    socket = folder / "meter.sock"
    serve = ("-m", "meterwidgets", "serve", "ledger.csv", "--rejects", "rejects")
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer())
        config = CONFIG.format(issuer=issuer.url).replace(HEADER, "Authorization")
        (folder / "sign-in.toml").write_text(config)
        options = ("--config", "sign-in.toml", "--host", f"unix:{socket}")
        command = (*serve, *options, "--public-url", f"{host}/cut")
        cut = stack.enter_context(Running(*command, cwd=folder))
        command = (*serve, "--port", "0", "--public-url", f"{host}/kept/")
        kept = stack.enter_context(Running(*command, cwd=folder))
        locations = documented(socket, issuer.url) + KEPT.format(port=kept.port)
        stack.enter_context(Nginx(folder / "nginx", port, locations))
        yield Proxied(cut.address, kept.address, kept.port, issuer)
    assert not socket.exists()


def test_a_page_behind_a_proxy_that_cuts_the_path_off_comes_alive(
    page: OpenPage, proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COOKIES, urlsplit(proxied.cut).netloc, "who=root")
    shown = page(url=proxied.cut)
    shown.get_by_role("radio", name="7d").click()
    shown.wait_for_function("location.search.includes('range=7d')")
    assert urlsplit(shown.url).path == "/cut/overview"


OFTEN = """
const every = window.setInterval;
window.setInterval = (call, ms) => every(call, ms === 60000 ? 500 : ms);
"""


def test_a_page_stays_alive_as_long_as_its_reader_is_signed_in(
    page: OpenPage, proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COOKIES, urlsplit(proxied.cut).netloc, "who=root")
    monkeypatch.setattr(proxied.issuer, "lasts", 5)  # and the leeway
    shown = page(url=proxied.cut, init=OFTEN, forgive=True)
    shown.evaluate("window.isSamePage = true")
    time.sleep(15)
    assert shown.evaluate("window.isSamePage")  # it did not have to load again
    shown.get_by_role("radio", name="7d").click()
    shown.wait_for_function("location.search.includes('range=7d')")
    monkeypatch.setattr(proxied.issuer, "lasts", 0)
    shown.get_by_text("You are signed out.").wait_for()


def test_nginx_sends_whoever_is_not_signed_in_to_sign_in(proxied: Proxied) -> None:
    assert ask(proxied.cut) == (302, "/oauth2/sign_in?rd=/cut/overview")


def test_nginx_replaces_what_a_reader_says_of_who_they_are(proxied: Proxied) -> None:
    forged = {
        "Authorization": "Bearer root",
        HEADER: "root",
        "X-Forwarded-User": "root",
    }
    assert ask(proxied.cut, Cookie="who=eve", **forged)[0] == 403
    twice = {"Cookie": "who=ada", "Authorization": "Bearer root"}
    assert ask(proxied.cut.replace("overview", "my-usage"), **twice)[0] == 200


def ask(url: str, **headers: str) -> tuple[int, str]:
    """Ask nginx; the status, and where it leads."""
    address = urlsplit(url)
    wire = HTTPConnection("127.0.0.1", address.port or 80, timeout=60)
    wire.request("GET", address.path, headers={"Host": address.netloc, **headers})
    answer = wire.getresponse()
    answer.read()
    wire.close()
    leads_to = urlsplit(answer.headers.get("Location", ""))
    return answer.status, leads_to._replace(scheme="", netloc="").geturl()


def test_a_page_behind_a_proxy_that_keeps_the_path_signs_in_by_its_token(
    page: OpenPage, proxied: Proxied
) -> None:
    shown = page(url=proxied.kept)
    assert urlsplit(shown.url).path == "/kept/overview"
    assert "token" not in shown.url
    assert shown.evaluate("history.length") <= 2
    assert shown.evaluate("document.cookie").count("meterwidgets") == 0
    shown.get_by_role("radio", name="7d").click()
    shown.wait_for_function("location.search.includes('range=7d')")


ELSEWHERE = """
<title>Another site</title>
<img src="{page}?a"><iframe src="{page}?b"></iframe>
<script>
  const seen = [];
  const note = (name) => () => seen.push(name);
  fetch("{page}?c", {{ credentials: "include" }}).then(note("read"), note("fetch"));
  const wire = new WebSocket("{page}".replace("http", "ws") + "/channels");
  wire.onopen = note("open");
  wire.onerror = note("wire");
</script>
"""


class Site:
    """Another site, of one page."""

    def __init__(self, page: str) -> None:
        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self._thread = Thread(target=self._server.serve_forever)
        self.url = f"http://localhost:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_a_page_of_another_site_reaches_nothing_in_a_reader_s_name(
    browser: Any, tmp_path: Path
) -> None:
    with Running.notebook(tmp_path, "1") as running, ExitStack() as stack:
        running.ask("/overview")
        (session,) = running.kernels()
        context = browser.new_context()
        stack.callback(context.close)
        shown = context.new_page()
        shown.goto(running.address)  # 127.0.0.1, which is another site than localhost
        assert until(lambda: len(running.kernels()) == 2)
        foreign = stack.enter_context(Site(ELSEWHERE.format(page=running.url)))
        other = context.new_page()
        other.goto(foreign.url)
        other.wait_for_function("seen.length === 2")
        assert sorted(other.evaluate("seen")) == ["fetch", "wire"]
        assert len(running.kernels()) == 2
        assert session.is_running()
