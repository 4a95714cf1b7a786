"""Cuts the records of a scope when one of its kernels asks for them.

A kernel can say nothing but that: which rows, the server knows by the socket. So what a
reader makes a kernel do can at most make the server look whether they are cut.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from meterwidgets.errors import MeterError
from meterwidgets.frame.store.scoped import CUT, DONE, socket_address

_READ_S = 5.0
"""Seconds in which a kernel has to say what it wants."""
_BACKLOG = 16
_log = logging.getLogger("meterwidgets")


async def listen(path: Path, cut: Callable[[], Awaitable[None]]) -> asyncio.Server:
    """Answer kernels at a socket.

    Args:
        path: The socket, in the folder of the scope.
        cut: Cuts its records, or does nothing where they are cut.
    """

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            asked = await asyncio.wait_for(reader.readexactly(len(CUT)), _READ_S)
            if asked == CUT:
                await cut()
                writer.write(DONE)
                await writer.drain()
        except (MeterError, OSError) as error:
            _log.warning("the requests of a scope could not be cut: %s", error)
        except (EOFError, TimeoutError):
            pass  # it has gone, or says nothing
        finally:
            writer.close()

    with socket_address(path) as address:
        return await asyncio.start_unix_server(
            answer, address, limit=len(CUT) + 1, backlog=_BACKLOG
        )
