"""The columns that a declaration names, and its texts, as safe SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from meterwidgets.errors import unknown
from meterwidgets.ledger.engine import sql
from meterwidgets.ledger.envelopes.levels import LEVEL_COLUMNS, Level
from meterwidgets.ledger.envelopes.raw_values import FILE_COLUMN
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    items,
    text,
    texts,
)

_DOCUMENT = "$."
"""How a column of the outermost record begins, where ``rows`` takes records out."""
_STEP = re.compile(r"([^\[\]]*)((?:\[(?:\*|\d{1,9})\])*)")


def literal(value: str) -> str:
    """SQL text of a text in a declaration; what is in braces there is no column.

    Examples:
        >>> literal("it's {x}")
        "'it''s ' || chr(123) || 'x}'"
    """
    return " || chr(123) || ".join(sql.literal(part) for part in value.split("{"))


@dataclass(frozen=True)
class Columns:
    """Gives a declaration's columns the names that they have in SQL.

    Attributes:
        levels: Where records lie in lists, from the outside in.
        values: The named values so far, without their ``@`` -> what they are, in words.
        uses: The keys with the column that each reads.
    """

    levels: tuple[Level, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    uses: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, key: str, value: object) -> str:
        """SQL text of a column or path.

        Raises:
            DeclarationError: When the name can't be one.

        Examples:
            >>> Columns()("fields.model", "usage.model")
            '{usage.model}'
            >>> rows = rows_as_levels("rows", ["data", "results"])
            >>> Columns(rows)("fields.start", "data.start_time")
            '{data_0.start_time}'
            >>> Columns(rows)("fields.model", "model")
            '{results_1.model}'
        """
        name = text(key, value)
        for mark in '"{}*\n\r\0':
            if mark in name:
                raise DeclarationError(
                    key, f"{name!r} can't be a column: it holds {mark!r}; rename it"
                )
        if name.startswith("@") and name != FILE_COLUMN:
            if name[1:] in self.values:
                return f"{{{name}}}"
            if name not in LEVEL_COLUMNS or not self.levels:
                raise DeclarationError(
                    key, unknown("value", name[1:], self.values or [FILE_COLUMN[1:]])
                )
        self.uses.append((key, name))
        if name == FILE_COLUMN or not self.levels:
            return f"{{{name}}}"
        if name.startswith(_DOCUMENT):
            return f"{{{name.removeprefix(_DOCUMENT)}}}"
        for level in self.levels:
            for path in level.paths:
                if name.startswith(f"{path}."):
                    return f"{{{level.name}.{name.removeprefix(f'{path}.')}}}"
        inner = f"{{{self.levels[-1].name}.{name}}}"
        return f"CAST({inner} AS VARCHAR)" if name == "@number" else inner

    def doc(self, column: str) -> str:
        """A column, or what a named value is, for people.

        Examples:
            >>> Columns(values={"paid": "cost, else spend"}).doc("@paid")
            '(cost, else spend)'
        """
        said = self.values.get(column.removeprefix("@"), "")
        return f"({said})" if column.startswith("@") and said else column


def rows_as_levels(key: str, value: object) -> tuple[Level, ...]:
    """The levels of ``rows``: ``["data", "results"]``, from the outside in.

    A list in the place of a text has several paths of which the first that is there
    counts; a path that ends in "?" may be missing.

    Raises:
        DeclarationError: When a path can't be one.

    Examples:
        >>> rows_as_levels("rows", ["data?", ["results", "items"]])[1].paths
        ('results', 'items')
    """
    levels = []
    for number, each in enumerate(texts_or_lists(key, value)):
        where = f"{key}[{number}]"
        paths = tuple(path.removesuffix("?") for path in each)
        for path in paths:
            if not path or any(mark in path for mark in "\"'{}*$@"):
                raise DeclarationError(where, f"{path!r} can't be the path of a list")
        word = re.sub(r"\W|^[\d_]+", "", paths[0].rpartition(".")[2]).lower()
        name = f"{word if word.isascii() and word else 'record'}_{number}"
        levels.append(Level(name, paths, optional=any(p.endswith("?") for p in each)))
    return tuple(levels)


def texts_or_lists(key: str, value: object) -> list[tuple[str, ...]]:
    """A list of texts, each of which may be a list of alternatives."""
    if isinstance(value, str):
        return [(text(key, value),)]
    return [texts(f"{key}[{n}]", each) for n, each in enumerate(items(key, value))]


def json_path(key: str, value: Any) -> tuple[str, bool]:
    """The path into a JSON text, ``output.items[0].total``.

    Returns:
        SQL text of the path, and whether it leads to several values: ``[*]`` is each
        item of a list, ``*`` each value of an object.

    Raises:
        DeclarationError: When it is no path.

    Examples:
        >>> json_path("path", "models.*.calls[*].input")[1]
        True
    """
    path = text(key, value)
    steps = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None or not part or any(mark in part for mark in "\"'{}\\\n\0"):
            raise DeclarationError(
                key, f'{path!r} is no path; expected one like "usage.items[0].total"'
            )
        name = match[1] if match[1] in ("", "*") else f'"{match[1]}"'
        steps.append(f"{'.' if name else ''}{name}{match[2]}")
    return sql.literal(f"${''.join(steps)}"), "*" in path
