"""Records one step further inside: objects, lists of pairs, rows of cells, texts.

Log services wrap what was logged: ``{"message": "{...}"}``, ``{"jsonPayload": {...}}``,
``[{"field": "model", "value": "m"}, ...]``, base64 of gzip. Each step gives a ledger
whose records are what was wrapped.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths, parse_objects
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

Path = tuple[str, ...]
_DEPTH = 4
_SAMPLED = 200
_LARGEST = 64 << 20
"""Bytes of one decoded text; more is a bomb."""
_NAMES = ("field", "key", "name")
"""What a pair calls its name, beside its ``value``."""
_COLUMNS = {"columns", "fields", "headers", "header", "meta"}
"""What tables call the list of their columns."""


def objects_inside(raw: RawLedger) -> Iterator[RawLedger]:
    """A ledger as the objects at each path in its records, the outer paths first."""
    for path in _places(raw, lambda value: isinstance(value, dict)):
        place = _place(path)
        # what has none there stays a row, so that it can be reported
        item = (
            f"CASE WHEN TRY(json_type(j, {place})) = 'OBJECT' "
            f"THEN json_extract(j, {place})::VARCHAR ELSE j::VARCHAR END"
        )
        found = (_at(record, path) for record in raw.sample.records)
        yield _with(raw, [each for each in found if isinstance(each, dict)], item)


def pairs_inside(raw: RawLedger) -> Iterator[RawLedger]:
    """A ledger whose records are lists of names with values, as objects."""
    for path in _places(raw, _are_pairs):
        rows = [row for each in raw.sample.records for row in _at(each, path) or ()]
        name = next(key for key in _NAMES if key in rows[0][0])
        pairs = (
            "list_transform(json_extract(r, '$[*]'), lambda p: "
            f"to_json(json_extract_string(p, '$.{name}'))::VARCHAR || ':' || "
            "coalesce(json_extract(p, '$.value')::VARCHAR, 'null'))"
        )
        records = [{str(p.get(name)): p.get("value") for p in row} for row in rows]
        yield _with(raw, records, _rows(path, pairs))


def rows_inside(raw: RawLedger) -> Iterator[RawLedger]:
    """A ledger of rows beside their columns: ``{"columns": [], "rows": [[]]}``."""
    headers = [*_places(raw, _are_names, _COLUMNS)]
    if not headers:
        return
    record = next(r for r in raw.sample.records if _are_names(_at(r, headers[0])))
    columns = _at(record, headers[0])
    names = [each["name"] if isinstance(each, dict) else each for each in columns]
    for path in _places(raw, lambda value: _are_rows(value, len(names))):
        listed = ", ".join(literal(json.dumps(name)) for name in names)
        cells = (
            f"list_transform([{listed}], lambda name, i: name || ':' || "
            "coalesce(json_extract(r, '$[' || (i - 1) || ']')::VARCHAR, 'null'))"
        )
        rows = [row for each in raw.sample.records for row in _at(each, path) or ()]
        records = [dict(zip(names, row, strict=False)) for row in rows]
        yield _with(raw, records, _rows(path, cells))


def decoded_inside(
    raw: RawLedger, con: duckdb.DuckDBPyConnection
) -> Iterator[RawLedger]:
    """A ledger as the JSON in its texts of base64, which gzip may have compressed."""
    for path in _places(raw, lambda value: bool(decoded(value))):
        _register(con)
        text = f"decoded(json_extract_string(j, {_place(path)}))"
        texts = (decoded(_at(record, path)) for record in raw.sample.records)
        records = parse_objects([each for each in texts if each])
        yield _with(raw, records, f"coalesce({text}, j::VARCHAR)")


def decoded(text: object) -> str | None:
    """The JSON object in a text of base64, which gzip may have compressed; else None.

    Examples:
        >>> decoded("eyJhIjogMX0=")
        '{"a": 1}'
        >>> decoded("message")
    """
    if not isinstance(text, str) or len(text) % 4 or len(text) < 8:
        return None
    try:
        data = base64.b64decode(text, validate=True)
        if data.startswith(b"\x1f\x8b"):
            unzip = zlib.decompressobj(wbits=31)
            data = unzip.decompress(data, _LARGEST)
            if unzip.unconsumed_tail:
                return None
        plain = data.decode("utf-8").strip()
    except (binascii.Error, ValueError, zlib.error):
        return None
    return plain if plain.startswith("{") else None


def _register(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``decoded`` known to the engine, which has no gzip of its own."""
    with contextlib.suppress(duckdb.CatalogException, duckdb.NotImplementedException):
        con.create_function(
            "decoded",
            decoded,
            ["VARCHAR"],
            "VARCHAR",
            null_handling=FunctionNullHandling.SPECIAL,
        )


def _with(raw: RawLedger, records: Sequence[Any], item: str) -> RawLedger:
    """A ledger with other records, each made of one or more of its own in SQL."""
    sample = tuple(records[:_SAMPLED])
    paths = json_paths(sample)
    return raw.with_records(
        lambda rows: f"SELECT file, filename, {item} AS j FROM ({rows})",
        Sample(tuple(paths), sample),
        paths,
    )


def _rows(path: Path, members: str) -> str:
    """SQL text of the objects that the rows ``r`` at a path become."""
    rows = f"TRY(json_extract(j, {_place(path, '[*]')}))"
    objects = (
        f"list_transform({rows}, lambda r: "
        f"'{{' || array_to_string({members}, ',') || '}}')"
    )
    return f"unnest(CASE WHEN len({rows}) > 0 THEN {objects} ELSE [j::VARCHAR] END)"


def _place(path: Path, end: str = "") -> str:
    return literal("$" + "".join(f'."{part}"' for part in path) + end)


def _at(record: Any, path: Path) -> Any:
    for part in path:
        record = record.get(part) if isinstance(record, dict) else None
    return record


def _places(
    raw: RawLedger, fits: Callable[[Any], bool], names: Collection[str] = ()
) -> Iterator[Path]:
    """The paths of the values in the records that fit, the outer ones first."""
    records = [each for each in raw.sample.records if isinstance(each, dict)]
    level: dict[Path, list[Any]] = {(): records}
    for _ in range(_DEPTH):
        inner: dict[Path, list[Any]] = {}
        for path, values in level.items():
            for value in values:
                for key, each in value.items():
                    if key and '"' not in key:
                        inner.setdefault((*path, key), []).append(each)
        for path, values in inner.items():
            if (not names or path[-1] in names) and any(map(fits, values)):
                yield path
        level = {
            path: [each for each in values if isinstance(each, dict)]
            for path, values in inner.items()
        }


def _are_pairs(value: Any) -> bool:
    """Whether a value is a list of lists of pairs."""
    row = value[0] if isinstance(value, list) and value else None
    pair = row[0] if isinstance(row, list) and row else None
    return isinstance(pair, dict) and "value" in pair and any(map(pair.get, _NAMES))


def _are_names(value: Any) -> bool:
    """Whether a value lists columns, by their names or as objects with a name."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(each.get("name") if isinstance(each, dict) else each, str)
            for each in value
        )
    )


def _are_rows(value: Any, width: int) -> bool:
    """Whether a value is a list of lists of so many cells."""
    row = value[0] if isinstance(value, list) and value else None
    return isinstance(row, list) and len(row) == width
