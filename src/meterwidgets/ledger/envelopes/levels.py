"""The levels of a nested ledger: pages of buckets of results, scopes of spans."""

from __future__ import annotations

from dataclasses import dataclass

LEVEL_COLUMNS = ("@name", "@path", "@number", "@record")
"""Columns that every level has besides those of its records.

``{level.@name}`` is the key of a record in an object of records, ``{level.@path}`` the
path at which it was found, ``{level.@number}`` its position there, from 1, and
``{level.@record}`` its whole text.
"""


@dataclass(frozen=True)
class Level:
    """A level of a nested ledger: its records are taken out of those above it.

    Attributes:
        name: What it is called in ``{name.column}`` and, if it is the innermost, in
            messages.
        paths: Where its records, a list or an object by name, lie in the record
            above. The first path that exists counts; the others are never read.
        optional: Whether a record without any of the paths stands for itself.
        needs: A path that every record in an object of records must have; else the
            object is ignored.
    """

    name: str
    paths: tuple[str, ...]
    optional: bool = False
    needs: str = ""
