"""The bar above a page: range presets, what is shown, chips and the filter dialog."""

from __future__ import annotations

import re
from typing import ClassVar

import traitlets as t

from meterwidgets.widgets.base import Check, MeterWidget, flag, script, text, texts

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2})?")
_SIDES = ("both", "input", "output")
_DIMS, _IDS, _ID_LENGTH = 16, 5000, 1000


def _shaped(pattern: re.Pattern[str]) -> Check:
    def check(value: object) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise ValueError(f"expected text like {pattern.pattern}")

    return check


def _side(value: object) -> object:
    if value in _SIDES:
        return value
    raise ValueError("expected a cost type")


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return value
    raise ValueError("expected the number of the request")


def _dims(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or len(value) > _DIMS:
        raise ValueError(f"expected at most {_DIMS} dimensions")
    one, many = text(40), texts(_IDS, _ID_LENGTH)
    return {str(one(key)): many(ids) for key, ids in value.items()}


_FIELDS: dict[str, Check] = {
    "n": _number,
    "preset": text(20),
    "clear": text(40),
    "from": _shaped(_DATE),
    "to": _shaped(_DATE),
    "start_time": _shaped(_CLOCK),
    "end_time": _shaped(_CLOCK),
    "zone": text(64),
    "cost_type": _side,
    "currency": text(16),
    "dims": _dims,
}


def _request(value: object) -> dict[str, object]:
    """Accept one action of the reader: shape and size, nothing of its meaning."""
    if not isinstance(value, dict) or "n" not in value or len(value) > len(_FIELDS):
        raise ValueError("expected one request with its number")
    if not value.keys() <= _FIELDS.keys():
        raise ValueError(f"expected only {', '.join(_FIELDS)}")
    return {name: _FIELDS[name](item) for name, item in value.items()}


class FilterPanel(MeterWidget):
    """Show what a page covers, and let the reader ask for something else.

    The panel knows nothing of what it asks for: each action replaces `request` with
    one dict and an increasing ``n``, and the caller answers by setting the other
    traits. ``{"n": 3, "preset": "7d"}``, ``{"n": 5, "clear": "orgs"}`` (or
    ``"all"``), and from the dialog ``from``, ``to``, ``start_time``, ``end_time``,
    ``zone``, ``cost_type``, ``currency`` and ``dims`` (ids by dimension; left out
    while the lists have not come).

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

    Examples:
        >>> panel = FilterPanel(title="Usage Metering", range_text="Feb 22, 2026")
        >>> panel
        FilterPanel('Feb 22, 2026 UTC', 0 filters)
        >>> panel.close()
    """

    _esm = script("filter_form", "filter_dialog", "filter_panel")
    inbound: ClassVar = {"is_open": flag, "request": _request}

    title = t.Unicode().tag(sync=True)
    """The heading of the page; none if empty."""
    subtitle = t.Unicode().tag(sync=True)
    """What the dialog's shares are of."""
    presets = t.List(t.Dict()).tag(sync=True)
    """The ranges to choose from: key, label, and disabled; "custom" opens the
    dialog."""
    preset = t.Unicode().tag(sync=True)
    """The key of the chosen range."""
    range_text = t.Unicode().tag(sync=True)
    """The range as dates."""
    zone = t.Unicode("UTC").tag(sync=True)
    """The IANA name of the zone of all dates."""
    data_until = t.Unicode().tag(sync=True)
    """How far the data goes, as a phrase."""
    notes = t.List(t.Unicode()).tag(sync=True)
    """Further short phrases after the range."""
    demo = t.Unicode().tag(sync=True)
    """A label for data that is not real."""
    demo_title = t.Unicode().tag(sync=True)
    """What the label means; shown on hover."""
    chips = t.List(t.Dict()).tag(sync=True)
    """The filters in force: dim, label, text, title."""
    count = t.Int(0).tag(sync=True)
    """The number on the Filters button."""
    dims = t.List(t.Dict()).tag(sync=True)
    """The lists of the dialog: key, label, plural, note, and values of id, name,
    share, color, selected; filled while `is_open`."""
    from_date = t.Unicode().tag(sync=True)
    """The first day, as 2026-01-24."""
    to_date = t.Unicode().tag(sync=True)
    """The last day, as 2026-02-22."""
    start_time = t.Unicode("00:00").tag(sync=True)
    """The time on the first day."""
    end_time = t.Unicode("00:00").tag(sync=True)
    """The time on the last day; 00:00 is the midnight that ends it."""
    min_date = t.Unicode().tag(sync=True)
    """The first day with data."""
    max_date = t.Unicode().tag(sync=True)
    """The last day with data."""
    default_range = t.Dict().tag(sync=True)
    """What Reset puts into the form: from, to, start_time, end_time; if empty,
    Reset leaves the range."""
    step = t.Int(900).tag(sync=True)
    """The grain of the time inputs in seconds."""
    cost_type = t.Enum(_SIDES, default_value="both").tag(sync=True)
    """Which side of usage counts."""
    currency = t.Unicode().tag(sync=True)
    """The chosen currency."""
    currencies = t.List(t.Unicode()).tag(sync=True)
    """The currencies to choose from; shown if there are several."""
    error = t.Unicode().tag(sync=True)
    """What went wrong, below the presets."""
    loading = t.Bool(False).tag(sync=True)
    """Whether an answer is on its way."""
    stale = t.Union([t.Bool(), t.Unicode()], default_value=False).tag(sync=True)
    """Whether the figures are old, or a phrase that says how old."""
    is_open = t.Bool(False).tag(sync=True, echo_update=False)
    """Whether the dialog is open; set by the reader (`open` opens a widget's comm)."""
    request = t.Dict().tag(sync=True, echo_update=False)
    """The reader's last action."""

    def __repr__(self) -> str:
        what = " ".join(part for part in (self.range_text, self.zone) if part)
        plural = "" if self.count == 1 else "s"
        return f"FilterPanel({what!r}, {self.count} filter{plural})"
