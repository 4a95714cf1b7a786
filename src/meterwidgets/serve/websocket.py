"""The websocket of a page: few messages pass in, prints and errors are logged."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import ExitStack, suppress
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

from meterwidgets.serve.health.observer import OBSERVER, Observer
from meterwidgets.serve.responses import SECURITY_HEADERS, PlainErrors
from meterwidgets.serve.sessions.messages import BadMessageError, Message, read_message
from meterwidgets.serve.sessions.registry import SESSION_ENDED, Session, Sessions

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MAX_UNSENT_BYTES = 32 << 20
"""What waits for a browser that does not read; then its connection ends."""
POLICY_VIOLATION = 1008
MAX_CONNECTIONS = 4
"""Of one page: its own, and those that it lost before the server noticed."""
_CHANNELS = ("iopub", "shell")
_SETTLE_S, _SETTLE_ATTEMPTS = 0.5, 120
"""Seconds until a kernel is asked once more whether it answers, and how often."""
_SESSION_ID = re.compile(r"[\w-]{1,64}")
_PRINTED_TYPES = {"stream", "error"}


async def _nothing() -> None:
    """Done at once."""


class PageConnection(ZMQChannelsWebsocketConnection):
    """Passes messages between a page and its kernel, which runs its cells already."""

    _is_new = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settled = asyncio.Event()

    async def prepare(self) -> None:
        """Take the kernel's key; it runs its page's cells, so it is ready."""
        self.session.key = self.kernel_manager.session.key

    async def register(self) -> None:
        """Close an older connection of the same page."""
        await self._register_session()  # type: ignore[no-untyped-call]

    def create_stream(self) -> None:
        """Connect the two channels that pages use."""
        self._is_new = True
        for channel in _CHANNELS:
            connect = getattr(self.kernel_manager, f"connect_{channel}")
            stream = connect(identity=self.session.bsession)
            self.channels[channel] = stream
            stream.channel = channel

    def nudge(self) -> asyncio.Future[None]:
        """Wait until the kernel has done what it was at, and what it publishes arrives.

        A page may not begin to listen amid the making of a widget: it would hear of a
        widget and not of its parts. Where it comes back, it has missed nothing.
        """
        return asyncio.ensure_future(self._settle() if self._is_new else _nothing())

    async def _settle(self) -> None:
        shell, iopub = self.kernel_manager.connect_shell(), self.channels["iopub"]
        settled = self._settled = asyncio.Event()
        sent = set()

        def look(parts: list[bytes]) -> None:
            _, rest = self.session.feed_identities(parts)
            message = self.session.deserialize(rest)
            state = message["content"].get("execution_state")
            if state == "idle" and message["parent_header"].get("msg_id") in sent:
                iopub.stop_on_recv()  # what follows is for the page
                settled.set()

        iopub.on_recv(look)
        try:
            for _ in range(_SETTLE_ATTEMPTS):
                if iopub.closed() or self.kernel_id not in self.multi_kernel_manager:
                    return
                request = self.session.msg("kernel_info_request")
                sent.add(request["msg_id"])
                self.session.send(shell, request)
                with suppress(TimeoutError):
                    await asyncio.wait_for(settled.wait(), _SETTLE_S)
                    return
        finally:
            shell.close()

    def disconnect(self) -> None:  # type: ignore[override]
        """Keep the channels for the page's next connection, or close them."""
        self._settled.set()
        super().disconnect()  # type: ignore[no-untyped-call]
        self.channels = {}

    def pass_on(self, message: Message) -> None:
        """Send a message to the kernel."""
        if self.channels:
            self.session.send_raw(self.channels["shell"], message.parts)

    def on_restart_failed(self) -> None:
        """Tell the page that its session has ended."""
        self.websocket_handler.close(SESSION_ENDED, "session ended")


class PageWebsocket(PlainErrors, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """Lets the owner of a session exchange widget messages with its kernel."""

    _session: Session
    _is_refused = False

    @property
    def _observer(self) -> Observer:
        observer: Observer = self.settings[OBSERVER]
        return observer

    def set_default_headers(self) -> None:
        """Set the headers that every answer has, refusals too."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    async def pre_get(self) -> None:
        """Refuse those who don't own the session, and the protocol that is not read."""
        sessions: Sessions = self.settings["sessions"]
        self._session = sessions.of(self.kernel_id, self.current_user)
        if PROTOCOL not in self.request.headers.get("Sec-WebSocket-Protocol", ""):
            raise HTTPError(400, f"expected the websocket protocol {PROTOCOL}")
        if not _SESSION_ID.fullmatch(self.get_argument("session_id", "")):
            raise HTTPError(400, "expected a session_id")
        if len(self._session.connections) >= MAX_CONNECTIONS:
            raise HTTPError(429)
        self._open = ExitStack()
        await super().pre_get()

    async def open(self, kernel_id: str) -> None:
        """Turn Nagle's algorithm off: it holds small replies back for 40 ms."""
        sessions: Sessions = self.settings["sessions"]
        self._open.enter_context(sessions.connected(self._session, self))
        self.set_nodelay(True)
        self._observer.connection(self, "connected")
        await self.connection.register()
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Note that the page has lost its connection."""
        self._open.close()
        self._observer.connection(self, "disconnected")
        super().on_close()

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on, or close the connection: pages send no such thing."""
        if self._is_refused:
            return
        try:
            message = self._read(ws_message)
        except BadMessageError as error:
            self._is_refused = True
            self._observer.metrics.refuse("message")
            self.log.warning(
                "closed a connection of session %s: %s", self.kernel_id, error
            )
            self.close(POLICY_VIOLATION, "not a message of a page")
        else:
            self.connection.pass_on(message)

    def _read(self, data: str | bytes) -> Message:
        session = self._session
        if not session.messages.take() or not session.bytes.take(len(data)):
            raise BadMessageError("too many messages")
        message = read_message(data)
        if message.is_costly and not session.costly.take():
            raise BadMessageError("too many requests for the state of all widgets")
        return message

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send a message to the page, or log it if the kernel printed it."""
        if self._is_refused or self.ws_connection is None:
            return None  # it is closed
        kind, content = _type_and_printed_content(message)
        if kind == "error":
            trace = "\n".join(content.get("traceback", []))
            trace = strip_ansi(trace)  # type: ignore[no-untyped-call]
            self.log.error("a page's callback failed:\n%s", trace)
        elif kind == "stream":
            self.log.info("a page's kernel printed: %s", content.get("text", ""))
        elif self._unsent_bytes() > MAX_UNSENT_BYTES:
            self.log.warning("session %s does not read: closed", self.kernel_id)
            self.ws_connection.stream.close()
        else:
            return super().write_message(message, binary)
        return None

    def _unsent_bytes(self) -> int:
        connection = self.ws_connection
        return len(connection.stream._write_buffer) if connection else 0


def _type_and_printed_content(message: Any) -> tuple[str, dict[str, Any]]:
    """The type of a message, and its content if the kernel printed it."""
    if not isinstance(message, bytes):
        return "", {}
    _channel, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
    kind = json.loads(parts[0]).get("msg_type", "")
    return kind, json.loads(parts[3]) if kind in _PRINTED_TYPES else {}
