"""The first figures of a page, which the server reads before a kernel is there."""

from __future__ import annotations

import logging
from pathlib import Path

from meterwidgets.context import opened
from meterwidgets.dashboards import watching
from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present.prerender import First, first

MOST = 200
"""Addresses whose figures are kept: many readers open the same."""
Known = dict[tuple[str, str], First]
_log = logging.getLogger("meterwidgets")


class Figures:
    """Reads what pages begin with; may be asked from any thread.

    Args:
        folder: The frame or the store that the pages show.
        user: Whose own usage /my-usage shows, or nothing.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self._folder, self._user = folder, user
        self._state: tuple[UsageFrame, Known] | None = None

    def of(self, page: str, query: str) -> First | None:
        """The figures of an address.

        Returns:
            Them, or None where there are none to show: the page will say why.
        """
        try:
            usage, known = self._current()
            at = page, query
            if at not in known and len(known) >= MOST:
                known.clear()
            if at not in known:
                known[at] = first(usage, page, query, user=self._user)
            return known[at]
        except MeterError:
            return None
        except Exception:  # noqa: BLE001 - the page comes without them
            _log.exception("the first figures of /%s could not be made", page)
            return None

    def _current(self) -> tuple[UsageFrame, Known]:
        """The usage and what is known of it; a store may have grown since."""
        state = self._state
        if state is None:
            state = self._state = opened(self._folder), {}
        elif (newer := watching.newer(state[0])) is not None:
            state = self._state = newer, {}
        return state
