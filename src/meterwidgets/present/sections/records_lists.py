"""What made this: the costliest requests behind a figure, and what all others add."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import TypedDict

from meterwidgets.errors import LedgerError
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import ratio
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.metrics.top_requests import Request, TopRequests, top_requests
from meterwidgets.present.filters.chosen import EmptyState, empty_state
from meterwidgets.zones import zone

TITLE = "What made this"
_LONGEST_DAY = timedelta(hours=25)
"""Within a day the time of a request needs no date."""


class _RequestTexts(TypedDict):
    time: str
    time_title: str
    model: str
    deployment: str
    org: str
    user: str
    input: str
    input_title: str
    output: str
    output_title: str
    times: str
    times_title: str
    flagged: bool
    share: str
    source: str


class RequestRow(_RequestTexts):
    """One request, with what it is ranked by."""

    value: str
    value_title: str


class RestRow(TypedDict, total=False):
    """All other requests in one line; empty where there are none."""

    name: str
    value: str
    value_title: str
    share: str


class RecordsListTraits(TypedDict, total=False):
    """Requests as `widgets.RecordsList` draws them."""

    subtitle: str
    total: str
    total_title: str
    value_label: str
    rows: list[RequestRow]
    rest: RestRow
    empty: EmptyState


def records_list(selection: Selection, *, opened: bool) -> RecordsListTraits:
    """The traits of the list; its requests are read only while it is open.

    Args:
        selection: What they make up, such as a day with a spike; of a store.
        opened: Whether the list is open.
    """
    range_text, tz = times.window(selection.window), selection.filters.tz
    folded: RecordsListTraits = {
        "subtitle": f"the dearest requests, {range_text} ({tz})",
        "total": "",
        "total_title": "",
        "rows": [],
        "rest": {},
        "empty": {},
    }
    if not opened:
        return folded
    if not selection.sums()["records"]:
        return {**folded, "empty": {**empty_state(selection, 0), "action": ""}}
    try:
        top = top_requests(selection)
    except LedgerError:
        outdated: EmptyState = {
            "title": "The store has gone on",
            "text": "These requests are no longer where they were when this page was "
            "opened. Refresh shows what the store has now.",
            "action": "Refresh",
        }
        return {**folded, "empty": outdated}
    return {**folded, **_filled(selection, top)}


def _filled(selection: Selection, top: TopRequests) -> RecordsListTraits:
    """The top requests, what the others add up to, and the figure that both make."""
    currency, by_cost = selection.currency, top.measure == "cost"
    values = [*(row.value for row in top.requests), top.rest, top.total]
    if by_cost:
        texts = formats.money_column(values[:-1], currency)
        texts.append(formats.money(top.total, currency))
        exact = [formats.money_exact(value, currency) for value in values]
    else:
        texts = [formats.count(value) for value in values]
        exact = [formats.count_exact(value) for value in values]
    noun = "record" if selection.frame.bucket_s else "request"
    rest: RestRow = {
        "name": f"{formats.plural(top.rest_count, f'more {noun}')}, together",
        "value": texts[-2],
        "value_title": exact[-2],
        "share": percentages.share(ratio(top.rest, top.total)),
    }
    return {
        "total": texts[-1],
        "total_title": exact[-1],
        "value_label": "Cost" if by_cost else "Tokens",
        "rows": [
            {**_request(selection, row), "value": text, "value_title": title}
            for row, text, title in zip(top.requests, texts, exact, strict=False)
        ],
        "rest": rest if top.rest_count else {},
    }


def _request(selection: Selection, row: Request) -> _RequestTexts:
    frame, tz, currency = selection.frame, selection.filters.tz, selection.currency
    here = row.start.astimezone(zone(tz))
    time = times.clock(here)
    if selection.window.end - selection.window.start > _LONGEST_DAY:
        time = f"{times.day(here.date(), year=False)}, {time}"
    model = frame.label("model", row.model)
    deployment = frame.label("deployment", row.deployment)
    list_price = "no list price is known"
    if row.list_cost is not None:
        list_price = f"list price {formats.money_exact(row.list_cost, currency)}"
    source = ""
    if row.row is not None:  # by its name: a page needs no paths of the server
        source = f"{PurePath(row.file or 'a table').name}, row {row.row:,}"
    return {
        "time": time,
        "time_title": f"{here:%Y-%m-%d %H:%M:%S} {tz}",
        "model": model,
        "deployment": deployment if deployment != model else "",
        "org": frame.label("org", row.org),
        "user": frame.label("user", row.user),
        "input": formats.count(row.input_tokens),
        "input_title": formats.count_exact(row.input_tokens),
        "output": formats.count(row.output_tokens),
        "output_title": formats.count_exact(row.output_tokens),
        "times": formats.DASH
        if row.list_cost_multiple is None
        else f"{formats.count(row.list_cost_multiple)}x",
        "times_title": list_price,
        "flagged": row.is_overpriced,
        "share": percentages.share(row.share),
        "source": source,
    }
