"""The words that the widgets of a dashboard share, and how values cross the wire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, times
from meterwidgets.text import isolated

Traits = dict[str, Any]
Colors = Mapping[str | None, str]

NO_PRICE = "no record in this selection has a price"


def key(value: str | None) -> str:
    """A value as the text that crosses the wire; null stays apart from "null".

    Examples:
        >>> key("Acme"), key(None)
        ('"Acme"', 'null')
    """
    return json.dumps(value, ensure_ascii=False)


SLOTS = tuple(f"c{number}" for number in range(1, 9))
"""The colours that tell values apart; all else is grey."""


def apart(values: Iterable[str | None], colors: Colors) -> Colors:
    """Slots for values that are shown together, so that no two share one.

    The first eight of the whole ledger keep theirs; of the others, one whose slot is
    taken gets a free one, and grey when none is left.

    Args:
        values: In the order in which they are shown.
        colors: Value -> slot, in the order of the whole ledger's ranking.

    Examples:
        >>> ranked = dict(zip("abcdefghij", SLOTS + SLOTS, strict=False))
        >>> apart("aij", ranked)
        {'a': 'c1', 'j': 'c2', 'i': 'c3'}
    """
    shown = list(values)
    first = dict(islice(colors.items(), len(SLOTS)))
    found = {value: first[value] for value in shown if value in first}
    taken = set(found.values())
    for value in shown:
        if value not in found and colors.get(value, "other") not in taken | {"other"}:
            found[value] = colors[value]
            taken.add(colors[value])
    free = iter([slot for slot in SLOTS if slot not in taken])
    for value in shown:
        if value not in found:
            found[value] = next(free, "other")
    return found


def per_unit(currency: str | None) -> str:
    """The words of an efficiency.

    Examples:
        >>> per_unit("USD"), per_unit("CHF")
        ('tokens per dollar', 'tokens per CHF')
    """
    return f"tokens per {formats.currency_name(currency)}"


def empty_state(selection: Selection, records: int) -> Traits:
    """The trait ``empty``: why there is nothing and the way out, or nothing.

    Args:
        selection: What is shown.
        records: How many records, or rows, there are in it.
    """
    if records:
        return {"empty": {}}
    filters = selection.filters

    def shown(name: str, value: str | None) -> str:
        return isolated(selection.frame.label(name, value))

    chosen = [
        f"{selection.frame.dimensions.named(dimension).filter_label} "
        + " or ".join(shown(dimension, value) for value in values[:3])
        for dimension, values in filters.chosen.items()
    ]
    text = f"Nothing was used from {times.window(selection.window)} ({filters.tz})"
    if chosen:
        text += f" with {', '.join(chosen)}"
    if filters.outliers == "without":
        text += ", outliers left out"
    return {
        "empty": {
            "title": "No usage in this selection",
            "text": f"{text}.",
            "action": "Reset filters",
        }
    }
