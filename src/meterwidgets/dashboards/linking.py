"""A reader's own widget, linked to one filter of a view, both ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from traitlets import TraitError

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.schema import DIMENSIONS
from meterwidgets.zones import day_of, zone

NAMES = (
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
_MOMENT = timedelta(microseconds=1)


def check(widget: Any, name: str) -> None:
    """Refuse what can't be linked.

    Raises:
        MeterError: When there is no such filter, or the widget has no value.
    """
    if name not in NAMES:
        raise MeterError(unknown("filter", name, NAMES))
    if not callable(getattr(widget, "has_trait", None)) or not widget.has_trait(
        "value"
    ):
        raise MeterError(
            f"{type(widget).__name__} has no value to link; expected a widget such as "
            "ipywidgets.Dropdown, SelectMultiple, Text or DatePicker"
        )


def asked(selection: Selection, name: str, value: Any) -> Filters:
    """The filters once a widget has a value.

    Args:
        selection: What is selected now.
        name: One of `NAMES`.
        value: Of the widget. Of a dimension it is one value or several, as the ledger
            reports or labels them; empty is all. The end is a day that is still in,
            or an instant that is out.

    Raises:
        MeterError: When the ledger can't answer it.
    """
    if dimension := selection.frame.dimensions.filters.get(name):
        several = value if isinstance(value, tuple | list) else (value,)
        given = [one for one in several if one not in ("", None)]
        ids = selection.frame.ids(dimension.name, given)
        return selection.filters.choose(dimension.name, ids)
    if name not in ("start", "end"):
        return selection.filters.replace(**{name: value})
    if name == "end" and value is not None and not isinstance(value, datetime):
        value += timedelta(days=1)
    window = selection.window
    ends = {"start": window.start, "end": window.end} | {name: value}
    return selection.filters.replace(preset="custom", **ends)


def shown(selection: Selection, name: str, *, several: bool) -> list[Any]:
    """What a widget may show of a filter, the best first.

    Args:
        selection: What is selected.
        name: One of `NAMES`.
        several: Whether the widget holds several values.
    """
    if dimension := selection.frame.dimensions.filters.get(name):
        ids = selection.filters.chosen.get(dimension.name, ())
        labels = tuple(selection.frame.shown(dimension.name, ids))
        if several:
            return [ids, labels, ()]
        one = [ids[0], labels[0]] if len(ids) == 1 else []
        return [*one, None, ""] if ids else ["", None]
    if name in ("start", "end"):
        tz, last = selection.filters.tz, name == "end"
        at = getattr(selection.window, name)
        day = day_of(at - _MOMENT if last else at, tz)
        return [day, at.astimezone(zone(tz)), None]
    if name == "currency":
        return [selection.currency, None, ""]
    return [getattr(selection.filters, name), None, ""]


def link(
    view: Any,
    change: Callable[[Callable[[Filters], Filters]], None],
    widget: Any,
    name: str,
) -> None:
    """Let a widget set one filter of a view, and follow it.

    Args:
        view: The view.
        change: How the view takes a change, or says why not.
        widget: Anything with a ``value``.
        name: One of `NAMES`.
    """
    several = isinstance(widget.value, tuple | list)
    following = False

    def follow(_: Any = None) -> None:
        nonlocal following
        if getattr(widget, "comm", widget) is None:  # closed by its owner
            view.unobserve(follow, names=["filters"])
            return
        following = True
        try:
            _show(widget, shown(view.selection, name, several=several))
        finally:
            following = False

    def choose(changed: Any) -> None:
        if not following:
            change(lambda _: asked(view.selection, name, changed.new))
            follow()

    follow()
    widget.observe(choose, names=["value"])
    view.observe(follow, names=["filters"])


def _show(widget: Any, values: list[Any]) -> None:
    """Give a widget the first of values that it takes."""
    for value in values:
        try:
            widget.value = value
        except (TraitError, AttributeError):  # so a DatetimePicker refuses a day
            continue
        return
