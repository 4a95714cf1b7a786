"""About this data: what users should know about the figures of a page."""

from __future__ import annotations

import re
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

    A file is named without its folder: a page tells nothing of the machine it is on.

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
        {
            "title": "The whole ledger",
            "notes": [_without_folder(note) for note in ledger_notes(selection)],
        },
        {"title": "Time covered", "notes": _time_covered(selection)},
    ]
    return [group for group in groups if group["notes"]]


_FOLDER = re.compile(r"(?<=the first: ).*?[/\\](?=[^/\\]+?, \w+ [\d,]+: )")


def _without_folder(note: str) -> str:
    r"""A note whose first row is of a file, by the name of that file.

    Examples:
        >>> _without_folder("1 row rejected, the first: /home/ann b/x.csv, line 7: bad")
        '1 row rejected, the first: x.csv, line 7: bad'
        >>> _without_folder("the first: x.csv, line 7: start '1/2' is not a time")
        "the first: x.csv, line 7: start '1/2' is not a time"
    """
    return _FOLDER.sub("", note)


def _time_covered(selection: Selection) -> list[str]:
    coverage, tz = selection.frame.coverage, selection.filters.tz
    span = times.window(Window(coverage.first, coverage.end, tz))
    cut = "; its last day is not over" if coverage.is_partial else ""
    return [f"the ledger covers {span} ({tz}){cut}", *coverage.notes]
