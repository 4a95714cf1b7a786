"""A small reply goes over the wire at once: here, and in a Jupyter server with the guide.

Nagle's algorithm holds a small message back until the one before it is acknowledged,
and a client that has nothing to say waits 40 ms with that.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from .running import COOKIES, Running, until

pytestmark = pytest.mark.slow

WIRE = "v1.kernel.websocket.jupyter.org"
STALL = 0.035  # seconds; the kernel's own share is a tenth of it
GUIDE = Path(__file__).parents[2] / "docs" / "jupyterlab.md"


async def replies(host: str, kernel: str) -> list[float]:
    """Seconds from a question to the last message of its answer, of many."""
    path = f"ws://{host}/api/kernels/{kernel}/channels?session_id=1"
    headers = {"Origin": f"http://{host}", "Cookie": COOKIES.get(host, "")}
    asked = HTTPRequest(path, headers=headers)
    wire = await websocket_connect(asked, subprotocols=[WIRE])
    session = Session()
    found = []
    for _ in range(40):
        question = session.msg("kernel_info_request")
        begun = time.monotonic()
        await wire.write_message(
            serialize_msg_to_ws_v1(question, "shell", session.pack),  # type: ignore[no-untyped-call]
            binary=True,
        )
        left = {"kernel_info_reply", "idle"}
        while left:
            message = await asyncio.wait_for(wire.read_message(), 30)
            assert isinstance(message, bytes)
            _, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
            header, parent, _, content = map(json.loads, parts[:4])
            if parent.get("msg_id") == question["header"]["msg_id"]:
                left -= {content.get("execution_state"), header["msg_type"]}
        found.append(time.monotonic() - begun)
    wire.close()
    return found


def at_best(host: str, kernel: str) -> float:
    """The quickest of the later answers: what stalls, stalls each time by then."""
    return min(asyncio.run(replies(host, kernel))[10:])


def test_a_small_reply_of_a_page_s_kernel_does_not_stall(tmp_path: Path) -> None:
    with Running.notebook(tmp_path, "1") as running:
        shown = running.ask("/overview").text
        found = re.search(r'mwPage\.kernel\("([^"]+)"\)', shown)
        assert found
        assert at_best(running.host, found.group(1)) < STALL


def test_nor_does_one_of_a_jupyter_server_with_the_lines_of_the_guide(
    tmp_path: Path,
) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.py").write_text(lines, "utf-8")
    env = {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    server = ("jupyter_server.serverapp", "--ServerApp.disable_check_xsrf=True")
    with Running.jupyter(*server, cwd=tmp_path, env=env) as running:

        def answers() -> bool:
            try:
                return running.ask("/api").status == 200
            except OSError:
                return False

        assert until(answers, seconds=60), running.errors()
        start = Request(f"http://{running.host}/api/kernels", b"{}", method="POST")
        with urlopen(start) as answer:
            kernel = json.load(answer)["id"]
        assert at_best(running.host, kernel) < STALL
