"""The app: dashboards as tabs over one view, made ahead while nobody waits for it."""

from __future__ import annotations

import logging
import os
import weakref
from typing import Any

from ipywidgets import VBox

from meterwidgets.context import current_user, signed_in_user
from meterwidgets.dashboards.loop import kernel_loop
from meterwidgets.dashboards.page import Page, repr_lines
from meterwidgets.dashboards.view import UsageView
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.personal import personal_frame
from meterwidgets.present.filters import address
from meterwidgets.present.pages import page_of_key, tabs_of
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.tabs import Tabs

_HIDDEN = "mw-away"
"""CSS class of a tab that is not shown."""
_ANSWERED_S = 0.01
"""Seconds until a kernel has answered a cell; then it makes the other tabs."""
_log = logging.getLogger("meterwidgets")


class App(Guarded, VBox):  # type: ignore[misc]
    """Dashboards as tabs over one view.

    A tab is made when it is first opened or pointed at, else as soon as the kernel has
    answered the cell, while a browser still loads its scripts. It is put into the page
    once that is idle, and is not drawn while it is hidden. All tabs share the filters,
    which stand in the address under ``meterwidgets serve``.

    Attributes:
        view: The selection that all tabs follow.
        pages: The tabs that were made, by key.
    """

    def __init__(
        self,
        view: UsageView,
        page: str,
        *,
        query: str = "",
        owns: bool = False,
        is_end_user: bool = False,
    ) -> None:
        """Make an app; see `app`, which makes its view, too.

        Args:
            view: What its tabs follow.
            page: The key of the tab to open.
            query: The filters and choices to start with, as an address has them.
            owns: Whether the view closes with the app.
            is_end_user: Whether the usage is that of an end user, who has tabs of
                their own, whichever opens.
        """
        spec = page_of_key(page)
        self.view, self._owns_view = view, owns
        is_end_user = is_end_user or not spec.for_operators
        self._specs = tabs_of(spec, is_end_user=is_end_user)
        self._end_users_home = page if is_end_user else ""
        self.pages: dict[str, Page] = {}
        self._placed: list[str] = []
        self._panel = view.filter_panel(title=spec.heading)
        self._about = view.about_data()
        self._tabs = Tabs(page=page)
        super().__init__(
            children=(self._tabs, self._panel, self._about),
            _dom_classes=("mw-root", "mw-page", "mw-app"),
            layout=guarded_layout(),
        )
        try:
            self._go_to(f"{page}?{query}", fallback=page)
        except MeterError as error:  # a bad address must not prevent the page
            self._go_to(page, fallback=page)
            view.say(f"The address could not be used: {error}")
        self._tabs.observe(self._on_page, names=["page"])
        self._tabs.observe(self._on_near, names=["near"])
        self._tabs.observe(self._on_visited, names=["visited"])
        view.observe(self._update_tabs, names=["filters"])
        _make_tabs_ahead(self)

    @property
    def page(self) -> str:
        """The key of the tab that is shown."""
        return str(self._tabs.page)

    @page.setter
    def page(self, key: str) -> None:
        if key not in self._specs:
            raise MeterError(unknown("page", key, self._specs))
        self._tabs.page = key

    def close(self) -> None:
        """Close all tabs, the view and what it made."""
        if self.comm is None:
            return
        for page in self.pages.values():
            page.close()
        self.view.unobserve(self._update_tabs, names=["filters"])
        self._panel.close()
        self._about.close()
        if self._owns_view:
            self.view.close()
        self._tabs.close()
        layout = self.layout
        super().close()
        layout.close()

    def __repr__(self) -> str:
        shown = self.pages[self.page].widgets
        widgets = (self._tabs, self._panel, *shown, self._about)
        return f"App({repr_lines(self.view.usage, widgets)}\n)"

    def _on_page(self, change: Any) -> None:
        """Show the tab that the reader opened; an unknown name changes nothing."""
        if change.new not in self._specs:
            self._tabs.page = change.old
            return
        self._show(change.new)
        self._update_tabs()

    def _on_near(self, change: Any) -> None:
        """Put the tab that the reader may open next into the page."""
        if change.new in self._specs:
            self._place(change.new)
            self._update_tabs()

    def _on_visited(self, change: Any) -> None:
        """Go where the reader went back or forward to."""
        with self._tabs.hold_sync():
            self._tabs.answered = change.new["n"]
            self._go_to(change.new["address"], fallback=self._tabs.page)

    def make_next_tab(self) -> bool:
        """Make a tab that is not made yet, hidden; return whether there was one."""
        missing = [key for key in self._specs if key not in self.pages]
        for key in missing[:1]:
            self._make(key)
        return bool(missing)

    def _make(self, key: str) -> None:
        """Make a tab, hidden and not in the page yet, unless it is made."""
        if key in self.pages:
            return
        page = self.pages[key] = Page(self._specs[key], self.view)
        page.add_class(_HIDDEN)
        self.view.pause(page.widgets)
        page.on_choice(self._update_tabs)

    def _place(self, key: str) -> None:
        """Put a tab into the page: only then a browser draws it."""
        self._make(key)
        if key not in self._placed:
            self._placed.append(key)
            pages = (self.pages[key] for key in self._placed)
            self.children = (self._tabs, self._panel, *pages, self._about)

    def _show(self, key: str) -> None:
        """Show a tab, and pause the others."""
        self._place(key)
        for other, page in self.pages.items():
            if other == key:
                self.view.resume(page.widgets)
                page.remove_class(_HIDDEN)
            else:
                self.view.pause(page.widgets)
                page.add_class(_HIDDEN)

    def _go_to(self, where: str, *, fallback: str) -> None:
        """Go to an address: its tab, its filters, its choices; say what it can't have.

        Args:
            where: The address; hostile.
            fallback: The tab, where the address names none of this app.
        """
        path, _, query = where.partition("?")
        parsed = address.parse(query, self.view.usage, self.view.initial_filters)
        key = parsed.others.pop("page", self._end_users_home or path)
        key = key if key in self._specs else fallback
        with self._tabs.hold_sync():  # the tabs get the final address only
            self.view.filters = parsed.filters
            self._tabs.page = key
            self._show(key)
            try:
                self.pages[key].choose(parsed.others)
            except MeterError as error:
                parsed.problems.append(str(error))
            if parsed.problems:
                self.view.say(f"The address was used in part: {parsed.problems[0]}")
            self._update_tabs()

    def _update_tabs(self, _: Any = None) -> None:
        """Give every tab the address that it leads to, and the page its own."""
        addresses = {key: self._address(key) for key in self._specs}
        self._tabs.update(
            tabs=[
                {
                    "key": key,
                    "label": spec.title,
                    "address": addresses[key],
                    "made": key in self._placed,
                }
                for key, spec in self._specs.items()
            ],
            address=addresses[self.page],
        )

    def _address(self, key: str) -> str:
        """The address of a tab under the view's filters."""
        home, others = self._end_users_home, dict[str, str]()
        if home and key != home:
            others["page"] = key
        if key in self.pages:
            others |= self.pages[key].changed
        query = address.query(self.view.filters, self.view.initial_filters, others)
        return f"{home or key}?{query}" if query else home or key


def _make_tabs_ahead(app: App) -> None:
    """Let an app make its other tabs, one by one, once the kernel has a moment.

    Where no loop runs, as in a script, a tab is made when it is opened.
    """
    loop = kernel_loop()
    if loop is None:
        return
    reference = weakref.ref(app)

    def make() -> None:
        app = reference()
        if app is None or app.comm is None:
            return
        try:
            if app.make_next_tab():
                loop.call_soon(make)
        except Exception:  # noqa: BLE001 - the tab fails again, and aloud, when opened
            _log.exception("a tab could not be made ahead")

    loop.call_later(_ANSWERED_S, make)


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
    spec = page_of_key(page)
    query = os.environ.get("QUERY_STRING", "") if query is None else query
    if not spec.for_operators:
        if not isinstance(usage, UsageFrame):
            raise MeterError('page="my-usage" needs the UsageFrame, not a view of it')
        user = current_user(usage) if user is None else user
        usage = personal_frame(usage, user)
    owns = isinstance(usage, UsageFrame)
    view = UsageView(usage, tz=tz) if isinstance(usage, UsageFrame) else usage
    is_end_user = spec.for_end_users and bool(signed_in_user())
    return App(view, page, query=query, owns=owns, is_end_user=is_end_user)
