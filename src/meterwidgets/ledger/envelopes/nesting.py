"""Nested ledgers as rows: pages of buckets of results, spans in scopes in resources.

Every level is one ``unnest``. Of the records above, only the requested values are
carried along, not their text, so that a page of a hundred thousand results stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.envelopes.levels import LEVEL_COLUMNS, Level

_JSON_TYPE = "TRY(json_type(j))"
_OUTERMOST = ""
"""The level of the records that are not nested in others."""


def unnest(
    documents: str,
    levels: Sequence[Level],
    columns: Sequence[str],
    *,
    json_path: Callable[[str], str],
) -> str:
    """SQL text of the innermost records, with values of all levels.

    Args:
        documents: SQL text of ``file``, ``filename`` and the JSON text ``j`` of the
            outermost records.
        levels: From the outside in; none gives the records themselves.
        columns: The requested columns, ``level.path`` or ``path``.
        json_path: Turns the name of a column into SQL text of its JSON path.

    Returns:
        A SELECT of ``file``, ``filename``, ``broken``, ``text`` and ``v0``, ``v1`` ...
        as text.
    """
    paths, value_of = _resolve(columns, levels, json_path)
    values = "".join(
        f", {value_of[column]} AS v{index}" for index, column in enumerate(columns)
    )
    if not levels:
        # A record whose values can be extracted is readable: it is parsed only once.
        rows = f"SELECT *, {_extract(paths[_OUTERMOST])} AS _values FROM ({documents})"
        is_object = "starts_with(j, '{') AND _values IS NOT NULL"
        json_type = f"CASE WHEN {is_object} THEN 'OBJECT' ELSE {_JSON_TYPE} END"
        rows = _flag_broken(rows, json_type)
        return f"SELECT file, filename, broken, text{values} FROM ({rows})"
    rows, parent = _flag_broken(documents, _JSON_TYPE), _OUTERMOST
    for level in levels:
        rows = _unnest_level(rows, level, parent, paths[parent])
        parent = level.name
    return (
        f"SELECT file, filename, broken, text{values} FROM (SELECT * EXCLUDE (j), "
        f"{_extract(paths[parent])} AS {parent}_values FROM ({rows}))"
    )


def _resolve(
    columns: Sequence[str],
    levels: Sequence[Level],
    json_path: Callable[[str], str],
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Find the level of each column.

    Returns:
        Level -> SQL text of the JSON paths to extract from its records, and column ->
        SQL text of its value among the innermost rows.
    """
    paths: dict[str, list[str]] = {_OUTERMOST: [], **{each.name: [] for each in levels}}
    value_of: dict[str, str] = {}
    for column in columns:
        level, dot, rest = column.partition(".")
        if not dot or level not in paths:
            level, rest = _OUTERMOST, column
        if rest in LEVEL_COLUMNS and rest != "@record":
            value_of[column] = f"{level}_{rest[1:]}"
            continue
        paths[level].append("'$'" if rest == "@record" else json_path(rest))
        value_of[column] = f"{level}_values[{len(paths[level])}]"
    return paths, value_of


def _flag_broken(rows: str, json_type: str) -> str:
    """SQL text of rows with the reason why each is ``broken``, and its ``text``.

    Args:
        rows: SQL text of the rows, with ``j``.
        json_type: SQL text of the type of ``j``, null where that can't be parsed.
    """
    return (
        "SELECT * EXCLUDE (type), "
        "CASE WHEN type IS NULL THEN 'is not readable as JSON' "
        "WHEN type <> 'OBJECT' THEN 'is not a JSON object' END AS broken, "
        "CASE WHEN type IS DISTINCT FROM 'OBJECT' THEN left(j, 500) END AS text "
        f"FROM (SELECT *, {json_type} AS type FROM ({rows}))"
    )


def _extract(paths: Sequence[str]) -> str:
    """SQL text of several values of a record, which is parsed once for all of them."""
    return f"TRY(json_extract_string(j, [{', '.join(paths)}]::VARCHAR[]))"


def _unnest_level(rows: str, level: Level, parent: str, paths: Sequence[str]) -> str:
    """SQL text of the records of one level.

    The parent is parsed once for its values and for the children, since every parse
    copies its text; whether the children are a list or an object is told by their first
    character.

    Args:
        rows: SQL text of the level above.
        level: What to take out of it.
        parent: The name of the level above.
        paths: The JSON paths of the values that are requested of the level above.
    """
    itself = (
        "[{'path': NULL::VARCHAR, 'name': NULL::VARCHAR, 'number': 1::BIGINT, "
        "'j': j::VARCHAR}]"
    )
    # One row stands for a record without children, so that it can be reported.
    nothing = itself.replace("j::VARCHAR", "NULL::VARCHAR")
    children_paths = [literal(f"$.{path}") for path in level.paths]
    branches = " ".join(
        _children(f"extracted[{len(paths) + position}]", path, level.needs, nothing)
        for position, path in enumerate(level.paths, 1)
    )
    children = (
        f"CASE WHEN broken IS NOT NULL THEN {itself} {branches} "
        f"ELSE {itself if level.optional else nothing} END"
    )
    missing = literal(f"has no {' or '.join(level.paths)}")
    return (
        f"SELECT * EXCLUDE (item, j, broken, text), item.j AS j, "
        f"item.path AS {level.name}_path, item.name AS {level.name}_name, "
        f"item.number AS {level.name}_number, "
        f"CASE WHEN broken IS NOT NULL THEN broken WHEN item.j IS NULL THEN {missing} "
        "WHEN item.j[1] <> '{' THEN 'is not a JSON object' END AS broken, "
        "CASE WHEN broken IS NOT NULL THEN text WHEN item.j IS NULL THEN left(j, 500) "
        "WHEN item.j[1] <> '{' THEN left(item.j, 500) END AS text "
        "FROM (SELECT * EXCLUDE (extracted), "
        f"extracted[1:{len(paths)}] AS {parent}_values, unnest({children}) AS item "
        f"FROM (SELECT *, {_extract([*paths, *children_paths])} AS extracted "
        f"FROM ({rows})))"
    )


def _children(extracted: str, path: str, needs: str, nothing: str) -> str:
    """SQL text of the WHEN branches of one place at which records may lie."""
    # It may be a string that begins with a brace: parsing it is tried only.
    keys = f"TRY(json_keys({extracted}))"
    values = f"TRY(json_extract({extracted}, '$.*'))"
    # dataframes give every record the names of all, and null for those it hasn't
    members = f"list_filter(list_zip({keys}, {values}), lambda x: x[2] <> 'null')"
    all_have_it = ""
    if needs:
        needed = literal(f"$.*.{needs}")
        count = f"len(TRY(json_extract({extracted}, {needed})))"
        all_have_it = f"AND {count} = len({keys}) "
    return (
        f"WHEN {extracted}[1] = '[' THEN coalesce(list_transform("
        f"TRY(json_extract({extracted}, '$[*]')), lambda x, i: "
        f"{{'path': {literal(path)}, 'name': NULL::VARCHAR, 'number': i, "
        f"'j': x::VARCHAR}}), {nothing}) "
        f"WHEN {extracted}[1] = '{{' AND len({keys}) > 0 {all_have_it}"
        f"THEN list_transform({members}, lambda x, i: "
        f"{{'path': {literal(path)}, 'name': x[1], 'number': i, 'j': x[2]::VARCHAR}})"
    )
