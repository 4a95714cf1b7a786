"""Columns that a reader's declaration names and his ledger has not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

from meterwidgets.errors import unknown
from meterwidgets.ledger.sources.vocabulary.declaration import Declared
from meterwidgets.ledger.sources.vocabulary.problems import DeclarationError

_ALIKE = 0.8
"""How like each other names are of which one is taken for a slip of the other."""


def check_columns(
    declared: Declared,
    names: Sequence[str],
    *,
    is_table: bool,
    exists: Callable[[str], bool],
) -> tuple[str, ...]:
    """Look for the columns of a declaration in a ledger.

    What ``first`` names may be missing. In JSON any key may be, for it is written where
    there is something to write: there a name is wrong only if it looks like a slip.

    Args:
        declared: The declaration; of one with ``rows`` nothing is known here.
        names: The columns of the first rows.
        is_table: Whether they are all that there are.
        exists: Whether a record after the first ones has a column.

    Returns:
        What users should know of the columns that no record has.

    Raises:
        DeclarationError: With the key, and the column that may be meant.
    """
    if declared.source.levels:
        return ()
    missing = dict(_missing(declared, set(names)))
    used = {column for _, column in declared.uses}
    notes = []
    for key, column in missing.items():
        if not is_table and exists(column):
            continue
        others = [name for name in names if name not in used]
        is_slip = bool(get_close_matches(column, others, n=1, cutoff=_ALIKE))
        if is_table or is_slip or key.startswith("fields.start"):
            raise DeclarationError(key, unknown("column", column, names))
        notes.append(f"no record has {column!r} ({key})")
    return tuple(notes)


def _missing(declared: Declared, names: set[str]) -> Iterator[tuple[str, str]]:
    for key, column in declared.uses:
        is_optional = ".first" in key or column.startswith("@")
        if column not in names and not is_optional:
            yield key, column
