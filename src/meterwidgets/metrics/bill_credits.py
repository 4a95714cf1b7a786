"""The credits, taxes and purchases of bills: beside the spend, never in it."""

from __future__ import annotations

from datetime import timedelta

from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.zones import EPOCH


def credits_in(quality: Quality, currency: str | None) -> int | None:
    """All credits, taxes and purchases in a currency, in nano-units.

    Returns:
        None where the ledger has none.

    Examples:
        >>> from meterwidgets.ledger.records.quality import Credit
        >>> row = Credit(
        ...     source="focus", org=None, day=0, currency="USD", nano=-5, rows=1)
        >>> credits_in(Quality(credits=(row,)), "USD")
        -5
    """
    amounts = [each.nano for each in quality.credits if each.currency == currency]
    return sum(amounts) if amounts else None


def selected_credits(selection: Selection) -> int | None:
    """The credits, taxes and purchases of a selection, in nano-units.

    A bill gives them to an organization and a day. Where another filter applies, how
    much of them it leaves is unknown.

    Returns:
        0 where there are none; None where that is unknown.
    """
    filters, window = selection.filters, selection.window
    if not selection.frame.quality.credits:
        return 0
    chosen = dict(filters.chosen)
    orgs = chosen.pop("org", None)
    if chosen or filters.cost_type != "both":
        return None
    return sum(
        each.nano
        for each in selection.frame.quality.credits
        if each.currency == selection.currency
        and (orgs is None or each.org in orgs)
        and (
            filters.preset == "all"
            or window.start <= EPOCH + timedelta(days=each.day) < window.end
        )
    )
