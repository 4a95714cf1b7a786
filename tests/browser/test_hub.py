"""The server as a service of a real JupyterHub, behind its own proxy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any

import psutil
import pytest
from serve.identity.nginx import free_port
from serve.running import Answer, until

from .conftest import READY

pytestmark = pytest.mark.slow

HUB = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.public_url = "http://hub.localhost:{port}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.DummyAuthenticator.password = "secret"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.load_groups = {{
    "admins": {{"users": ["root"]}}, "staff": {{"users": ["ada"]}},
}}
c.JupyterHub.services = [{{
    "name": "usage",
    "url": "http://127.0.0.1:{service_port}",
    "command": ["{python}", "-m", "meterwidgets", "serve", "ledger.csv",
                "--config", "sign-in.toml", "--rejects", "rejects"],
    "cwd": "{folder}",
    "oauth_no_confirm": True,
}}]
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "access:services!service=usage"]}}
]
"""
SIGN_IN = """
[identity]
way = "hub"

[roles]
operator = { when = { groups = ["admins"] }, sees = "all" }
end_user = { when = { groups = ["staff"] }, sees = { user = "claim:name" } }
"""
LEDGER = """time,org,user,model,input_tokens,output_tokens,cost
2026-02-22T10:00:00Z,Acme,ada,m,10,5,0.5
2026-02-22T11:00:00Z,Beta,bob,m,10,5,0.5
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running JupyterHub; its address."""
    pytest.importorskip("jupyterhub")
    npm = shutil.which("npm")
    if npm is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no npm: apt-get install npm")
    folder = tmp_path_factory.mktemp("hub")
    options = ("--no-audit", "--no-fund", "--silent", "configurable-http-proxy@5")
    subprocess.run([npm, "install", *options], cwd=folder, check=True, timeout=300)
    (folder / "ledger.csv").write_text(LEDGER)
    (folder / "sign-in.toml").write_text(SIGN_IN)
    port, hub_port, api_port, service_port = (free_port() for _ in range(4))
    config = folder / "jupyterhub_config.py"
    config.write_text(
        HUB.format(
            port=port,
            hub_port=hub_port,
            api_port=api_port,
            service_port=service_port,
            folder=folder,
            proxy=folder / "node_modules" / ".bin" / "configurable-http-proxy",
            python=sys.executable,
        )
    )
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            answers = until(
                lambda: _ask(port, "/services/usage/").status == 302, seconds=60
            )
            assert answers, (folder / "log").read_text()
            yield f"http://hub.localhost:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _ask(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    wire = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        host = {"Host": f"hub.localhost:{port}"}
        wire.request("GET", path, headers={**host, **(headers or {})})
        answer = wire.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, dict(answer.getheaders()), text)
    except OSError:
        return Answer(0, {}, "")
    finally:
        wire.close()


@contextmanager
def signed_in(browser: Any, hub: str, name: str) -> Iterator[Any]:
    """A browser that came to the service and signed in at the Hub."""
    with ExitStack() as stack:
        context = browser.new_context()
        stack.callback(context.close)
        shown = context.new_page()
        shown.set_default_timeout(60_000)
        shown.goto(f"{hub}/services/usage/overview?range=7d")
        shown.fill("#username_input", name)
        shown.fill("#password_input", "secret")
        shown.click("#login_submit")
        yield shown


def sessions() -> list[psutil.Process]:
    """The sessions of the service, which are forked below the Hub."""
    hubs = [
        each for each in psutil.Process().children() if "jupyterhub" in _command(each)
    ]
    below = [each for hub in hubs for each in hub.children(recursive=True)]
    return [each for each in below if "--fork-server" in _command(each.parent())]


def _command(process: psutil.Process | None) -> list[str]:
    try:
        return process.cmdline() if process else []
    except psutil.NoSuchProcess:
        return []


def test_a_reader_signs_in_at_the_hub_and_the_page_comes_alive(
    browser: Any, hub: str
) -> None:
    with signed_in(browser, hub, "root") as shown:
        shown.wait_for_selector(READY, state="attached")
        assert shown.url == f"{hub}/services/usage/overview?range=7d"
        shown.get_by_role("radio", name="24h").click()
        shown.wait_for_function("location.search.includes('range=24h')")
        shown.reload()
        shown.wait_for_selector(READY, state="attached")
        assert sessions()
        cookies = {c["name"]: c for c in shown.context.cookies()}
        assert cookies["service-usage"]["httpOnly"]
        assert cookies["service-usage"]["path"] == "/services/usage/"
        shown.goto("about:blank")
        assert until(lambda: not sessions())


def test_whom_the_hub_knows_without_a_role_sees_nothing(browser: Any, hub: str) -> None:
    with signed_in(browser, hub, "eve") as shown:
        shown.wait_for_url(f"{hub}/services/usage/overview**")
        assert "have no role here" in shown.text_content("body")


@pytest.mark.parametrize("name", ["X-Forwarded-User", "Remote-User", "Authorization"])
def test_no_header_signs_anybody_in_past_the_hub(hub: str, name: str) -> None:
    port = int(hub.rpartition(":")[2])
    for path in ("overview", "api/kernels/00000000-0000-0000-0000-000000000000"):
        answer = _ask(port, f"/services/usage/{path}", {name: "token root"})
        assert answer.status in {302, 403}


def test_a_code_that_is_not_the_reader_s_signs_nobody_in(hub: str) -> None:
    port = int(hub.rpartition(":")[2])
    callback = "/services/usage/oauth_callback"
    for query in ("", "?code=x", "?code=x&state=y", "?error=<script>"):
        answer = _ask(port, callback + query)
        assert answer.status in {400, 403}
        assert "Signing in at the JupyterHub did not work" in answer.text
        headers = {name.lower(): value for name, value in answer.headers.items()}
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
