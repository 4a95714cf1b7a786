"""An open session follows its store: a new generation is shown when it is there."""

from __future__ import annotations

import logging
import weakref
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from meterwidgets.dashboards.loop import kernel_loop
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.store.store import open_store

if TYPE_CHECKING:
    from meterwidgets.dashboards.view import UsageView

_log = logging.getLogger("meterwidgets")
EVERY_S = 5.0
"""Seconds between two looks at the manifest of the store."""
_MINUTE = timedelta(minutes=1)


def newer(usage: UsageFrame) -> UsageFrame | None:
    """The frame of a newer generation of the same store, if there is one.

    Args:
        usage: A frame; one that is of no store has no newer one.

    Returns:
        It, with the labels of the old one where it has none itself. While the store is
        fed, "data until" moves on by the minute without a new generation, too.
    """
    if usage.store is None or (usage.fed is None and usage.store.is_current()):
        return None
    found = open_store(usage.store.folder)
    same = found.store is not None and found.store.generation == usage.store.generation
    if same and found.fed and usage.fed and found.fed - usage.fed < _MINUTE:
        return None
    if same and found.fed == usage.fed:
        return None
    labels = {
        name: {**usage.labels.get(name, {}), **found.labels.get(name, {})}
        for name in {*usage.labels, *found.labels}
    }
    return replace(found, labels=labels)


def watch(view: UsageView) -> None:
    """Let a view look for a newer generation now and then, in the kernel's own loop.

    It ends with the view. Where no loop runs, as in a script, nothing is watched.

    Args:
        view: Of a frame that is of a store.
    """
    loop = kernel_loop()
    if loop is None:
        return
    seen = weakref.ref(view)

    def look() -> None:
        found = seen()
        if found is None or found.closed:
            return
        try:
            found.refresh()
        except Exception:  # noqa: BLE001 - the last good figures stay
            _log.exception("the store could not be looked at")
        loop.call_later(EVERY_S, look)

    loop.call_later(EVERY_S, look)
