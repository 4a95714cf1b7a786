"""A widget of the user's own, linked to one filter of a view, both ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from traitlets import TraitError

from meterwidgets.dashboards.linker import FilterChange
from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.schema import DIMENSIONS
from meterwidgets.zones import day_of, zone

FILTERS = (
    *DIMENSIONS.filters,
    "start",
    "end",
    "preset",
    "tz",
    "cost_type",
    "currency",
    "outliers",
)
"""The filters that a widget can be linked to."""
_MICROSECOND = timedelta(microseconds=1)


def check_linkable(widget: Any, name: str) -> None:
    """Refuse what can't be linked.

    Raises:
        MeterError: When there is no such filter, or the widget has no value.
    """
    if name not in FILTERS:
        raise MeterError(unknown("filter", name, FILTERS))
    has_trait = getattr(widget, "has_trait", None)
    if not callable(has_trait) or not has_trait("value"):
        raise MeterError(
            f"{type(widget).__name__} has no value to link; expected a widget such as "
            "ipywidgets.Dropdown, SelectMultiple, Text or DatePicker"
        )


def filters_with(selection: Selection, name: str, value: Any) -> Filters:
    """The filters once a widget has a value.

    Args:
        selection: What is selected now.
        name: One of `FILTERS`.
        value: Of the widget. Of a dimension it is one value or several, as the ledger
            reports or labels them; empty is all. The end is a day that is still in,
            or an instant that is out.

    Raises:
        MeterError: When the ledger can't answer it.
    """
    filters = selection.filters
    if dimension := selection.frame.dimensions.filters.get(name):
        values = value if isinstance(value, tuple | list) else (value,)
        values = [each for each in values if each not in ("", None)]
        ids = selection.frame.ids(dimension.name, values)
        return filters.choose(dimension.name, ids)
    if name not in ("start", "end"):
        return filters.replace(**{name: value})
    if name == "end" and value is not None and not isinstance(value, datetime):
        value += timedelta(days=1)
    window = selection.window
    sides = {"start": window.start, "end": window.end} | {name: value}
    return filters.replace(preset="custom", **sides)


def widget_values(selection: Selection, name: str, *, several: bool) -> list[Any]:
    """The values that a widget may show for a filter, the best first.

    Args:
        selection: What is selected.
        name: One of `FILTERS`.
        several: Whether the widget holds several values.
    """
    filters, frame = selection.filters, selection.frame
    if dimension := frame.dimensions.filters.get(name):
        ids = filters.chosen.get(dimension.name, ())
        labels = tuple(frame.display_names(dimension.name, ids))
        if several:
            return [ids, labels, ()]
        single = [ids[0], labels[0]] if len(ids) == 1 else []
        return [*single, None, ""] if ids else ["", None]
    if name in ("start", "end"):
        at = getattr(selection.window, name)
        day = day_of(at - _MICROSECOND if name == "end" else at, filters.tz)
        return [day, at.astimezone(zone(filters.tz)), None]
    if name == "currency":
        return [selection.currency, None, ""]
    return [getattr(filters, name), None, ""]


def link_filter(
    view: Any, change: Callable[[FilterChange], None], widget: Any, name: str
) -> None:
    """Let a widget set one filter of a view, and follow it.

    Args:
        view: The view.
        change: How the view takes a change, or says why not.
        widget: Anything with a ``value``.
        name: One of `FILTERS`.
    """
    several = isinstance(widget.value, tuple | list)
    is_following = False

    def follow(_: Any = None) -> None:
        nonlocal is_following
        if getattr(widget, "comm", widget) is None:  # closed by its owner
            view.unobserve(follow, names=["filters"])
            return
        is_following = True
        try:
            _set_first(widget, widget_values(view.selection, name, several=several))
        finally:
            is_following = False

    def choose(changed: Any) -> None:
        if not is_following:
            change(lambda _: filters_with(view.selection, name, changed.new))
            follow()

    follow()
    widget.observe(choose, names=["value"])
    view.observe(follow, names=["filters"])


def _set_first(widget: Any, values: list[Any]) -> None:
    """Give a widget the first of the values that it accepts."""
    for value in values:
        try:
            widget.value = value
        except (TraitError, AttributeError):  # a DatetimePicker refuses a day
            continue
        return
