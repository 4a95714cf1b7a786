"""About this data: what users should know about the figures of a page."""

from __future__ import annotations

from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window
from meterwidgets.metrics.notes import ledger_notes, selection_notes
from meterwidgets.metrics.text import times

TITLE = "About this data"


class NoteGroup(TypedDict):
    """Notes about one thing, with its heading."""

    title: str
    notes: list[str]


def about_data(selection: Selection) -> list[NoteGroup]:
    """The notes that reports have of a selection, under headings.

    Args:
        selection: What is shown. Of one user's frame they tell nothing of others.

    Examples:
        >>> import meterwidgets as mw
        >>> for group in about_data(mw.demo_usage().select(mw.Filters(orgs=["Acme"]))):
        ...     print(group["title"], len(group["notes"]))
        The whole ledger 1
        Time covered 1
    """
    groups: list[NoteGroup] = [
        {"title": "This selection", "notes": list(selection_notes(selection))},
        {"title": "The whole ledger", "notes": ledger_notes(selection)},
        {"title": "Time covered", "notes": _time_covered(selection)},
    ]
    return [group for group in groups if group["notes"]]


def _time_covered(selection: Selection) -> list[str]:
    coverage, tz = selection.frame.coverage, selection.filters.tz
    span = times.window(Window(coverage.first, coverage.end, tz))
    cut = "; its last day is not over" if coverage.is_partial else ""
    return [f"the ledger covers {span} ({tz}){cut}", *coverage.notes]
