"""A session starts for somebody who goes to a page, in turn, and within bounds."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack

import pytest

from ..running import Running, until
from .readers import Reader, kernel_of, serving

pytestmark = pytest.mark.slow

UNTIL_GO = """
import pathlib, time
while not pathlib.Path("go").exists():
    time.sleep(0.02)
"""
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty", "Purpose": "prefetch"},
        {**NAVIGATION, "Sec-Purpose": "prefetch;prerender"},
    ],
    ids=["image", "script", "fetch", "frame", "object", "prefetch", "prerender"],
)
@pytest.mark.parametrize("site", ["cross-site", "same-origin"])
def test_what_is_no_visit_starts_nothing(
    server: Running, alice: Reader, headers: dict[str, str], site: str
) -> None:
    before = {kernel.pid for kernel in server.kernels()}  # some may just be ending
    answer = alice.ask("/overview", headers={**headers, "Sec-Fetch-Site": site})
    assert answer.status == 403
    assert "window.mwPage" not in answer.text
    assert {kernel.pid for kernel in server.kernels()} <= before


def test_a_link_on_another_site_opens_a_page(alice: Reader) -> None:
    headers = {**NAVIGATION, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1"}
    answer = alice.ask("/overview", headers=headers)
    assert "mwPage.drawing()" in answer.text
    assert alice.end(kernel_of(answer)) == 204


class Opening(AbstractContextManager["Opening"]):
    """A page that a reader opens, as it comes; leaving the block leaves the page."""

    def __init__(self, reader: Reader) -> None:
        self._got = b""
        self._wire = socket.create_connection(
            ("127.0.0.1", reader.running.port), timeout=30
        )
        cookie = f"Cookie: {reader.cookies}\r\n"
        self._wire.sendall(
            # 1.0 has no chunks, which would cut words in two.
            f"GET /overview HTTP/1.0\r\nHost: localhost\r\n{cookie}\r\n".encode()
        )

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def until(self, pattern: str) -> bytes:
        """Read until a pattern comes; return what came before it."""
        while not (found := re.search(pattern.encode(), self._got, re.DOTALL)):
            part = self._wire.recv(65536)
            assert part, self._got[-2_000:]
            self._got += part
        before, self._got = self._got[: found.start()], self._got[found.end() :]
        return before


STARTED = r"mwPage\.kernel"
COMPLETE = r"mwPage\.drawing"


def waiting(before: int) -> str:
    """What a page says that waits for others."""
    return rf"mwPage\.waiting\({before}\)"


def test_a_page_that_waits_shows_its_place_and_moves_up(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, UNTIL_GO, starting=1) as running, ExitStack() as open_pages:

        def opened(name: str) -> Opening:
            return open_pages.enter_context(Opening(Reader(running, name)))

        first = opened("alice")
        first.until(STARTED)
        second = opened("bob")
        assert b"<h1>" in second.until(waiting(0))
        third = opened("carol")
        third.until(waiting(1))
        fourth = opened("dave")
        fourth.until(waiting(2))
        second.__exit__()  # one that has left moves the others up
        third.until(waiting(0))
        fourth.until(waiting(1))
        first.__exit__()
        third.until(STARTED)
        fourth.until(waiting(0))
        (folder / "go").touch()
        third.until(COMPLETE)
        fourth.until(COMPLETE)


def test_whoever_opens_many_pages_keeps_nobody_else_waiting(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, UNTIL_GO, starting=1) as running, ExitStack() as open_pages:

        def opened(name: str) -> Opening:
            return open_pages.enter_context(Opening(Reader(running, name)))

        first = opened("mallory")
        first.until(STARTED)
        for before in range(5):
            opened("mallory").until(waiting(before))
        one = opened("alice")
        one.until(waiting(0))
        first.__exit__()
        one.until(STARTED)


def test_a_person_has_so_many_sessions_and_hears_what_to_do(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, "1", sessions_a_person=2, sessions=3) as running:
        alice, bob = Reader(running, "alice"), Reader(running, "bob")
        first = alice.open_page()
        alice.open_page()
        refused = alice.ask("/overview")
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert "You have too many pages open" in refused.text
        bob.open_page()
        assert "Too many people" in bob.ask("/overview").text
        assert len(running.kernels()) == 3
        assert alice.end(kernel_of(first)) == 204
        bob.open_page()


def test_thirty_requests_of_a_script_are_not_thirty_kernels(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    limits = {"sessions_a_person": 4, "waiting": 8}
    with (
        serving(folder, UNTIL_GO, starting=2, **limits) as running,
        ThreadPoolExecutor(30) as scripts,
    ):
        reader = Reader(running, "mallory")
        pages = [scripts.submit(reader.ask, "/overview") for _ in range(30)]
        assert until(lambda: sum(page.done() for page in pages) >= 26)
        assert len(running.kernels()) <= 4
        (folder / "go").touch()
        statuses = [page.result().status for page in pages]
        assert statuses.count(200) == 4
        assert statuses.count(429) == 26


def test_more_than_wait_already_are_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with (
        serving(folder, UNTIL_GO, starting=1, waiting=1) as running,
        ExitStack() as open_pages,
    ):
        open_pages.enter_context(Opening(Reader(running, "a"))).until(STARTED)
        open_pages.enter_context(Opening(Reader(running, "b"))).until(waiting(0))
        answer = Reader(running, "c").ask("/overview")
        assert answer.status == 429
        assert "Too many people" in answer.text
