"""A dashboard: the linked widgets of a page in its grid, closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import Box, VBox, Widget
from traitlets import link

from meterwidgets.dashboards.view import UsageView
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present.pages import (
    DonutSection,
    ModelListSection,
    PageSpec,
    Section,
    SplitBarSection,
    TrendSection,
)
from meterwidgets.present.sections.trends import CHOICES
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.trend import Trend

_LABELS = {"by": "segment", "shape": "shape"}
"""Trait of a trend that a reader can choose -> the word for it."""


class _Grid(Guarded, Box):  # type: ignore[misc]
    """The widgets of a page, side by side."""


class Page(Guarded, VBox):  # type: ignore[misc]
    """A dashboard of linked widgets.

    Attributes:
        view: The selection that its widgets follow.
        top: The widgets above its grid.
        cards: The widgets in its grid.
        about: The notes about the data, where it has a filter panel of its own.
        owned: The view, if it closes with the page.
    """

    def __init__(self, spec: PageSpec, view: UsageView) -> None:
        """Make a page, without a filter panel.

        Args:
            spec: What it is made of.
            view: The view that its widgets are linked to.
        """
        self.view = view
        self.owned: UsageView | None = None
        self.about: tuple[Any, ...] = ()
        self._name = spec.name.title().replace("_", "")
        sections = [_section(view, section) for section in spec.sections]
        self.top: tuple[Any, ...] = (view.kpi_cards(spec.name),)
        if spec.has_banner:
            self.top += (view.insights_banner(),)
        if spec.has_records_list and view.usage.store is not None:
            sections.append(view.records_list(opened=False))
        self.cards = tuple(sections)
        self._trends = [each for each in self.cards if isinstance(each, Trend)]
        self._initial_choices = self._choices()
        self._links = [
            link((self._trends[0], trait), (other, trait))
            for trait in CHOICES
            for other in self._trends[1:]
        ]
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
        initial = self._initial_choices
        return {k: v for k, v in self._choices().items() if v != initial[k]}

    def choose(self, parameters: Mapping[str, str]) -> None:
        """Choose what the trends show; what is not named goes back to its beginning.

        Args:
            parameters: "by" and "shape"; others are ignored.

        Raises:
            MeterError: When a value is none that can be chosen; then nothing changes.
        """
        choices = {
            trait: parameters.get(trait, initial)
            for trait, initial in self._initial_choices.items()
        }
        for trait, value in choices.items():
            if value not in CHOICES[trait]:
                raise MeterError(unknown(_LABELS[trait], value, CHOICES[trait]))
        for trait, value in choices.items():
            setattr(self._trends[0], trait, value)

    def on_choice(self, act: Callable[[], None]) -> None:
        """Call something whenever the reader chooses something of the trends."""
        for trend in self._trends[:1]:
            trend.observe(lambda _: act(), names=list(CHOICES))

    def _choices(self) -> dict[str, str]:
        return {
            trait: getattr(trend, trait)
            for trend in self._trends[:1]
            for trait in CHOICES
        }

    def add_filter_panel(self, title: str) -> None:
        """Put a filter panel of its own above the page, with notes about the data."""
        panel = self.view.filter_panel(title=title)
        self.top = (panel, *self.top)
        self.about = (self.view.about_data(),)
        self.children = (*self.top, self._grid, *self.about)

    @property
    def widgets(self) -> tuple[Widget, ...]:
        """All of its linked widgets."""
        return (*self.top, *self.cards, *self.about)

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
        return f"{self._name}({repr_lines(self.view.usage, self.widgets)}\n)"


def _section(view: UsageView, section: Section) -> Any:
    """The widget of a section."""
    widget: Any
    match section:
        case SplitBarSection(measure=measure):
            widget = view.split_bar(measure)
        case DonutSection(by=by):
            widget = view.donut(by)
        case TrendSection(measure=measure, by=by, title=title, brief=brief):
            widget = view.trend(measure, by, title=title, brief=brief)
        case ModelListSection(title=title):
            widget = view.model_list(title=title)
    if not section.is_full_width:
        widget.add_class(f"mw-span-{section.columns}")
    return widget


def repr_lines(usage: UsageFrame, widgets: tuple[Widget, ...]) -> str:
    """The figures of widgets, a line each; above them how a ledger was repriced."""
    pricing = [f"\n  {usage.pricing},"] if usage.repriced else []
    return "".join([*pricing, *(f"\n  {widget!r}," for widget in widgets)])
