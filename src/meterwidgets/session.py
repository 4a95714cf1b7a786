"""The process behind a page: an IPython kernel with all that a page is made of.

The server starts it as ``python -m meterwidgets.session -f FILE``, with the options of
a kernel.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module

SWITCH_S = 0.0001
"""Seconds until a thread that computes lets another one run.

The figures of a page are sent by a thread of their own: with Python's 5 ms they waited
for the charts, which are computed after them.
"""
_PARTS = ("dashboards.app", "dashboards.current", "frame.saved", "widgets.bq")
_WIDGETS = ("kpi_card", "split_bar", "donut", "filter_panel", "trend", "model_list")


def load() -> None:
    """Import what a page is made of, and let no garbage collection look at it again."""
    for name in ("ipykernel.kernelapp", "ipykernel.zmqshell"):
        import_module(name)
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

    sys.setswitchinterval(SWITCH_S)
    # Widgets were imported before the kernel was there to hear of them.
    IPKernelApp.launch_instance([*options, "--ext=ipywidgets"])


if __name__ == "__main__":
    load()
    run(sys.argv[1:])
