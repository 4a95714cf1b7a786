"""Runs that lie inside their parents: ``{"id": 1, "child_runs": [{"id": 2, ...}]}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_NAMES = ("child_runs", "children", "child_spans", "childSpans", "childRuns")
_DEPTH = 12
_SAMPLED = 200
_ALIKE = 5
"""So many keys a record and its children share, or they are none of a kind."""


def with_children(raw: RawLedger) -> RawLedger | None:
    """A JSON ledger with a row for each run inside another; None where there is none.

    A run keeps its children, which nobody reads there. It is followed twelve levels
    down.
    """
    name = next((n for n in _NAMES if _holds(raw.sample.records, n)), None)
    if name is None:
        return None
    records = tuple(each for row in raw.sample.records for each in _all(row, name))
    paths = json_paths(records[:_SAMPLED])
    levels = ", ".join(
        f"json_extract(j, {literal('$' + f'.{name}[*]' * depth)})::VARCHAR[]"
        for depth in range(1, _DEPTH + 1)
    )
    return raw.with_records(
        lambda rows: (
            "SELECT file, filename, unnest(list_prepend(j, "
            f"coalesce(TRY(flatten([{levels}])), []))) AS j FROM ({rows})"
        ),
        Sample(tuple(paths), records[:_SAMPLED]),
        paths,
    )


def _holds(records: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether some record has children of its own kind under a name."""
    return any(
        isinstance(child, dict) and len(child.keys() & row.keys()) >= _ALIKE
        for row in records
        for child in (row.get(name) or ())[:1]
        if isinstance(row.get(name), list)
    )


def _all(record: Any, name: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(record, dict):
        yield record
        children = record.get(name)
        for child in children if isinstance(children, list) else ():
            yield from _all(child, name)
