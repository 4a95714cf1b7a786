"""The process behind a page: an IPython kernel with everything that a page needs.

``python -m meterwidgets.serve.kernels.session -f FILE`` runs one, with the options of
ipykernel. With ``--fork-server FD`` it loads the packages once, then forks a kernel for
each launch that comes over the socket FD; see ``fork_server.py``.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from meterwidgets.serve.logs import bound_handlers

SWITCH_INTERVAL_S = 0.0001
"""Seconds until a thread that computes lets another one run.

A thread of its own sends a page's figures: with Python's default of 5 ms they waited
for the charts, which are computed after them.
"""
_KERNEL_MODULES = ("kernelapp", "ipkernel", "zmqshell", "parentpoller")
_PAGE_PACKAGES = ("dashboards", "widgets")


def preload() -> None:
    """Import what a page needs, and exempt it from garbage collection.

    Collecting would write to pages of memory that forked kernels share.
    """
    for name in _KERNEL_MODULES:
        import_module(f"ipykernel.{name}")
    for name in _PAGE_PACKAGES:
        package = import_module(f"meterwidgets.{name}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    gc.collect()
    gc.freeze()


def run_kernel(options: Sequence[str]) -> None:
    """Run a kernel until it is told to end.

    Args:
        options: Those of ``ipykernel``.
    """
    from ipykernel.kernelapp import IPKernelApp

    class SingleThreadedKernel(IPKernelApp):
        """Reads messages where it answers them: pages have no use for subshells."""

        def init_control(self, context: Any) -> None:
            super().init_control(context)  # type: ignore[no-untyped-call]
            if thread := getattr(self, "shell_channel_thread", None):
                thread.io_loop.close()
            self.shell_channel_thread = None

        def log_connection_info(self) -> None:
            """Print nothing: where nobody reads the output, it would block."""

        def init_io(self) -> None:
            super().init_io()  # type: ignore[no-untyped-call]
            bound_handlers(self.log)

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # ipywidgets was imported before there was a kernel for it to register with.
    SingleThreadedKernel.launch_instance([*options, "--ext=ipywidgets"])


def run_fork_server(wire: socket.socket) -> None:
    """Fork a kernel for each launch until the socket closes.

    Args:
        wire: Each of its messages carries the descriptor of a launch file. Only the
            forked process reads that file, for it holds one user's environment; the
            answer is its process id.
    """
    _require_one_thread()
    server_pidfd = os.pidfd_open(os.getppid())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leave no zombies
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        _, files, _, _ = socket.recv_fds(wire, 1, 1)
        if not files:
            return
        with warnings.catch_warnings():
            # Python 3.12 warns of threads, and counts jemalloc's among them.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if not pid:
            wire.close()
            _run_forked_kernel(files[0], server_pidfd)
            return
        # Set here, too: the server may end the group as soon as it knows the id.
        with suppress(ProcessLookupError):
            os.setpgid(pid, pid)
        os.close(files[0])
        wire.send(str(pid).encode())


def _require_one_thread() -> None:
    """Exit if other threads run: a fork would copy the locks that they hold."""
    if len(_thread_names()) > 1:
        time.sleep(1)  # jemalloc's thread has no name at first
    if len(names := _thread_names()) > 1:
        sys.exit(f"can't fork kernels from a process with several threads: {names}")


def _thread_names() -> list[str]:
    """The threads of this process except jemalloc's own, which survives a fork."""
    tasks = Path("/proc/self/task").glob("*/comm")
    names = [task.read_text("utf-8").strip() for task in tasks]
    return [name for name in names if name != "jemalloc_bg_thd"]


def _run_forked_kernel(launch_fd: int, server_pidfd: int) -> None:
    """Turn this fork into the kernel of a launch, for as long as the server runs.

    Args:
        launch_fd: The descriptor of the launch file.
        server_pidfd: The pidfd of the server.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(launch_fd, "rb") as file:
        launch = json.load(file)
    os.environ.clear()
    os.environ.update(launch["env"])
    with suppress(OSError):  # a store that is gone: the page will say so
        os.chdir(launch["cwd"])
    Thread(target=_exit_with, args=[server_pidfd], daemon=True).start()
    run_kernel(launch["options"])


def _exit_with(pidfd: int) -> None:
    """Wait until a process ends, then exit.

    Args:
        pidfd: Of the server. The parent won't do: kernels outlive the fork server.
    """
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.poll()
    os._exit(1)


if __name__ == "__main__":
    preload()
    if sys.argv[1] == "--fork-server":
        run_fork_server(socket.socket(fileno=int(sys.argv[2])))
    else:
        run_kernel(sys.argv[1:])
