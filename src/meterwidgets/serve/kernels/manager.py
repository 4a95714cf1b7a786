"""The kernels of the pages: few open files each, and none after their end."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import zmq
import zmq.asyncio
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import (
    AsyncMappingKernelManager,
    ServerKernelManager,
)
from traitlets import default

MAX_ZMQ_SOCKETS = 1 << 16
"""ZeroMQ's own bound of 1,023 would be a bound of sessions."""
MAX_BUFFERED_BYTES = 16 << 20
"""What is kept for a page that has lost its connection, until it connects again."""


class PageKernel(ServerKernelManager):
    """A page's kernel, which always ends at once: nobody asks it to."""

    def _connect_control_socket(self) -> None:
        """Open none: it is for kernels that are asked to end."""


class PageKernels(AsyncMappingKernelManager):
    """All kernels; it is `Sessions` that ends those that nobody looks at."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._ending: dict[str, asyncio.Future[None]] = {}

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return f"{__name__}.{PageKernel.__name__}"

    @default("context")
    def _default_context(self) -> zmq.asyncio.Context:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.set(zmq.MAX_SOCKETS, MAX_ZMQ_SOCKETS)
        return context

    def initialize_culler(self) -> None:
        """Start none: what a kernel sends by itself is no sign of a reader."""

    def start_watching_activity(self, kernel_id: str) -> None:
        """Open no socket for it: the same holds."""
        kernel: Any = self.get_kernel(kernel_id)
        kernel.last_activity = utcnow()
        kernel.execution_state = "idle"

    async def shutdown_kernel(  # type: ignore[override]
        self, kernel_id: str, now: bool = True, restart: bool = False
    ) -> None:
        """End a kernel at once, and all that belongs to it."""
        end = super().shutdown_kernel
        try:
            await end(kernel_id, now=True, restart=restart)  # type: ignore[no-untyped-call]
        finally:  # its page may have lost its connection meanwhile
            buffered = self._kernel_buffers.pop(kernel_id, {"channels": {}})
            for stream in buffered["channels"].values():
                stream.close()

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """Release what a kernel that died by itself still has open."""
        if kernel_id in self and kernel_id not in self._ending:
            task = asyncio.ensure_future(self.shutdown_kernel(kernel_id))
            self._ending[kernel_id] = task
            task.add_done_callback(lambda _: self._ending.pop(kernel_id, None))

    def start_buffering(
        self, kernel_id: str, session_key: str, channels: dict[str, Any]
    ) -> None:
        """Keep messages for a page that may come back, but not without bound."""
        buffering = super().start_buffering
        buffering(kernel_id, session_key, channels)  # type: ignore[no-untyped-call]
        buffer = self._kernel_buffers[kernel_id]["buffer"]
        total = 0

        def keep(channel: str, parts: list[bytes]) -> None:
            nonlocal total
            total += sum(map(len, parts))
            if total <= MAX_BUFFERED_BYTES:
                buffer.append((channel, parts))
            else:  # a page that lacks messages would look alive
                self._handle_kernel_died(kernel_id)

        for channel, stream in channels.items():
            stream.on_recv(partial(keep, channel))
