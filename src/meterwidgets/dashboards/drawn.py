"""The widgets that a view draws: again when it changes, if anyone sees them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

_log = logging.getLogger("meterwidgets")
FAILED = "The figures could not be refreshed; those shown are the last good ones."

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

    def add(self, widget: Any, draw: Draw) -> None:
        """Draw a widget now and on every change; a failure now is raised."""
        self.keep(widget, draw)
        widget.update(**draw())

    def keep(self, widget: Any, draw: Draw) -> None:
        """Draw a widget, which is drawn as things are, on every change."""
        self._all.append(_One(widget, draw))

    def again(self, widgets: Iterable[Any] | None = None) -> None:
        """Draw some widgets, or all; what fails is said, and the others go on."""
        if widgets is None:
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
        found, self._all = self._all, []
        for one in found:
            one.widget.close()

    def _of(self, widgets: Iterable[Any]) -> list[_One]:
        wanted = {id(widget) for widget in widgets}
        return [one for one in self._all if id(one.widget) in wanted]
