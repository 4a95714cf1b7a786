"""The process behind a page: an IPython kernel with all that a page is made of.

``python -m meterwidgets.serve.session -f FILE`` runs one, with the options of a kernel.
``python -m meterwidgets.serve.session --stand-by FD`` loads all of it once and then
forks kernels, each of an order that comes over the socket FD: see ``standby.py``.
"""

from __future__ import annotations

import gc
import json
import os
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

SWITCH_S = 0.0001
"""Seconds until a thread that computes lets another one run.

The figures of a page are sent by a thread of their own: with Python's 5 ms they waited
for the charts, which are computed after them.
"""
_KERNEL = ("kernelapp", "ipkernel", "zmqshell", "parentpoller")
_PARTS = ("dashboards.app", "context", "frame.saved", "widgets.bq")
_WIDGETS = ("kpi_card", "split_bar", "donut", "filter_panel", "trend", "model_list")


def load() -> None:
    """Import what a page is made of, and let no garbage collection look at it again."""
    for name in _KERNEL:
        import_module(f"ipykernel.{name}")
    for name in (*_PARTS, *(f"widgets.{each}" for each in _WIDGETS)):
        import_module(f"meterwidgets.{name}")
    gc.collect()
    gc.freeze()


def run(options: Sequence[str]) -> None:
    """Run a kernel until it is told to end.

    Args:
        options: Those of ``ipykernel``.
    """
    from ipykernel.kernelapp import IPKernelApp

    class OneThread(IPKernelApp):
        """Reads messages where they are answered: a page has no use for subshells."""

        def init_control(self, context: Any) -> None:
            super().init_control(context)  # type: ignore[no-untyped-call]
            if thread := getattr(self, "shell_channel_thread", None):
                thread.io_loop.close()
            self.shell_channel_thread = None

    sys.setswitchinterval(SWITCH_S)
    # Widgets were imported before the kernel was there to hear of them.
    OneThread.launch_instance([*options, "--ext=ipywidgets"])


def stand_by(wire: socket.socket) -> None:
    """Fork a kernel for each order until the wire closes.

    An order is a file: it holds what is one reader's, so only the fork reads it. The
    answer is the kernel's process id.
    """
    if len(found := _threads()) > 1:  # a new one may not have its name yet
        time.sleep(1)
        if len(found := _threads()) > 1:
            sys.exit(f"nothing can be forked from here, where threads run: {found}")
    server = os.pidfd_open(os.getppid())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        _, files, _, _ = socket.recv_fds(wire, 1, 1)
        if not files:
            return
        with warnings.catch_warnings():
            # Python 3.12 counts all threads, and warns.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            wire.close()
            _become(files[0], server)
            return
        with suppress(ProcessLookupError):
            os.setpgid(child, child)  # here, too: whoever hears of it may end the group
        os.close(files[0])
        wire.send(str(child).encode())


def _threads() -> list[str]:
    """The threads of this process but for jemalloc's own, which survives a fork."""
    tasks = Path("/proc/self/task").glob("*/comm")
    names = [task.read_text("utf-8").strip() for task in tasks]
    return [name for name in names if name != "jemalloc_bg_thd"]


def _become(order: int, server: int) -> None:
    """Be the kernel that was ordered, as long as the server runs.

    Args:
        order: The file of the order.
        server: The handle of the server's process.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(order, "rb") as file:
        wanted = json.load(file)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    Thread(target=_end_with, args=[server], daemon=True).start()
    run(wanted["options"])


def _end_with(process: int) -> None:
    """End when another process has ended.

    Args:
        process: Its handle. The parent is no measure: a session outlives that.
    """
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.poll()
    os._exit(1)


if __name__ == "__main__":
    load()
    if sys.argv[1] == "--stand-by":
        stand_by(socket.socket(fileno=int(sys.argv[2])))
    else:
        run(sys.argv[1:])
