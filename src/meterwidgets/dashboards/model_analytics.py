"""Model Analytics: what the models cost, what to know of it, and the model list."""

from __future__ import annotations

from meterwidgets.dashboards.page import Page, alone, lists
from meterwidgets.dashboards.view import UsageView
from meterwidgets.frame.frame import UsageFrame


def build(view: UsageView) -> Page:
    """The page, without a filter panel."""
    trend = view.trend("cost", by="model", title="Usage Trend", brief=True)
    models = view.model_list()
    trend.add_class("mw-span-7")
    models.add_class("mw-span-5")
    top = [view.kpi_cards("model_analytics"), view.insights_banner()]
    cards = [trend, models, *lists(view)]
    return Page("ModelAnalytics", view, top, cards, trends=[trend])


def model_analytics(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """The Model Analytics dashboard of a ledger.

    Args:
        usage: The ledger, or a view to share with other widgets.
        tz: The IANA zone of days and clocks; by default the ledger's.

    Returns:
        A widget: display it, or close it.

    Examples:
        >>> import meterwidgets as mw
        >>> page = mw.model_analytics(mw.demo_usage())
        >>> page.close()
    """
    return alone(build, usage, tz=tz)
