"""Colour slots: which of the eight colours tells a value apart from others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

Slots = Mapping[str | None, str]
"""Value of a dimension -> its colour slot."""

SLOTS = tuple(f"c{number}" for number in range(1, 9))
"""The slots of values; all else is "other": grey."""


def assign_slots(ranking: Iterable[str | None], assigned: Slots | None = None) -> Slots:
    """A slot for every value, in the order of a ranking; after eight they repeat.

    Args:
        ranking: The values, the largest first.
        assigned: The slots that some of them have already, and keep.

    Examples:
        >>> assign_slots("ab")
        {'a': 'c1', 'b': 'c2'}
        >>> assign_slots("cab", {"a": "c1", "b": "c2"})
        {'a': 'c1', 'b': 'c2', 'c': 'c3'}
    """
    slots = dict(assigned or {})
    for value in ranking:
        if value not in slots:
            slots[value] = SLOTS[len(slots) % len(SLOTS)]
    return slots


def distinct_slots(values: Iterable[str | None], slots: Slots) -> Slots:
    """Slots for values that are shown together: no two share one.

    The first eight of the whole ledger keep theirs; of the others, one whose slot is
    taken gets a free one, and grey when none is left.

    Args:
        values: In the order in which they are shown.
        slots: Value -> slot, in the order of the whole ledger's ranking.

    Examples:
        >>> distinct_slots("aij", assign_slots("abcdefghij"))
        {'a': 'c1', 'j': 'c2', 'i': 'c3'}
    """
    values = list(values)
    top = dict(islice(slots.items(), len(SLOTS)))
    assigned = {value: top[value] for value in values if value in top}
    taken = {"other", *assigned.values()}
    for value in values:
        slot = slots.get(value, "other")
        if value not in assigned and slot not in taken:
            assigned[value] = slot
            taken.add(slot)
    free = iter([slot for slot in SLOTS if slot not in taken])
    for value in values:
        if value not in assigned:
            assigned[value] = next(free, "other")
    return assigned
