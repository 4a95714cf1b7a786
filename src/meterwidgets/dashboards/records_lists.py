"""The lists of requests of one view, and the banner that leads to them."""

from __future__ import annotations

from meterwidgets.dashboards.linker import Linker
from meterwidgets.frame.filters import Filters
from meterwidgets.present.sections.records_lists import RecordsListTraits, records_list
from meterwidgets.widgets.insights_banner import InsightsBanner
from meterwidgets.widgets.records_list import RecordsList


class RecordsLists:
    """The lists of one view.

    Attributes:
        banner_filters: What a banner made them show, until the view's filters change.
    """

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self.banner_filters: Filters | None = None

    def link(self, widget: RecordsList) -> None:
        """Draw a list, react to its reader, and let banners lead to it."""
        scheduler = self._linker.scheduler
        self._linker.link(widget, lambda: self._draw(widget))
        widget.observe(lambda _: self._toggle(widget), names=["is_open"])
        widget.observe(lambda _: self._refresh(widget), names=["refresh"])
        scheduler.draw(scheduler.open_widgets(InsightsBanner))

    def open_on(self, filters: Filters) -> None:
        """Open the visible lists on the requests that filters choose."""
        self.banner_filters = filters
        scheduler = self._linker.scheduler
        lists = scheduler.open_widgets(RecordsList, visible=True)
        scheduler.draw(widget for widget in lists if widget.is_open)
        for widget in lists:
            widget.is_open = True  # which draws those that were folded
            widget.called += 1

    def _draw(self, widget: RecordsList) -> RecordsListTraits:
        view, filters = self._linker.view, self.banner_filters
        selection = view.selection if filters is None else view.usage.select(filters)
        return records_list(selection, opened=widget.is_open)

    def _toggle(self, widget: RecordsList) -> None:
        if not widget.is_open:
            self.banner_filters = None
        self._linker.scheduler.draw([widget])

    def _refresh(self, widget: RecordsList) -> None:
        if not self._linker.view.refresh():
            self._linker.scheduler.draw([widget])
