"""Records that are written a column at a time: ``{"time": [...], "tokens": [...]}``.

pandas writes a frame so by default, each column an object whose keys number the rows;
services of metrics write a list of times beside one of values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_SAMPLED = 200
_TYPES = "('ARRAY', 'OBJECT')"
_NUMBER = re.compile(r"\d[-\d:TZ .+]*")
"""What numbers a row: its place, or its time."""
_TIME = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?|1\d{9}(\.\d+|\d{3}|\d{6}|\d{9})?")
"""A time as text: a date, or a number of seconds and their parts since 1970."""


def columns_inside(raw: RawLedger) -> RawLedger | None:
    """A ledger whose records are columns as the rows of these.

    What stands beside the columns holds for each of their rows.
    """
    records = [each for each in raw.sample.records if isinstance(each, dict)]
    names = _columns(records[0]) if records else {}
    if len(names) < 2 or not any(map(_are_times, names.values())):
        return None  # tags and the like
    if any(_columns(each).keys() != names.keys() for each in records):
        return None
    rows = [row for each in records for row in _rows(each)][:_SAMPLED]
    paths = json_paths(rows)
    kinds = {name: isinstance(records[0][name], list) for name in names}
    around = [name for name in records[0] if name not in names and '"' not in name]

    def select(rows: str) -> str:
        # what has none stays a row, so that it can be reported
        has_columns = f"TRY(json_type(j, {_place(next(iter(kinds)))})) IN {_TYPES}"
        cells = ", ".join(
            f"unnest(CASE WHEN {has_columns} THEN json_extract(j, "
            f"{_place(name, '[*]' if is_list else '.*')}) ELSE [NULL] END) AS c{n}"
            for n, (name, is_list) in enumerate(kinds.items())
        )
        members = " || ',' || ".join(
            f"{_key(name)} || coalesce({value}::VARCHAR, 'null')"
            for name, value in (
                *((name, f"c{n}") for n, name in enumerate(kinds)),
                *((name, f"json_extract(j, {_place(name)})") for name in around),
            )
        )
        return (
            f"SELECT file, filename, CASE WHEN {has_columns} THEN '{{' || {members} "
            "|| '}' ELSE j::VARCHAR END AS j "
            f"FROM (SELECT file, filename, j, {cells} FROM ({rows}))"
        )

    return raw.with_records(select, Sample(tuple(paths), tuple(rows)), paths)


def _columns(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The columns of a record, by the shape that most of its values have."""
    lists: dict[str, list[Any]] = {}
    objects: dict[str, list[Any]] = {}
    for name, value in record.items():
        if '"' in name:
            continue
        if isinstance(value, list):
            lists[name] = value
        elif isinstance(value, dict) and value and all(map(_NUMBER.fullmatch, value)):
            objects[name] = list(value.values())
    found = objects if len(objects) > len(lists) else lists
    lengths = {len(values) for values in found.values()}
    plain = all(
        not isinstance(value, dict | list) for each in found.values() for value in each
    )
    return found if len(lengths) == 1 and plain else {}


def _are_times(values: list[Any]) -> bool:
    texts = [str(value) for value in values if value is not None]
    return bool(texts) and all(map(_TIME.fullmatch, texts))


def _rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = _columns(record)
    around = {name: value for name, value in record.items() if name not in columns}
    cells = zip(*columns.values(), strict=True)
    return [dict(zip(columns, each, strict=True)) | around for each in cells]


def _key(name: str) -> str:
    return literal(f'"{name}":')


def _place(name: str, end: str = "") -> str:
    return literal(f'$."{name}"{end}')
