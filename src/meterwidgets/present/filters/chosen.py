"""What the filters choose, in words: chips, sentences of a report, an empty state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.overpriced import OVERPRICED
from meterwidgets.metrics.text import times
from meterwidgets.present.vocabulary.words import printable
from meterwidgets.text import isolated

_MOST_NAMES = 3


@dataclass(frozen=True, kw_only=True)
class ChosenFilter:
    """One filter in force.

    Attributes:
        field: Its keyword of `Filters`.
        label: What the filter panel calls it.
        values: What it chooses, as names.
        explanation: What that means, where the names don't say it.
        is_dimension: Whether they are values of a dimension.
    """

    field: str
    label: str
    values: tuple[str, ...]
    explanation: str = ""
    is_dimension: bool = False


class Chip(TypedDict):
    """A filter in force, as the filter panel shows it."""

    filter: str
    label: str
    text: str
    title: str


class EmptyState(TypedDict, total=False):
    """Why there is nothing to show, and the way out; empty where there is something."""

    title: str
    text: str
    action: str


def chosen_filters(selection: Selection) -> Iterator[ChosenFilter]:
    """The filters in force, in the order of the filter panel."""
    frame, filters = selection.frame, selection.filters
    for name, values in filters.chosen.items():
        dimension = frame.dimensions.named(name)
        yield ChosenFilter(
            field=dimension.plural,
            label=dimension.filter_label,
            values=tuple(frame.label(name, value) for value in values),
            is_dimension=True,
        )
    if filters.cost_type != "both":
        side = filters.cost_type.capitalize()
        yield ChosenFilter(field="cost_type", label="Cost type", values=(side,))
    if filters.outliers == "without":
        yield ChosenFilter(
            field="outliers",
            label="Outliers",
            values=("left out",),
            explanation=OVERPRICED,
        )


def chips(selection: Selection) -> list[Chip]:
    """The filters in force as chips: up to three names, all of them on hover."""
    return [
        {
            "filter": chosen.field,
            "label": chosen.label,
            "text": _shortened(chosen.values),
            "title": ", ".join(chosen.values)
            if chosen.is_dimension
            else chosen.explanation.capitalize(),
        }
        for chosen in chosen_filters(selection)
    ]


def _shortened(names: tuple[str, ...]) -> str:
    text = ", ".join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        text += f" and {len(names) - _MOST_NAMES} more"
    return text


def sentences(selection: Selection) -> list[str]:
    """The filters of a report, a printable line each, and its currency if it has more.

    Args:
        selection: What is reported.
    """
    lines = []
    for chosen in chosen_filters(selection):
        explanation = f" ({chosen.explanation})" if chosen.explanation else ""
        values = printable(", ".join(chosen.values))
        lines.append(f"{chosen.label}: {values}{explanation}")
    if len(selection.frame.currencies) > 1:
        lines.append(f"Currency: {selection.currency} only")
    return lines


def empty_state(selection: Selection, count: int) -> EmptyState:
    """Why a selection shows nothing, and the way out.

    Args:
        selection: What is shown.
        count: How many records, or rows, it has; none explains itself.
    """
    if count:
        return {}
    filters = selection.filters
    text = f"Nothing was used from {times.window(selection.window)} ({filters.tz})"
    chosen = [
        f"{each.label} {' or '.join(map(isolated, each.values[:_MOST_NAMES]))}"
        for each in chosen_filters(selection)
        if each.is_dimension
    ]
    if chosen:
        text += f" with {', '.join(chosen)}"
    if filters.outliers == "without":
        text += ", outliers left out"
    return {
        "title": "No usage in this selection",
        "text": f"{text}.",
        "action": "Reset filters",
    }
