"""JSON that stands as text in a field: the message of a log event, a task's steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths, parse_objects
from meterwidgets.ledger.readers.raw_ledger import RawLedger
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
