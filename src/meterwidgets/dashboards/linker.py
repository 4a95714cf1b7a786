"""Links widgets to a view: what every kind of widget has in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from meterwidgets.dashboards.scheduler import FAILED, Draw, Scheduler, Widget
from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.present.vocabulary import values
from meterwidgets.present.vocabulary.colors import Slots

_log = logging.getLogger("meterwidgets")
_Widget = TypeVar("_Widget", bound=Widget)
FilterChange = Callable[[Filters], Filters]


class View(Protocol):
    """What linked widgets ask of the view: its state, and ways to change it."""

    usage: UsageFrame
    initial_filters: Filters
    filters: Any  # Filters; a trait
    error: Any  # str; a trait

    @property
    def selection(self) -> Selection:
        """The selected cells."""

    def colors(self, dimension: str) -> Slots:
        """Value -> colour slot."""

    def say(self, text: str) -> None:
        """Tell the reader what went wrong."""

    def reset(self) -> None:
        """Go back to the first window, with nothing chosen."""

    def refresh(self) -> bool:
        """Show what came into the store since."""


class Linker:
    """Links widgets to one view.

    Attributes:
        view: The view.
        scheduler: Draws its widgets.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.scheduler = Scheduler(view.say)
        self._from_browser = False

    def link(self, widget: _Widget, draw: Draw, *, urgent: bool = False) -> _Widget:
        """Draw a widget now and whenever the view changes.

        Args:
            widget: The widget.
            draw: Makes its traits.
            urgent: Whether a change draws it before the others.
        """
        self.scheduler.add(widget, lambda: self.with_pricing(draw()), urgent=urgent)
        return widget

    def link_rows(self, widget: _Widget, draw: Draw, by: str) -> _Widget:
        """Link a widget whose rows choose values of a dimension.

        Args:
            widget: With the traits ``selected``, ``expanded`` and ``reset``.
            draw: Makes its other traits.
            by: The dimension.
        """
        rows: Any = widget

        def draw_selected() -> dict[str, Any]:
            chosen = self.view.filters.chosen.get(by, ())
            return {**draw(), "selected": [values.encode(value) for value in chosen]}

        def choose(change: Any) -> None:
            self.change(lambda filters: filters.choose(by, values.decode(change.new)))
            if self.view.error:  # a refused value must not look chosen
                self.scheduler.draw([widget])

        self.link(widget, draw_selected)
        rows.observe(choose, names=["selected"])
        self.redraw_on(widget, "expanded")
        self.reset_on(widget)
        return widget

    def redraw_on(self, widget: Any, trait: str) -> None:
        """Draw a widget when a trait of its own changes."""
        widget.observe(lambda _: self.scheduler.draw([widget]), names=[trait])

    def reset_on(self, widget: Any) -> None:
        """Reset the view when the button of an empty widget is pressed."""
        widget.observe(lambda _: self.view.reset(), names=["reset"])

    def with_pricing(self, traits: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same traits; the subtitles of a repriced ledger say that it is one."""
        usage = self.view.usage
        if not usage.repriced or "subtitle" not in traits:
            return traits
        subtitle = ", ".join(filter(None, [traits["subtitle"], usage.pricing]))
        return {**traits, "subtitle": subtitle}

    def change(self, change: FilterChange) -> None:
        """Take a change of the filters from a browser, or say why not."""
        self._from_browser = True
        try:
            self.view.filters = change(self.view.filters)
        except MeterError as error:
            self.view.say(str(error))
        except Exception:  # noqa: BLE001 - a browser sees our words, no traceback
            _log.exception("a change of the filters failed")
            self.view.say(FAILED)
        finally:
            self._from_browser = False

    def draw(self) -> None:
        """Draw all widgets.

        Browsers send changes in bursts, of which some are never drawn; a change from
        Python is drawn when it returns.
        """
        if self._from_browser:
            self.scheduler.draw_soon()
        else:
            self.scheduler.draw_all()
