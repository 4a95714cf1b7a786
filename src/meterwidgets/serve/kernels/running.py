"""A kernel and its client while they are needed: cut off, they leave nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient.exceptions import DeadKernelError

from meterwidgets.serve.kernels.launch import KERNEL_NAME

_START_TIMEOUT_S = 60
_REPLY_TIMEOUT_S = 1


def running_pids(kernels: Any) -> list[int]:
    """The process ids of the kernels that run.

    Args:
        kernels: The manager of kernels.
    """
    managers = [kernels.get_kernel(each) for each in kernels.list_kernel_ids()]
    pids = [getattr(manager.provisioner, "pid", None) for manager in managers]
    return [pid for pid in pids if pid]


@asynccontextmanager
async def new_kernel(
    kernels: Any, kernel_id: str, *, folder: Path, env: Mapping[str, str]
) -> AsyncIterator[Any]:
    """Start a kernel; one whose block is left by an error or a cancel is ended.

    Args:
        kernels: The manager of kernels.
        kernel_id: Its id.
        folder: It runs there.
        env: Its environment.
    """
    start = asyncio.ensure_future(
        kernels.start_kernel(
            kernel_id=kernel_id, kernel_name=KERNEL_NAME, cwd=str(folder), env=dict(env)
        )
    )
    try:
        await asyncio.shield(start)
        yield kernels.get_kernel(kernel_id)
    except BaseException:
        await _uncancelled(_end(kernels, kernel_id, start))
        raise


async def _end(kernels: Any, kernel_id: str, start: asyncio.Future[Any]) -> None:
    await asyncio.wait([start])  # a start that is cut off leaves a process behind
    with suppress(Exception):
        start.result()  # so that nobody is told of it as "never retrieved"
    if kernel_id in kernels:
        await kernels.shutdown_kernel(kernel_id)


async def _uncancelled(work: Coroutine[Any, Any, None]) -> None:
    """Finish some work, however often this task is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


@contextmanager
def kernel_client(kernels: Any, kernel: Any) -> Iterator[AsyncKernelClient]:
    """A client of a kernel; its sockets close with the block."""
    # In the context of all kernels: one of its own would have two threads.
    client: AsyncKernelClient = kernel.client(context=kernels.context)
    try:
        client.start_channels(stdin=False, hb=False, control=False)
        yield client
    finally:
        for channel in (client.shell_channel, client.iopub_channel):
            channel.stop()


async def until_ready(kernel: Any, client: AsyncKernelClient) -> None:
    """Wait until a kernel answers, and what it publishes arrives.

    Raises:
        DeadKernelError: It ended, or took too long.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        client.kernel_info()
        with suppress(Empty):
            await client.get_shell_msg(timeout=_REPLY_TIMEOUT_S)
            await client.get_iopub_msg(timeout=0.2)
            return
        if not await kernel.is_alive():
            raise DeadKernelError("the kernel ended before it was ready")
    raise DeadKernelError(f"the kernel was not ready within {_START_TIMEOUT_S} s")
