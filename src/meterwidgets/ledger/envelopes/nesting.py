"""Nested ledgers as rows: pages of buckets of results, spans in scopes in resources.

Every level is one ``unnest``. Of the records above it go along only the values that are
asked for, not their text, so that a page of a hundred thousand results stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.sources.base import Level

_TYPE = "TRY(json_type(j))"
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
        opened: SQL text of ``file``, ``filename`` and the JSON text ``j`` of the
            outermost records.
        levels: From the outside in; none gives the records themselves.
        names: The columns that are asked for, ``level.path`` or ``path``.
        path: Turns a name into a JSON path.

    Returns:
        A SELECT of ``file``, ``filename``, ``broken``, ``text`` and ``v0``, ``v1`` ...
        as text.
    """
    known = {level.name for level in levels}
    asked: dict[str, list[str]] = {name: [] for name in ("", *known)}
    value: dict[str, str] = {}
    for name in names:
        of, dot, rest = name.partition(".")
        if not dot or of not in known:
            of, rest = "", name
        if rest in {"@name", "@path", "@number"}:
            value[name] = f"{of}_{rest[1:]}"
            continue
        asked[of].append("'$'" if rest == "@record" else path(rest))
        value[name] = f"{of}_r[{len(asked[of])}]"
    values = "".join(f", {value[name]} AS v{place}" for place, name in enumerate(names))
    if not levels:  # what can be taken out of it can be read: it is looked at once
        rows = f"SELECT *, {_taken(asked[''])} AS _r FROM ({opened})"
        whole = "starts_with(j, '{') AND _r IS NOT NULL"
        rows = _told(rows, f"CASE WHEN {whole} THEN 'OBJECT' ELSE {_TYPE} END")
        return f"SELECT file, filename, broken, text{values} FROM ({rows})"
    rows, above = _told(opened, _TYPE), ""
    for level in levels:
        rows = _one_level(rows, level, f"{above}_r", asked[above])
        above = level.name
    return (
        f"SELECT file, filename, broken, text{values} FROM (SELECT * EXCLUDE (j), "
        f"{_taken(asked[above])} AS {above}_r FROM ({rows}))"
    )


def _told(rows: str, kind: str) -> str:
    """SQL text of rows with what is wrong with each, if it is no object.

    Args:
        rows: SQL text of the rows, with ``j``.
        kind: SQL text of the type of that.
    """
    return (
        "SELECT * EXCLUDE (kind), "
        "CASE WHEN kind IS NULL THEN 'is not readable as JSON' "
        "WHEN kind <> 'OBJECT' THEN 'is not a JSON object' END AS broken, "
        "CASE WHEN kind IS DISTINCT FROM 'OBJECT' THEN left(j, 500) END AS text "
        f"FROM (SELECT *, {kind} AS kind FROM ({rows}))"
    )


def _taken(paths: Sequence[str]) -> str:
    """SQL text of some values of a record, in one go."""
    return f"TRY(json_extract_string(j, [{', '.join(paths)}]::VARCHAR[]))"


def _one_level(rows: str, level: Level, kept: str, asked: Sequence[str]) -> str:
    """SQL text of the records of one level.

    The text above is parsed once for all that is wanted of it, for every time costs a
    copy of it in memory; of the list it is only the first character that tells.

    Args:
        rows: SQL text of the level above.
        level: What to take out of it.
        kept: What to call the values that are asked for of the level above.
        asked: Their paths.
    """
    itself = (
        "[{'path': NULL::VARCHAR, 'name': NULL::VARCHAR, 'number': 1::BIGINT, "
        "'j': j::VARCHAR}]"
    )
    nothing = itself.replace("j::VARCHAR", "NULL::VARCHAR")
    lists = [literal(f"$.{path}") for path in level.paths]
    branches = " ".join(
        _found(f"inner_r[{len(asked) + place}]", path, level.needs, nothing)
        for place, path in enumerate(level.paths, 1)
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
        f"FROM (SELECT * EXCLUDE (inner_r), inner_r[1:{len(asked)}] AS {kept}, "
        f"unnest({children}) AS item "
        f"FROM (SELECT *, {_taken([*asked, *lists])} AS inner_r FROM ({rows})))"
    )


def _found(inner: str, path: str, needs: str, nothing: str) -> str:
    """SQL text of the WHEN branches of one place at which records may lie."""
    # what begins with a brace may be a text, so that nothing of it is sure
    keys, values = f"TRY(json_keys({inner}))", f"TRY(json_extract({inner}, '$.*'))"
    whole = ""
    if needs:
        each = literal(f"$.*.{needs}")
        whole = f"AND len(TRY(json_extract({inner}, {each}))) = len({keys}) "
    return (
        f"WHEN {inner}[1] = '[' THEN coalesce(list_transform("
        f"TRY(json_extract({inner}, '$[*]')), lambda x, i: {{'path': {literal(path)}, "
        f"'name': NULL::VARCHAR, 'number': i, 'j': x::VARCHAR}}), {nothing}) "
        f"WHEN {inner}[1] = '{{' AND len({keys}) > 0 {whole}THEN list_transform("
        f"list_zip({keys}, {values}), lambda x, i: {{'path': {literal(path)}, "
        "'name': x[1], 'number': i, 'j': x[2]::VARCHAR})"
    )
