"""An open view follows its store: a new generation is shown as soon as it is there."""

from __future__ import annotations

import logging
import weakref
from typing import Protocol

from meterwidgets.dashboards.loop import kernel_loop

_log = logging.getLogger("meterwidgets")
INTERVAL_S = 5.0
"""Seconds between two looks at the store."""


class Refreshable(Protocol):
    """A view that can be refreshed until it is closed."""

    closed: bool

    def refresh(self) -> bool:
        """Show what came into the store since."""


def auto_refresh(view: Refreshable) -> None:
    """Refresh a view every few seconds, in the kernel's own loop, until it is closed.

    Where no loop runs, as in a script, nothing is refreshed.

    Args:
        view: A view of a store.
    """
    loop = kernel_loop()
    if loop is None:
        return
    reference = weakref.ref(view)

    def refresh() -> None:
        view = reference()
        if view is None or view.closed:
            return
        try:
            view.refresh()
        except Exception:  # noqa: BLE001 - the last good figures stay
            _log.exception("the store could not be read again")
        loop.call_later(INTERVAL_S, refresh)

    loop.call_later(INTERVAL_S, refresh)
