"""The app: dashboards as tabs over one view, made ahead while nobody waits for it."""

from __future__ import annotations

import logging
import os
import weakref
from typing import Any

from ipywidgets import VBox

from meterwidgets.context import current_user, own
from meterwidgets.dashboards import model_analytics, my_usage, overview, token_usage
from meterwidgets.dashboards.loop import kernel_loop
from meterwidgets.dashboards.page import Page
from meterwidgets.dashboards.view import UsageView
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present import address
from meterwidgets.present.prerender import END_USERS, OPERATORS
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.tabs import Tabs

DASHBOARDS = {
    "overview": ("Overview", overview.build),
    "token-usage": ("Token Usage", token_usage.build),
    "model-analytics": ("Model Analytics", model_analytics.build),
    "my-usage": ("My Usage", my_usage.build),
}
"""Page -> its name, and what makes it for a view."""

_AWAY = "mw-away"
_SOON = 0.01
"""Seconds until a kernel has answered a cell; then it makes the other tabs."""
_log = logging.getLogger("meterwidgets")


class App(Guarded, VBox):  # type: ignore[misc]
    """Dashboards as tabs over one view.

    A tab is made when it is first opened or pointed at, else as soon as the kernel has
    answered the cell: while a browser still loads its scripts. It is put into the page
    once that is idle, and waits while it is away; the filters are those of all tabs,
    and stand in the address under ``meterwidgets serve``.

    Attributes:
        view: The selection that all tabs follow.
        pages: The tabs that were made, by key.
    """

    def __init__(
        self, view: UsageView, page: str, *, query: str = "", owns: bool = False
    ) -> None:
        """Make an app; see `app`, which makes its view, too.

        Args:
            view: What its tabs follow.
            page: The key of the tab to open.
            query: The filters and choices to start with, as an address has them.
            owns: Whether the view closes with the app.
        """
        self.view, self._owns = view, owns
        self._home = page if page in END_USERS and page not in OPERATORS else ""
        keys = END_USERS if self._home else OPERATORS
        self._names = {key: DASHBOARDS[key][0] for key in keys}
        self.pages: dict[str, Page] = {}
        self._there: list[str] = []
        title = self._names[page] if self._home else "Usage Metering"
        self._panel = view.filter_panel(title=title)
        self._tabs = Tabs(page=page)
        super().__init__(
            children=(self._tabs, self._panel),
            _dom_classes=("mw-root", "mw-page", "mw-app"),
            layout=guarded_layout(),
        )
        try:
            self._visit(f"{page}?{query}", page)
        except MeterError as error:  # an address must not take the page
            self._visit(page, page)
            view.say(f"Of the address nothing could be used: {error}")
        self._tabs.observe(self._turned, names=["page"])
        self._tabs.observe(self._neared, names=["near"])
        self._tabs.observe(self._visited, names=["visited"])
        view.observe(self._follow, names=["filters"])
        _make_ahead(self)

    @property
    def page(self) -> str:
        """The key of the tab that is shown."""
        return str(self._tabs.page)

    @page.setter
    def page(self, key: str) -> None:
        if key not in self._names:
            raise MeterError(unknown("page", key, self._names))
        self._tabs.page = key

    def close(self) -> None:
        """Close all tabs, the view and what it made."""
        if self.comm is None:
            return
        for page in self.pages.values():
            page.close()
        self.view.unobserve(self._follow, names=["filters"])
        self._panel.close()
        if self._owns:
            self.view.close()
        self._tabs.close()
        layout = self.layout
        super().close()
        layout.close()

    def __repr__(self) -> str:
        shown = (self._tabs, self._panel, *self.pages[self.page].widgets)
        lines = "".join(f"\n  {widget!r}," for widget in shown)
        priced = self.view.usage
        said = f"\n  {priced.pricing}," if priced.repriced else ""
        return f"App({said}{lines}\n)"

    def _turned(self, change: Any) -> None:
        """Show the tab that was asked for; a name that is none changes nothing."""
        if change.new not in self._names:
            self._tabs.page = change.old
            return
        self._open(change.new)
        self._follow()

    def _neared(self, change: Any) -> None:
        """Put the tab that may be opened next into the page, and say so."""
        if change.new in self._names:
            self._put(change.new)
            self._follow()

    def _visited(self, change: Any) -> None:
        """Go where the reader went back or forward to."""
        with self._tabs.hold_sync():
            self._tabs.answered = change.new["n"]
            self._visit(change.new["address"], self._tabs.page)

    def _open(self, key: str) -> None:
        """Show a tab, and let the others wait."""
        self._put(key)
        for name, page in self.pages.items():
            if name == key:
                self.view.resume(page.widgets)
                page.remove_class(_AWAY)
            else:
                self.view.pause(page.widgets)
                page.add_class(_AWAY)

    def make_next(self) -> bool:
        """Make a tab that is not made yet, away; return whether there was one."""
        missing = [key for key in self._names if key not in self.pages]
        for key in missing[:1]:
            self._make(key)
        return bool(missing)

    def _make(self, key: str) -> None:
        """Make a tab, away and not in the page yet, unless it is there."""
        if key in self.pages:
            return
        page = self.pages[key] = DASHBOARDS[key][1](self.view)
        page.add_class(_AWAY)
        self.view.pause(page.widgets)
        page.on_choice(self._follow)

    def _put(self, key: str) -> None:
        """Put a tab into the page: only then a browser draws it."""
        self._make(key)
        if key not in self._there:
            self._there.append(key)
            pages = (self.pages[key] for key in self._there)
            self.children = (self._tabs, self._panel, *pages)

    def _visit(self, where: str, fallback: str) -> None:
        """Go to an address: its tab, its filters, its choices; say what it can't have.

        Args:
            where: The address; hostile.
            fallback: The tab, where the address names none of this app.
        """
        path, _, query = where.partition("?")
        asked = address.parse(query, self.view.usage, self.view.first)
        key = asked.others.pop("page", self._home or path)
        key = key if key in self._names else fallback
        with self._tabs.hold_sync():  # one address at the end, none on the way
            self.view.filters = asked.filters
            self._tabs.page = key
            self._open(key)
            try:
                self.pages[key].choose(asked.others)
            except MeterError as error:
                asked.problems.append(str(error))
            if asked.problems:
                self.view.say(f"Of the address this was left out: {asked.problems[0]}")
            self._follow()

    def _follow(self, _: Any = None) -> None:
        """Let the address say what is shown."""
        addresses = {key: self._address(key) for key in self._names}
        self._tabs.update(
            tabs=[
                {
                    "key": key,
                    "label": name,
                    "address": addresses[key],
                    "made": key in self._there,
                }
                for key, name in self._names.items()
            ],
            address=addresses[self.page],
        )

    def _address(self, key: str) -> str:
        others: dict[str, str] = {}
        if self._home and key != self._home:
            others["page"] = key
        if key in self.pages:
            others |= self.pages[key].changed
        text = address.query(self.view.filters, self.view.first, others)
        return f"{self._home or key}?{text}" if text else self._home or key


def _make_ahead(app: App) -> None:
    """Let an app make its other tabs, one by one, once the kernel has a moment.

    Where no loop runs, as in a script, a tab is made when it is opened.
    """
    loop = kernel_loop()
    if loop is None:
        return
    seen = weakref.ref(app)

    def make() -> None:
        found = seen()
        if found is None or found.comm is None:
            return
        try:
            if found.make_next():
                loop.call_soon(make)
        except Exception:  # noqa: BLE001 - the tab fails again, and aloud, when opened
            _log.exception("a tab could not be made ahead")

    loop.call_later(_SOON, make)


def app(
    usage: UsageFrame | UsageView,
    *,
    page: str = "overview",
    user: str | None = None,
    tz: str | None = None,
    query: str | None = None,
) -> App:
    """The dashboards as tabs over one view.

    Args:
        usage: The ledger, or a view.
        page: The tab to open: "overview", "token-usage" or "model-analytics"; or
            "my-usage" for one user's own usage, beside their Token Usage.
        user: Who that is; by default the one that the server named.
        tz: The IANA zone of days and clocks; by default the ledger's.
        query: The filters to start with, as an address has them; by default those of
            the address that the reader opened.

    Returns:
        A widget: display it, or close it.

    Raises:
        MeterError: When there is no such page, or it is nobody's usage.

    Examples:
        >>> import meterwidgets as mw
        >>> app = mw.app(mw.demo_usage(), page="model-analytics")
        >>> app.page
        'model-analytics'
        >>> app.close()
    """
    if page not in DASHBOARDS:
        raise MeterError(unknown("page", page, DASHBOARDS))
    if query is None:
        query = os.environ.get("QUERY_STRING", "")
    if page not in OPERATORS:
        if not isinstance(usage, UsageFrame):
            raise MeterError('page="my-usage" needs the UsageFrame, not a view of it')
        usage = own(usage, current_user(usage) if user is None else user)
    if isinstance(usage, UsageView):
        return App(usage, page, query=query)
    return App(UsageView(usage, tz=tz), page, query=query, owns=True)
