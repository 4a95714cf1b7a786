"""The Overview: spend, tokens, models, rate, efficiency; who and what it goes to."""

from __future__ import annotations

from meterwidgets.dashboards.page import Page, alone
from meterwidgets.dashboards.view import UsageView
from meterwidgets.frame.frame import UsageFrame


def build(view: UsageView) -> Page:
    """The page, without a filter panel."""
    cards = (
        view.split_bar("tokens"),
        view.split_bar("cost"),
        view.donut("org"),
        view.donut("model"),
    )
    for card in cards:
        card.add_class("mw-span-6")
    return Page("Overview", view, [view.kpi_cards()], cards)


def overview(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """The Overview dashboard of a ledger.

    Args:
        usage: The ledger, or a view to share with other widgets.
        tz: The IANA zone of days and clocks; by default the ledger's.

    Returns:
        A widget: display it, or close it.

    Examples:
        >>> import meterwidgets as mw
        >>> page = mw.overview(mw.demo_usage())
        >>> page.close()
    """
    return alone(build, usage, tz=tz)
