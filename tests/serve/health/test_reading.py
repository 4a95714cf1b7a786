"""The port answers while the ledger is still read."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ..running import Answer, until

pytestmark = pytest.mark.slow

SERVE = """
import sys, time
from pathlib import Path
from meterwidgets.cli import ledgers, serve
from meterwidgets.cli.main import main
from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.progress import Done
read = serve.read_ledgers_or_demo
def slowly(*given, progress, **options):
    progress(Done("/home/ann/<usage>.csv", 1_500_000, 3_000_000, 12_345))
    while not Path("go").exists():
        time.sleep(0.02)
    if Path("go").read_text():
        raise LedgerError(Path("go").read_text())
    return read(*given, progress=progress, **options)
serve.read_ledgers_or_demo = slowly
main(["serve", "--port", sys.argv[1]])
"""


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def ask(port: int, path: str, host: str = "localhost") -> Answer:
    wire = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        wire.request("GET", path, headers={"Host": host})
        answer = wire.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, dict(answer.getheaders()), text)
    finally:
        wire.close()


@contextmanager
def reading(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server whose ledger is read until there is a file "go"."""
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(port)]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, **piped) as process:  # type: ignore[call-overload]

        def listens() -> bool:
            try:
                return ask(port, "/healthz").status == 200
            except OSError:
                return process.poll() is not None

        try:
            assert until(listens, seconds=60)
            yield port, process
        finally:
            process.terminate()


def test_pages_tell_how_far_the_reading_is_and_then_open(tmp_path: Path) -> None:
    with reading(tmp_path) as (port, process):
        assert until(lambda: "12,345 rows" in ask(port, "/").text)
        page = ask(port, "/overview?range=7d")
        assert page.status == 503
        assert page.headers["Refresh"] == "2"  # which needs no script
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert "&lt;usage&gt;.csv: 50%, 2 of 3 MB, 12,345 rows, since" in page.text
        assert "/home/ann" not in page.text
        assert "usage&gt;.csv" not in ask(port, "/", host="evil.example").text
        ready = ask(port, "/readyz")
        assert (ready.status, ready.text) == (503, "not ready\n")
        (tmp_path / "go").touch()

        def is_ready() -> bool:
            try:
                return ask(port, "/readyz").status == 200
            except ConnectionError:  # while the port changes hands
                return False

        assert until(is_ready, seconds=60)
        assert ask(port, "/overview").status == 401  # nobody has signed in here
        process.terminate()
        stdout, stderr = process.communicate(timeout=15)
        assert stdout.startswith(f"Serving http://127.0.0.1:{port}/overview")
        assert "Traceback" not in stderr


def test_a_ledger_that_can_not_be_read_ends_the_command_with_its_sentence(
    tmp_path: Path,
) -> None:
    with reading(tmp_path) as (port, process):
        (tmp_path / "go").write_text("usage.csv: no column of times")
        _, stderr = process.communicate(timeout=30)
        assert stderr == "Error: usage.csv: no column of times\n"
        assert process.returncode == 1
        with pytest.raises(ConnectionRefusedError):
            ask(port, "/healthz")
