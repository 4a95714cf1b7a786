"""The names that are shown for ids: fit for a screen, and no two alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from meterwidgets.frame.cube.cube import Cube

_LONGEST = 200
_DIRECTIONS = {chr(c) for c in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F),
                                *range(0x2066, 0x206A))}  # fmt: skip
_PIECES = (4, 8, 12, None)
"""How much of an id stands behind its name; at last the id stands alone."""


LedgerNames = Mapping[str, Mapping[str, tuple[str, int]]]
"""Dimension -> id -> its name in the ledger, and since when."""


def newest_names(
    *names: LedgerNames, cubes: Iterable[Cube | None]
) -> dict[str, dict[str, tuple[str, int]]]:
    """The newest of the names that ledgers have for the ids in some cubes."""
    used: dict[str, set[str | None]] = {}
    for cube in filter(None, cubes):
        for dimension, values in cube.names.items():
            used.setdefault(dimension, set()).update(values)
    newest: dict[str, dict[str, tuple[str, int]]] = {}
    for ledger_names in names:
        for dimension, name_of in ledger_names.items():
            for value in name_of.keys() & used.get(dimension, set()):
                newest_of = newest.setdefault(dimension, {})
                name, since = name_of[value]
                if value not in newest_of or (since, name) >= newest_of[value][::-1]:
                    newest_of[value] = (name, since)
    return newest


def merge_labels(
    named: LedgerNames, own: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Dimension -> id -> label: the user's own, else the name in the ledger.

    Examples:
        >>> names = {"org": {"a1": ("Acme", 0), "b2": ("B", 0)}}
        >>> merge_labels(names, {"org": {"b2": "Bo"}})
        {'org': {'a1': 'Acme', 'b2': 'Bo'}}
    """
    return {
        dimension: {
            **{i: name for i, (name, _) in sorted(named.get(dimension, {}).items())},
            **own.get(dimension, {}),
        }
        for dimension in sorted({*named, *own})
    }


def display_text(text: str) -> str:
    r"""A name fit for a screen: one line, its own direction, limited length.

    Examples:
        >>> display_text("  Acme\n\u202eGmbH\x00 ")
        'Acme GmbH'
    """
    if text.isascii() and text.isprintable():
        return _short(text)
    kept = "".join(
        " " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each
        for each in unicodedata.normalize("NFC", text)
        if each not in _DIRECTIONS
    )
    return _short(kept)


def _short(text: str) -> str:
    name = " ".join(text.split())
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def distinct_labels(values: Iterable[str], labels: Mapping[str, str]) -> dict[str, str]:
    """What to show for each value, so that no two look the same.

    Args:
        values: The ids that there are.
        labels: Id -> name.

    Returns:
        The name; with a piece of the id where another value has that name too, which
        may be the bare id of one without a name; the id itself where that won't do.

    Examples:
        >>> labels = {"a1b2c3": "Acme", "d4e5f6": "Acme"}
        >>> distinct_labels(["a1b2c3", "d4e5f6", "g7"], labels)
        {'a1b2c3': 'Acme (a1b2)', 'd4e5f6': 'Acme (d4e5)', 'g7': 'g7'}
    """
    ids = list(dict.fromkeys(values))
    names = {each: display_text(labels[each]) for each in ids if labels.get(each)}
    names = {each: name for each, name in names.items() if name}
    step = dict.fromkeys(ids, 0)
    while True:
        shown = {each: _shown(each, names.get(each), step[each]) for each in ids}
        alike: dict[str, list[str]] = {"(none)": [""]}
        for each, text in shown.items():
            alike.setdefault(_look(text), []).append(each)
        again = [
            each
            for group in alike.values()
            if len(group) > 1
            for each in group
            if each in names and step[each] <= len(_PIECES)
        ]
        if not again:
            return shown
        for each in again:
            step[each] += 1


def _shown(value: str, name: str | None, step: int) -> str:
    if name is None or name == value or step > len(_PIECES):
        return value
    if step == 0:
        return name
    return f"{name} ({display_text(value[: _PIECES[step - 1]])})"


def _look(text: str) -> str:
    """What a text looks like: characters without width make no difference."""
    if text.isascii():
        return text
    return "".join(
        each
        for each in unicodedata.normalize("NFKC", text)
        if unicodedata.category(each) != "Cf"
    )
