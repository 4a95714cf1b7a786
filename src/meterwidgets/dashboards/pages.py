"""The dashboards, each by itself under a filter panel of its own."""

from __future__ import annotations

from meterwidgets.dashboards.page import Page
from meterwidgets.dashboards.view import UsageView
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.personal import personal_frame
from meterwidgets.present.pages import PAGES, PageName


def overview(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """The Overview: spend, tokens, models, rate, efficiency; who and what it goes to.

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
    return _page("overview", usage, tz)


def token_usage(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """Token Usage: how many tokens, what they cost, and both over time.

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
    return _page("token_usage", usage, tz)


def model_analytics(usage: UsageFrame | UsageView, *, tz: str | None = None) -> Page:
    """Model Analytics: what the models cost, insights, and the model list.

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
    return _page("model_analytics", usage, tz)


def my_usage(usage: UsageFrame, *, user: str, tz: str | None = None) -> Page:
    """My Usage: what one user used, and nothing of anybody else.

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
    return _page("my_usage", personal_frame(usage, user), tz)


def _page(name: PageName, usage: UsageFrame | UsageView, tz: str | None) -> Page:
    """A page with a filter panel; a view that is made for it closes with it."""
    view = usage if isinstance(usage, UsageView) else UsageView(usage, tz=tz)
    page = Page(PAGES[name], view)
    page.owned = None if isinstance(usage, UsageView) else view
    page.add_filter_panel(PAGES[name].heading)
    return page
