"""A dashboard: linked widgets in the page grid, closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipywidgets import Box, VBox, Widget
from traitlets import link

from meterwidgets.dashboards.view import UsageView
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present.trends import CHOICES
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.records_list import RecordsList

_WORDS = {"by": "segment", "shape": "shape"}
"""What a reader can choose of a trend, in words."""


class _Grid(Guarded, Box):  # type: ignore[misc]
    """The cards of a page."""


class Page(Guarded, VBox):  # type: ignore[misc]
    """A dashboard of linked widgets.

    Attributes:
        view: The selection that its widgets follow.
        top: The widgets above its grid.
        cards: The widgets in its grid.
        owned: The view, if it closes with the page.
    """

    def __init__(
        self,
        name: str,
        view: UsageView,
        top: Sequence[Any],
        cards: Sequence[Any],
        *,
        trends: Sequence[Any] = (),
    ) -> None:
        """Make a page of widgets that a view made.

        Args:
            name: What its repr calls it.
            view: The view.
            top: What stands above the grid.
            cards: What stands in the grid.
            trends: Those of the widgets that share what a reader chooses of trends.
        """
        self.name, self.view = name, view
        self.top, self.cards = tuple(top), tuple(cards)
        self._trends = tuple(trends)
        self._initial = self._choices()
        self._links = [
            link((self._trends[0], name), (other, name))
            for name in CHOICES
            for other in self._trends[1:]
        ]
        self.owned: UsageView | None = None
        self._grid = _Grid(
            children=self.cards, _dom_classes=("mw-grid",), layout=guarded_layout()
        )
        super().__init__(
            children=(*self.top, self._grid),
            _dom_classes=("mw-root", "mw-page"),
            layout=guarded_layout(),
        )

    @property
    def changed(self) -> dict[str, str]:
        """What the reader chose of the trends, where it is not what they began with."""
        return {k: v for k, v in self._choices().items() if v != self._initial[k]}

    def choose(self, wanted: Mapping[str, str]) -> None:
        """Choose what the trends show; what is not named goes back to its beginning.

        Args:
            wanted: "by" and "shape"; whatever else it has is nothing of a page's.

        Raises:
            MeterError: When a value is none that can be chosen; then nothing changes.
        """
        chosen = {
            name: wanted.get(name, value) for name, value in self._initial.items()
        }
        for name, value in chosen.items():
            if value not in CHOICES[name]:
                raise MeterError(unknown(_WORDS[name], value, CHOICES[name]))
        for name, value in chosen.items():
            setattr(self._trends[0], name, value)

    def on_choice(self, act: Callable[[], None]) -> None:
        """Call something whenever the reader chooses something of the trends."""
        for trend in self._trends[:1]:
            trend.observe(lambda _: act(), names=list(CHOICES))

    def _choices(self) -> dict[str, str]:
        return {
            name: getattr(trend, name) for trend in self._trends[:1] for name in CHOICES
        }

    @property
    def widgets(self) -> tuple[Widget, ...]:
        """All of its linked widgets."""
        return (*self.top, *self.cards)

    def close(self) -> None:
        """Close the page with everything on it, and the view if it was made for it."""
        if self.comm is None:
            return
        for each in self._links:
            each.unlink()
        for widget in self.widgets:
            widget.close()
        if self.owned is not None:
            self.owned.close()
        for layout in (self._grid.layout, self.layout):
            layout.close()
        self._grid.close()
        super().close()

    def __repr__(self) -> str:
        lines = "".join(f"\n  {widget!r}," for widget in self.widgets)
        priced = self.view.usage
        said = f"\n  {priced.pricing}," if priced.repriced else ""
        return f"{self.name}({said}{lines}\n)"


def lists(view: UsageView) -> list[RecordsList]:
    """What made the figures of a page, folded; nothing where no store keeps that."""
    return [] if view.usage.store is None else [view.records_list(opened=False)]


def alone(
    build: Callable[[UsageView], Page],
    usage: UsageFrame | UsageView,
    *,
    tz: str | None = None,
    title: str = "Usage Metering",
) -> Page:
    """A dashboard by itself: the page under a filter panel of its own.

    Args:
        build: Makes the page for a view.
        usage: The ledger, or a view to share with other widgets.
        tz: The IANA zone of days and clocks; by default the ledger's.
        title: The heading.
    """
    shared = isinstance(usage, UsageView)
    view = usage if isinstance(usage, UsageView) else UsageView(usage, tz=tz)
    page = build(view)
    page.owned = None if shared else view
    page.top = (view.filter_panel(title=title), *page.top)
    page.children = (page.top[0], *page.children)
    return page
