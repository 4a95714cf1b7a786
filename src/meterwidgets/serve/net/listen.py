"""The sockets that the server listens on, and the signals that stop it."""

from __future__ import annotations

import asyncio
import errno
import html
import logging
import os
import signal
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer

from tornado.netutil import bind_sockets

from meterwidgets.errors import MeterError
from meterwidgets.serve.net.addresses import Addresses

_BACKLOG = 128
"""Connections that wait to be accepted, as tornado has it."""
_log = logging.getLogger("meterwidgets")


def bind(addresses: Addresses) -> list[socket.socket]:
    """Open the sockets of an address.

    Raises:
        MeterError: The port is taken, or the address is not this machine's.
    """
    path, host, port = addresses.socket, addresses.host, addresses.port
    if path is not None:
        return [_bind_unix(path)]
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


def _bind_unix(path: Path) -> socket.socket:
    """Open a unix socket for this user and group; one that nobody serves is replaced.

    Raises:
        MeterError: Somebody does serve it, or it can't be made there.
    """
    try:
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(str(path))
        raise MeterError(f"{path} is served already; choose another with --host")
    except (FileNotFoundError, ConnectionRefusedError):
        pass
    except OSError as error:
        reason = error.strerror or error
        raise MeterError(f"{path}: can't be a socket ({reason})") from None
    wire = socket.socket(socket.AF_UNIX)
    try:
        if path.is_socket():
            path.unlink()
        wire.setblocking(False)
        wire.bind(str(path))
        path.chmod(0o660)
        wire.listen(_BACKLOG)
    except OSError as error:
        wire.close()
        reason = error.strerror or error
        raise MeterError(f"{path}: can't be a socket ({reason})") from None
    return wire


def remove_socket(addresses: Addresses) -> None:
    """Remove a unix socket that a server leaves, unless another has replaced it."""
    path = addresses.socket
    if path is None:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX) as other:
        other.connect(str(path))
        return  # somebody serves it
    path.unlink(missing_ok=True)


def open_in_browser(address: str, folder: Path) -> None:
    """Open an address without naming it to other processes: it may hold a token.

    Args:
        address: The address.
        folder: Of this user alone; a page in it leads to the address.
    """
    page = folder / "open.html"
    target = html.escape(address)
    page.write_text(f'<meta http-equiv="refresh" content="0; url={target}">', "utf-8")
    webbrowser.open(page.as_uri())


def on_hangup(call: Callable[[], None]) -> None:
    """Have SIGHUP call something, where there is that signal."""
    if hasattr(signal, "SIGHUP"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, call)


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


def exit_within(seconds: float) -> Timer:
    """Exit after some seconds, unless the timer is cancelled before.

    A thread can't be cancelled: one that reads from a disk that hangs would hold up the
    end for as long. Kernels end with the server in any case.
    """

    def give_up() -> None:
        _log.error("ended without waiting any longer for what still runs")
        os._exit(1)

    timer = Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    return timer
