"""Sessions that are ready at once: forked from a process that has loaded all of it.

To load what a page is made of takes most of a session's start and half its memory.
Where a process can't be forked, or the one that stands by has ended, a session starts
as any other process does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint
from typing import Any

import traitlets as t
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

SESSION = (sys.executable, "-P", "-m", "meterwidgets.serve.session")
"""How a session's process starts; -P: with no module of the folder that it runs in."""
NAME = "meterwidgets-forked"
_log = logging.getLogger("meterwidgets")


class Forked:
    """A forked process, as `subprocess.Popen` shows one: it is no child of ours.

    Args:
        pid: The process.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.fdopen(os.pidfd_open(pid), "rb", buffering=0)

    def poll(self) -> int | None:
        """None while it runs; how it ended is not known."""
        if self._handle.closed:
            return 0
        poll = select.poll()  # select() knows no files above 1,023
        poll.register(self._handle, select.POLLIN)
        return 0 if poll.poll(0) else None

    def wait(self) -> int:
        """Let go of a process that has ended."""
        self._handle.close()
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it has ended, and to none that took its id."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle.fileno(), number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Standby:
    """The process that sessions are forked from; it ends with the server.

    Args:
        env: Its environment: what every session's has, and nothing of a reader's.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._wire.setblocking(False)
        self._turn = asyncio.Lock()
        self._ended = False
        with theirs:
            self._process = subprocess.Popen(
                [*SESSION, "--stand-by", str(theirs.fileno())],
                env=dict(env),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,
            )

    async def fork(
        self, options: Sequence[str], *, env: Mapping[str, str], cwd: str
    ) -> Forked | None:
        """Fork a session.

        Args:
            options: Of its kernel.
            env: The whole of its environment.
            cwd: Its folder.

        Returns:
            Its process; None where there is none to fork it from any more.
        """
        if self._ended:
            return None
        order = {"options": list(options), "env": dict(env), "cwd": cwd}
        with os.fdopen(os.memfd_create("order"), "w+b", buffering=0) as file:
            file.write(json.dumps(order).encode())
            file.seek(0)
            try:
                async with self._turn:
                    socket.send_fds(self._wire, [b"!"], [file.fileno()])
                    loop = asyncio.get_running_loop()
                    answer = await loop.sock_recv(self._wire, 32)
                return Forked(int(answer))
            except (OSError, ValueError):
                self._ended = True
                _log.warning("sessions start slower: what they fork from has ended")
                return None

    def close(self) -> None:
        """End it; the sessions that were forked end with the server."""
        self._process.kill()
        self._process.wait()
        self._wire.close()


class Forking(LocalProvisioner):
    """Starts a kernel by forking, or as a process of its own."""

    standby = t.Instance(Standby)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel and return how to reach it."""
        options = cmd[len(SESSION) :]
        forked = await self.standby.fork(options, env=kwargs["env"], cwd=kwargs["cwd"])
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


def available() -> bool:
    """Whether processes can be forked here."""
    return hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")


def provisioner(standby: Standby) -> dict[str, Any]:
    """What a kernel's specification says, so that its kernels are forked.

    Args:
        standby: What they are forked from.
    """
    factory = KernelProvisionerFactory
    where = f"{__name__}:{Forking.__name__}"
    factory.provisioners[NAME] = EntryPoint(NAME, where, factory.GROUP_NAME)
    return {"provisioner_name": NAME, "config": {"standby": standby}}
