"""When the widgets of a view are drawn: on every change, while somebody sees them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from meterwidgets.dashboards.loop import kernel_loop

_log = logging.getLogger("meterwidgets")
FAILED = "The figures could not be refreshed; those shown are the last good ones."

_BURST_S = 0.1
"""A change that follows a drawing within this belongs to a burst."""
_QUIET_S = 0.01
"""A burst is over when nothing has come for this long."""

Draw = Callable[[], Mapping[str, Any]]
"""Makes the traits of a widget, as things are."""
_Kind = TypeVar("_Kind")


class Widget(Protocol):
    """What a view asks of a widget."""

    def update(self, **traits: object) -> None:
        """Set several traits at once."""


@dataclass
class _Entry:
    """A widget, how it is drawn, and whether it waits until somebody sees it."""

    widget: Any
    draw: Draw
    paused: bool = False
    stale: bool = False


class Scheduler:
    """Draws the widgets of one view.

    Args:
        say: Tells the reader what went wrong.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._entries: list[_Entry] = []
        self._last_draw = -_BURST_S
        self._pending: asyncio.TimerHandle | None = None
        self._deadline = 0.0

    def add(self, widget: Any, draw: Draw, *, urgent: bool = False) -> None:
        """Draw a widget now and on every change; a failure now is raised.

        Args:
            widget: The widget.
            draw: Makes its traits.
            urgent: Whether a change draws it before the widgets that are there.
        """
        self.add_drawn(widget, draw, urgent=urgent)
        widget.update(**draw())

    def add_drawn(self, widget: Any, draw: Draw, *, urgent: bool = False) -> None:
        """Draw a widget, which is up to date, on every change."""
        self._entries.insert(0 if urgent else len(self._entries), _Entry(widget, draw))

    def draw(self, widgets: Iterable[Any]) -> None:
        """Draw some widgets; of one that fails the reader is told."""
        for entry in self._entries_of(widgets):
            self._draw_entry(entry)

    def draw_all(self) -> None:
        """Draw every widget that is open, and nothing that was put off."""
        self._cancel()
        self._entries = [each for each in self._entries if each.widget.comm is not None]
        for entry in self._entries:
            self._draw_entry(entry)
        self._last_draw = time.monotonic()

    def _draw_entry(self, entry: _Entry) -> None:
        entry.stale = entry.paused
        if entry.paused:
            return
        try:
            entry.widget.update(**entry.draw())
        except Exception:  # noqa: BLE001 - one broken widget must not stop the others
            _log.exception("a widget could not be refreshed")
            self._say(FAILED)

    def draw_soon(self) -> None:
        """Draw all now; of a burst of changes only the first and the last.

        A browser's further messages are taken first, so that a reader who goes on gets
        where they are and not where they were.
        """
        now, loop = time.monotonic(), kernel_loop()
        single = self._pending is None and now - self._last_draw > _BURST_S
        if loop is None or single:
            self.draw_all()
            return
        if self._pending is None:
            self._deadline = now + _BURST_S
        elif now > self._deadline:  # a long burst doesn't put the drawing off for ever
            return
        self._cancel()
        self._pending = loop.call_later(_QUIET_S, self.draw_all)

    def _cancel(self) -> None:
        """Forget the drawing that was put off."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def pause(self, widgets: Iterable[Any]) -> None:
        """Let widgets that nobody sees wait until `resume`."""
        for entry in self._entries_of(widgets):
            entry.paused = True

    def resume(self, widgets: Iterable[Any]) -> None:
        """Go on with widgets that waited; those that missed a change are drawn."""
        entries = self._entries_of(widgets)
        for entry in entries:
            entry.paused = False
        for entry in entries:
            if entry.stale:
                self._draw_entry(entry)

    def open_widgets(self, kind: type[_Kind], *, visible: bool = False) -> list[_Kind]:
        """The open widgets of a type; with ``visible`` only those that are seen."""
        return [
            entry.widget
            for entry in self._entries
            if entry.widget.comm is not None
            and isinstance(entry.widget, kind)
            and not (visible and entry.paused)
        ]

    def close(self) -> None:
        """Close all widgets."""
        self._cancel()
        entries, self._entries = self._entries, []
        for entry in entries:
            entry.widget.close()

    def _entries_of(self, widgets: Iterable[Any]) -> list[_Entry]:
        ids = {id(widget) for widget in widgets}
        return [entry for entry in self._entries if id(entry.widget) in ids]
