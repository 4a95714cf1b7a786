"""What made this: the dearest requests behind a figure, once they are asked for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.amounts import ratio
from meterwidgets.metrics.top_requests import Request, TopRequests, top_requests
from meterwidgets.present.words import Traits, empty_state
from meterwidgets.zones import zone

if TYPE_CHECKING:
    from meterwidgets.dashboards.scheduler import Drawn
    from meterwidgets.dashboards.view import UsageView
    from meterwidgets.widgets.records_list import RecordsList

TITLE = "What made this"
_DAY = timedelta(hours=25)
"""The longest day; within one a clock says when."""


class Lists:
    """The lists of one view, and what a banner asked them to show.

    Attributes:
        asked: What they show instead of the view's selection, until that changes.
    """

    def __init__(self, view: UsageView, drawn: Drawn) -> None:
        self._view, self._drawn = view, drawn
        self.asked: Filters | None = None

    def draw(self, widget: RecordsList) -> Traits:
        """What a list shows."""
        view = self._view
        shown = view.selection if self.asked is None else view.usage.select(self.asked)
        return records_list(shown, opened=widget.is_open)

    def follow(self, widget: RecordsList) -> None:
        """Do what a list's reader asks for; banners can lead to it from now on."""
        widget.observe(lambda _: self._folded(widget), names=["is_open"])
        widget.observe(lambda _: self._refresh(widget), names=["refresh"])
        self._drawn.again(self._drawn.of("InsightsBanner"))

    def call(self, filters: Filters) -> None:
        """Open the lists that are seen on what filters choose."""
        self.asked = filters
        found = self._drawn.seen("RecordsList")
        self._drawn.again(widget for widget in found if widget.is_open)
        for widget in found:
            widget.is_open = True  # which draws those that were folded
            widget.called += 1

    def _folded(self, widget: RecordsList) -> None:
        if not widget.is_open:
            self.asked = None
        self._drawn.again([widget])

    def _refresh(self, widget: RecordsList) -> None:
        if not self._view.refresh():
            self._drawn.again([widget])


def records_list(selection: Selection, *, opened: bool) -> Traits:
    """The traits of the list; its requests are read only while it is open.

    Args:
        selection: What was made, such as a day with a spike; of a store.
        opened: Whether its reader asked for them.
    """
    tz = selection.filters.tz
    head: Traits = {
        "subtitle": f"the dearest requests, {times.window(selection.window)} ({tz})",
        "total": "", "total_title": "", "rows": [], "rest": {}, "empty": {},
    }  # fmt: skip
    if not opened:
        return head
    if not selection.sums()["records"]:
        return head | {"empty": empty_state(selection, 0)["empty"] | {"action": ""}}
    try:
        top = top_requests(selection)
    except LedgerError:
        gone = {
            "title": "The store has gone on",
            "text": "These requests are no longer where they were when this page was "
            "opened. Refresh shows what the store has now.",
            "action": "Refresh",
        }
        return head | {"empty": gone}
    return head | _filled(selection, top)


def _filled(selection: Selection, top: TopRequests) -> Traits:
    """Rows, what the others add up to, and the figure that both make."""
    unit, by_cost = selection.currency, top.measure == "cost"
    values = [*(request.value for request in top.requests), top.rest, top.total]
    if by_cost:
        texts = formats.money_column(values[:-1], unit)
        texts.append(formats.money(top.total, unit))
        exact = [formats.money_exact(value, unit) for value in values]
    else:
        texts = [formats.count(value) for value in values]
        exact = [formats.count_exact(value) for value in values]
    words = "record" if selection.frame.bucket_s else "request"
    return {
        "total": texts[-1],
        "total_title": exact[-1],
        "value_label": "Cost" if by_cost else "Tokens",
        "rows": [
            _row(selection, request) | {"value": text, "value_title": title}
            for request, text, title in zip(top.requests, texts, exact, strict=False)
        ],
        "rest": {
            "name": f"{formats.plural(top.rest_count, f'more {words}')}, together",
            "value": texts[-2],
            "value_title": exact[-2],
            "share": percentages.share(ratio(top.rest, top.total)),
        }
        if top.rest_count
        else {},
    }


def _row(selection: Selection, request: Request) -> Traits:
    frame, tz, unit = selection.frame, selection.filters.tz, selection.currency
    here = request.start.astimezone(zone(tz))
    day = selection.window.end - selection.window.start <= _DAY
    clock = f"{here:%Y-%m-%d %H:%M:%S}"
    model = frame.label("model", request.model)
    deployment = frame.label("deployment", request.deployment)
    list_price = "no list price is known"
    if request.list_cost is not None:
        list_price = f"list price {formats.money_exact(request.list_cost, unit)}"
    return {
        "time": times.clock(here)
        if day
        else f"{times.day(here.date(), year=False)}, {times.clock(here)}",
        "time_title": f"{clock} {tz}",
        "model": model,
        "deployment": deployment if deployment != model else "",
        "org": frame.label("org", request.org),
        "user": frame.label("user", request.user),
        "input": formats.count(request.input_tokens),
        "input_title": formats.count_exact(request.input_tokens),
        "output": formats.count(request.output_tokens),
        "output_title": formats.count_exact(request.output_tokens),
        "times": formats.DASH
        if request.list_cost_multiple is None
        else f"{formats.count(request.list_cost_multiple)}x",
        "times_title": list_price,
        "flagged": request.is_overpriced,
        "share": percentages.share(request.share),
        "source": f"{PurePath(request.file or 'a table').name}, row {request.row:,}"
        if request.row is not None
        else "",  # by its name: a page needs no paths of the server
    }
