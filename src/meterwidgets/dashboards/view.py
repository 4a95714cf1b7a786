"""UsageView: the one linked selection, and the widgets that follow it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import traitlets as t

from meterwidgets.dashboards import cards, filtering, rings, splits
from meterwidgets.dashboards.wording import SLOTS, Colors
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.rollup import USER_DIMENSIONS
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.compute import breakdown

if TYPE_CHECKING:
    from meterwidgets.widgets.donut import Donut
    from meterwidgets.widgets.filter_panel import FilterPanel
    from meterwidgets.widgets.kpi_card import KpiCards
    from meterwidgets.widgets.split_bar import SplitBar

_log = logging.getLogger("meterwidgets")
_Linked = TypeVar("_Linked", bound="_Drawn")
_Draw = Callable[[], dict[str, Any]]
_BY = tuple(name for name in USER_DIMENSIONS if name not in {"currency", "api_key"})
_FAILED = "The figures could not be refreshed; those shown are the last good ones."


class _Drawn(Protocol):
    """What a view asks of a widget."""

    def update(self, **traits: object) -> None:
        """Set several traits at once."""


class UsageView(t.HasTraits):
    """One selection of a ledger, and the widgets linked to it.

    A change of ``filters``, from Python, a click or the filter panel, updates every
    widget that this view made.

    Args:
        usage: The ledger.
        tz: The IANA zone of days and clocks; by default the ledger's.
        filters: What to start with; by default everything up to 30 days, else the
            last 30 days.

    Examples:
        >>> import meterwidgets as mw
        >>> view = mw.UsageView(mw.demo_usage())
        >>> cards = view.kpi_cards()
        >>> view.filters = view.filters.replace(orgs=["Initech"])
        >>> cards
        KpiCards(Total Spend $31.77 | Tokens 17.7M | Models 2 | Rate/1K $0.0018 | \
Efficiency 557K)
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
        self._first = usage.first_filters(tz)
        self._links: list[tuple[Any, _Draw]] = []
        self._colors: dict[str, Colors] = {}
        super().__init__(filters=filters or self._first)
        self._selection = usage.select(self.filters)

    @property
    def selection(self) -> Selection:
        """The selected cells, as a value for the next cell."""
        return self._selection

    def kpi_cards(self) -> KpiCards:
        """The row of cards: spend, tokens, models, rate, efficiency."""
        from meterwidgets.widgets.kpi_card import KpiCards

        return self._link(
            KpiCards(),
            lambda: cards.kpi_cards(self.selection, self.colors("model")),
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

        if by not in _BY:
            raise MeterError(unknown("dimension", by, _BY))
        ring = Donut()

        def draw() -> dict[str, Any]:
            colors = self.colors(by)
            return rings.donut(self.selection, by, colors, expanded=ring.expanded)

        self._link(ring, draw)
        field = f"{by}s"
        ring.observe(
            lambda change: self._change(
                lambda f: f.replace(**{field: filtering.values(change.new)})
            ),
            names=["selected"],
        )
        ring.observe(lambda _: self._draw(ring, draw), names=["expanded"])
        ring.observe(lambda _: self.reset(), names=["reset"])
        return ring

    def filter_panel(self, *, title: str = "") -> FilterPanel:
        """Presets, the resolved range, chips, and the dialog with every filter.

        Args:
            title: A heading to its left.
        """
        from meterwidgets.widgets.filter_panel import FilterPanel

        panel = FilterPanel(title=title)

        def draw() -> dict[str, Any]:
            shown = filtering.panel(
                self.selection, self._first, self.colors, opened=panel.is_open
            )
            return shown | {"error": self.error}

        self._link(panel, draw)
        panel.observe(
            lambda change: self._change(
                lambda f: filtering.asked(change.new, self.selection, self._first)
            ),
            names=["request"],
        )
        panel.observe(lambda _: self._draw(panel, draw), names=["is_open"])
        return panel

    def reset(self) -> None:
        """Go back to the first window, with nothing chosen."""
        self.filters = self._first.replace(tz=self.filters.tz)

    def colors(self, dimension: str) -> Colors:
        """Value -> colour slot, the same everywhere and under every filter.

        Args:
            dimension: Such as "org".

        Returns:
            From the ranking of the whole ledger, each value its slot once.
        """
        if dimension not in self._colors:
            everything = self.usage.select(Filters(tz=self._first.tz))
            rows = breakdown(everything, dimension).rows
            self._colors[dimension] = {
                row.id: SLOTS[place % len(SLOTS)] for place, row in enumerate(rows)
            }
        return self._colors[dimension]

    def close(self) -> None:
        """Close every widget that this view made."""
        links, self._links = self._links, []
        for widget, _ in links:
            widget.close()

    def __repr__(self) -> str:
        return f"UsageView({self.usage!r}, {self.filters!r})"

    def _link(self, widget: _Linked, draw: _Draw) -> _Linked:
        self._links.append((widget, draw))
        widget.update(**draw())
        return widget

    @t.validate("filters")
    def _filters_valid(self, proposal: Any) -> Filters:
        """Refuse what this ledger can't answer, before anything is drawn."""
        filters: Filters = proposal["value"]
        self.usage.select(filters)
        return filters

    @t.observe("filters")
    def _filters_changed(self, change: Any) -> None:
        if change.old is t.Undefined or not isinstance(change.old, Filters):
            return
        self._selection = self.usage.select(change.new)
        self.error = ""
        self._links = [(w, draw) for w, draw in self._links if w.comm is not None]
        for widget, draw in self._links:
            self._draw(widget, draw)

    def _draw(self, widget: Any, draw: _Draw) -> None:
        """Draw one widget; what fails is logged and said, and the others go on."""
        try:
            widget.update(**draw())
        except Exception:  # noqa: BLE001 - one broken widget must not stop the others
            _log.exception("a widget could not be refreshed")
            self._say(_FAILED)

    def _change(self, change: Callable[[Filters], Filters]) -> None:
        """Take a change that a browser asked for, or say why not."""
        try:
            self.filters = change(self.filters)
        except MeterError as error:
            self._say(str(error))
        except Exception:  # noqa: BLE001 - a browser sees our words, no traceback
            _log.exception("a change of the filters failed")
            self._say(_FAILED)

    def _say(self, text: str) -> None:
        self.error = text
        for widget, _ in self._links:
            if widget.has_trait("error"):
                widget.error = text
