"""UsageView: the one linked selection, and the widgets that follow it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import traitlets as t

from meterwidgets.context import open_newer
from meterwidgets.dashboards import auto_refresh, filter_links, linked_widgets
from meterwidgets.dashboards.linker import Linker
from meterwidgets.dashboards.records_lists import RecordsLists
from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.present.pages import PageName
from meterwidgets.present.vocabulary.colors import Slots, assign_slots
from meterwidgets.widgets.about_data import AboutData
from meterwidgets.widgets.donut import Donut
from meterwidgets.widgets.filter_panel import FilterPanel
from meterwidgets.widgets.insights_banner import InsightsBanner
from meterwidgets.widgets.kpi_card import KpiCards
from meterwidgets.widgets.model_list import ModelList
from meterwidgets.widgets.records_list import RecordsList
from meterwidgets.widgets.split_bar import SplitBar
from meterwidgets.widgets.trend import Trend

_OwnWidget = TypeVar("_OwnWidget")


class UsageView(t.HasTraits):
    """One selection of a ledger, and the widgets linked to it.

    A change of ``filters``, from Python, a click or the filter panel, updates every
    widget that this view made.

    Args:
        usage: The ledger.
        tz: The IANA zone of days and clocks; by default the ledger's.
        filters: What to start with; by default everything up to 30 days, else the
            last 30 days.

    Attributes:
        usage: The ledger.
        initial_filters: What `reset` goes back to.
        closed: Whether it was closed.

    Examples:
        >>> import meterwidgets as mw
        >>> view = mw.UsageView(mw.demo_usage())
        >>> cards = view.kpi_cards()
        >>> view.filters = view.filters.replace(orgs=["Initech"])
        >>> cards
        KpiCards(Total Spend $31.11 | Tokens 17.4M | Models 2 | Rate/1K $0.0018 | \
Efficiency 560K)
        >>> view.close()
    """

    filters = t.Instance(Filters, help="What is chosen; replace it to choose again.")
    error = t.Unicode(help="Why the last change could not be shown, or nothing.")

    def __init__(
        self,
        usage: UsageFrame,
        *,
        tz: str | None = None,
        filters: Filters | None = None,
    ) -> None:
        if not isinstance(usage, UsageFrame):
            raise MeterError(
                f"expected a UsageFrame, got {type(usage).__name__}; "
                "make one with meterwidgets.read_usage(...)"
            )
        self.usage = usage
        self.initial_filters = usage.first_filters(tz)
        self._linker = Linker(self)
        self._records_lists = RecordsLists(self._linker)
        self._slots: dict[str, Slots] = {}
        self.closed = False
        super().__init__(filters=filters or self.initial_filters)
        self._selection = usage.select(self.filters)
        if usage.store is not None:
            auto_refresh.auto_refresh(self)

    @property
    def selection(self) -> Selection:
        """The selected cells, as a value for the next cell."""
        return self._selection

    def kpi_cards(self, page: PageName = "overview") -> KpiCards:
        """The row of cards of a page.

        Args:
            page: "overview" (spend, tokens, models, rate, efficiency), "token_usage"
                (total, input, output), "model_analytics" (total, concentration, top,
                average) or "my_usage" (spend, tokens, requests, rate).
        """
        return linked_widgets.kpi_cards(self._linker, page)

    def split_bar(self, measure: UsageMeasure = "tokens") -> SplitBar:
        """A bar of input against output; a click narrows the cost type.

        Args:
            measure: "tokens" or "cost".
        """
        return linked_widgets.split_bar(self._linker, measure)

    def donut(self, by: str = "org") -> Donut:
        """A breakdown as ring and table; a click chooses a value or lets it go.

        Args:
            by: "org", "project", "deployment", "model", "endpoint" or "user".
        """
        return linked_widgets.donut(self._linker, by)

    def model_list(self, by: str = "model", *, title: str = "") -> ModelList:
        """The models by cost, with share and bar; a click chooses one.

        Args:
            by: "model" or "deployment".
            title: The heading, if not its own.
        """
        return linked_widgets.model_list(self._linker, by, title=title)

    def insights_banner(self) -> InsightsBanner:
        """The insights, worst first; takes no room where there are none."""
        return linked_widgets.insights_banner(self._linker, self._records_lists)

    def about_data(self) -> AboutData:
        """What was left out, priced, assumed and covered, behind a button."""
        return linked_widgets.about_data(self._linker)

    def records_list(self, *, title: str = "", opened: bool = True) -> RecordsList:
        """What made this: the costliest requests behind the figures, and the rest.

        They are read from the store while the list is open, and add up to the figure.
        With such a list in the view, the banner leads from a spike to its requests.

        Args:
            title: The heading, if not "What made this".
            opened: Whether it starts open; else with a button that opens it.

        Raises:
            LedgerError: When the frame is of no store.
        """
        return linked_widgets.records_list(
            self._linker, self._records_lists, title=title, opened=opened
        )

    def trend(
        self,
        measure: UsageMeasure = "cost",
        by: str = "deployment",
        *,
        title: str = "",
        brief: bool = False,
    ) -> Trend:
        """Cost or tokens over time, an area per value; a drag chooses a time range.

        Args:
            measure: "cost" or "tokens".
            by: "org", "project", "deployment", "model", "endpoint" or "user". Between
                deployment and model the reader can switch.
            title: The heading, if not the measure's own.
            brief: Whether "Cost over time" stands beside it, not "Cost per day, UTC".
        """
        return linked_widgets.trend(self._linker, measure, by, title=title, brief=brief)

    def filter_panel(self, *, title: str = "") -> FilterPanel:
        """Presets, the resolved range, chips, and the dialog with every filter.

        Args:
            title: A heading to its left.
        """
        return linked_widgets.filter_panel(self._linker, title=title)

    def link(self, widget: _OwnWidget, name: str) -> _OwnWidget:
        """Let a widget of your own set one filter, and follow it.

        Args:
            widget: Anything with a ``value``: one (Dropdown, Text), several
                (SelectMultiple, TagsInput), or a day (DatePicker). Empty is all.
            name: A filter, such as "orgs", "start", "end", "preset" or "cost_type".

        Returns:
            The widget; it stays yours to close.

        Examples:
            >>> import ipywidgets, meterwidgets as mw
            >>> view = mw.UsageView(mw.demo_usage())
            >>> org = view.link(ipywidgets.Text(), "orgs")
            >>> org.value = "Acme"
            >>> view.filters
            Filters(preset='30d', orgs=('Acme',))
        """
        filter_links.check_linkable(widget, name)
        filter_links.link_filter(self, self._linker.change, widget, name)
        return widget

    def reset(self) -> None:
        """Go back to the first window, with nothing chosen."""
        self.filters = self.initial_filters.replace(tz=self.filters.tz)

    def refresh(self) -> bool:
        """Show what came into the store since; in a notebook this happens by itself.

        Returns:
            Whether there was anything newer. A frame that was read on the spot has
            nothing newer: read it again.
        """
        usage = open_newer(self.usage)
        if usage is None:
            return False
        was_initial = self.filters == self.initial_filters
        self.usage = usage
        self.initial_filters = usage.first_filters(self.initial_filters.tz)
        for dimension, slots in self._slots.items():
            self._slots[dimension] = assign_slots(self._ranking(dimension), slots)
        if was_initial and self.filters != self.initial_filters:
            self.filters = self.initial_filters
        else:
            self._selection = usage.select(self.filters)
            self._linker.scheduler.draw_all()
        return True

    def colors(self, dimension: str) -> Slots:
        """Value -> colour slot, the same everywhere and under every filter.

        Args:
            dimension: Such as "org".

        Returns:
            From the ranking of the whole ledger, each value its slot once.
        """
        if dimension not in self._slots:
            self._slots[dimension] = assign_slots(self._ranking(dimension))
        return self._slots[dimension]

    def _ranking(self, dimension: str) -> list[str | None]:
        """The values of a dimension, the largest of the whole ledger first."""
        whole_ledger = self.usage.select(Filters(tz=self.initial_filters.tz))
        return [row.id for row in breakdown(whole_ledger, dimension).rows]

    def pause(self, widgets: Iterable[Any]) -> None:
        """Let widgets that nobody sees wait until `resume`."""
        self._linker.scheduler.pause(widgets)

    def resume(self, widgets: Iterable[Any]) -> None:
        """Go on with widgets that waited; those that missed a change are drawn."""
        self._linker.scheduler.resume(widgets)

    def close(self) -> None:
        """Close every widget that this view made."""
        self.closed = True
        self._linker.scheduler.close()

    def say(self, text: str) -> None:
        """Tell the reader what went wrong, until the next change.

        In the filter panel; where the view has none, in its banner.
        """
        self.error = text
        open_widgets = self._linker.scheduler.open_widgets
        widgets: Sequence[FilterPanel | InsightsBanner] = open_widgets(FilterPanel)
        for widget in widgets or open_widgets(InsightsBanner):
            widget.error = text

    def __repr__(self) -> str:
        return f"UsageView({self.usage!r}, {self.filters!r})"

    @t.validate("filters")
    def _filters_valid(self, proposal: Any) -> Filters:
        """Refuse what this ledger doesn't have, before anything is drawn.

        A label stands for its id.
        """
        filters: Filters = proposal["value"]
        self.usage.select(filters)
        for name, values in filters.chosen.items():
            ids = [v if v is None else self.usage.ids(name, [v])[0] for v in values]
            filters = filters.choose(name, ids)
        return filters

    @t.observe("filters")
    def _filters_changed(self, change: Any) -> None:
        if change.old is t.Undefined or not isinstance(change.old, Filters):
            return
        self._selection = self.usage.select(change.new)
        self._records_lists.banner_filters = None
        self.error = ""
        self._linker.draw()
