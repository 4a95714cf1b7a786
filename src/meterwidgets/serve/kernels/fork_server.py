"""Kernels forked from a process that has loaded everything a page needs.

Loading takes most of a kernel's start and half its memory. Where processes can't be
forked, or the fork server has ended, a kernel starts as an ordinary process.
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

SESSION_COMMAND = (sys.executable, "-P", "-m", "meterwidgets.serve.kernels.session")
"""Starts a kernel; -P keeps modules of the folder that it runs in out."""
_PROVISIONER = "meterwidgets-forked"
_log = logging.getLogger("meterwidgets")


class ForkedProcess:
    """A forked process behind the interface of `subprocess.Popen`.

    It is a child of the fork server, so the kernel tells of its end by a pidfd.

    Args:
        pid: Its process id.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._pidfd = os.fdopen(os.pidfd_open(pid), "rb", buffering=0)

    def poll(self) -> int | None:
        """None while it runs, then 0: its exit code is not known here."""
        if self._pidfd.closed:
            return 0
        poll = select.poll()  # select.select() takes no descriptor above 1,023
        poll.register(self._pidfd, select.POLLIN)
        return 0 if poll.poll(0) else None

    def wait(self) -> int:
        """Release the pidfd of a process that has ended."""
        self._pidfd.close()
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal; a later process with the same id never gets it."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd.fileno(), number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The process that kernels are forked from; it ends with the server.

    Args:
        env: Its environment: what all kernels have in common, and nothing of one user.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._lock = asyncio.Lock()
        self._has_ended = False
        with theirs:
            self._process = subprocess.Popen(
                [*SESSION_COMMAND, "--fork-server", str(theirs.fileno())],
                env=dict(env),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )

    async def fork(
        self, options: Sequence[str], *, env: Mapping[str, str], cwd: str
    ) -> ForkedProcess | None:
        """Fork a kernel.

        Args:
            options: Those of ``ipykernel``.
            env: The whole of its environment.
            cwd: Its folder.

        Returns:
            Its process; None once the fork server has ended.
        """
        if self._has_ended:
            return None
        launch = {"options": list(options), "env": dict(env), "cwd": cwd}
        with os.fdopen(os.memfd_create("launch"), "w+b", buffering=0) as file:
            file.write(json.dumps(launch).encode())
            file.seek(0)
            try:
                async with self._lock:
                    socket.send_fds(self._socket, [b"!"], [file.fileno()])
                    loop = asyncio.get_running_loop()
                    pid = await loop.sock_recv(self._socket, 32)
                return ForkedProcess(int(pid))
            except (OSError, ValueError):
                self._has_ended = True
                _log.warning("sessions start slower: the fork server has ended")
                return None

    def close(self) -> None:
        """End it; the kernels that it forked end with the server."""
        self._process.kill()
        self._process.wait()
        self._socket.close()


class ForkingProvisioner(LocalProvisioner):
    """Forks a kernel, or starts it as an ordinary process."""

    fork_server = t.Instance(ForkServer)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel and return its connection info."""
        options = cmd[len(SESSION_COMMAND) :]
        process = await self.fork_server.fork(
            options, env=kwargs["env"], cwd=kwargs["cwd"]
        )
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = process  # type: ignore[assignment]
        self.pid = self.pgid = process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


def can_fork() -> bool:
    """Whether this system can fork kernels: Linux with pidfd and memfd."""
    return hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")


def provisioner_metadata(fork_server: ForkServer) -> dict[str, Any]:
    """The ``kernel_provisioner`` of a kernel specification whose kernels are forked.

    Args:
        fork_server: What they are forked from.
    """
    factory = KernelProvisionerFactory
    target = f"{__name__}:{ForkingProvisioner.__name__}"
    factory.provisioners[_PROVISIONER] = EntryPoint(
        _PROVISIONER, target, factory.GROUP_NAME
    )
    return {
        "provisioner_name": _PROVISIONER,
        "config": {"fork_server": fork_server},
    }
