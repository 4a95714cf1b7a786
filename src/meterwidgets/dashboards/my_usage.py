"""My Usage: what one user used, and nothing of anybody else."""

from __future__ import annotations

from meterwidgets.dashboards.page import Page, alone
from meterwidgets.dashboards.view import UsageView
from meterwidgets.errors import MeterError, NobodyError
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


def own(usage: UsageFrame, user: str) -> UsageFrame:
    """The usage of one user, or why there can be none.

    Raises:
        NobodyError: When the ledger reports no users.
        MeterError: When the user is no text.
    """
    if not isinstance(usage, UsageFrame) or not isinstance(user, str):
        raise MeterError(
            f"my_usage got {type(usage).__name__} and user={user!r}; expected a "
            'UsageFrame and a user as the ledger reports it, such as "u-1042"'
        )
    if usage.user_cube is None:
        raise NobodyError(
            f"{usage.name} reports no users, so nobody's own usage can be shown; map "
            'the column that names them, as in columns = { user = "user_id" }'
        )
    return usage.of_user(user)
