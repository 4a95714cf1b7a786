"""My Usage: what one user used, and nothing of anybody else."""

from __future__ import annotations

from meterwidgets.context import own
from meterwidgets.dashboards.page import Page, alone
from meterwidgets.dashboards.view import UsageView
from meterwidgets.frame.frame import UsageFrame


def build(view: UsageView) -> Page:
    """The page, without a filter panel."""
    trend = view.trend("cost", by="model", title="Usage Trend", brief=True)
    models = view.model_list(title="My Models")
    trend.add_class("mw-span-7")
    models.add_class("mw-span-5")
    row = view.kpi_cards("my_usage")
    return Page("MyUsage", view, [row], [trend, models], trends=[trend])


def my_usage(usage: UsageFrame, *, user: str, tz: str | None = None) -> Page:
    """The dashboard of one user's own usage.

    Args:
        usage: The ledger. It is cut to the user's rows before anything is drawn, so
            that no filter can lead to those of others.
        user: Who it is, as the ledger reports users.
        tz: The IANA zone of days and clocks; by default the ledger's.

    Returns:
        A widget: display it, or close it. A user without usage gets an empty page.

    Raises:
        NobodyError: When the ledger reports no users.
        MeterError: When the user is no text.

    Examples:
        >>> import meterwidgets as mw
        >>> page = mw.my_usage(mw.demo_usage(), user="u-1300")
        >>> page.close()
    """
    view = UsageView(own(usage, user), tz=tz)
    page = alone(build, view, title="My Usage")
    page.owned = view
    return page
