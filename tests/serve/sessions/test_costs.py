"""What one reader sends costs little, leaves nothing behind and forges no log."""

from __future__ import annotations

import asyncio
import os
import random
import select
import signal
import socket
import time
from collections.abc import Callable

import psutil
import pytest

import meterwidgets as mw
from meterwidgets.frame.saved import save

from ..running import Running, until, write_notebook
from .readers import (
    LINUX,
    SERVE,
    SLIDER,
    Held,
    Reader,
    ask_states,
    cpu_seconds,
    heard,
    kernel_of,
    message,
    serving,
    slider_of,
    update,
)

pytestmark = pytest.mark.slow

USERS = 30_000
POOL = (os.cpu_count() or 1) + 4
"""Threads that read for a server; each starts when all others are at work."""


def settled(running: Running, expected: Held) -> bool:
    """Whether a server holds no more than it did; it takes a moment to let go."""

    def is_back() -> bool:
        now = Held.by(running)
        return (
            now.files <= expected.files
            and now.threads <= expected.threads + POOL
            and now.processes <= expected.processes
        )

    return until(is_back, seconds=30)


def leave_early(reader: Reader, after: float) -> None:
    """Open a page and leave after so many seconds, at the latest when it is there."""
    path = "/overview?" + "a" * random.randrange(9)
    with socket.create_connection(("127.0.0.1", reader.running.port)) as wire:
        wire.settimeout(max(after, 0.001))
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: {reader.cookies}\r\n\r\n".encode()
        )
        end = time.monotonic() + after
        try:
            while time.monotonic() < end and b"mwPage.drawing" not in wire.recv(65536):
                pass
        except TimeoutError:
            pass


def come_and_go(running: Running, pages: int, at_once: int) -> None:
    """Open pages and drop them at random moments, in turns of so many at once."""

    async def visit() -> None:
        turns = asyncio.Semaphore(at_once)

        async def once(number: int) -> None:
            reader = Reader(running, f"reader{number % 7}")
            async with turns:
                after = random.uniform(0, 1.5)
                await asyncio.to_thread(leave_early, reader, after)

        await asyncio.gather(*map(once, range(pages)))

    asyncio.run(visit())


@pytest.mark.skipif(not LINUX, reason="counts files as Linux does")
@pytest.mark.parametrize(
    ("pages", "at_once"),
    [(30, 6), pytest.param(500, 8, marks=pytest.mark.slow)],
    ids=["30", "500"],
)
def test_readers_who_leave_at_any_moment_leave_nothing(
    tmp_path_factory: pytest.TempPathFactory, pages: int, at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, SLIDER, unseen_s=1) as running:
        Reader(running, "alice").open_page()  # what is made once is there from now on
        come_and_go(running, 2 * at_once, at_once)
        assert until(lambda: not running.kernels())
        time.sleep(3)
        before = Held.by(running)
        come_and_go(running, pages, at_once)
        assert until(lambda: not running.kernels(), seconds=30)
        assert settled(running, before), (before, Held.by(running))
        assert "mwPage.drawing()" in Reader(running, "alice").open_page().text


@pytest.mark.skipif(not LINUX, reason="counts files as Linux does")
def test_kernels_that_die_and_connections_that_drop_leave_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, SLIDER) as running:
        reader = Reader(running, "alice")

        async def drop(kernel: str) -> None:
            async with reader.connected(kernel) as wire:
                await wire.write_message(message("kernel_info_request", {}), True)
                (process,) = running.kernels()
                process.send_signal(signal.SIGKILL)
                while await wire.read_message() is not None:
                    pass
                assert wire.close_code == 4001

        def once() -> None:
            asyncio.run(drop(kernel_of(reader.open_page())))
            assert until(lambda: not running.kernels())

        once()
        before = Held.by(running)
        for _ in range(3):
            once()
        assert settled(running, before), (before, Held.by(running))


@pytest.mark.skipif(not LINUX, reason="counts files as Linux does")
def test_a_session_needs_few_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, SLIDER) as running:
        reader = Reader(running, "alice")
        kernels = [kernel_of(reader.open_page()) for _ in range(2)]

        async def look() -> list[int]:
            counts = []
            async with reader.connected(kernels[0]) as first:
                await first.write_message(ask_states()[0], True)
                await heard(first, "status")
                counts.append(Held.by(running).files)
                async with reader.connected(kernels[1]) as second:
                    await second.write_message(ask_states()[0], True)
                    await heard(second, "status")
                    await asyncio.sleep(1)
                    counts.append(Held.by(running).files)
            return counts

        before, after = asyncio.run(look())
        assert after - before <= 6


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A server of a ledger with 30,000 users."""
    folder = tmp_path_factory.mktemp("crowd")
    usage = mw.read_usage(
        {
            "time": ["2026-02-22"] * USERS,
            "user": [f"person-{number:05}@example.com" for number in range(USERS)],
            "model": ["m"] * USERS,
            "cost": [1] * USERS,
        },
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    save(usage, folder / "frame")
    write_notebook(folder / "frame" / "overview.ipynb", "1")
    with Running("-c", SERVE, str(folder / "frame"), "{}") as running:
        yield running  # type: ignore[misc]


def test_a_hundred_unknown_users_in_an_address_cost_little(crowd: Running) -> None:
    reader = Reader(crowd, "alice")
    reader.open_page("/overview?user=person-00001@example.com")
    before = cpu_seconds(crowd)
    reader.open_page("/overview?" + "&".join(f"user=person-x{n}" for n in range(100)))
    assert cpu_seconds(crowd) - before < 2


def log_of(running: Running, attack: Callable[[], object]) -> str:
    """What a server logs while something happens, and a moment later."""
    before = len(running.errors())
    attack()
    time.sleep(0.5)
    return running.errors()[before:]


FORGED = "\n2026-01-01T00:00:00+0000 CRITICAL forged \x1b[2J\x1b]0;title\x07"
PRINTS = f"""
import sys
print({FORGED!r})
print({FORGED!r}, file=sys.stderr)
def fail(change):
    raise ValueError({FORGED!r} + "x" * 1_000_000)
slider.observe(fail, "value")
"""


def test_no_line_of_the_log_is_forged_or_endless(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, SLIDER, PRINTS) as running:
        reader = Reader(running, "alice")
        page = reader.open_page("/overview?x=%0A2026%20CRITICAL%20forged%1b")
        model = slider_of(page)

        async def attack() -> None:
            async with reader.connected(kernel_of(page)) as wire:
                for number in range(100):
                    await wire.write_message(update(model, value=number % 90 + 1), True)
                    await wire.write_message(
                        update("f00d" * 9, value=f"{FORGED}{number}"), True
                    )
                    await asyncio.sleep(0.02)

        log = log_of(running, lambda: asyncio.run(attack()))
        assert "ValueError" in log  # the operator does hear of it
        assert len(log) < 400_000
        for line in log.splitlines():
            assert not line.startswith("2026-01-01")
            assert line.isprintable()
            assert len(line) < 5_000


@pytest.mark.parametrize(
    "path",
    ["/nope%0a%1b[2J", "/overview/%0d%0aX-Injected:1", "/voila/static/%00", "/%ff%fe"],
)
def test_an_odd_address_is_neither_logged_nor_answered_with_what_it_says(
    server: Running, alice: Reader, path: str
) -> None:
    answers = []
    log = log_of(server, lambda: answers.append(alice.ask(path)))
    assert answers[0].status in {400, 403, 404}
    assert "X-Injected" not in answers[0].headers
    assert log == ""


def test_a_signal_ends_a_server_whose_readers_and_threads_hang(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    hang = (
        "import threading, time\n"
        "from meterwidgets.serve.prerender import Prerenderer\n"
        "get = Prerenderer.get\n"
        "def slow(self, page, query, *rest):\n"
        "    time.sleep(600 if 'hang' in query else 0)\n"
        "    return get(self, page, query, *rest)\n"
        "Prerenderer.get = slow\n"
        "import meterwidgets.serve.server as server\n"
        "assert server.STOP_S < 10\n"
        "server.STOP_S = 2\n"
    )
    write_notebook(folder / "overview.ipynb", SLIDER)
    with Running("-c", hang + SERVE, str(folder), "{}") as running:
        reader = Reader(running, "alice")
        kernel = kernel_of(reader.open_page())
        below = running.below()

        async def stop() -> tuple[int | None, float]:
            async with reader.connected(kernel) as wire:
                hanging = socket.create_connection(("127.0.0.1", running.port))
                hanging.sendall(
                    f"GET /overview?hang HTTP/1.1\r\nHost: localhost\r\n"
                    f"Cookie: {reader.cookies}\r\n\r\n".encode()
                )
                await asyncio.sleep(0.5)
                started = time.monotonic()
                os.kill(running.process.pid, signal.SIGTERM)
                await heard(wire, "no such message")
                code = wire.close_code
                hanging.close()
                await asyncio.to_thread(running.process.wait, 12)
                return code, time.monotonic() - started

        code, seconds = asyncio.run(stop())
        assert code == 1012
        assert seconds < 5
        assert until(lambda: not any(map(psutil.Process.is_running, below)))


def test_sessions_print_nothing_where_nobody_may_read_it(
    server: Running, alice: Reader
) -> None:
    """A pipe that is full stops whoever writes to it: after 200 pages, all of them."""
    alice.open_page()
    readable, _, _ = select.select([server.process.stdout], [], [], 0.5)
    assert not readable
