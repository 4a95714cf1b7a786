"""The bar above a page: range presets, range, filter chips and the filter dialog."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, synced
from meterwidgets.widgets.validators import Validator

CostType = Literal["both", "input", "output"]
_COST_TYPES: tuple[CostType, ...] = get_args(CostType)
_MAX_FILTERS, _MAX_IDS, _MAX_ID_LENGTH = 16, 5000, 1000


def _matching(pattern: str) -> Validator:
    regex = re.compile(pattern)

    def validate(value: object) -> str:
        if isinstance(value, str) and regex.fullmatch(value):
            return value
        raise ValueError(f"expected text like {pattern}")

    return validate


def _cost_type(value: object) -> object:
    if value in _COST_TYPES:
        return value
    raise ValueError("expected a cost type")


def _ids_by_filter(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or len(value) > _MAX_FILTERS:
        raise ValueError(f"expected at most {_MAX_FILTERS} filters")
    key, ids = validators.text(40), validators.texts(_MAX_IDS, _MAX_ID_LENGTH)
    return {str(key(name)): ids(selected) for name, selected in value.items()}


_REQUEST_FIELDS: dict[str, Validator] = {
    "n": validators.ordinal,
    "preset": validators.text(20),
    "clear": validators.text(40),
    "from": _matching(r"\d{4}-\d{2}-\d{2}"),
    "to": _matching(r"\d{4}-\d{2}-\d{2}"),
    "start_time": _matching(r"\d{2}:\d{2}(:\d{2})?"),
    "end_time": _matching(r"\d{2}:\d{2}(:\d{2})?"),
    "zone": validators.text(64),
    "cost_type": _cost_type,
    "currency": validators.text(16),
    "filters": _ids_by_filter,
}


def _request(value: object) -> dict[str, object]:
    """Accept one action of the user: its shape and size; its meaning is not checked."""
    if not isinstance(value, dict) or "n" not in value:
        raise ValueError("expected one request with its number")
    if not value.keys() <= _REQUEST_FIELDS.keys():
        raise ValueError(f"expected only {', '.join(_REQUEST_FIELDS)}")
    return {name: _REQUEST_FIELDS[name](item) for name, item in value.items()}


class FilterPanel(MeterWidget):
    """Show the range and the filters of a page, and let the user change them.

    The panel filters nothing itself: each action sets `request` to a dict with an
    increasing ``n``, and the caller answers by setting the other traits. A preset is
    ``{"n": 3, "preset": "7d"}``, the removal of a chip ``{"n": 5, "clear": "orgs"}``
    (or ``"all"``), and the dialog sends ``from``, ``to``, ``start_time``,
    ``end_time``, ``zone``, ``cost_type``, ``currency`` and ``filters`` (ids by
    filter, left out until the lists have come).

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> panel = FilterPanel(title="Usage Metering", range_text="Feb 22, 2026")
        >>> panel
        FilterPanel('Feb 22, 2026 UTC', 0 filters)
        >>> panel.close()
    """

    _esm = script("filter_form", "filter_dialog", "filter_panel")

    title: str = synced(t.Unicode())
    """The heading of the page; none if empty."""
    subtitle: str = synced(t.Unicode())
    """The measure and range of the shares in the dialog."""
    presets: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The ranges to choose from: key, label, and disabled; "custom" opens the
    dialog."""
    preset: str = synced(t.Unicode())
    """The key of the selected range."""
    range_text: str = synced(t.Unicode())
    """The range as dates."""
    zone: str = synced(t.Unicode("UTC"))
    """The IANA name of the zone of all dates."""
    data_until: str = synced(t.Unicode())
    """Until when there is data, as a phrase."""
    notes: list[str] = synced(t.List(t.Unicode()))
    """More short phrases after the range."""
    part_shown: str = synced(t.Unicode())
    """How much of everything the range shows, as "$0.01 of $1.10"; it stands before a
    button that asks for the preset "all"."""
    demo: str = synced(t.Unicode())
    """A label for data that is not real."""
    demo_title: str = synced(t.Unicode())
    """What the label means; shown on hover."""
    chips: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The filters in force: filter, label, text, title."""
    count: int = synced(t.Int(0))
    """The number on the Filters button."""
    filters: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The lists of the dialog: key, label, plural, note, and values of id, name,
    share, color, selected; filled while `is_open`."""
    from_date: str = synced(t.Unicode())
    """The first day, as 2026-01-24."""
    to_date: str = synced(t.Unicode())
    """The last day, as 2026-02-22."""
    start_time: str = synced(t.Unicode("00:00"))
    """The time on the first day."""
    end_time: str = synced(t.Unicode("00:00"))
    """The time on the last day; 00:00 is the midnight that ends it."""
    min_date: str = synced(t.Unicode())
    """The first day with data."""
    max_date: str = synced(t.Unicode())
    """The last day with data."""
    default_range: dict[str, Any] = synced(t.Dict())
    """What Reset puts into the form: from, to, start_time, end_time; if empty,
    Reset leaves the range."""
    step: int = synced(t.Int(900))
    """The grain of the time inputs in seconds."""
    cost_type: CostType = synced(t.Enum(_COST_TYPES, default_value="both"))
    """The side of usage that counts."""
    currency: str = synced(t.Unicode())
    """The selected currency."""
    currencies: list[str] = synced(t.List(t.Unicode()))
    """The currencies to choose from; shown if there are several."""
    error: str = synced(t.Unicode())
    """What went wrong; shown below the presets."""
    loading: bool = synced(t.Bool(False))
    """Whether an answer is on its way."""
    stale: bool | str = synced(t.Union([t.Bool(), t.Unicode()], default_value=False))
    """Whether the figures are old, or a phrase that says how old."""
    is_open: bool = inbound(t.Bool(False), accept=validators.boolean)
    """Whether the dialog is open; set by the user (`open` opens a widget's comm)."""
    request: dict[str, Any] = inbound(t.Dict(), accept=_request)
    """The user's last action."""

    def __repr__(self) -> str:
        range_ = " ".join(text for text in (self.range_text, self.zone) if text)
        plural = "" if self.count == 1 else "s"
        return f"FilterPanel({range_!r}, {self.count} filter{plural})"
