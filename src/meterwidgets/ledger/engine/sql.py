"""SQL text of values and names, quoted so that nothing in them is taken for SQL."""

from __future__ import annotations

import re
from pathlib import Path


def literal(text: str) -> str:
    """SQL text of a string.

    Examples:
        >>> literal("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """SQL text of the name of a column, table or schema.

    Examples:
        >>> identifier("startTime")
        '"startTime"'
    """
    return '"' + name.replace('"', '""') + '"'


def path_literal(path: Path) -> str:
    """SQL text of the path of one file, whatever glob characters are in it.

    Examples:
        >>> path_literal(Path("usage[1].csv"))
        "'usage[[]1].csv'"
    """
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))
