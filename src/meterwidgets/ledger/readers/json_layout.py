"""How a JSON file is laid out, which columns its records have, and where it breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.readers.files import READ_ERRORS, open_binary

JsonLayout = Literal["array", "unstructured", "newline_delimited"]
"""A list of records, documents one after the other, or one record a line.

The words are DuckDB's.
"""

HEAD_BYTES = 1 << 18
"""How much of a file is read to recognise its format."""

_SAMPLED_RECORDS = 200
_SAMPLED_PIECES = 8
_PIECE_BYTES = 1 << 16
_MAX_DEPTH = 4
_LARGEST_OBJECT = 256 << 20

_LARGEST_EXPLAINED = 64 << 20
"""Larger files would take too much memory to parse once more for their error."""

Record = dict[str, Any]
JsonPath = tuple[str, ...]
_Shape = tuple[tuple[str, "_Shape | bool"], ...]


def sniff_json(
    path: Path, head: str, con: duckdb.DuckDBPyConnection
) -> tuple[JsonLayout, tuple[Record, ...]]:
    """Find out how a JSON file is laid out, and sample its records.

    Args:
        path: The file.
        head: Its beginning, which is not blank.
        con: The engine that takes documents apart.

    Returns:
        The layout, and records from all over the file.

    Raises:
        LedgerError: When the file is a broken document, or no line is an object.
    """
    text = head.lstrip()
    if text.startswith("["):
        return "array", _sample_documents(path, "array", con)
    lines = text.splitlines()
    if _parse_object(lines[0]) is None and _is_document(text):
        return "unstructured", _sample_documents(path, "unstructured", con)
    records = parse_objects(lines[:_SAMPLED_RECORDS])
    if len(head) >= HEAD_BYTES:
        records += _sample_beyond_head(path)
    if not records and text.startswith("{"):
        return "unstructured", _sample_documents(path, "unstructured", con)
    if not records:
        raise LedgerError(
            f"{path}: is not readable as JSON (no line of it is an object); "
            "export one record a line, or a list of records"
        )
    return "newline_delimited", tuple(records)


def json_paths(records: Sequence[Mapping[str, Any]]) -> dict[str, JsonPath]:
    """The columns of some records, with the paths of nested ones.

    Examples:
        >>> json_paths([{"id": 1, "usage": {"in": 5}}, {"usage": {"out": 7}}])
        {'id': ('id',), 'usage.in': ('usage', 'in'), 'usage.out': ('usage', 'out')}
    """
    has_value: dict[JsonPath, bool] = {}
    for record in {_shape(each, _MAX_DEPTH): each for each in records}.values():
        for path, is_set in _walk(record, ()):
            has_value[path] = is_set or has_value.get(path, False)
    # An object that is null or empty in some records is no column beside its members.
    parents = {path[:end] for path in has_value for end in range(1, len(path))}
    return {
        ".".join(path): path
        for path, is_set in has_value.items()
        if is_set or path not in parents
    }


def largest_object(path: Path) -> int:
    """How many bytes one document may have; DuckDB allocates twice as many."""
    if path.suffix.lower() in {".gz", ".zst"}:
        return _LARGEST_OBJECT
    return min(_LARGEST_OBJECT, max(1 << 21, path.stat().st_size + 1))


def _shape(record: Mapping[str, Any], depth: int) -> _Shape:
    """What records with the same paths share, so that each shape is walked once."""
    return tuple(
        (key, _shape(value, depth - 1) if depth and isinstance(value, dict) else
         value is None)
        for key, value in record.items()
    )  # fmt: skip


def _walk(
    record: Mapping[str, Any], parent: JsonPath
) -> Iterator[tuple[JsonPath, bool]]:
    """The paths in a record, and whether each holds a value."""
    for key, value in record.items():
        if '"' in key or "*" in key or not key:
            continue  # such a name can't be written as a path
        if isinstance(value, dict) and value and len(parent) < _MAX_DEPTH:
            yield from _walk(value, (*parent, key))
        else:
            yield (*parent, key), value is not None and value != {}


def _sample_documents(
    path: Path, layout: JsonLayout, con: duckdb.DuckDBPyConnection
) -> tuple[Record, ...]:
    try:
        rows = con.execute(
            f"SELECT json::VARCHAR FROM read_json_objects({path_literal(path)}, "
            f"format='{layout}', maximum_object_size={largest_object(path)}) "
            f"LIMIT {_SAMPLED_RECORDS}"
        ).fetchall()
    except duckdb.Error as error:
        reason = explain_json_error(path, str(error).splitlines()[0])
        raise LedgerError(f"{path}: is not readable as JSON ({reason})") from None
    return tuple(parse_objects([text for (text,) in rows]))


def _sample_beyond_head(path: Path) -> list[Record]:
    """Records from further on: a column may occur only after the head."""
    if path.suffix.lower() in {".gz", ".zst"}:
        return []
    size = path.stat().st_size
    records = []
    with path.open("rb") as stream:
        for number in range(1, _SAMPLED_PIECES + 1):
            stream.seek(max(0, size * number // _SAMPLED_PIECES - _PIECE_BYTES))
            lines = stream.read(_PIECE_BYTES).decode("utf-8", "replace").splitlines()
            records += parse_objects(lines[1:])  # the first one is cut
    return records


def _is_document(text: str) -> bool:
    """Whether a text is one JSON object over several lines."""
    if text.split("\n", 1)[0].strip() == "{":
        return True
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text.startswith("{")


def parse_objects(texts: Sequence[str]) -> list[Record]:
    """Those of some texts that are JSON objects."""
    parsed = map(_parse_object, texts)
    return [record for record in parsed if record is not None]


def _parse_object(text: str) -> Record | None:
    import msgspec

    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        try:
            value = json.loads(text)  # also takes NaN and the like
        except (ValueError, RecursionError):
            return None
    except RecursionError:
        return None
    return value if isinstance(value, dict) else None


def explain_json_error(path: Path, engine_error: str) -> str:
    """Say where a JSON document is broken, and what to do.

    Args:
        path: The file.
        engine_error: What the engine said; returned where nothing better is known.
    """
    try:
        with open_binary(path) as stream:
            data = stream.read(_LARGEST_EXPLAINED + 1)
        if len(data) > _LARGEST_EXPLAINED:
            return engine_error
        json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        position = f"line {error.lineno:,}, column {error.colno:,}: {error.msg}"
        is_cut = error.msg.startswith("Unterminated")
        if is_cut or error.pos >= len(error.doc.rstrip()) - 1:
            return f"{position}; the file ends in the middle, so export it again"
        return f"{position}; fix it there, or export one record a line"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return f"line {line:,} is not UTF-8; save the file as UTF-8"
    except (*READ_ERRORS, RecursionError):
        return engine_error
    return engine_error
