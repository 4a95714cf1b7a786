"""UsageView: the one linked selection, and the widgets that follow it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import traitlets as t

from meterwidgets.dashboards import auto_refresh, linking, top_requests
from meterwidgets.dashboards.scheduler import FAILED, Draw, Drawn, Widget
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.store.store import open_newer
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import last_complete_day
from meterwidgets.present import (
    cards,
    donuts,
    filter_panels,
    model_lists,
    splits,
    trends,
)
from meterwidgets.present.words import SLOTS, Colors, key

if TYPE_CHECKING:
    from meterwidgets.widgets.donut import Donut
    from meterwidgets.widgets.filter_panel import FilterPanel
    from meterwidgets.widgets.insights_banner import InsightsBanner
    from meterwidgets.widgets.kpi_card import KpiCards
    from meterwidgets.widgets.model_list import ModelList
    from meterwidgets.widgets.records_list import RecordsList
    from meterwidgets.widgets.split_bar import SplitBar
    from meterwidgets.widgets.trend import Trend

_log = logging.getLogger("meterwidgets")
_Linked = TypeVar("_Linked", bound=Widget)
_Own = TypeVar("_Own")


class UsageView(t.HasTraits):
    """One selection of a ledger, and the widgets linked to it.

    A change of ``filters``, from Python, a click or the filter panel, updates every
    widget that this view made.

    Args:
        usage: The ledger.
        tz: The IANA zone of days and clocks; by default the ledger's.
        filters: What to start with; by default everything up to 30 days, else the
            last 30 days.

    Attributes:
        usage: The ledger.
        first: What `reset` goes back to.
        closed: Whether it was closed.

    Examples:
        >>> import meterwidgets as mw
        >>> view = mw.UsageView(mw.demo_usage())
        >>> cards = view.kpi_cards()
        >>> view.filters = view.filters.replace(orgs=["Initech"])
        >>> cards
        KpiCards(Total Spend $31.11 | Tokens 17.4M | Models 2 | Rate/1K $0.0018 | \
Efficiency 560K)
        >>> view.close()
    """

    filters = t.Instance(Filters, help="What is chosen; replace it to choose anew.")
    error = t.Unicode(help="Why the last change could not be shown, or nothing.")

    def __init__(
        self,
        usage: UsageFrame,
        *,
        tz: str | None = None,
        filters: Filters | None = None,
    ) -> None:
        if not isinstance(usage, UsageFrame):
            raise MeterError(
                f"expected a UsageFrame, got {type(usage).__name__}; "
                "make one with meterwidgets.read_usage(...)"
            )
        self.usage = usage
        self.first = usage.first_filters(tz)
        self._drawn = Drawn(self.say)
        self._draw: Callable[[], None] = self._drawn.again
        self._lists = top_requests.Lists(self, self._drawn)
        self._colors: dict[str, Colors] = {}
        self.closed = False
        super().__init__(filters=filters or self.first)
        self._selection = usage.select(self.filters)
        if usage.store is not None:
            auto_refresh.auto_refresh(self)

    @property
    def selection(self) -> Selection:
        """The selected cells, as a value for the next cell."""
        return self._selection

    def kpi_cards(self, page: str = "overview") -> KpiCards:
        """The row of cards of a page.

        Args:
            page: "overview" (spend, tokens, models, rate, efficiency), "token_usage"
                (total, input, output), "model_analytics" (total, concentration, top,
                average) or "my_usage" (spend, tokens, requests, rate).
        """
        from meterwidgets.widgets.kpi_card import KpiCards

        if page not in cards.CARDS:
            raise MeterError(unknown("page", page, cards.CARDS))
        return self._link(
            KpiCards(),
            lambda: cards.kpi_cards(self.selection, page, self.colors("model")),
            first=True,  # who changes a filter looks at the figures
        )

    def split_bar(self, measure: str = "tokens") -> SplitBar:
        """A bar of input against output; a click narrows the cost type.

        Args:
            measure: "tokens" or "cost".
        """
        from meterwidgets.widgets.split_bar import SplitBar

        if measure not in ("tokens", "cost"):
            raise MeterError(unknown("measure", measure, ["tokens", "cost"]))

        def draw() -> dict[str, Any]:
            side = self.filters.cost_type
            chosen = {"selected": "" if side == "both" else side}
            return splits.split_bar(self.selection, measure) | chosen

        bar = self._link(SplitBar(), draw)
        bar.observe(
            lambda change: self._change(
                lambda f: f.replace(cost_type=change.new or "both")
            ),
            names=["selected"],
        )
        bar.observe(lambda _: self.reset(), names=["reset"])
        return bar

    def donut(self, by: str = "org") -> Donut:
        """A breakdown as ring and table; a click chooses a value or lets it go.

        Args:
            by: "org", "project", "deployment", "model", "endpoint" or "user".
        """
        from meterwidgets.widgets.donut import Donut

        self._check_breakdown(by)
        ring = Donut()

        def draw() -> dict[str, Any]:
            colors = self.colors(by)
            return donuts.donut(self.selection, by, colors, expanded=ring.expanded)

        return self._chooser(ring, draw, by)

    def model_list(self, by: str = "model", *, title: str = "") -> ModelList:
        """The models by cost, with share and bar; a click chooses one.

        Args:
            by: "model" or "deployment".
            title: The heading, if not its own.
        """
        from meterwidgets.widgets.model_list import ModelList

        if by not in model_lists.TITLES:
            raise MeterError(unknown("dimension", by, model_lists.TITLES))
        found = ModelList(title=title or model_lists.TITLES[by])

        def draw() -> dict[str, Any]:
            colors = self.colors(by)
            return model_lists.model_list(
                self.selection, by, colors, expanded=found.expanded
            )

        return self._chooser(found, draw, by)

    def insights_banner(self) -> InsightsBanner:
        """What is worth knowing, worst first; takes no room where there is nothing."""
        from meterwidgets.widgets.insights_banner import InsightsBanner

        def draw() -> dict[str, Any]:
            said = "" if self._drawn.of("FilterPanel") else self.error
            listed = bool(self._drawn.of("RecordsList"))
            return model_lists.banner(self.selection, listed=listed) | {"error": said}

        def act(change: Any) -> None:
            rules = [one["rule"] for one in banner.insights if one["action"]]
            if change.new["rule"] not in rules:
                return
            if change.new["rule"] == "spike":
                self._lists.call(last_complete_day(self.selection).filters)
            else:
                self._change(lambda filters: filters.replace(outliers="without"))

        banner = self._link(InsightsBanner(), draw)
        banner.observe(act, names=["pressed"])
        return banner

    def records_list(self, *, title: str = "", opened: bool = True) -> RecordsList:
        """What made this: the dearest requests behind the figures, and the rest.

        They are read from the store while the list is open, and add up to the figure.
        With such a list in the view, the banner leads from a spike to its requests.

        Args:
            title: The heading, if not "What made this".
            opened: Whether it starts open; else with a button that opens it.

        Raises:
            LedgerError: When the frame is of no store.
        """
        from meterwidgets.widgets.records_list import RecordsList

        self.usage.record_store()
        found = RecordsList(title=title or top_requests.TITLE, is_open=opened)
        self._link(found, lambda: self._lists.draw(found))
        self._lists.follow(found)
        return found

    def trend(
        self,
        measure: str = "cost",
        by: str = "deployment",
        *,
        title: str = "",
        brief: bool = False,
    ) -> Trend:
        """Cost or tokens over time, an area per value; a drag chooses a time range.

        Args:
            measure: "cost" or "tokens".
            by: "org", "project", "deployment", "model", "endpoint" or "user". Of
                deployment and model the reader can choose the other.
            title: The heading, if not the measure's own.
            brief: Whether "Cost over time" stands beside it, not "Cost per day, UTC".
        """
        from meterwidgets.widgets.trend import Trend

        if measure not in trends.TITLES:
            raise MeterError(unknown("measure", measure, trends.TITLES))
        self._check_breakdown(by)
        choices = trends.SEGMENTS if by in trends.SEGMENTS else {}

        def draw(by: str) -> dict[str, Any]:
            shown = self.colors(by)
            drawn = trends.trend(self.selection, measure, by, shown, brief=brief)
            return self._named(drawn)

        found = Trend(
            title=title or trends.TITLES[measure],
            shapes=list(trends.SHAPES),
            by=by,
            choices=[{"key": name, "label": word} for name, word in choices.items()],
            brushable=True,
            **draw(by),
        )
        self._drawn.keep(found, lambda: draw(found.by))
        self._redrawn(found, "by")
        found.observe(
            lambda change: self._change(
                lambda _: trends.brushed(self.selection, found.by, change.new)
            ),
            names=["brushed"],
        )
        found.observe(lambda _: self.reset(), names=["reset"])
        return found

    def filter_panel(self, *, title: str = "") -> FilterPanel:
        """Presets, the resolved range, chips, and the dialog with every filter.

        Args:
            title: A heading to its left.
        """
        from meterwidgets.widgets.filter_panel import FilterPanel

        panel = FilterPanel(title=title)

        def draw() -> dict[str, Any]:
            shown = filter_panels.panel(
                self.selection, self.first, self.colors, opened=panel.is_open
            )
            return shown | {"error": self.error}

        self._link(panel, draw)
        panel.observe(
            lambda change: self._change(
                lambda f: filter_panels.asked(change.new, self.selection, self.first)
            ),
            names=["request"],
        )
        self._redrawn(panel, "is_open")
        return panel

    def link(self, widget: _Own, name: str) -> _Own:
        """Let a widget of your own set one filter, and follow it.

        Args:
            widget: Anything with a ``value``: one (Dropdown, Text), several
                (SelectMultiple, TagsInput), or a day (DatePicker). Empty is all.
            name: A filter, such as "orgs", "start", "end", "preset" or "cost_type".

        Returns:
            The widget; it stays yours to close.

        Examples:
            >>> import ipywidgets, meterwidgets as mw
            >>> view = mw.UsageView(mw.demo_usage())
            >>> org = view.link(ipywidgets.Text(), "orgs")
            >>> org.value = "Acme"
            >>> view.filters
            Filters(preset='30d', orgs=('Acme',))
        """
        linking.check(widget, name)
        linking.link(self, self._change, widget, name)
        return widget

    def reset(self) -> None:
        """Go back to the first window, with nothing chosen."""
        self.filters = self.first.replace(tz=self.filters.tz)

    def refresh(self) -> bool:
        """Show what came into the store since; in a notebook this happens by itself.

        Returns:
            Whether there was anything newer. A frame that was read on the spot has
            nothing newer: read it again.
        """
        usage = open_newer(self.usage)
        if usage is None:
            return False
        untouched = self.filters == self.first
        self.usage, self.first = usage, usage.first_filters(self.first.tz)
        for dimension, slots in self._colors.items():  # who has a colour keeps it
            new = [each for each in self._ranked(dimension) if each not in slots]
            self._colors[dimension] = dict(slots) | {
                value: SLOTS[place % len(SLOTS)]
                for place, value in enumerate(new, len(slots))
            }
        if untouched and self.filters != self.first:
            self.filters = self.first
        else:
            self._selection = usage.select(self.filters)
            self._drawn.again()
        return True

    def colors(self, dimension: str) -> Colors:
        """Value -> colour slot, the same everywhere and under every filter.

        Args:
            dimension: Such as "org".

        Returns:
            From the ranking of the whole ledger, each value its slot once.
        """
        if dimension not in self._colors:
            self._colors[dimension] = {
                value: SLOTS[place % len(SLOTS)]
                for place, value in enumerate(self._ranked(dimension))
            }
        return self._colors[dimension]

    def _ranked(self, dimension: str) -> list[str | None]:
        """The values of a dimension, the largest of the whole ledger first."""
        everything = self.usage.select(Filters(tz=self.first.tz))
        return [row.id for row in breakdown(everything, dimension).rows]

    def pause(self, widgets: Iterable[Any]) -> None:
        """Let widgets that nobody sees wait until `resume`."""
        self._drawn.pause(widgets)

    def resume(self, widgets: Iterable[Any]) -> None:
        """Go on with widgets that waited; those that missed a change are drawn."""
        self._drawn.resume(widgets)

    def close(self) -> None:
        """Close every widget that this view made."""
        self.closed = True
        self._drawn.close()

    def say(self, text: str) -> None:
        """Tell the reader what went wrong, until the next change.

        In the filter panel; where the view has none, in its banner.
        """
        self.error = text
        for widget in self._drawn.of("FilterPanel") or self._drawn.of("InsightsBanner"):
            widget.error = text

    def __repr__(self) -> str:
        return f"UsageView({self.usage!r}, {self.filters!r})"

    def _link(self, widget: _Linked, draw: Draw, *, first: bool = False) -> _Linked:
        self._drawn.add(widget, lambda: self._named(draw()), first=first)
        return widget

    def _named(self, traits: dict[str, Any]) -> dict[str, Any]:
        """The same traits; of a repriced ledger every subtitle says that it is one."""
        if not self.usage.repriced or "subtitle" not in traits:
            return traits
        said = filter(None, [traits["subtitle"], self.usage.pricing])
        return traits | {"subtitle": ", ".join(said)}

    def _check_breakdown(self, by: str) -> None:
        """Refuse a dimension that figures are not broken down by."""
        if by not in self.usage.dimensions.breakdowns:
            raise MeterError(unknown("dimension", by, self.usage.dimensions.breakdowns))

    def _chooser(self, widget: _Linked, draw: Draw, by: str) -> _Linked:
        """Link a widget whose rows choose values of a dimension, and follow them."""

        def follow() -> dict[str, Any]:
            values = self.filters.chosen.get(by, ())
            return draw() | {"selected": [key(value) for value in values]}

        def choose(change: Any) -> None:
            self._change(
                lambda filters: filters.choose(by, filter_panels.values(change.new))
            )
            if self.error:  # what was refused is not chosen
                self._drawn.again([chooser])

        chooser: Any = self._link(widget, follow)
        chooser.observe(choose, names=["selected"])
        self._redrawn(chooser, "expanded")
        chooser.observe(lambda _: self.reset(), names=["reset"])
        return widget

    def _redrawn(self, widget: Any, trait: str) -> None:
        """Draw a widget anew when a trait of its own changes what it shows."""
        widget.observe(lambda _: self._drawn.again([widget]), names=[trait])

    @t.validate("filters")
    def _filters_valid(self, proposal: Any) -> Filters:
        """Refuse what this ledger doesn't have, before anything is drawn.

        A label stands for its id.
        """
        filters: Filters = proposal["value"]
        self.usage.select(filters)
        for name, values in filters.chosen.items():
            ids = [v if v is None else self.usage.ids(name, [v])[0] for v in values]
            filters = filters.choose(name, ids)
        return filters

    @t.observe("filters")
    def _filters_changed(self, change: Any) -> None:
        if change.old is t.Undefined or not isinstance(change.old, Filters):
            return
        self._selection = self.usage.select(change.new)
        self._lists.asked = None
        self.error = ""
        self._draw()

    def _change(self, change: Callable[[Filters], Filters]) -> None:
        """Take a change that a browser asked for, or say why not.

        Browsers send bursts of them; one from Python is drawn when it returns.
        """
        self._draw = self._drawn.soon
        try:
            self.filters = change(self.filters)
        except MeterError as error:
            self.say(str(error))
        except Exception:  # noqa: BLE001 - a browser sees our words, no traceback
            _log.exception("a change of the filters failed")
            self.say(FAILED)
        finally:
            self._draw = self._drawn.again
