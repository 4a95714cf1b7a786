"""Several readers of one server, each with a browser that sends whatever it likes."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from ..running import Answer, Running, write_notebook

WIRE = "v1.kernel.websocket.jupyter.org"
SERVE = """
import json, sys
from pathlib import Path
from meterwidgets.serve.app import serve
from meterwidgets.serve.identity.choose import SignIn
from meterwidgets.serve.identity.provider import MeterIdentity, principal_id
from meterwidgets.serve.identity.signed_in import SignedIn
from meterwidgets.serve.sessions.limits import Limits

class ByCookie(MeterIdentity):
    def get_user(self, handler):
        name, _, expires = handler.get_cookie("reader", "nobody").partition("-")
        return SignedIn(username=name, principal_id=principal_id(name),
                        role="operator", expires=float(expires) if expires else None)

SignIn.provider = lambda self, addresses, **settings: ByCookie(
    parent=settings["parent"])
folder = Path(sys.argv[1])
serve(folder, notebooks=folder, port=0, limits=Limits(**json.loads(sys.argv[2])))
"""
SLIDER = """
import ipywidgets
slider = ipywidgets.IntSlider()
print("slider", slider.model_id)
"""


def serving(folder: Path, *cells: str, **limits: float) -> Running:
    """A server of one notebook for many readers, within limits."""
    write_notebook(folder / "overview.ipynb", *cells)
    return Running("-c", SERVE, str(folder), json.dumps(limits))


@dataclass
class Reader:
    """A reader of a server, by a cookie that stands for a sign-in."""

    running: Running
    name: str
    expires: float | None = None
    xsrf: str = field(default="", init=False)

    @property
    def cookies(self) -> str:
        """What the browser sends."""
        expires = "" if self.expires is None else f"-{self.expires}"
        return f"reader={self.name}{expires}; _xsrf={self.xsrf}"

    def ask(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request."""
        wire = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=60)
        try:
            wire.request(method, path, headers={"Cookie": self.cookies, **headers})
            answer = wire.getresponse()
            for value in answer.headers.get_all("Set-Cookie", []):
                if found := re.match(r"_xsrf=([^;]+)", value):
                    self.xsrf = found.group(1)
            text = answer.read().decode()
            return Answer(answer.status, dict(answer.getheaders()), text)
        finally:
            wire.close()

    def open_page(self, path: str = "/overview") -> Answer:
        """Open a page, and see that it was made."""
        page = self.ask(path)
        assert page.status == 200, page.text
        assert "mwPage.drawing()" in page.text, page.text
        return page

    def end(self, kernel: str) -> int:
        """Ask for the end of a session; return the status."""
        headers = {"X-XSRFToken": self.xsrf}
        path = f"/voila/api/shutdown/{kernel}"
        return self.ask(path, method="POST", headers=headers).status

    @asynccontextmanager
    async def connected(
        self, kernel: str, *, session: str = ""
    ) -> AsyncIterator[WebSocketClientConnection]:
        """The websocket of a session."""
        host = self.running.host
        path = f"/api/kernels/{kernel}/channels?session_id={session or uuid4()}"
        headers = {"Origin": f"http://{host}", "Cookie": self.cookies}
        wire = await websocket_connect(
            HTTPRequest(f"ws://{host}{path}", headers=headers), subprotocols=[WIRE]
        )
        assert wire.protocol
        stream = wire.protocol.stream
        try:
            yield wire
        finally:
            wire.close()
            end = time.monotonic() + 1
            while not stream.closed() and time.monotonic() < end:
                await asyncio.sleep(0.01)
            stream.close()

    def connecting(self, kernel: str, *, session: str = "") -> int:
        """The status of the answer to a websocket's request."""
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": WIRE,
            "Origin": f"http://{self.running.host}",
        }
        path = f"/api/kernels/{kernel}/channels?session_id={session or uuid4()}"
        return self.ask(path, headers=headers).status


def kernel_of(page: Answer) -> str:
    """The kernel of a page."""
    found = re.search(r'mwPage\.kernel\("([^"]+)"\)', page.text)
    assert found, page.text
    return found.group(1)


def slider_of(page: Answer) -> str:
    """The model of the one widget of a page that runs SLIDER."""
    found = re.search(r"slider (\w+)", page.text)
    assert found, page.text
    return found.group(1)


def message(
    kind: str,
    content: Any,
    *,
    channel: str = "shell",
    metadata: Any = None,
    buffers: list[bytes] | None = None,
    header: bytes = b"",
) -> bytes:
    """A message as the browser sends it."""
    made = header or json.dumps({"msg_id": uuid4().hex, "msg_type": kind}).encode()
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    parts = [made, b"{}", json.dumps(metadata or {}).encode(), body, *(buffers or [])]
    made_message: bytes = serialize_msg_to_ws_v1(parts, channel)  # type: ignore[no-untyped-call]
    return made_message


def update(model: str, **state: Any) -> bytes:
    """A message that sets traits of a widget."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    return message("comm_msg", {"comm_id": model, "data": data})


def ask_states(comm: str = "c0ffee") -> list[bytes]:
    """The messages by which a page asks for all widgets."""
    target = "jupyter.widget.control"
    opened = {"comm_id": comm, "target_name": target, "data": {}}
    asked = {"comm_id": comm, "data": {"method": "request_states"}}
    return [
        message("comm_open", opened, metadata={"version": "1.0.0"}),
        message("comm_msg", asked),
    ]


def read(data: bytes) -> tuple[str, dict[str, Any]]:
    """The type of a message that the server sent, and its content."""
    _, parts = deserialize_msg_from_ws_v1(data)  # type: ignore[no-untyped-call]
    return json.loads(parts[0])["msg_type"], json.loads(parts[3])


async def heard(
    wire: WebSocketClientConnection, kind: str, *, seconds: float = 20
) -> dict[str, Any] | None:
    """The content of the next message of a type; None where the connection closes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = await wire.read_message()
        if data is None:
            return None
        assert isinstance(data, bytes)
        found, content = read(data)
        if found == kind:
            return content
    raise AssertionError(f"no {kind} within {seconds} s")


@dataclass(frozen=True)
class Held:
    """What a server and the processes below it hold."""

    files: int
    threads: int
    processes: int

    @classmethod
    def by(cls, running: Running) -> Held:
        """What it holds now."""
        process = psutil.Process(running.process.pid)
        return cls(process.num_fds(), process.num_threads(), len(running.below()))


def cpu_seconds(running: Running) -> float:
    """What a server's own process has used."""
    used = psutil.Process(running.process.pid).cpu_times()
    return float(used.user + used.system)


LINUX = sys.platform == "linux"
