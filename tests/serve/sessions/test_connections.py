"""Slow, idle and huge requests are cut, and connections are bounded."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from ..running import Running, until, write_notebook
from .readers import SERVE, Reader, cpu_seconds, serving

pytestmark = pytest.mark.slow

LIMITED = """
import resource, sys
soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv.pop()), ) * 2)
"""
HUGE = 90_000_000


def connection(running: Running) -> socket.socket:
    """A connection of a client that does as it likes."""
    wire = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    wire.settimeout(20)
    return wire


def rest(wire: socket.socket) -> bytes:
    """What comes until the server closes a connection."""
    got = b""
    try:
        while part := wire.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def sending(wire: socket.socket, data: bytes, *, times: int, pause_s: float = 0) -> int:
    """Send something many times; how often until the server has had enough."""
    for sent in range(times):
        try:
            wire.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return sent
        time.sleep(pause_s)
    return times


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /overview HTTP/1.1\r\nHost: local",
        b"POST /overview HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
        b"GET /voila/static/page.js HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["nothing", "half a header", "half a body", "a request, then nothing"],
)
def test_a_request_that_is_not_sent_in_time_is_cut(
    hurried: Running, sent: bytes
) -> None:
    with connection(hurried) as wire:
        wire.sendall(sent)
        started = time.monotonic()
        rest(wire)
        assert time.monotonic() - started < 8


def test_a_request_that_comes_byte_by_byte_is_cut_as_well(hurried: Running) -> None:
    with connection(hurried) as wire:
        started = time.monotonic()
        sent = sending(wire, b"G", times=400, pause_s=0.02)
        assert sent < 400
        assert time.monotonic() - started < 8


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A server that waits for no request longer than a second."""
    with serving(tmp_path_factory.mktemp("notebooks"), "1", request_s=1) as running:
        yield running  # type: ignore[misc]


@pytest.mark.parametrize("path", ["/overview", "/voila/api/shutdown/x", "/nope"])
def test_a_huge_body_is_refused_before_it_is_read(server: Running, path: str) -> None:
    with connection(server) as wire:
        head = f"POST {path} HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: {HUGE}"
        wire.sendall(f"{head}\r\n\r\n".encode())
        assert rest(wire).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


def test_a_body_in_endless_chunks_is_refused(server: Running) -> None:
    memory = psutil.Process(server.process.pid).memory_info
    before = memory().rss
    with connection(server) as wire:
        wire.sendall(
            b"POST /nope HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        assert sending(wire, chunk, times=1_000) < 1_000
    assert memory().rss - before < 20_000_000


@pytest.mark.parametrize(
    "sent",
    [b"GET /" + b"a" * 200_000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 50_000],
    ids=["address", "headers"],
)
def test_a_huge_header_is_refused(server: Running, sent: bytes) -> None:
    before = server.errors()
    with connection(server) as wire:
        try:
            wire.sendall(sent)
        except OSError:
            return  # it was refused before it was complete
        assert b"200 OK" not in rest(wire)
    assert len(server.errors()) - len(before) < 1_000


def test_an_address_that_no_page_makes_is_refused(alice: Reader) -> None:
    assert alice.ask("/overview?user=" + "a" * 9_000).status == 414
    assert alice.ask("/overview?" + "user=a&" * 2_000).status in {400, 414}


def test_connections_are_bounded_and_others_are_not_locked_out_for_long(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with (
        serving(folder, "1", connections=20, request_s=1) as running,
        ExitStack() as wires,
    ):
        for _ in range(200):
            wires.enter_context(connection(running))
        assert psutil.Process(running.process.pid).num_fds() < 100
        reader = Reader(running, "alice")

        def answers() -> bool:
            try:
                return reader.ask("/nope").status == 404
            except OSError:
                return False

        assert until(answers, seconds=10)
        assert len(running.errors()) < 10_000


@pytest.mark.skipif(sys.platform != "linux", reason="limits files as Linux does")
def test_at_the_limit_of_files_a_server_neither_spins_nor_floods_its_log(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "overview.ipynb", "1")
    # The server takes itself for one that has more files than it has.
    exceeding = (
        LIMITED
        + "import meterwidgets.serve.net.files as files\n"
        + "files.within_files = lambda limits, files: limits\n"
        + SERVE
    )
    with (
        Running("-c", exceeding, str(folder), '{"request_s": 3}', "64") as running,
        ExitStack() as wires,
    ):
        for _ in range(200):
            wires.enter_context(connection(running))
        before, log = cpu_seconds(running), len(running.errors())
        time.sleep(2)
        assert cpu_seconds(running) - before < 0.5
        assert len(running.errors()) - log < 10_000
        wires.close()
        reader = Reader(running, "alice")
        assert until(lambda: reader.ask("/nope").status == 404)


@pytest.mark.skipif(sys.platform != "linux", reason="limits files as Linux does")
def test_few_files_leave_few_connections_and_sessions_but_a_server_that_answers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "overview.ipynb", "1")
    with (
        Running("-c", LIMITED + SERVE, str(folder), "{}", "140") as running,
        ExitStack() as wires,
    ):
        reader = Reader(running, "alice")
        statuses = [reader.ask("/overview").status for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        for _ in range(400):
            wires.enter_context(connection(running))
        assert "Too many open files" not in running.errors()


def test_the_soft_limit_of_files_is_raised(server: Running) -> None:
    limits = Path(f"/proc/{server.process.pid}/limits")
    if not limits.exists():
        pytest.skip("limits are read as Linux shows them")
    (line,) = [line for line in limits.read_text().splitlines() if "open files" in line]
    soft, hard = line.split()[3:5]
    assert int(soft) == min(int(hard), 65536)
