"""Rows with nested columns as JSON objects: a table means what the same file means."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.frames.streams import encode_lines
from meterwidgets.ledger.readers.json_layout import json_paths, parse_objects
from meterwidgets.ledger.readers.raw_ledger import FirstRows, RawLedger
from meterwidgets.ledger.readers.sample import Sample

_SAMPLED = 200


def is_nested(column_type: str) -> bool:
    """Whether values of a type have values inside.

    Examples:
        >>> is_nested("STRUCT(a BIGINT)"), is_nested("VARCHAR[]"), is_nested("VARCHAR")
        (True, True, False)
    """
    nested = ("MAP(", "STRUCT(", "JSON", "VARIANT")
    return column_type.startswith(nested) or column_type.endswith("]")


def open_objects(records: Sequence[Mapping[str, Any]], ws: Workspace) -> RawLedger:
    """Open a list of dicts, such as the answers of an API.

    Args:
        records: The records, or answers that hold them.
        ws: The workspace in which they are registered.
    """
    import pyarrow as pa

    # not splitlines: JSON escapes no separator of lines but those of ASCII
    lines = encode_lines(records).decode().rstrip("\n").split("\n")
    texts = pa.array(lines if records else [], pa.string())
    relation = ws.register(pa.table({"j": texts}))
    step = max(1, len(records) // _SAMPLED)
    sampled = texts.take(pa.array(range(0, len(texts), step), pa.int64())).to_pylist()
    found = tuple(parse_objects(sampled))
    paths = json_paths(found)
    rows = f"SELECT 0 AS file, 'the table' AS filename, j FROM {relation}"
    return RawLedger(
        "the table",
        "row",
        lambda _: rows,
        Sample(tuple(paths), found),
        json_paths=paths,
    )


def as_objects(first: FirstRows, con: duckdb.DuckDBPyConnection) -> RawLedger | None:
    """A table with nested columns, or JSON text in some, as rows of JSON.

    Args:
        first: The first rows of a flat table.
        con: The engine that looks into them.

    Returns:
        The same rows as JSON; None where no column holds objects.
    """
    raw = first.raw
    if raw.json_paths is not None:
        return None
    names = raw.sample.columns
    types = _types(raw)
    try:
        inside = _json_texts(first.ledger(), con)
    except duckdb.Error:  # loading it will say what is wrong with the file
        return None
    if not inside and not any(map(is_nested, types)):
        return None
    cells = ", ".join(
        f"{literal(name)}, "
        + (_object(f"c{i}") if i in inside else _cell(i, types[i]))
        for i, name in enumerate(names)
    )  # fmt: skip

    def as_json(rows: str) -> str:
        return (
            f"SELECT file, filename, json_object({cells})::VARCHAR AS j FROM ({rows})"
        )

    some = as_json(first.ledger().select_rows(""))
    texts = con.execute(f"SELECT j FROM ({some}) LIMIT {_SAMPLED}").fetchall()
    records = tuple(parse_objects([text for (text,) in texts]))
    paths = json_paths(records)
    return raw.with_records(
        as_json,
        Sample(tuple(paths), records),
        paths,
        unit="record" if raw.unit == "line" else raw.unit,
    )


def columns_as_objects(raw: RawLedger) -> RawLedger:
    """A flat table as rows of JSON, an object of its columns each."""
    names = raw.sample.columns
    types = zip(range(len(names)), _types(raw), strict=True)
    cells = ", ".join(f"{literal(names[i])}, {_cell(i, kind)}" for i, kind in types)
    return raw.with_records(
        lambda rows: (
            f"SELECT file, filename, json_object({cells})::VARCHAR AS j FROM ({rows})"
        ),
        Sample(names, (dict.fromkeys(names, ""),)),
        {name: (name,) for name in names},
    )


def _types(raw: RawLedger) -> Sequence[str]:
    """The SQL types of the columns of a flat table."""
    return raw.types or ("VARCHAR",) * len(raw.sample.columns)


def _json_texts(raw: RawLedger, con: duckdb.DuckDBPyConnection) -> set[int]:
    """The numbers of the columns whose texts are JSON objects or lists."""
    texts = [i for i, kind in enumerate(_types(raw)) if kind == "VARCHAR"]
    columns = ", ".join(f"c{i}" for i in texts) or "NULL"
    query = f"SELECT {columns} FROM ({raw.select_rows('')}) LIMIT {_SAMPLED}"
    rows = con.execute(query).fetchall()
    return {i for k, i in enumerate(texts) if _are_objects([row[k] for row in rows])}


def _object(text: str) -> str:
    """SQL text of a JSON object that stands in a text, perhaps as Python writes it."""
    # Python quotes with ' what holds a "
    escaped = f"replace({text}, chr(34), chr(92) || chr(34))"
    plain, quoted = (f"replace({t}, chr(39), chr(34))" for t in (text, escaped))
    for word, plain_word in (("None", "null"), ("True", "true"), ("False", "false")):
        plain, quoted = (
            f"regexp_replace({t}, '\\b{word}\\b', '{plain_word}', 'g')"
            for t in (plain, quoted)
        )
    return (
        f"coalesce(TRY_CAST({text} AS JSON), TRY_CAST({plain} AS JSON), "
        f"TRY_CAST({quoted} AS JSON), to_json({text}))"
    )


def _cell(number: int, column_type: str) -> str:
    """SQL text of a column; nested ones may come as text of JSON already."""
    if is_nested(column_type):
        return f"TRY_CAST(c{number} AS JSON)"
    # in JSON, a number goes through a float
    decimal = column_type.startswith("DECIMAL")
    return f"c{number}::VARCHAR" if decimal else f"c{number}"


def _are_objects(values: Sequence[object]) -> bool:
    """Whether half of the texts that there are are JSON objects or lists."""
    texts = [str(each).strip() for each in values if each not in (None, "")]
    objects = [text for text in texts if text[:1] in ("{", "[") and _is_json(text)]
    return 2 * len(objects) >= len(texts) > 0


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object or list, or one as Python writes it."""
    for read in (json.loads, ast.literal_eval):
        try:
            return isinstance(read(text), dict | list)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return False


def is_answer(value: object) -> bool:
    """Whether a dict is an API's answer rather than a mapping of columns.

    Examples:
        >>> is_answer({"data": [{"id": 1}], "total": 1}), is_answer({"cost": [1, 2]})
        (True, False)
    """
    if not isinstance(value, Mapping):
        return False
    values = list(value.values())
    if any(isinstance(each, Mapping) for each in values):
        return True
    lists = [each for each in values if _is_list(each)]
    return len(lists) < len(values) or (
        bool(lists) and all(_first_is_object(each) for each in lists)
    )


def _is_list(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | Mapping)


def _first_is_object(value: Any) -> bool:
    return len(value) > 0 and isinstance(next(_items(value)), Mapping)


def _items(value: Any) -> Iterator[Any]:
    yield from value
