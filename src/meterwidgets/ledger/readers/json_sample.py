"""A first look at a JSON ledger: lines, an array or objects, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.readers.files import READ_ERRORS, open_binary

HEAD = 1 << 18
"""So much of a file is looked at before it is read."""

_SAMPLED = 200
_PLACES = 8
_DEPTH = 4
_PIECE = 1 << 16
_EXPLAINED = 64 << 20
_LARGEST = 256 << 20


Shape = tuple[tuple[str, "Shape | bool"], ...]


@dataclass(frozen=True)
class Json:
    """How a JSON file is laid out.

    Attributes:
        format: What DuckDB calls it: array, unstructured, or newline_delimited.
        rows: Records from all over the file.
    """

    format: str
    rows: tuple[dict[str, Any], ...]

    @property
    def lines(self) -> bool:
        """Whether every line is a record."""
        return self.format == "newline_delimited"


def look(path: Path, head: str, con: duckdb.DuckDBPyConnection) -> Json:
    """Tell how a JSON file is laid out and take a sample of its records.

    Args:
        path: The file.
        head: Its beginning.
        con: What to take documents apart with.

    Raises:
        LedgerError: When the file is one document and that is broken.
    """
    text = head.lstrip()
    if text.startswith("["):
        return Json("array", _document(path, "array", con))
    lines = text.splitlines()
    if _parsed(lines[0]) is None and _is_document(text):
        return Json("unstructured", _document(path, "unstructured", con))
    rows = [row for line in lines[:_SAMPLED] if (row := _parsed(line)) is not None]
    if len(head) >= HEAD:
        rows += _elsewhere(path)
    if not rows and text.startswith("{"):
        return Json("unstructured", _document(path, "unstructured", con))
    if not rows:
        raise LedgerError(
            f"{path}: is not readable as JSON (no line of it is an object); "
            "export one record a line, or a list of records"
        )
    return Json("newline_delimited", tuple(rows))


def json_paths(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The columns of some records; what holds nothing but objects is taken apart.

    Examples:
        >>> json_paths([{"id": 1, "usage": {"in": 5}}, {"usage": {"out": 7}}])
        {'id': ('id',), 'usage.in': ('usage', 'in'), 'usage.out': ('usage', 'out')}
    """
    found: dict[tuple[str, ...], bool] = {}
    for row in {_shape(row, _DEPTH): row for row in rows}.values():
        for path, says in _walk(row, ()):
            found[path] = says or found.get(path, False)
    outer = {path[:end] for path in found for end in range(1, len(path))}
    return {
        ".".join(path): path
        for path, says in found.items()
        if says or path not in outer
    }


def _shape(row: Mapping[str, Any], depth: int) -> Shape:
    """What records that have the same paths share; most of a ledger does."""
    return tuple(
        (key, _shape(inner, depth - 1) if depth and isinstance(inner, dict) else
         inner is None)
        for key, inner in row.items()
    )  # fmt: skip


def _walk(
    value: Mapping[str, Any], before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The paths in a record, and whether there is a value of its own."""
    for key, inner in value.items():
        if '"' in key or "*" in key or not key:
            continue  # such a name can't be written as a path
        if isinstance(inner, dict) and inner and len(before) < _DEPTH:
            yield from _walk(inner, (*before, key))
        else:
            yield (*before, key), inner is not None and inner != {}


def explain(path: Path, otherwise: str) -> str:
    """Say where a JSON document is broken, by line where the file is not huge.

    Args:
        path: The file.
        otherwise: What the reader said.
    """
    try:
        with open_binary(path) as stream:
            data = stream.read(_EXPLAINED + 1)
        if len(data) > _EXPLAINED:
            return otherwise
        json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, column {error.colno:,}: {error.msg}"
        cut = error.msg.startswith("Unterminated")
        if cut or error.pos >= len(error.doc.rstrip()) - 1:
            return f"{where}; the file ends in the middle, so export it again"
        return f"{where}; mend it there, or export one record a line"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return f"line {line:,} is not UTF-8; save the file as UTF-8"
    except (*READ_ERRORS, RecursionError):
        pass
    return otherwise


def _document(
    path: Path, layout: str, con: duckdb.DuckDBPyConnection
) -> tuple[dict[str, Any], ...]:
    try:
        found = con.execute(
            f"SELECT json::VARCHAR FROM read_json_objects({path_literal(path)}, "
            f"format='{layout}', maximum_object_size={largest_object(path)}) "
            f"LIMIT {_SAMPLED}"
        )
        rows = [_parsed(line) for (line,) in found.fetchall()]
    except duckdb.Error as error:
        reason = explain(path, str(error).splitlines()[0])
        raise LedgerError(f"{path}: is not readable as JSON ({reason})") from None
    return tuple(row for row in rows if row is not None)


def largest_object(path: Path) -> int:
    """How large one document of a file may be; the reader sets twice that aside."""
    if path.suffix.lower() in {".gz", ".zst"}:
        return _LARGEST
    return min(_LARGEST, max(1 << 21, path.stat().st_size + 1))


def _is_document(text: str) -> bool:
    """Whether a text is one JSON object over several lines."""
    if text.split("\n", 1)[0].strip() == "{":
        return True
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text.startswith("{")


def _elsewhere(path: Path) -> list[dict[str, Any]]:
    """Records from further on: a column may occur after the head only."""
    if path.suffix.lower() in {".gz", ".zst"}:
        return []
    size = path.stat().st_size
    rows = []
    with path.open("rb") as stream:
        for place in range(1, _PLACES + 1):
            stream.seek(max(0, size * place // _PLACES - _PIECE))
            lines = stream.read(_PIECE).decode("utf-8", "replace").splitlines()
            found = (_parsed(line) for line in lines[1:])
            rows += [row for row in found if row is not None]
    return rows


def _parsed(line: str) -> dict[str, Any] | None:
    import msgspec

    try:
        row = msgspec.json.decode(line)
    except msgspec.DecodeError:
        row = _lenient(line)
    except RecursionError:
        return None
    return row if isinstance(row, dict) else None


def _lenient(line: str) -> Any:
    """What Python takes as JSON besides, such as NaN."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
