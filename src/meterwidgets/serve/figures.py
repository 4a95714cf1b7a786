"""The first figures of a page, which the server reads before a kernel is there."""

from __future__ import annotations

import logging
from pathlib import Path

from meterwidgets.dashboards.current import opened
from meterwidgets.dashboards.first import First, first
from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame

_log = logging.getLogger("meterwidgets")


class Figures:
    """Reads what pages begin with; may be asked from any thread.

    Args:
        folder: The frame or the store that the pages show.
        user: Whose own usage /my-usage shows, or nothing.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self._folder, self._user = folder, user
        self._usage: UsageFrame | None = None

    def of(self, page: str, query: str) -> First | None:
        """The figures of an address.

        Returns:
            Them, or None where there are none to show: the page will say why.
        """
        try:
            return first(self._current(), page, query, user=self._user)
        except MeterError:
            return None
        except Exception:  # noqa: BLE001 - the page comes without them
            _log.exception("the first figures of /%s could not be made", page)
            return None

    def _current(self) -> UsageFrame:
        """The usage; a store may have a newer generation, a frame stays as it is."""
        if self._usage is None or self._usage.stored is not None:
            self._usage = opened(self._folder)
        return self._usage
