"""The filter panel: what it shows of a selection, and of the values to choose from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import TypedDict

from meterwidgets.frame.filters import PRESETS, Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import elapsed, previous_totals
from meterwidgets.present.filters.chosen import Chip, chips
from meterwidgets.present.vocabulary import values
from meterwidgets.present.vocabulary.colors import Slots
from meterwidgets.schema import Dimension
from meterwidgets.zones import zone

_MICROSECOND = timedelta(microseconds=1)


class Choice(TypedDict):
    """A preset range."""

    key: str
    label: str


FormRange = TypedDict(
    "FormRange", {"from": str, "to": str, "start_time": str, "end_time": str}
)
"""A window as the form has it: inclusive days, and clocks on the first and last."""


class FilterValue(TypedDict):
    """A value that a filter can choose."""

    id: str
    name: str
    share: str
    color: str
    selected: bool


class FilterList(TypedDict):
    """The values of one filter."""

    key: str
    label: str
    plural: str
    values: list[FilterValue]
    note: str


class PanelTraits(TypedDict):
    """A selection as `widgets.FilterPanel` shows it."""

    presets: list[Choice]
    preset: str
    range_text: str
    zone: str
    data_until: str
    notes: list[str]
    demo: str
    demo_title: str
    chips: list[Chip]
    count: int
    filters: list[FilterList]
    from_date: str
    to_date: str
    start_time: str
    end_time: str
    default_range: FormRange
    min_date: str
    max_date: str
    step: int
    cost_type: str
    currency: str
    currencies: list[str]
    subtitle: str


# long: one line a trait
def panel(
    selection: Selection,
    initial: Filters,
    slots: Callable[[str], Slots],
    *,
    opened: bool,
) -> PanelTraits:
    """The traits of the filter panel.

    Args:
        selection: What is shown.
        initial: What a page starts with, and Reset goes back to.
        slots: Dimension -> value -> colour slot.
        opened: Whether the dialog is open; its lists are computed only then.
    """
    frame, filters, window = selection.frame, selection.filters, selection.window
    here, tz = zone(filters.tz), filters.tz
    form, active = form_range(window), chips(selection)
    first_day = frame.coverage(tz).astimezone(here).date()
    last_day = (frame.as_of(tz) - _MICROSECOND).astimezone(here).date()
    dimensions = frame.dimensions.filters.values() if opened else ()
    made_up = "Made-up usage; name a ledger to see your own"
    return {
        "presets": [
            {"key": name, "label": label}
            for name, label in {**PRESETS, "custom": "Custom"}.items()
        ],
        "preset": filters.preset,
        "range_text": times.window(window),
        "zone": tz,
        "data_until": times.data_status(frame, tz),
        "notes": _notes(selection),
        "demo": "Demo data" if frame.demo else "",
        "demo_title": made_up if frame.demo else "",
        "chips": active,
        "count": len(active),
        "filters": [
            _filter_list(selection, dimension, slots(dimension.name))
            for dimension in dimensions
            if not dimension.is_personal
        ],
        "from_date": form["from"],
        "to_date": form["to"],
        "start_time": form["start_time"],
        "end_time": form["end_time"],
        "default_range": form_range(selection.select(initial.replace(tz=tz)).window),
        "min_date": first_day.isoformat(),
        "max_date": last_day.isoformat(),
        "step": frame.cube.grain_s,
        "cost_type": filters.cost_type,
        "currency": selection.currency or "",
        "currencies": list(frame.currencies) if len(frame.currencies) > 1 else [],
        "subtitle": f"shares of {'cost' if frame.currencies else 'tokens'} "
        "in the selected time range",
    }


def form_range(window: Window) -> FormRange:
    """A window as the form has it."""
    if window.days is not None:  # where clocks skip midnight, a day begins at one
        first, last = (day.isoformat() for day in window.days)
        return {"from": first, "to": last, "start_time": "00:00", "end_time": "00:00"}
    here = zone(window.tz)
    start, end = window.start.astimezone(here), window.end.astimezone(here)
    last_moment = end - _MICROSECOND if end.time() == time(0) else end
    return {
        "from": start.date().isoformat(),
        "to": last_moment.date().isoformat(),
        "start_time": f"{start:%H:%M}",
        "end_time": f"{end:%H:%M}",
    }


def _notes(selection: Selection) -> list[str]:
    """Short phrases after the range: what changes compare with, what is left out."""
    frame, tz = selection.frame, selection.filters.tz
    notes = []
    before = previous_totals(selection)
    if before is not None and before.amounts.records:
        notes.append(f"Changes against {times.previous_period(elapsed(selection))}")
    others = [each for each in frame.currencies if each != selection.currency]
    if others:
        notes.append(
            f"Only {selection.currency} is shown; "
            f"choose {' or '.join(others)} in Filters"
        )
    if frame.quality.rejected:
        notes.append(formats.plural(frame.quality.rejected, "row") + " rejected")
    if frame.bucket_s >= 86_400 and tz != "UTC":
        notes.append(f"The ledger has days in UTC: they straddle midnights in {tz}")
    return notes


def _filter_list(
    selection: Selection, dimension: Dimension, slots: Slots
) -> FilterList:
    """The values of one filter that exist under the other filters, with shares."""
    chosen = selection.filters.chosen.get(dimension.name, ())
    ranked = breakdown(selection, dimension.name, own=False)
    shares = percentages.shares([row.value or 0 for row in ranked.rows])
    listed: list[FilterValue] = [
        {
            "id": values.encode(row.id),
            "name": row.name,
            "share": share,
            "color": slots.get(row.id, ""),
            "selected": row.id in chosen,
        }
        for row, share in zip(ranked.rows, shares, strict=True)
    ]
    in_range = {row.id for row in ranked.rows}
    listed += [
        {
            "id": values.encode(value),
            "name": selection.frame.label(dimension.name, value),
            "share": formats.DASH,
            "color": "",
            "selected": True,
        }
        for value in chosen
        if value not in in_range
    ]
    noun = dimension.plural_label
    unreported = in_range == {None} and not chosen
    return {
        "key": dimension.plural,
        "label": dimension.filter_label,
        "plural": noun,
        "values": [] if unreported else listed,
        "note": f"This ledger reports no {noun}." if unreported else "",
    }
