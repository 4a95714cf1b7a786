"""The sockets that the server listens on, and the signals that stop it."""

from __future__ import annotations

import asyncio
import errno
import signal
from typing import Any

from tornado.netutil import bind_sockets

from meterwidgets.errors import MeterError


def bind(host: str, port: int) -> list[Any]:
    """Open the sockets of an address.

    Raises:
        MeterError: The port is taken, or the address is not this machine's.
    """
    try:
        return bind_sockets(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} of {host} is in use; choose another with --port"
        elif error.errno == errno.EACCES:
            problem = (
                f"port {port} of {host} may not be opened by this user; choose one "
                "above 1023 with --port"
            )
        else:
            problem = (
                f"{host!r} is not an address of this machine ({error.strerror}); "
                "choose one with --host, such as 127.0.0.1"
            )
        raise MeterError(problem) from None


async def stop_signal() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    await stop.wait()
