"""The filter panel and the filters: what it shows of them, what it asks of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import PRESETS, Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.overpriced import OVERPRICED
from meterwidgets.metrics.totals import elapsed, previous_totals
from meterwidgets.present.words import Colors, Traits, key
from meterwidgets.schema import Dimension
from meterwidgets.zones import zone

_SHORT = 3


def panel(
    selection: Selection,
    first: Filters,
    colors: Callable[[str], Colors],
    *,
    opened: bool,
) -> Traits:
    """The traits of the filter panel.

    Args:
        selection: What is shown.
        first: What a page starts with, and Reset goes back to.
        colors: Dimension -> value -> slot.
        opened: Whether the dialog is open; its lists are computed only then.
    """
    frame, filters, window = selection.frame, selection.filters, selection.window
    here = zone(filters.tz)
    chips = _chips(selection)
    shown = _range(window)
    initial = selection.select(first.replace(tz=filters.tz)).window
    first_day = frame.coverage(filters.tz).astimezone(here).date()
    last_day = (
        (frame.as_of(filters.tz) - timedelta(microseconds=1)).astimezone(here).date()
    )
    made_up = "Made-up usage; name a ledger to see your own"
    measure = "cost" if frame.currencies else "tokens"
    return {
        "presets": [{"key": name, "label": word} for name, word in PRESETS.items()]
        + [{"key": "custom", "label": "Custom"}],
        "preset": filters.preset,
        "range_text": times.window(window),
        "zone": filters.tz,
        "data_until": times.data_status(frame, filters.tz),
        "notes": _notes(selection),
        "demo": "Demo data" if frame.demo else "",
        "demo_title": made_up if frame.demo else "",
        "chips": chips,
        "count": len(chips),
        "dims": _lists(selection, colors) if opened else [],
        "from_date": shown["from"],
        "to_date": shown["to"],
        "start_time": shown["start_time"],
        "end_time": shown["end_time"],
        "default_range": _range(initial),
        "min_date": first_day.isoformat(),
        "max_date": last_day.isoformat(),
        "step": frame.cube.grain_s,
        "cost_type": filters.cost_type,
        "currency": selection.currency or "",
        "currencies": list(frame.currencies) if len(frame.currencies) > 1 else [],
        "subtitle": f"shares of {measure} in the selected time range",
    }


def _range(window: Window) -> dict[str, str]:
    """A window as the form has it: inclusive days, and clocks on the first and last."""
    if window.days is not None:  # where clocks skip midnight, a day begins at one
        first, last = (day.isoformat() for day in window.days)
        return {"from": first, "to": last, "start_time": "00:00", "end_time": "00:00"}
    here = zone(window.tz)
    start, end = window.start.astimezone(here), window.end.astimezone(here)
    until = end - timedelta(microseconds=1) if end.time() == time(0) else end
    return {
        "from": start.date().isoformat(),
        "to": until.date().isoformat(),
        "start_time": f"{start:%H:%M}",
        "end_time": f"{end:%H:%M}",
    }


def _notes(selection: Selection) -> list[str]:
    frame = selection.frame
    notes = []
    then = previous_totals(selection)
    if then is not None and then.amounts.records:
        notes.append(f"Changes against {times.previous_period(elapsed(selection))}")
    others = [each for each in frame.currencies if each != selection.currency]
    if others:
        notes.append(
            f"Only {selection.currency} is shown; "
            f"choose {' or '.join(others)} in Filters"
        )
    if frame.quality.rejected:
        notes.append(formats.plural(frame.quality.rejected, "row") + " rejected")
    midnights = frame.bucket_s >= 86_400 and selection.filters.tz != "UTC"
    if midnights:
        notes.append(
            "The ledger has days in UTC: they straddle midnights in "
            f"{selection.filters.tz}"
        )
    return notes


def _chips(selection: Selection) -> list[Traits]:
    filters, frame = selection.filters, selection.frame
    chips = []
    for name, values in filters.chosen.items():
        dimension = frame.dimensions.named(name)
        names = [frame.label(name, value) for value in values]
        text = ", ".join(names[:_SHORT])
        if len(names) > _SHORT:
            text += f" and {len(names) - _SHORT} more"
        chips.append({
            "dim": dimension.plural, "label": dimension.filter_label,
            "text": text, "title": ", ".join(names),
        })  # fmt: skip
    if filters.cost_type != "both":
        side = filters.cost_type.capitalize()
        chips.append(
            {"dim": "cost_type", "label": "Cost type", "text": side, "title": ""}
        )
    if filters.outliers == "without":
        chips.append({
            "dim": "outliers", "label": "Outliers", "text": "left out",
            "title": OVERPRICED.capitalize(),
        })  # fmt: skip
    return chips


def _lists(selection: Selection, colors: Callable[[str], Colors]) -> list[Traits]:
    """The filters whose values the dialog lists; persons are never listed."""
    return [
        _list(selection, dimension, colors(dimension.name))
        for dimension in selection.frame.dimensions.filters.values()
        if not dimension.is_personal
    ]


def _list(selection: Selection, dimension: Dimension, slots: Colors) -> Traits:
    """The values of one filter that exist under the other filters, with shares."""
    wanted = selection.filters.chosen.get(dimension.name, ())
    found = breakdown(selection, dimension.name, own=False)
    shares = percentages.shares([row.value or 0 for row in found.rows])
    values = [
        {
            "id": key(row.id),
            "name": row.name,
            "share": share,
            "color": slots.get(row.id, ""),
            "selected": row.id in wanted,
        }
        for row, share in zip(found.rows, shares, strict=True)
    ]
    there = {row.id for row in found.rows}
    values += [
        {
            "id": key(value),
            "name": selection.frame.label(dimension.name, value),
            "share": formats.DASH,
            "color": "",
            "selected": True,
        }
        for value in wanted
        if value not in there
    ]
    silent = there == {None} and not wanted
    return {
        "key": dimension.plural,
        "label": dimension.filter_label,
        "plural": dimension.plural_label,
        "values": [] if silent else values,
        "note": f"This ledger reports no {dimension.plural_label}." if silent else "",
    }


def asked(request: Mapping[str, Any], selection: Selection, first: Filters) -> Filters:
    """The filters that a request of the panel means.

    Args:
        request: One action of the reader; hostile, though its shape was checked.
        selection: What is shown now.
        first: What "Clear all" of the page goes back to.

    Raises:
        MeterError: When a value can't be used.
    """
    filters = selection.filters
    if "clear" in request:
        what = request["clear"]
        if what == "all":
            return first.replace(
                tz=filters.tz, preset=filters.preset, start=filters.start,
                end=filters.end, currency=filters.currency,
            )  # fmt: skip
        if what == "cost_type":
            return filters.replace(cost_type="both")
        if what == "outliers":
            return filters.replace(outliers="with")
        if what not in selection.frame.dimensions.filters:
            raise MeterError("that filter is not known; reload the page")
        return filters.without(what)
    changes: dict[str, Any] = {
        name: values(texts)
        for name, texts in request.get("dims", {}).items()
        if name in selection.frame.dimensions.filters
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
        changes |= _asked_range(request, selection, first)
    return filters.replace(**changes)


def _asked_range(
    request: Mapping[str, Any], selection: Selection, first: Filters
) -> dict[str, Any]:
    """The range of the form; one that a preset has shown stays that preset."""
    wanted = _range(selection.window) | {
        name: request[name] for name in _range(selection.window) if name in request
    }
    filters = selection.filters
    if wanted == _range(selection.window) and filters.preset != "custom":
        return {}
    initial = first.replace(tz=filters.tz)
    if wanted == _range(selection.select(initial).window):
        return {"preset": first.preset}
    start = _moment(wanted["from"], wanted["start_time"])
    end = _moment(wanted["to"], wanted["end_time"])
    if end.time() == time(0):
        end += timedelta(days=1)
    return {"preset": "custom", "start": start, "end": end}


def _moment(day: str, clock: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        raise MeterError(
            f"{day} {clock} is not a day and time; choose one in the form"
        ) from None


def values(texts: Iterable[str]) -> tuple[str | None, ...]:
    """Values from the texts that crossed the wire; see ``wording.key``.

    Raises:
        MeterError: When a text is none of ours.

    Examples:
        >>> values(['"Acme"', 'null'])
        ('Acme', None)
    """
    return tuple(_value(text) for text in texts)


def _value(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        value = 0
    if value is not None and not isinstance(value, str):
        raise MeterError("that value is not known; reload the page")
    return value
