"""The websocket of a page: widget messages pass, prints and errors are logged."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
)
from jupyter_server.services.kernels.connection.channels import (
    ZMQChannelsWebsocketConnection,
)
from nbconvert.filters import strip_ansi
from tornado.web import HTTPError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from meterwidgets.serve.responses import PlainErrors

PROTOCOL = "v1.kernel.websocket.jupyter.org"
SESSION_ENDED = 4001
"""The close code that page.js takes for the end of the kernel."""
_PRINTED_TYPES = {"stream", "error"}


class PageConnection(ZMQChannelsWebsocketConnection):
    """Closes the websocket when the kernel is gone."""

    def on_restart_failed(self) -> None:
        """Tell the page that its session has ended."""
        self.websocket_handler.close(SESSION_ENDED, "session ended")


class PageWebsocket(PlainErrors, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """Passes widget messages on; what the kernel prints goes to the server's log."""

    async def pre_get(self) -> None:
        """Refuse the older protocol, which the filter below can't read."""
        if PROTOCOL not in self.request.headers.get("Sec-WebSocket-Protocol", ""):
            raise HTTPError(400, f"expected the websocket protocol {PROTOCOL}")
        await super().pre_get()

    async def open(self, kernel_id: str) -> None:
        """Turn Nagle's algorithm off: it holds small replies back for 40 ms."""
        self.set_nodelay(True)
        await super().open(kernel_id)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send a message to the page, or log it if the kernel printed it."""
        kind, content = _type_and_printed_content(message)
        if kind not in _PRINTED_TYPES:
            return super().write_message(message, binary)
        if kind == "error":
            trace = "\n".join(content.get("traceback", []))
            trace = strip_ansi(trace)  # type: ignore[no-untyped-call]
            self.log.error("a page's callback failed:\n%s", trace)
        else:
            self.log.info("a page's kernel printed: %s", content.get("text", ""))
        return None


def _type_and_printed_content(message: Any) -> tuple[str, dict[str, Any]]:
    """The type of a message, and its content if the kernel printed it."""
    if not isinstance(message, bytes):
        return "", {}
    _channel, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
    kind = json.loads(parts[0]).get("msg_type", "")
    return kind, json.loads(parts[3]) if kind in _PRINTED_TYPES else {}
