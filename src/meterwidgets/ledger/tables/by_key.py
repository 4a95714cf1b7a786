"""Usage that is keyed by model or day: ``{"usage": {"gpt-4o": {"tokens": 5}}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.column_names import field_named
from meterwidgets.ledger.tables.by_item import are_parts, without_amounts
from meterwidgets.ledger.tables.mapping import has_amounts

_DEPTH = 3
_KEYS = {
    "date": re.compile(r"\d{4}-\d\d(-\d\d)?"),
    "key": re.compile(r"[\da-fA-F]{8}-[\da-fA-F-]{13,27}|[\da-fA-F]{16,}|\d+"),
    "model": re.compile(r"(?=.*[a-zA-Z]).*[-/:.\d].*"),
}
"""What a key may be: a day, an id, or a model, which has a digit, a hyphen or so."""

_COUNTS = {"input_tokens", "output_tokens", "fresh_input_tokens", "total_tokens"}


def by_key(raw: RawLedger) -> RawLedger | None:
    """A JSON ledger as a record a key; None where no usage is keyed.

    Returns:
        Records with the ``model`` (or the ``date``), its ``usage``, and all else in
        ``record``.
    """
    if raw.json_paths is None:
        return None
    records = raw.sample.records
    found = next((each for row in records for each in _keyed(row, ())), None)
    if found is None:
        return None
    kind, path = found
    place = literal("$" + "".join(f'."{part}"' for part in path))
    sample = tuple(part for each in records for part in _parts(each, path, kind))
    paths = json_paths(sample)
    first_look = Sample(tuple(paths), sample)
    around = list(json_paths([each.get("record", {}) for each in sample]))
    if has_amounts(around):
        parts = [each["usage"] for each in sample if "usage" in each]
        if not are_parts(parts, raw.sample.records, around):
            return None  # what stands there besides would count once a key
        first_look = without_amounts(first_look, "record.")

    def select(rows: str) -> str:
        # what has no usage there stays a row of its own
        usage = f"json_extract(j, {place[:-1]}.\"' || k || '\"')"
        parts = (
            f"list_transform(TRY(json_keys(j, {place})), lambda k: '{{\"{kind}\":' || "
            f"to_json(k) || ',\"usage\":' || {usage} || ',\"record\":' || j || '}}')"
        )
        return (
            f"SELECT file, filename, unnest(CASE WHEN len({parts}) > 0 THEN {parts} "
            f"ELSE ['{{\"record\":' || j || '}}'] END) AS j FROM ({rows})"
        )

    return raw.with_records(select, first_look, paths)


def _keyed(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The objects in a record whose keys are of one kind, and the kind."""
    if value and all(_is_usage(each) for each in value.values()):
        for kind, pattern in _KEYS.items():
            if all(pattern.fullmatch(key) for key in value):
                yield kind, path
                return
    for key, each in value.items():
        if isinstance(each, dict) and '"' not in key and len(path) < _DEPTH:
            yield from _keyed(each, (*path, key))


def _is_usage(value: object) -> bool:
    """Whether an entry is usage, or usage by another key."""
    if not isinstance(value, dict):
        return False
    usage = value.get("usage")
    names = [*value, *(usage if isinstance(usage, dict) else ())]
    is_usage = any(field_named(f"usage.{name}") in _COUNTS for name in names)
    return is_usage or (bool(value) and next(_keyed(value, ()), None) is not None)


def _parts(
    record: Mapping[str, Any], path: tuple[str, ...], kind: str
) -> Iterator[dict[str, Any]]:
    """The records that one becomes, without the usage of the other keys."""
    if not path:
        yield from ({kind: key, "usage": each} for key, each in record.items())
        return
    *parents, last = path
    rest = copy = dict(record)
    for part in parents:
        if not isinstance(copy.get(part), dict):
            break
        copy[part] = dict(copy[part])
        copy = copy[part]
    usage = copy.pop(last, None)
    if not isinstance(usage, dict) or not usage:
        yield {"record": rest}
        return
    for key, each in usage.items():
        yield {kind: key, "usage": each, "record": rest}
