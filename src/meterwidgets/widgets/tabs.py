"""The tabs of an app, and its address in the browser."""

from __future__ import annotations

from typing import Any

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, synced

_VISIT = validators.record(n=validators.ordinal, address=validators.text(100_000))


class Tabs(MeterWidget):
    """Show the pages of an app as tabs, and keep the browser's address in step.

    In an app the tabs move to the top of the page, before the Filters button. Under
    ``meterwidgets serve`` they are links, `address` becomes the browser's, and the
    user's Back and Forward arrive as `visited`; elsewhere there is no address. While
    the browser is idle it asks for pages that are not made yet, as `near`.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> names = [{"key": "overview", "label": "Overview"}]
        >>> tabs = Tabs(page="overview", tabs=names)
        >>> tabs
        Tabs('overview' of Overview)
        >>> tabs.close()
    """

    _esm = script("tabs")

    tabs: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The pages: key, label, the address of a link, and whether it is made."""
    page: str = inbound(t.Unicode(), accept=validators.text(40))
    """The key of the current page; set by a click."""
    near: str = inbound(t.Unicode(), accept=validators.text(40))
    """The key of the page that the user may open next, to be made ahead."""
    address: str = synced(t.Unicode())
    """The address of what is shown: a page and a query, without a host."""
    visited: dict[str, Any] = inbound(t.Dict(), accept=_VISIT)
    """The last Back or Forward of the user: its number n, and the address."""
    answered: int = synced(t.Int(0))
    """The n of the last visit that `address` takes into account."""

    def __repr__(self) -> str:
        names = ", ".join(tab["label"] for tab in self.tabs)
        return f"Tabs({self.page!r} of {names})"
