"""A server in a process of its own, as a reader meets it."""

from __future__ import annotations

import http.client
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self
from urllib.parse import urlsplit

import nbformat
import psutil

START = 60  # seconds for the line with the address; a busy machine is slow
SERVE = """
import sys
from pathlib import Path
from meterwidgets.serve.app import serve
serve(Path(sys.argv[1]), notebooks=Path(sys.argv[1]), port=int(sys.argv[2]))
"""

COOKIES: dict[str, str] = {}
"""Host and port of a server -> what a browser that is signed in sends there."""
JUPYTER = """
import socket, sys
from importlib import import_module
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
print(f"http://127.0.0.1:{port}", flush=True)
sys.exit(import_module(sys.argv[1]).main(["--no-browser", "--allow-root",
    "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=", *sys.argv[2:]]))
"""


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    text: str


class Running(AbstractContextManager["Running"]):
    """A server process; leaving the context ends it and everything below it."""

    def __init__(
        self,
        *command: str,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
        cwd: Path | None = None,
    ) -> None:
        self._errors = TemporaryFile()  # noqa: SIM115 - closed on exit
        self.process = subprocess.Popen(
            [python, *command],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.line = ""
        self.cookie = ""
        """What a browser that is signed in sends."""

    @classmethod
    def notebook(
        cls, folder: Path, *cells: str, env: Mapping[str, str] | None = None
    ) -> Self:
        """Serve one notebook of these cells as the overview."""
        write_notebook(folder / "overview.ipynb", *cells)
        return cls("-c", SERVE, str(folder), "0", env=env)

    @classmethod
    def jupyter(
        cls, module: str, *options: str, cwd: Path, env: Mapping[str, str]
    ) -> Self:
        """A server of Jupyter's own, by the module that starts it."""
        return cls("-c", JUPYTER, module, *options, cwd=cwd, env=env)

    def __enter__(self) -> Self:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], START)
        self.line = self.process.stdout.readline().strip() if ready else ""
        found = re.search(r"https?://\S+", self.line)
        if not found:
            self.stop()
            said = self.errors()
            self._errors.close()
            raise AssertionError(f"no address from the server: {said}")
        self.address = found.group()
        """As it is printed, with what signs a reader in."""
        self.url = self.address.partition("?")[0]
        self.host = urlsplit(self.url).netloc
        behind = re.search(r"proxy to \S*:(\d+)", self.line)
        port = behind[1] if behind else self.host.rpartition(":")[2]
        self.port = int(port) if port.isdigit() else 0
        if "token=" in self.address and "by a proxy" not in self.line:
            self.cookie = COOKIES[self.host] = signed_in(self.address)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._errors.close()

    def stop(self) -> int:
        """End the server and return its exit code."""
        below = self.below()
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            for each in below:
                if each.is_running():
                    each.kill()
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()

    def errors(self) -> str:
        """Return what the server has written to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def below(self) -> list[psutil.Process]:
        """Return the processes below the server."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def fork_servers(self) -> list[psutil.Process]:
        """Return the process that its kernels are forked from, if there is one."""
        ours = (self.process.pid,)
        return [one for one in self.below() if _runs(one, "--fork-server", ours)]

    def kernels(self) -> list[psutil.Process]:
        """Return its kernels, without what they start for a moment themselves."""
        fork_servers = self.fork_servers()
        parents = (self.process.pid, *(each.pid for each in fork_servers))
        return [
            each
            for each in self.below()
            if each not in fork_servers
            and _runs(each, "meterwidgets.serve.kernels.session", parents)
        ]

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        signed_in: bool = True,
    ) -> Answer:
        """Send one request, as it is written, and follow nothing."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = {"Cookie": self.cookie} if signed_in and self.cookie else {}
        try:
            wire.request(method, path, headers={**cookie, **(headers or {})})
            answer = wire.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, dict(answer.getheaders()), text)
        finally:
            wire.close()


def signed_in(url: str) -> str:
    """The cookie that an address with a token is exchanged for."""
    address = urlsplit(url)
    wire = http.client.HTTPConnection(address.netloc, timeout=START)
    try:
        wire.request("GET", f"{address.path}?{address.query}")
        return wire.getresponse().headers["Set-Cookie"].partition(";")[0]
    finally:
        wire.close()


def _runs(process: psutil.Process, what: str, parents: Collection[int]) -> bool:
    try:
        return what in process.cmdline() and process.ppid() in parents
    except psutil.NoSuchProcess:
        return False


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of these code cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = nbformat.v4
    book = new.new_notebook(cells=[new.new_code_cell(cell) for cell in cells])
    nbformat.write(book, path)


def until(condition: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Wait for a condition; return whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
