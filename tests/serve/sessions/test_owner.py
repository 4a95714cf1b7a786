"""A session belongs to whoever opened its page; to all others it does not exist."""

from __future__ import annotations

import asyncio
import time

import pytest

from ..running import Answer, Running, until
from .readers import SLIDER, Reader, ask_states, heard, kernel_of, serving

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_its_owner_connects_to_a_session_and_nobody_else_does(
    alice: Reader, bob: Reader, page: Answer
) -> None:
    kernel = kernel_of(page)
    assert alice.connecting(kernel) == 101
    assert bob.connecting(kernel) == 404


def test_to_another_reader_a_session_looks_like_one_that_does_not_exist(
    alice: Reader, bob: Reader, page: Answer
) -> None:
    paths = [f"/api/kernels/{kernel}" for kernel in (kernel_of(page), UNKNOWN)]
    others, unknown = map(bob.ask, paths)
    assert (others.status, others.text) == (unknown.status, unknown.text)
    assert others.status == 404
    assert alice.ask(paths[0]).status == 200


def test_nobody_else_ends_a_session(alice: Reader, bob: Reader) -> None:
    kernel = kernel_of(alice.open_page())
    bob.open_page()
    assert bob.end(kernel) == 404
    assert alice.ask(f"/api/kernels/{kernel}").status == 200
    assert alice.end(kernel) == 204
    assert alice.ask(f"/api/kernels/{kernel}").status == 404


@pytest.mark.parametrize("session", ["a" * 65, "%00", "a%20b", "%0a"])
def test_a_session_id_that_no_page_has_is_refused(
    alice: Reader, page: Answer, session: str
) -> None:
    assert alice.connecting(kernel_of(page), session=session) == 400


def test_a_page_has_few_connections(alice: Reader) -> None:
    kernel = kernel_of(alice.open_page())

    async def connect() -> None:
        async with (
            alice.connected(kernel),
            alice.connected(kernel),
            alice.connected(kernel),
            alice.connected(kernel),
        ):
            assert await asyncio.to_thread(alice.connecting, kernel) == 429

    asyncio.run(connect())


@pytest.mark.slow
def test_a_session_ends_with_its_owner_s_assertion(server: Running) -> None:
    carol = Reader(server, "carol", expires=time.time() + 8)
    kernel = kernel_of(carol.open_page())

    async def connect() -> int | None:
        async with carol.connected(kernel) as wire:
            for each in ask_states():
                await wire.write_message(each, binary=True)
            assert await heard(wire, "comm_msg") is not None
            assert await heard(wire, "no such message") is None
            return wire.close_code

    assert asyncio.run(connect()) == 4001
    assert time.time() < carol.expires + 4  # type: ignore[operator]
    lasting = Reader(server, "carol")
    assert until(lambda: lasting.ask(f"/api/kernels/{kernel}").status == 404)


FEED = """
from threading import Thread
import time
def feed():
    while True:
        slider.value = 1 - slider.value
        time.sleep(0.1)
Thread(target=feed, daemon=True).start()
"""


@pytest.mark.slow
def test_a_session_ends_when_no_browser_looks_whatever_its_kernel_sends(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, SLIDER, FEED, idle_s=1, unseen_s=60) as running:
        reader = Reader(running, "alice")
        kernel = kernel_of(reader.open_page())

        async def look() -> int:
            async with reader.connected(kernel) as wire:
                assert await heard(wire, "comm_msg") is not None
                await asyncio.sleep(4)
                state = await asyncio.to_thread(reader.ask, f"/api/kernels/{kernel}")
                return state.status

        assert asyncio.run(look()) == 200
        assert until(lambda: not running.kernels(), seconds=10)


@pytest.mark.slow
def test_a_page_that_never_connects_loses_its_session_soon(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with serving(folder, "1", unseen_s=1) as running:
        Reader(running, "alice").open_page()
        assert until(lambda: not running.kernels(), seconds=10)
