"""Requests of the filter panel: one action of a reader as filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.present.filters.panel import form_range
from meterwidgets.present.vocabulary import values


def requested_filters(
    request: Mapping[str, Any], selection: Selection, initial: Filters
) -> Filters:
    """The filters that a request of the panel means.

    Args:
        request: One action of the reader; hostile, though its shape was checked.
        selection: What is shown now.
        initial: What "Clear all" of the page goes back to.

    Raises:
        MeterError: When a value can't be used.
    """
    if "clear" in request:
        return _cleared(request["clear"], selection, initial)
    changes: dict[str, Any] = {
        field: values.decode(texts)
        for field, texts in request.get("filters", {}).items()
        if field in selection.frame.dimensions.filters
    }
    if "zone" in request:
        changes["tz"] = request["zone"]
    if "cost_type" in request:
        changes["cost_type"] = request["cost_type"]
    if request.get("currency", selection.currency) != selection.currency:
        changes["currency"] = request["currency"]
    if "preset" in request:
        changes["preset"] = request["preset"]
    elif "from" in request or "to" in request:
        changes |= _requested_range(request, selection, initial)
    return selection.filters.replace(**changes)


def _cleared(field: str, selection: Selection, initial: Filters) -> Filters:
    """The filters without one of them, or with only the range that they choose."""
    filters = selection.filters
    if field == "all":
        return initial.replace(
            tz=filters.tz,
            preset=filters.preset,
            start=filters.start,
            end=filters.end,
            currency=filters.currency,
        )
    if field == "cost_type":
        return filters.replace(cost_type="both")
    if field == "outliers":
        return filters.replace(outliers="with")
    if field not in selection.frame.dimensions.filters:
        raise MeterError("that filter is not known; reload the page")
    return filters.without(field)


def _requested_range(
    request: Mapping[str, Any], selection: Selection, initial: Filters
) -> dict[str, Any]:
    """The range of the form; one that a preset has shown stays that preset."""
    filters, shown = selection.filters, form_range(selection.window)
    form = {name: request.get(name, value) for name, value in shown.items()}
    if form == shown and filters.preset != "custom":
        return {}
    initial_window = selection.select(initial.replace(tz=filters.tz)).window
    if form == form_range(initial_window):
        return {"preset": initial.preset}
    start = _moment(form["from"], form["start_time"])
    end = _moment(form["to"], form["end_time"])
    if end.time() == time(0):
        end += timedelta(days=1)
    return {"preset": "custom", "start": start, "end": end}


def _moment(day: Any, clock: Any) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        raise MeterError(
            f"{day} {clock} is not a day and time; choose one in the form"
        ) from None
