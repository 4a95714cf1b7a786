"""Token Usage: how many tokens, what they cost, and both over time."""

from __future__ import annotations

from meterwidgets.dashboards.page import Page, alone, lists
from meterwidgets.dashboards.view import UsageView
from meterwidgets.frame.frame import UsageFrame


def build(view: UsageView) -> Page:
    """The page, without a filter panel; both trends have areas for the same."""
    trends = (view.trend("cost"), view.trend("tokens"))
    row = view.kpi_cards("token_usage")
    return Page("TokenUsage", view, [row], [*trends, *lists(view)], trends=trends)


def token_usage(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """The Token Usage dashboard of a ledger.

    Args:
        usage: The ledger, or a view to share with other widgets.
        tz: The IANA zone of days and clocks; by default the ledger's.

    Returns:
        A widget: display it, or close it.

    Examples:
        >>> import meterwidgets as mw
        >>> page = mw.token_usage(mw.demo_usage())
        >>> page.close()
    """
    return alone(build, usage, tz=tz)
