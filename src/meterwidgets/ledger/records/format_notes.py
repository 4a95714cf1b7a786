"""Notes on formats: one sentence for all files that it holds for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from meterwidgets.ledger.tables.column_values import ColumnValues, summed

if TYPE_CHECKING:
    from meterwidgets.ledger.records.plan import Plan

_NAMED = 12
"""So many unread columns are named; of more, those with the largest sums."""


def files(names: Sequence[str]) -> str:
    """The first of some files, and how many more there are.

    Examples:
        >>> files(["in/a.csv"]), files(["a.csv", "b.csv", "c.csv"])
        ('a.csv', 'a.csv and 2 more')
    """
    more = len(names) - 1
    return Path(names[0]).name + (f" and {more:,} more" if more else "")


def of_plans(plans: Sequence[Plan]) -> list[str]:
    """What users should know of each format, with the files that it holds for."""
    by_note: dict[str, list[str]] = {}
    unread: dict[tuple[str, ...], list[tuple[str, ColumnValues]]] = {}
    for plan in plans:
        for note in plan.notes:
            by_note.setdefault(note, []).append(plan.raw.name)
        key = tuple(f"{name}{text}" for name, text in plan.fields.items())
        unread.setdefault(key, []).extend((plan.raw.name, each) for each in plan.unread)
    said = [f"{files(names)}: {note}" for note, names in by_note.items()]
    said += [
        f"{files(list(dict.fromkeys(name for name, _ in found)))}: "
        + _unread(each for _, each in found)
        for found in unread.values()
        if found
    ]
    return said


def of_failures(failed: Sequence[tuple[str, Exception]]) -> list[str]:
    """The files that are left out since they can't be used, one sentence a reason.

    Examples:
        >>> of_failures([("in/a.csv", ValueError("in/a.csv: is empty"))])
        ['a.csv: left out: is empty']
    """
    by_reason: dict[str, list[str]] = {}
    for name, error in failed:
        reason = str(error).removeprefix(f"{name}: ").replace(name, Path(name).name)
        by_reason.setdefault(reason, []).append(name)
    return [
        f"{files(names)}: left out: {reason}" for reason, names in by_reason.items()
    ]


def _unread(found: Iterable[ColumnValues]) -> str:
    columns = summed(found)
    columns.sort(key=lambda each: (each.kind != "money", -abs(each.total)))
    shown = ", ".join(each.as_text() for each in columns[:_NAMED])
    more = len(columns) - _NAMED
    return (
        f"not read: {shown}{f' and {more:,} more columns' if more > 0 else ''}; "
        "name what counts with columns="
    )
