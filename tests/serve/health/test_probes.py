"""Health from outside: it needs no sign-in, starts nothing and tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..running import SERVE, Running, write_notebook

POLICY = "Content-Security-Policy"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running.notebook(tmp_path_factory.mktemp("notebooks"), "1") as running:
        yield running


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_anybody_may_ask_whether_it_is_well_under_any_name(
    server: Running, path: str
) -> None:
    headers = {"Host": "10.0.0.7:8866"}
    answer = server.ask(path, headers=headers, signed_in=False)
    assert (answer.status, answer.text) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers[POLICY]
    assert server.ask(path, method="HEAD", signed_in=False).status == 200


@pytest.mark.parametrize("path", ["/overview?range=7d", "/", "/favicon.ico"])
def test_a_head_is_answered_as_a_get_is_and_starts_nothing(
    server: Running, path: str
) -> None:
    answer = server.ask(path, method="HEAD")
    assert answer.status == (302 if path == "/" else 200)
    assert answer.text == ""
    assert "default-src 'self'" in answer.headers[POLICY]
    assert not server.kernels()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("POST", "/healthz"),
        ("DELETE", "/favicon.ico"),
        ("GET", "/voila/labextensions/anywidget/static/nope.js"),
        ("GET", "/api/kernels/00000000-0000-0000-0000-000000000000"),
        ("GET", "/api/kernels/00000000-0000-0000-0000-000000000000/channels"),
    ],
)
def test_whatever_is_answered_carries_the_security_headers(
    server: Running, method: str, path: str
) -> None:
    for signed_in in (True, False):
        answer = server.ask(path, method=method, signed_in=signed_in)
        assert "default-src 'self'" in answer.headers[POLICY], answer
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_head_of_a_page_asks_for_a_sign_in_too(server: Running) -> None:
    assert server.ask("/overview", method="HEAD", signed_in=False).status == 401


@pytest.mark.slow
def test_a_head_of_a_page_says_that_there_are_too_many_sessions(
    tmp_path: Path,
) -> None:
    write_notebook(tmp_path / "overview.ipynb", "1")
    limits = "limits=Limits(sessions_a_person=1), "
    serve = SERVE.replace("notebooks=", f"{limits}notebooks=")
    serve = f"from meterwidgets.serve.sessions.limits import Limits\n{serve}"
    with Running("-c", serve, str(tmp_path), "0") as running:
        assert running.ask("/overview", method="HEAD").status == 200
        assert running.ask("/overview").status == 200
        answer = running.ask("/overview", method="HEAD")
        assert (answer.status, answer.text) == (429, "")
