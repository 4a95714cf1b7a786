"""What comes in over a websocket is bounded before it is parsed."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import psutil
import pytest
from tornado.websocket import WebSocketClosedError

from ..running import Answer, Running, until
from .readers import (
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

POLICY_VIOLATION = 1008
CONTROL = "jupyter.widget.control"
HUGE = (1 << 63) - 1


def opening(model: str) -> bytes:
    """A message by which a browser would make a widget."""
    state = {"_model_name": model, "_model_module": "@jupyter-widgets/controls"}
    content = {
        "comm_id": "f00d",
        "target_name": "jupyter.widget",
        "data": {"state": state, "buffer_paths": []},
    }
    return message("comm_open", content, metadata={"version": "2.1.0"})


def with_header(**header: Any) -> bytes:
    """A harmless message with another header."""
    made = {"msg_id": "1", "msg_type": "kernel_info_request", **header}
    return message("", {}, header=json.dumps(made).encode())


def setting(value: bytes) -> bytes:
    """A message that sets a trait to some JSON."""
    content = b'{"comm_id":"f00d","data":{"method":"update","state":{"value":%s}}}'
    return message("comm_msg", content % value)


BAD = {
    "eight bytes that announce 2^63-1 offsets": HUGE.to_bytes(8, "little"),
    "a table of huge offsets": b"".join([(6).to_bytes(8, "little")] * 7),
    "offsets beyond its end": message("x", {})[:80],
    "nothing": b"",
    "text": "{}",
    "a megabyte of text": "x" * 1_000_000,
    "bytes that are no JSON": message("comm_msg", b"\xff\x00"),
    "half a surrogate": setting(b'"\\ud800"'),
    "100,000 lists in each other": setting(b"[" * 100_000 + b"]" * 100_000),
    "100 lists in each other": setting(b"[" * 100 + b"]" * 100),
    "a number of 4,000 digits": setting(b"9" * 4_000),
    "a number above all": setting(b"1e999"),
    "buffers": message("comm_msg", {"comm_id": "f00d"}, buffers=[b""] * 1_000),
    "a model": opening("TextModel"),
    "an upload": opening("FileUploadModel"),
    "a comm of another kind": message(
        "comm_open", {"comm_id": "f00d", "target_name": "anything", "data": {}}
    ),
    "code": message("execute_request", {"code": "1"}),
    "an inspection": message("inspect_request", {"code": "slider", "cursor_pos": 1}),
    "the end of its kernel": message("shutdown_request", {"restart": False}),
    "a debugger": message("debug_request", {}, channel="control"),
    "a message to another channel": message("comm_msg", {}, channel="stdin"),
    "a channel of many bytes": message("comm_msg", {}, channel="shell" * 1_000),
    "a method of its own": message(
        "comm_msg", {"comm_id": "f00d", "data": {"method": "a\nb\x1b[31m"}}
    ),
    "an id that is no id": message("comm_close", {"comm_id": "a\nb", "data": {}}),
    "a type of two lines": with_header(msg_type="a\n[E 2026-01-01] forged\x1b[2J"),
    "an id that looks like a date": with_header(msg_id="9999-99-99T99:99:99"),
    "a version that is none": with_header(version="x.y"),
    "a header of 100 kB": with_header(other="x" * 100_000),
    "a list for a header": message("", {}, header=b"[]"),
}


async def answer(reader: Reader, kernel: str, *messages: bytes | str) -> int | None:
    """The code by which a server closes a connection that sends something."""
    async with reader.connected(kernel) as wire:
        with suppress(WebSocketClosedError):
            for each in messages:
                await wire.write_message(each, binary=isinstance(each, bytes))
        assert await heard(wire, "no such message") is None
        return wire.close_code


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD)
def test_what_no_page_sends_closes_its_connection_and_costs_nothing(
    server: Running, alice: Reader, page: Answer, sent: bytes | str
) -> None:
    before, log = cpu_seconds(server), server.errors()
    code = asyncio.run(answer(alice, kernel_of(page), sent, sent, sent))
    assert code == POLICY_VIOLATION
    assert cpu_seconds(server) - before < 0.5
    lines = server.errors().removeprefix(log).splitlines()
    assert len(lines) <= 2  # of the second kind: that there were too many of the first
    for line in lines:
        assert kernel_of(page) in line or "more suppressed" in line
        assert len(line) < 500
        assert line.isprintable()


def test_the_session_goes_on_after_a_connection_that_was_closed(
    alice: Reader, page: Answer
) -> None:
    async def look() -> dict[str, Any]:
        kernel = kernel_of(page)
        assert await answer(alice, kernel, BAD["a model"]) == POLICY_VIOLATION
        async with alice.connected(kernel) as wire:
            for each in ask_states():
                await wire.write_message(each, binary=True)
            content = await heard(wire, "comm_msg")
            assert content
            states: dict[str, Any] = content["data"]["states"]
            return states

    states = asyncio.run(look())
    assert slider_of(page) in states
    names = {state["model_name"] for state in states.values()}
    assert names == {"IntSliderModel", "LayoutModel", "SliderStyleModel"}


def test_a_page_sets_a_trait_and_hears_of_it(alice: Reader, page: Answer) -> None:
    async def set_value() -> Any:
        async with alice.connected(kernel_of(page)) as wire:
            await wire.write_message(update(slider_of(page), value=42), binary=True)
            content = await heard(wire, "comm_msg")
            assert content
            return content["data"]["state"]

    assert asyncio.run(set_value()) == {"value": 42}


def test_what_is_named_twice_is_read_once(alice: Reader, page: Answer) -> None:
    """A parser that took the first of two would let through what ours refuses."""
    header = b'{"msg_id":"1","msg_type":"comm_close","msg_type":"comm_msg"}'
    model = slider_of(page).encode()
    content = b'{"comm_id":"f00d","comm_id":"%s","data":{"method":"update","state":{"value":7}}}'

    async def set_value() -> Any:
        async with alice.connected(kernel_of(page)) as wire:
            twice = message("", content % model, header=header)
            await wire.write_message(twice, binary=True)
            heard_of = await heard(wire, "comm_msg")
            assert heard_of
            return heard_of["data"]["state"]

    assert asyncio.run(set_value()) == {"value": 7}


@pytest.mark.parametrize("kind", ["comm_info_request", "states"])
def test_a_flood_of_messages_closes_the_connection(alice: Reader, kind: str) -> None:
    kernel = kernel_of(alice.open_page())
    flood = [message(kind, {})] * 2_000 if kind != "states" else ask_states() * 50
    assert asyncio.run(answer(alice, kernel, *flood)) == POLICY_VIOLATION
    # A new connection does not make up for it.
    assert asyncio.run(answer(alice, kernel, *flood)) == POLICY_VIOLATION
    assert alice.end(kernel) == 204


LARGE = """
import ipywidgets
large = ipywidgets.HTML("x" * 5_000_000)
"""


@pytest.mark.slow
def test_a_reader_who_asks_and_reads_nothing_fills_no_memory(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("notebooks"), LARGE) as running:
        reader = Reader(running, "alice")
        kernel = kernel_of(reader.open_page())
        memory = psutil.Process(running.process.pid).memory_info
        before = memory().rss

        async def fill() -> None:
            async with reader.connected(kernel) as wire:
                for _ in range(9):
                    for each in ask_states():
                        await wire.write_message(each, binary=True)
                await asyncio.to_thread(
                    until, lambda: "does not read" in running.errors()
                )

        asyncio.run(fill())
        assert "does not read" in running.errors()
        assert memory().rss - before < 150_000_000
        assert reader.ask(f"/api/kernels/{kernel}").status == 200


GROWING = """
import asyncio, ipywidgets
growing = ipywidgets.HTML()
async def keep_growing():
    number = 0
    while True:
        await asyncio.sleep(0.05)
        number += 1
        growing.value = str(number) * 500_000
task = asyncio.ensure_future(keep_growing())
"""


@pytest.mark.slow
def test_a_session_whose_page_left_ends_before_its_messages_fill_the_memory(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("notebooks"), GROWING) as running:
        reader = Reader(running, "alice")
        kernel = kernel_of(reader.open_page())

        async def look_and_leave() -> None:
            async with reader.connected(kernel) as wire:
                assert await heard(wire, "comm_msg")

        asyncio.run(look_and_leave())
        memory = psutil.Process(running.process.pid).memory_info
        before = memory().rss
        assert until(lambda: not running.kernels(), seconds=30)
        assert memory().rss - before < 60_000_000
        assert until(lambda: reader.connecting(kernel) == 404, seconds=10)
