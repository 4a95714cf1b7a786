"""Each kind of linked widget: what it shows of a view, and what its reader changes."""

from __future__ import annotations

from typing import Any

from meterwidgets.dashboards.linker import Linker
from meterwidgets.dashboards.records_lists import RecordsLists
from meterwidgets.errors import MeterError, unknown
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.insights import last_complete_day
from meterwidgets.present import pages
from meterwidgets.present.filters.panel import panel as panel_traits
from meterwidgets.present.filters.requests import requested_filters
from meterwidgets.present.pages import PAGES, PageName
from meterwidgets.present.sections import (
    donuts,
    model_lists,
    records_lists,
    splits,
    trends,
)
from meterwidgets.present.sections.about_data import TITLE as ABOUT_DATA
from meterwidgets.present.sections.about_data import about_data as about_data_groups
from meterwidgets.present.sections.insights_banners import banner as banner_insights
from meterwidgets.widgets.about_data import AboutData
from meterwidgets.widgets.donut import Donut
from meterwidgets.widgets.filter_panel import FilterPanel
from meterwidgets.widgets.insights_banner import InsightsBanner
from meterwidgets.widgets.kpi_card import KpiCards
from meterwidgets.widgets.model_list import ModelList
from meterwidgets.widgets.records_list import RecordsList
from meterwidgets.widgets.split_bar import SplitBar
from meterwidgets.widgets.trend import Trend


def kpi_cards(linker: Linker, page: PageName) -> KpiCards:
    """The cards of a page; see `UsageView.kpi_cards`."""
    if page not in PAGES:
        raise MeterError(unknown("page", page, PAGES))
    view = linker.view

    def draw() -> dict[str, Any]:
        slots = view.colors("model")
        return pages.card_row(view.selection, PAGES[page], slots).traits

    return linker.link(KpiCards(), draw, urgent=True)  # the first that readers look at


def split_bar(linker: Linker, measure: UsageMeasure) -> SplitBar:
    """Input against output; see `UsageView.split_bar`."""
    _check_measure(measure)
    view = linker.view

    def draw() -> dict[str, Any]:
        side = view.filters.cost_type
        selected = "" if side == "both" else side
        return {**splits.split_bar(view.selection, measure), "selected": selected}

    def choose(change: Any) -> None:
        linker.change(lambda filters: filters.replace(cost_type=change.new or "both"))

    bar = linker.link(SplitBar(), draw)
    bar.observe(choose, names=["selected"])
    linker.reset_on(bar)
    return bar


def donut(linker: Linker, by: str) -> Donut:
    """A breakdown; see `UsageView.donut`."""
    _check_breakdown(linker, by)
    view, ring = linker.view, Donut()
    return linker.link_rows(
        ring,
        lambda: donuts.donut(
            view.selection, by, view.colors(by), expanded=ring.expanded
        ),
        by,
    )


def model_list(linker: Linker, by: str, *, title: str) -> ModelList:
    """The models by cost; see `UsageView.model_list`."""
    if by not in model_lists.TITLES:
        raise MeterError(unknown("dimension", by, model_lists.TITLES))
    view, models = linker.view, ModelList(title=title or model_lists.TITLES[by])
    return linker.link_rows(
        models,
        lambda: model_lists.model_list(
            view.selection, by, view.colors(by), expanded=models.expanded
        ),
        by,
    )


def insights_banner(linker: Linker, lists: RecordsLists) -> InsightsBanner:
    """The insights; see `UsageView.insights_banner`."""
    view, scheduler = linker.view, linker.scheduler

    def draw() -> dict[str, Any]:
        has_list = bool(scheduler.open_widgets(RecordsList))
        return {
            "insights": banner_insights(view.selection, has_records_list=has_list),
            "error": "" if scheduler.open_widgets(FilterPanel) else view.error,
        }

    def act(change: Any) -> None:
        rule = change.new["rule"]
        if rule not in [each["rule"] for each in banner.insights if each["action"]]:
            return
        if rule == "spike":
            lists.open_on(last_complete_day(view.selection).filters)
        else:
            linker.change(lambda filters: filters.replace(outliers="without"))

    banner = linker.link(InsightsBanner(), draw)
    banner.observe(act, names=["pressed"])
    return banner


def about_data(linker: Linker) -> AboutData:
    """The notes about the data; see `UsageView.about_data`."""
    view = linker.view

    def draw() -> dict[str, Any]:
        return {"groups": about_data_groups(view.selection)}

    return linker.link(AboutData(title=ABOUT_DATA), draw)


def records_list(
    linker: Linker, lists: RecordsLists, *, title: str, opened: bool
) -> RecordsList:
    """The requests behind the figures; see `UsageView.records_list`."""
    linker.view.usage.record_store()
    requests = RecordsList(title=title or records_lists.TITLE, is_open=opened)
    lists.link(requests)
    return requests


def trend(
    linker: Linker, measure: UsageMeasure, by: str, *, title: str, brief: bool
) -> Trend:
    """A measure over time; see `UsageView.trend`."""
    _check_measure(measure)
    _check_breakdown(linker, by)
    view = linker.view

    def draw(by: str) -> Any:
        slots = view.colors(by)
        traits = trends.trend(view.selection, measure, by, slots, brief=brief)
        return linker.with_pricing(traits)

    def brush(change: Any) -> None:
        linker.change(
            lambda _: trends.brushed_filters(view.selection, chart.by, change.new)
        )

    segments = trends.SEGMENTS if by in trends.SEGMENTS else {}
    chart = Trend(
        title=title or trends.TITLES[measure],
        shapes=list(trends.SHAPES),
        by=by,
        choices=[{"key": name, "label": label} for name, label in segments.items()],
        brushable=True,
        **draw(by),
    )
    linker.scheduler.add_drawn(chart, lambda: draw(chart.by))
    linker.redraw_on(chart, "by")
    chart.observe(brush, names=["brushed"])
    linker.reset_on(chart)
    return chart


def filter_panel(linker: Linker, *, title: str) -> FilterPanel:
    """The filters; see `UsageView.filter_panel`."""
    view, panel = linker.view, FilterPanel(title=title)

    def draw() -> dict[str, Any]:
        traits = panel_traits(
            view.selection, view.initial_filters, view.colors, opened=panel.is_open
        )
        return {**traits, "error": view.error}

    def apply(change: Any) -> None:
        linker.change(
            lambda _: requested_filters(
                change.new, view.selection, view.initial_filters
            )
        )

    linker.link(panel, draw)
    panel.observe(apply, names=["request"])
    linker.redraw_on(panel, "is_open")
    return panel


def _check_measure(measure: str) -> None:
    if measure not in trends.TITLES:
        raise MeterError(unknown("measure", measure, ["tokens", "cost"]))


def _check_breakdown(linker: Linker, by: str) -> None:
    breakdowns = linker.view.usage.dimensions.breakdowns
    if by not in breakdowns:
        raise MeterError(unknown("dimension", by, breakdowns))
