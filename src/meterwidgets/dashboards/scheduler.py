"""The widgets that a view draws: again when it changes, if anyone sees them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from meterwidgets.dashboards.loop import kernel_loop

_log = logging.getLogger("meterwidgets")
FAILED = "The figures could not be refreshed; those shown are the last good ones."

_BURST_S = 0.1
"""Changes that follow a drawing so closely are a burst."""
_QUIET_S = 0.01
"""A burst is over when nothing came for so long."""

Draw = Callable[[], dict[str, Any]]


class Widget(Protocol):
    """What a view asks of a widget."""

    def update(self, **traits: object) -> None:
        """Set several traits at once."""


@dataclass
class _One:
    """A widget, how it is drawn, and whether it waits until it is seen."""

    widget: Any
    draw: Draw
    waits: bool = False
    stale: bool = False


class Drawn:
    """The widgets of one view.

    Args:
        say: Tells the reader what went wrong.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._all: list[_One] = []
        self._drawn_at = -_BURST_S
        self._later: asyncio.TimerHandle | None = None
        self._latest = 0.0

    def add(self, widget: Any, draw: Draw, *, first: bool = False) -> None:
        """Draw a widget now and on every change; a failure now is raised.

        Args:
            widget: The widget.
            draw: Its traits, as things are.
            first: Whether a change draws it before those that are there.
        """
        self.keep(widget, draw, first=first)
        widget.update(**draw())

    def keep(self, widget: Any, draw: Draw, *, first: bool = False) -> None:
        """Draw a widget, which is drawn as things are, on every change."""
        self._all.insert(0 if first else len(self._all), _One(widget, draw))

    def again(self, widgets: Iterable[Any] | None = None) -> None:
        """Draw some widgets, or all; what fails is said, and the others go on."""
        if widgets is None:
            self._forget()
            self._all = [one for one in self._all if one.widget.comm is not None]
        for one in self._all if widgets is None else self._of(widgets):
            one.stale = one.waits
            if one.waits:
                continue
            try:
                one.widget.update(**one.draw())
            except Exception:  # noqa: BLE001 - one broken widget must not stop the others
                _log.exception("a widget could not be refreshed")
                self._say(FAILED)
        if widgets is None:
            self._drawn_at = time.monotonic()

    def soon(self) -> None:
        """Draw all now; of a burst of changes only the first and the last.

        What a browser sent in the meantime is taken first, so that a reader who goes
        on gets where they are and not where they were.
        """
        now, loop = time.monotonic(), kernel_loop()
        alone = self._later is None and now - self._drawn_at > _BURST_S
        if loop is None or alone:
            self.again()
            return
        if self._later is None:
            self._latest = now + _BURST_S
        elif now > self._latest:  # it goes on and on: what is due stays due
            return
        self._forget()
        self._later = loop.call_later(_QUIET_S, self.again)

    def _forget(self) -> None:
        """Draw nothing later that was put off."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def pause(self, widgets: Iterable[Any]) -> None:
        """Let widgets that nobody sees wait until `resume`."""
        for one in self._of(widgets):
            one.waits = True

    def resume(self, widgets: Iterable[Any]) -> None:
        """Go on with widgets that waited; those that missed a change are drawn."""
        found = self._of(widgets)
        for one in found:
            one.waits = False
        self.again(one.widget for one in found if one.stale)

    def of(self, kind: str) -> list[Any]:
        """The widgets that are open and whose class has that name."""
        open_ = [one.widget for one in self._all if one.widget.comm is not None]
        return [widget for widget in open_ if type(widget).__name__ == kind]

    def seen(self, kind: str) -> list[Any]:
        """Those of `of` that somebody sees."""
        waiting = {id(one.widget) for one in self._all if one.waits}
        return [widget for widget in self.of(kind) if id(widget) not in waiting]

    def close(self) -> None:
        """Close all of them."""
        self._forget()
        found, self._all = self._all, []
        for one in found:
            one.widget.close()

    def _of(self, widgets: Iterable[Any]) -> list[_One]:
        wanted = {id(widget) for widget in widgets}
        return [one for one in self._all if id(one.widget) in wanted]
