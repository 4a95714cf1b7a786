"""A button with the number of notes about the data, and a dialog that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets as t

from meterwidgets.errors import unknown
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import positional, synced

_KEYS = ("title", "notes")


def _check_group(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return one group with every key present, as the browser expects it."""
    for key in group:
        if key not in _KEYS:
            raise TypeError(f"AboutData: {unknown('key', key, _KEYS)}")
    notes = group.get("notes") or ()
    if isinstance(notes, str):
        raise TypeError(f"AboutData: notes are {notes!r}; give a list of sentences")
    return {"title": str(group.get("title") or ""), "notes": list(map(str, notes))}


class AboutData(MeterWidget):
    """Show what users should know about the data, behind a button with their number.

    In a dashboard the button stands behind the range; printed pages end with the notes.

    Args:
        groups: The notes, each group a dict with ``title``, its heading, and ``notes``,
            a list of sentences.

    Raises:
        TypeError: If a keyword or a key of a group is unknown.

    Examples:
        >>> about = AboutData([{"title": "The ledger", "notes": ["2 rows rejected"]}])
        >>> about
        AboutData(1 note)
        >>> about.groups = []
        >>> about
        AboutData(0 notes)
        >>> about.close()
    """

    _esm = script("about_data")

    groups: list[dict[str, Any]] = positional(
        t.List(t.Dict()), default=(), kw_only=False
    )
    """The notes, each group a dict as the class describes it."""
    title: str = synced(t.Unicode("About this data"))
    """The text of the button, and the heading of the dialog."""

    if not TYPE_CHECKING:  # type checkers derive it from the traits

        def __init__(self, groups=(), **traits):
            super().__init__(groups=list(groups), **traits)

    @property
    def count(self) -> int:
        """How many notes there are."""
        return sum(len(group["notes"]) for group in self.groups)

    @t.validate("groups")
    def _valid_groups(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [_check_group(group) for group in proposal["value"]]

    def __repr__(self) -> str:
        return f"AboutData({self.count} note{'' if self.count == 1 else 's'})"
