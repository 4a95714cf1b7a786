"""The filter panel: what it shows of a selection, and of the values to choose from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import TypedDict

from meterwidgets.frame.filters import PRESETS, Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window, is_shorter
from meterwidgets.measures import bucket_name
from meterwidgets.metrics.bill_credits import selected_credits
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.metrics.totals import compared, small_part
from meterwidgets.present.filters.chosen import Chip, chips
from meterwidgets.present.vocabulary import values
from meterwidgets.present.vocabulary.colors import Slots
from meterwidgets.present.vocabulary.words import figure
from meterwidgets.schema import Dimension
from meterwidgets.zones import day_before, day_of, zone

_MICROSECOND = timedelta(microseconds=1)
_DAY_S = 86_400


class Choice(TypedDict):
    """A preset range; one that is disabled has its reason as the title."""

    key: str
    label: str
    disabled: bool
    title: str


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
    part_shown: str
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
    tz = filters.tz
    form, active = form_range(window), chips(selection)
    first_day = day_of(frame.start, tz)
    last_day = max(day_before(frame.coverage.now, tz), day_of(frame.last, tz))
    dimensions = frame.dimensions.filters.values() if opened else ()
    made_up = "Made-up usage; name a ledger to see your own"
    return {
        "presets": _presets(selection),
        "preset": filters.preset,
        "range_text": times.window(window),
        "zone": tz,
        "data_until": times.data_status(frame, tz),
        "notes": _notes(selection),
        "part_shown": part_shown(selection, initial),
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


def part_shown(selection: Selection, initial: Filters) -> str:
    """How much of the whole ledger the first window shows, where that is a small part.

    Args:
        selection: What is shown.
        initial: What a page starts with; another range was the reader's own choice.

    Examples:
        >>> import meterwidgets as mw
        >>> usage = mw.read_usage({"time": ["2025-01-01", "2026-02-22"],
        ...     "input_tokens": [10, 10], "cost": [109, 1]},
        ...     prices=mw.PriceBook(catalogue=False))
        >>> first = usage.first_filters()
        >>> part_shown(usage.select(first), first)
        '$1.00 of $110.00'
    """
    if selection.filters.preset != initial.preset:
        return ""
    part = small_part(selection)
    if part is None:
        return ""
    currency = selection.currency
    shown, whole = (
        figure(number, part.measure, currency) for number in (part.shown, part.whole)
    )
    unit = " tokens" if part.measure == "tokens" else ""
    return f"{shown} of {whole}{unit}"


def _presets(selection: Selection) -> list[Choice]:
    """The presets, without those that are shorter than the ledger's own buckets."""
    known_s = selection.select(Filters(tz=selection.filters.tz)).known_bucket_s
    reason = f"The ledger has usage by the {bucket_name(known_s)} only"
    return [
        {
            "key": name,
            "label": label,
            "disabled": is_shorter(name, known_s),
            "title": reason if is_shorter(name, known_s) else "",
        }
        for name, label in {**PRESETS, "custom": "Custom"}.items()
    ]


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
    alike = compared(selection)
    if alike is not None and alike.previous.amounts.records:
        earlier = Window(alike.start, alike.end, tz)
        period = times.earlier_period(earlier, selection.filters.preset)
        notes.append(f"Changes against {period}")
    others = [each for each in frame.currencies if each != selection.currency]
    if others:
        notes.append(
            f"Only {selection.currency} is shown; "
            f"choose {' or '.join(others)} in Filters"
        )
    beside = selected_credits(selection)
    if beside is None:
        notes.append("Credits, taxes and purchases are in no figure")
    elif beside:
        amount = formats.money(beside, selection.currency)
        notes.append(f"Credits, taxes and purchases of {amount} are in no figure")
    if frame.quality.rejected:
        notes.append(formats.plural(frame.quality.rejected, "row") + " rejected")
    # Of all times: between the starts of two days there is no usage to judge by.
    always = selection.select(selection.filters.replace(preset="all"))
    known_s = always.known_bucket_s
    if known_s >= _DAY_S and selection.window.days is None:
        bucket = bucket_name(known_s)
        notes.append(
            f"Usage is known by the {bucket}, and counts where a {bucket} starts"
        )
    elif selection.has_coarser_usage:
        notes.append("Some usage is known by longer times, and counts where they start")
    if frame.bucket_s >= _DAY_S and tz != "UTC":
        notes.append(f"The ledger has days in UTC: they straddle midnights in {tz}")
    return notes


def _filter_list(
    selection: Selection, dimension: Dimension, slots: Slots
) -> FilterList:
    """The values of one filter that exist under the other filters, with shares."""
    chosen = selection.filters.chosen.get(dimension.name, ())
    ranked = breakdown(selection, dimension.name, apply_own_filter=False)
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
