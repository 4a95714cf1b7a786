"""Nested ledgers as rows: pages of buckets of results, spans in scopes in resources.

Every level is one ``unnest``. Of the records above it go along only the values that are
asked for, not their text, so that a page of a hundred thousand results stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from meterwidgets.ledger.files import literal
from meterwidgets.ledger.sources.base import Level

JsonPath = Callable[[str], str]
"""SQL text of the JSON path of a column's name."""


def unnested(
    opened: str,
    levels: Sequence[Level],
    names: Sequence[str],
    *,
    path: JsonPath,
) -> str:
    """SQL text of the innermost records, with the values of all levels.

    Args:
        opened: SQL text of ``n`` and the JSON text ``j`` of the outermost records.
        levels: From the outside in; none gives the records themselves.
        names: The columns that are asked for, ``level.path`` or ``path``.
        path: Turns a name into a JSON path.

    Returns:
        A SELECT of ``n`` (where there are levels, the number of the innermost record),
         ``broken``, ``text`` and ``v0``, ``v1`` ... as text.
    """
    known = {level.name for level in levels}
    asked: dict[str, list[str]] = {name: [] for name in ("", *known)}
    value: dict[str, str] = {}
    for name in names:
        of, dot, rest = name.partition(".")
        if not dot or of not in known:
            of, rest = "", name
        if rest in {"@name", "@path"}:
            value[name] = f"{of}_{rest[1:]}"
            continue
        asked[of].append(path(rest))
        value[name] = f"{of}_r[{len(asked[of])}]"
    rows = (
        "SELECT n, j, CASE WHEN kind IS NULL THEN 'is not readable as JSON' "
        "WHEN kind <> 'OBJECT' THEN 'is not a JSON object' END AS broken, "
        "CASE WHEN kind IS DISTINCT FROM 'OBJECT' THEN left(j, 500) END AS text "
        f"FROM (SELECT n, j, TRY(json_type(j)) AS kind FROM ({opened}))"
    )
    above = ""
    for level in levels:
        rows = _one_level(rows, level, _taken(above, asked[above]))
        above = level.name
    values = "".join(f", {value[name]} AS v{place}" for place, name in enumerate(names))
    number = "row_number() OVER () AS n" if levels else "n"
    return (
        f"SELECT {number}, broken, text{values} "
        f"FROM (SELECT * EXCLUDE (j), {_taken(above, asked[above])} FROM ({rows}))"
    )


def _taken(level: str, paths: Sequence[str]) -> str:
    """SQL text of the values that are asked for of one level."""
    wanted = ", ".join(paths)
    return f"TRY(json_extract_string(j, [{wanted}]::VARCHAR[])) AS {level}_r"


def _one_level(rows: str, level: Level, taken: str) -> str:
    itself = "[{'path': NULL::VARCHAR, 'name': NULL::VARCHAR, 'j': j::VARCHAR}]"
    nothing = itself.replace("j::VARCHAR", "NULL::VARCHAR")
    branches = " ".join(_found(path, level.needs) for path in level.paths)
    children = (
        f"CASE WHEN broken IS NOT NULL THEN {itself} {branches} "
        f"ELSE {itself if level.optional else nothing} END"
    )
    missing = literal(f"has no {' or '.join(level.paths)}")
    return (
        f"SELECT * EXCLUDE (item, j, broken, text), item.j AS j, "
        f"item.path AS {level.name}_path, item.name AS {level.name}_name, "
        f"CASE WHEN broken IS NOT NULL THEN broken WHEN item.j IS NULL THEN {missing} "
        "WHEN json_type(item.j) <> 'OBJECT' THEN 'is not a JSON object' END AS broken, "
        "CASE WHEN broken IS NOT NULL THEN text WHEN item.j IS NULL THEN left(j, 500) "
        "WHEN json_type(item.j) <> 'OBJECT' THEN left(item.j, 500) END AS text "
        f"FROM (SELECT *, {taken}, unnest({children}) AS item FROM ({rows}))"
    )


def _found(path: str, needs: str) -> str:
    """SQL text of the WHEN branches of one place at which records may lie."""
    here = literal(f"$.{path}")
    list_of = literal(f"$.{path}[*]")
    within = literal(f"$.{path}.*")
    whole = ""
    if needs:
        each = literal(f"$.{path}.*.{needs}")
        whole = f"AND len(json_extract(j, {each})) = len(json_keys(j, {here})) "
    return (
        f"WHEN json_type(j, {here}) = 'ARRAY' THEN list_transform("
        f"json_extract(j, {list_of}), lambda x: {{'path': {literal(path)}, "
        "'name': NULL::VARCHAR, 'j': x::VARCHAR}) "
        f"WHEN json_type(j, {here}) = 'OBJECT' AND len(json_keys(j, {here})) > 0 "
        f"{whole}THEN list_transform(list_zip(json_keys(j, {here}), "
        f"json_extract(j, {within})), lambda x: {{'path': {literal(path)}, "
        "'name': x[1], 'j': x[2]::VARCHAR})"
    )
