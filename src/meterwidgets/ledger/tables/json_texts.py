"""JSON that stands as text in a field: the message of a log event, a task's steps."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.frames.objects import as_objects
from meterwidgets.ledger.readers.json_layout import json_paths, parse_objects
from meterwidgets.ledger.readers.raw_ledger import FirstRows, RawLedger
from meterwidgets.ledger.readers.sample import Sample

_DEPTH = 3
_LINE = "line"
"""What the rest of a record is called beside its texts."""


def with_texts(raw: RawLedger) -> RawLedger | None:
    """A JSON ledger with the objects in its texts; None where no text is an object.

    Returns:
        Records with an object for each text, by its name, and all else in ``line``.
    """
    if raw.json_paths is None:
        return None
    found = dict.fromkeys(p for each in raw.sample.records for p in _texts(each, ()))
    names = {path: path[-1] if path[-1] != _LINE else "text" for path in found}
    if not found or len({*names.values()}) < len(names):
        return None
    sample = tuple(
        {_LINE: record}
        | {names[path]: inner for path in found if (inner := _inner(record, path))}
        for record in raw.sample.records
    )
    paths = json_paths(sample)

    def select(rows: str) -> str:
        # put together as text, so that no number passes through a float
        objects = " || ".join(
            f"coalesce((SELECT {literal(f',{json.dumps(name)}:')} || t FROM (SELECT "
            f"json_extract_string(j, {_place(path)}) AS t) WHERE "
            "TRY(json_type(t)) = 'OBJECT'), '')"
            for path, name in names.items()
        )
        return (
            f"SELECT file, filename, '{{\"{_LINE}\":' || j || {objects} || '}}' AS j "
            f"FROM ({rows})"
        )

    texts = Sample(tuple(paths), sample)
    return raw.with_records(select, texts, paths, unit=raw.unit)


def objects_read(
    raw: RawLedger,
    columns: Collection[str],
    first: FirstRows,
    con: duckdb.DuckDBPyConnection,
) -> RawLedger:
    """A ledger with objects where some columns lie inside of its texts.

    Args:
        raw: The ledger.
        columns: What is read; a column inside of another has its name and a dot.
        first: The first rows of the ledger.
        con: The engine that looks into them.
    """
    names = {*raw.sample.columns}
    others = (each for each in columns if each not in names)
    if not (holders := {each.partition(".")[0] for each in others} & names):
        return raw
    if raw.json_paths is None:
        return as_objects(first, con) or raw
    return texts_as_objects(raw, holders) or raw


def texts_as_objects(raw: RawLedger, columns: Collection[str]) -> RawLedger | None:
    """A JSON ledger with objects in place of the texts in some of its columns.

    Args:
        raw: The ledger.
        columns: The names of the columns, at the top of a record.

    Returns:
        The ledger; None where none of these texts is an object.
    """
    found = {path[0] for each in raw.sample.records for path in _texts(each, ())}
    if not (names := sorted(found & {*columns})):
        return None
    sample = tuple(
        {**each, **{n: inner for n in names if (inner := _inner(each, (n,)))}}
        for each in raw.sample.records
    )
    parsed = ", ".join(
        f"{literal(name)}, coalesce(TRY_CAST(json_extract_string(j, {_place((name,))}) "
        f"AS JSON), json_extract(j, {_place((name,))}))"
        for name in names
    )
    paths = json_paths(sample)
    return raw.with_records(
        lambda rows: (
            "SELECT file, filename, coalesce(TRY(json_merge_patch(j, json_object("
            f"{parsed}))::VARCHAR), j) AS j FROM ({rows})"
        ),
        Sample(tuple(paths), sample),
        paths,
        unit=raw.unit,
    )


def _place(path: tuple[str, ...]) -> str:
    return literal("$" + "".join(f'."{part}"' for part in path))


def _texts(
    record: Mapping[str, Any], parents: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """The paths of the texts in a record that are objects."""
    for key, value in record.items():
        path = (*parents, key)
        if '"' in key:
            continue
        if isinstance(value, dict) and len(parents) < _DEPTH:
            yield from _texts(value, path)
        elif isinstance(value, str) and value.lstrip()[:1] == "{":
            yield from [path] if parse_objects([value]) else []


def _inner(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The object in a text of a record, or nothing."""
    value: Any = record
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return next(iter(parse_objects([value])), None) if isinstance(value, str) else None
