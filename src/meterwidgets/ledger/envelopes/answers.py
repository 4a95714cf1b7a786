"""Answers that wrap their records: ``{"data": [...], "page": 1, "total_pages": 3}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_ERROR = {"error", "detail", "type", "status", "code", "request_id"}
"""The keys of an answer that is an error."""
_DEPTH = 3
_SAMPLED = 200


def unwrapped(raw: RawLedger, *, with_outer: bool = False) -> Iterator[RawLedger]:
    """A ledger of answers as the records in them, for each list that may hold them.

    Args:
        raw: A JSON ledger; of others there is none.
        with_outer: Whether each record is the ``item``, with what stands around the
            list as ``outer``.
    """
    for path in dict.fromkeys(
        path for record in raw.sample.records for path in _lists(record, ())
    ):
        records = tuple(raw.sample.within(*path))[:_SAMPLED]
        if with_outer:
            records = tuple(
                {"item": item, "outer": _without(record, path)}
                for record in raw.sample.records
                for item in Sample((), (record,)).within(*path)
            )[:_SAMPLED]
        paths = json_paths(records)
        inner = raw.with_records(
            partial(_select_items, path, with_outer),
            Sample(tuple(paths), records),
            paths,
        )
        yield replace(inner, select_pages=raw.select_pages or raw.select_rows)


def service_error(records: Sequence[Mapping[str, Any]]) -> str:
    """What a service said went wrong, where that is all that it answered; else "".

    Examples:
        >>> service_error([{"error": {"message": "no such key", "code": 401}}])
        'no such key'
        >>> service_error([{"error": None, "cost": 1}])
        ''
    """
    said = ""
    for record in records:
        error = record.get("error") or record.get("detail")
        inner = error.get("message") if isinstance(error, dict) else error
        if not isinstance(inner, str) or record.keys() - _ERROR:
            return ""
        said = inner
    return said


def _lists(
    record: Mapping[str, Any], parents: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """The paths of the lists of objects in an answer, the outer ones first."""
    inner = []
    for key, value in record.items():
        if '"' in key or not key:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield (*parents, key)
        elif isinstance(value, dict) and len(parents) < _DEPTH:
            inner.append((key, value))
    for key, value in inner:
        yield from _lists(value, (*parents, key))


def _without(record: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A record without what lies at a path."""
    first, *rest = path
    inner = record.get(first)
    copy = {key: value for key, value in record.items() if key != first}
    if rest and isinstance(inner, dict):
        copy[first] = _without(inner, tuple(rest))
    return copy


def _select_items(path: tuple[str, ...], with_outer: bool, rows: str) -> str:
    """SQL text of the items of a list in rows."""
    # What is no such answer stays a row of its own, so that it can be reported.
    place = "$" + "".join(f'."{part}"' for part in path)
    items = f"json_extract(j, {literal(place + '[*]')})::VARCHAR[]"
    itself = "j::VARCHAR"
    if with_outer:
        items = (
            f"list_transform({items}, lambda item: "
            "'{\"item\":' || item || ',\"outer\":' || j || '}')"
        )
        itself = "'{\"outer\":' || j || '}'"
    return (
        f"SELECT file, filename, unnest(CASE WHEN TRY(json_type(j, "
        f"{literal(place)})) = 'ARRAY' THEN {items} ELSE [{itself}] END) AS j "
        f"FROM ({rows})"
    )
