"""Pages of other sites, in a browser: they start nothing, but may link here."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from serve.running import Running
from serve.sessions.readers import SLIDER, serving

pytestmark = pytest.mark.slow


class _Foreign(BaseHTTPRequestHandler):
    """A page of another site, in which everything asks for a page of ours."""

    target = ""

    def do_GET(self) -> None:
        """Answer with that page, whatever the path."""
        body = f"""<!DOCTYPE html><title>Foreign</title>
            <link rel="prefetch" href="{self.target}"><img src="{self.target}">
            <iframe src="{self.target}"></iframe><embed src="{self.target}">
            <object data="{self.target}"></object><script src="{self.target}"></script>
            <script>fetch("{self.target}", {{mode: "no-cors", credentials: "include"}})
            </script><a href="{self.target}">Look at this</a>""".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of a page with one widget."""
    with serving(tmp_path_factory.mktemp("notebooks"), SLIDER) as running:
        yield running


def test_a_foreign_page_starts_nothing_in_chromium_but_its_link_does(
    browser: Any, server: Running
) -> None:
    _Foreign.target = f"http://{server.host}/overview"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Foreign) as foreign:
        Thread(target=foreign.serve_forever, daemon=True).start()
        context = browser.new_context()
        context.add_cookies(
            [{"name": "reader", "value": "alice", "url": f"http://{server.host}"}]
        )
        opened = context.new_page()
        asked: list[str] = []
        opened.on("request", lambda sent: asked.append(sent.url))
        # Another site, not only another port: cookies know no ports.
        opened.goto(f"http://localhost:{foreign.server_port}/")
        opened.wait_for_timeout(500)
        assert asked.count(_Foreign.target) >= 5
        assert len(server.kernels()) == 0
        opened.get_by_text("Look at this").click()
        opened.wait_for_selector("html.mw-ready")
        assert len(server.kernels()) == 1
        context.close()
        foreign.shutdown()
