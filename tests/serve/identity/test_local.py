"""The printed address signs in whoever opens it; nobody else sees anything."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from meterwidgets.errors import MeterError
from meterwidgets.serve.app import serve
from meterwidgets.serve.identity.cookie_secret import cookie_secret
from meterwidgets.serve.net.listen import open_in_browser
from serve.running import SERVE, Answer, Running, write_notebook

KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running.notebook(tmp_path_factory.mktemp("notebooks"), "1") as running:
        yield running


def token(server: Running) -> str:
    return urlsplit(server.address).query.partition("=")[2]


def ask(server: Running, path: str, **headers: str) -> Answer:
    """Ask as somebody who is not signed in."""
    return server.ask(path, headers=headers, signed_in=False)


@pytest.mark.parametrize("path", ["/", "/overview", "/overview?user=ada", KERNEL])
def test_nobody_sees_anything_and_is_told_how_to_sign_in(
    server: Running, path: str
) -> None:
    answer = ask(server, path)
    assert answer.status == 401
    assert "Sign in with the address that was printed" in answer.text


def test_a_person_is_told_so_by_a_page(server: Running) -> None:
    answer = ask(server, "/overview?a=<b>", Accept="text/html,*/*")
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<h1>You are not signed in</h1>" in answer.text
    assert "Sign in with the address that was printed" in answer.text


def test_a_browser_is_opened_without_naming_the_token_to_other_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    address = "http://127.0.0.1:8866/overview?token=secret&a=b"
    open_in_browser(address, tmp_path)
    assert opened == [(tmp_path / "open.html").as_uri()]
    assert html.escape(address) in (tmp_path / "open.html").read_text("utf-8")


def test_nobody_reaches_a_session_or_ends_one(server: Running) -> None:
    assert ask(server, f"{KERNEL}/channels", **UPGRADE).status == 401
    end = f"/voila/api/shutdown/{KERNEL.rpartition('/')[2]}"
    assert server.ask(end, method="POST", signed_in=False).status == 401


def test_the_token_is_cut_off_the_address_and_the_rest_of_it_stays(
    server: Running,
) -> None:
    answer = ask(server, f"/overview?range=7d&token={token(server)}&org=A%26B")
    assert answer.status == 302
    assert answer.headers["Location"] == "./overview?range=7d&org=A%26B"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert token(server) not in answer.text + server.errors()


def test_the_cookie_is_kept_from_scripts_and_other_sites(server: Running) -> None:
    cookie = ask(server, f"/?token={token(server)}").headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert token(server) not in cookie
    assert "Access-Control-Allow-Origin" not in ask(server, server.address).headers


@pytest.mark.parametrize(
    "wrong", ["x", "", "%00", "%C3%A9", "{token}x", "{token}&token=x"]
)
def test_a_wrong_token_is_refused(server: Running, wrong: str) -> None:
    answer = ask(server, f"/overview?token={wrong.format(token=token(server))}")
    assert answer.status == 401
    assert "The token in this address is wrong" in answer.text or wrong == ""
    assert "Set-Cookie" not in answer.headers


def test_an_old_address_does_for_those_who_are_signed_in(server: Running) -> None:
    answer = server.ask("/overview?token=of-an-earlier-start&org=Acme")
    assert (answer.status, answer.headers["Location"]) == (302, "./overview?org=Acme")


@pytest.mark.parametrize("name", ["Authorization", "X-Forwarded-User", "Remote-User"])
def test_no_header_signs_anybody_in(server: Running, name: str) -> None:
    for value in (f"token {token(server)}", f"Bearer {token(server)}", "root"):
        assert ask(server, "/overview", **{name: value}).status == 401


def test_a_cookie_that_was_changed_is_none(server: Running) -> None:
    name, _, value = server.cookie.partition("=")
    parts = value.split("|")
    later = "|".join([*parts[:-2], parts[-2][::-1], parts[-1]])
    for forged in ("1", "{}", value[:-1], later, '{"expires": 9999999999}'):
        assert ask(server, KERNEL, Cookie=f"{name}={forged}").status == 401
    assert ask(server, KERNEL, Cookie=f"{name}={value}").status == 404


def test_servers_on_one_host_share_no_cookie(server: Running, tmp_path: Path) -> None:
    with Running.notebook(tmp_path, "1") as other:
        name, _, value = server.cookie.partition("=")
        other_name = other.cookie.partition("=")[0]
        assert name != other_name
        assert ask(other, KERNEL, Cookie=server.cookie).status == 401
        assert ask(other, KERNEL, Cookie=f"{other_name}={value}").status == 401


@pytest.mark.slow
def test_who_is_signed_in_stays_so_when_the_server_starts_again(
    tmp_path: Path,
) -> None:
    write_notebook(tmp_path / "overview.ipynb", "1")
    env = {"JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    with Running("-c", SERVE, str(tmp_path), "0", env=env) as first:
        pass
    with Running("-c", SERVE, str(tmp_path), str(first.port), env=env) as again:
        assert ask(again, KERNEL, Cookie=first.cookie).status == 404
        assert token(again) != token(first)


def test_a_secret_that_others_can_read_is_replaced(tmp_path: Path) -> None:
    secret = cookie_secret(tmp_path)
    assert cookie_secret(tmp_path) == secret
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    replaced = cookie_secret(tmp_path)
    assert replaced != secret
    assert cookie_secret(tmp_path) == replaced
    file.write_bytes(b"short")
    assert cookie_secret(tmp_path) not in {secret, replaced, b"short"}


def test_where_no_secret_can_be_kept_one_is_made_for_this_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(cookie_secret(tmp_path / "file" / "below")) == 64


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_a_token_alone_is_refused_where_others_reach_the_address(
    tmp_path: Path, host: str
) -> None:
    write_notebook(tmp_path / "overview.ipynb", "1")
    with pytest.raises(MeterError) as refused:
        serve(tmp_path, host=host, port=0, notebooks=tmp_path)
    for way_out in ('way = "proxy"', 'way = "hub"', "leave --host out"):
        assert way_out in str(refused.value)
