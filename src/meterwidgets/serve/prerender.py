"""The figures of the first HTML, which the server reads before a kernel runs."""

from __future__ import annotations

import logging
from pathlib import Path

from meterwidgets.context import open_newer, open_usage
from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present.prerender import Prerender, prerender

MAX_CACHED = 200
"""Addresses whose figures are cached: most users open the same few."""
_Cache = dict[tuple[str, str], Prerender]
_log = logging.getLogger("meterwidgets")


class Prerenderer:
    """Makes and caches the figures that pages begin with; any thread may ask.

    Args:
        folder: The frame or the store that the pages show.
        user: Whose usage /my-usage shows, or nothing.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self._folder, self._user = folder, user
        self._state: tuple[UsageFrame, _Cache] | None = None

    def get(self, page: str, query: str) -> Prerender | None:
        """The figures of an address.

        Returns:
            None where there are none to show: the page itself will say why.
        """
        try:
            usage, cache = self._current()
            key = page, query
            if key not in cache and len(cache) >= MAX_CACHED:
                cache.clear()
            if key not in cache:
                cache[key] = prerender(usage, page, query, user=self._user)
            return cache[key]
        except MeterError:
            return None
        except Exception:  # noqa: BLE001 - the page comes without them
            _log.exception("the first figures of /%s could not be made", page)
            return None

    def _current(self) -> tuple[UsageFrame, _Cache]:
        """The newest usage with its cache: a store may have grown since."""
        # One tuple, replaced at once: figures never enter the cache of another usage.
        state = self._state
        if state is None:
            state = self._state = open_usage(self._folder), {}
        elif (newer := open_newer(state[0])) is not None:
            state = self._state = newer, {}
        return state
