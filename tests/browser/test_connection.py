"""A page says when nobody answers, takes no click then, and comes back by itself."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from serve.running import COOKIES, SERVE, Running, until, write_notebook

from .conftest import OpenPage, violations_in_both_themes
from .pages import at, is_pressed, until_at
from .test_page import CELLS, kernel

pytestmark = pytest.mark.slow

NOTICE = "#mw-notice[role=status]"
SECONDS = 3.5  # until a page says that nobody answers; half of one for a busy machine
FROZEN = "document.querySelectorAll('main button:not([aria-disabled])').length === 0"


@contextmanager
def stopped(*processes: psutil.Process) -> Iterator[None]:
    """Processes that hang."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def says(page: Any, *texts: str, seconds: float = 10) -> float:
    """Wait until a notice holds one of these texts; return the seconds it took."""
    begun = time.monotonic()
    page.wait_for_function(
        "texts => texts.some(text =>"
        " document.getElementById('mw-notice').textContent.includes(text))",
        arg=list(texts),
        timeout=seconds * 1000,
    )
    return time.monotonic() - begun


def until_back(page: Any) -> None:
    page.wait_for_function(
        "!document.getElementById('mw-notice').childNodes.length"
        " && !document.querySelector('.mw-frozen, [aria-disabled]')"
    )


def mark(page: Any) -> None:
    """Leave a mark that a reload takes away."""
    page.evaluate("window.sameVisit = true")


def is_marked(page: Any) -> bool:
    return bool(page.evaluate("window.sameVisit === true"))


def test_a_hanging_session_is_named_and_takes_no_click_until_it_answers(
    page: OpenPage, server: Running
) -> None:
    shown = page(forgive=True)
    mark(shown)
    with stopped(kernel(server, shown)):
        seven = shown.get_by_role("radio", name="7d")
        seven.click()
        assert not is_pressed(shown, "7d")  # whose figures are not here
        assert is_pressed(shown, "30d")
        assert says(shown, "Nobody answers", "does not answer") < SECONDS
        says(shown, "This session does not answer.")
        assert shown.evaluate(FROZEN)
        assert not is_pressed(shown, "7d")
        assert violations_in_both_themes(shown) == []
        shown.get_by_role("radio", name="24h").dispatch_event("click")
        shown.get_by_role("radio", name="7d").press("ArrowRight")
        shown.locator(".mw-donut path").first.dispatch_event("click")
        assert shown.is_visible(f"{NOTICE} >> role=button[name='Start a new one']")
    until_back(shown)
    until_at(shown, "/overview?range=7d")  # the click that was taken
    assert is_pressed(shown, "7d")
    assert is_marked(shown)


def test_a_session_that_is_gone_comes_back_with_its_filters(
    page: OpenPage, server: Running
) -> None:
    shown = page(url=at(server.url, "/token-usage?range=7d&org=Acme"), forgive=True)
    kernel(server, shown).kill()
    says(shown, "This session has ended.", seconds=3)
    assert shown.evaluate(FROZEN)
    with shown.expect_navigation(wait_until="commit"):
        pass  # nobody presses anything
    shown.wait_for_selector("html.mw-ready", state="attached")
    until_at(shown, "/token-usage?range=7d&org=Acme")
    assert is_pressed(shown, "7d")
    until_back(shown)


def test_a_hanging_server_is_named_and_its_page_goes_on_in_the_same_session(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    running = serving(*CELLS)
    shown = page("dark", url=running.url, forgive=True)
    mark(shown)
    shown.click("text=count")
    with stopped(psutil.Process(running.process.pid)):
        assert says(shown, "Nobody answers") < SECONDS
        says(shown, "The server can't be reached.")
        assert violations_in_both_themes(shown) == []
    until_back(shown)
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=2")
    assert is_marked(shown)


def test_a_server_that_hangs_while_a_page_loads_is_named(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    running = serving("import time; time.sleep(1)", *CELLS)
    shown = page(url=running.url, until="#mw-step", forgive=True)
    with stopped(psutil.Process(running.process.pid)):
        assert says(shown, "Nobody answers") < SECONDS
        says(shown, "The server can't be reached.")
    shown.wait_for_selector("html.mw-ready", state="attached")
    until_back(shown)


def test_a_page_comes_back_with_its_filters_when_its_server_does(
    page: OpenPage,
) -> None:
    command = ("-m", "meterwidgets", "serve", "--port")
    with Running(*command, "0") as first:
        url = at(first.url, "/token-usage?range=7d&org=Acme")
        shown = page(url=url, forgive=True)
        first.process.kill()
        assert says(shown, "Nobody answers", "can't be reached") < SECONDS
        says(shown, "The server can't be reached.")
        assert shown.evaluate(FROZEN)
        time.sleep(8)  # so long that JupyterLab would wait much longer between attempts
        with Running(*command, str(first.port)):
            with shown.expect_navigation(wait_until="commit"):
                pass
            shown.wait_for_selector("html.mw-ready", state="attached")
            until_at(shown, "/token-usage?range=7d&org=Acme")
            until_back(shown)
            shown.close()


class Wire:
    """A port in front of a server whose connections can be cut or left hanging."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.hangs = False
        self._all: list[socket.socket] = []
        self._other: dict[socket.socket, socket.socket] = {}
        self._thread = Thread(target=self._carry)
        self._thread.start()

    def cut(self) -> None:
        """End all connections."""
        for one in list(self._other):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Never carry anything on the present connections again, and leave them open."""
        self._other = {}

    def close(self) -> None:
        """End everything."""
        self.hangs = True
        self._to = 0
        self._thread.join()
        for one in (self._listening, *self._all):
            one.close()

    def _carry(self) -> None:
        while self._to:
            if self.hangs:
                time.sleep(0.05)
                continue
            ready, _, _ = select.select([self._listening, *self._other], [], [], 0.05)
            for one in ready:
                if one is self._listening:
                    ours, _ = one.accept()
                    theirs = socket.create_connection(("127.0.0.1", self._to))
                    self._all += ours, theirs
                    self._other |= {ours: theirs, theirs: ours}
                elif one in self._other:
                    self._pass_on(one)

    def _pass_on(self, one: socket.socket) -> None:
        other = self._other[one]
        data = b""
        with suppress(OSError):
            if data := one.recv(1 << 16):
                other.sendall(data)
                return
        for each in (one, other):
            self._other.pop(each, None)
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wired(serving: Callable[..., Running]) -> Iterator[tuple[Wire, Running, str]]:
    """A server of plain widgets behind a wire, with its address there."""
    running = serving(*CELLS)
    wire = Wire(running.port)
    COOKIES[f"127.0.0.1:{wire.port}"] = running.cookie
    yield wire, running, running.url.replace(f":{running.port}", f":{wire.port}")
    wire.close()


def test_a_page_whose_connection_is_cut_goes_on_in_the_same_session(
    page: OpenPage, wired: tuple[Wire, Running, str]
) -> None:
    wire, running, url = wired
    shown = page(url=url, forgive=True)
    mark(shown)
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=1")
    wire.cut()
    until_back(shown)
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=2")
    assert is_marked(shown)
    assert len(running.kernels()) == 1


def test_a_page_whose_network_is_gone_for_a_while_goes_on_in_the_same_session(
    page: OpenPage, wired: tuple[Wire, Running, str]
) -> None:
    wire, running, url = wired
    shown = page(url=url, forgive=True)
    mark(shown)
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=1")
    wire.hangs = True
    assert says(shown, "Nobody answers") < SECONDS
    says(shown, "The server can't be reached.")
    wire.lose()  # as a router does that was started again
    wire.hangs = False
    until_back(shown)
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=2")
    assert is_marked(shown)
    assert len(running.kernels()) == 1


def test_a_session_that_always_dies_is_not_started_for_ever(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    dying = "import os, signal, threading\nthreading.Timer(3, os._exit, [1]).start()"
    running = serving(dying, *CELLS)
    shown = page(url=running.url, forgive=True)
    loads = []
    shown.on("load", lambda: loads.append(time.monotonic()))
    shown.wait_for_timeout(25_000)
    assert 1 <= len(loads) <= 2
    assert running.process.poll() is None
    assert until(lambda: "ended" in shown.text_content("#mw-notice"))


def test_a_reader_who_is_signed_out_meanwhile_reads_so_and_reloads_nothing(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    running = serving(*CELLS)
    shown = page(url=running.url, forgive=True)
    mark(shown)
    shown.context.clear_cookies()
    kernel(running, shown).kill()
    says(shown, "You are signed out.")
    assert shown.is_visible(f"{NOTICE} >> role=button[name='Sign in']")
    shown.wait_for_timeout(3_000)
    assert is_marked(shown)


def test_a_reader_with_too_many_sessions_reads_so_until_there_is_room(
    page: OpenPage, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "overview.ipynb", *CELLS)
    few = "from meterwidgets.serve.sessions.limits import Limits\n" + SERVE.replace(
        "notebooks=", "limits=Limits(sessions_a_person=1), notebooks="
    )
    with Running("-c", few, str(tmp_path), "0") as running:
        shown = page(url=running.url, forgive=True)
        mark(shown)
        kernel(running, shown).kill()
        says(shown, "This session has ended.")
        shown.context.set_offline(True)
        says(shown, "The server can't be reached.")
        other = page(url=running.url, forgive=True)  # takes the only place
        shown.context.set_offline(False)
        says(shown, "Too many sessions are open.")
        assert is_marked(shown)
        other.close(run_before_unload=True)
        shown.wait_for_function("!window.sameVisit")
        shown.wait_for_selector("html.mw-ready", state="attached")
        shown.close()
