"""Usage that is keyed by model: ``{"usage": {"gpt-4o": {"prompt_tokens": 5}}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.column_names import field_named

_DEPTH = 3
_MODEL = re.compile(r"[a-zA-Z].*[-/:.\d]|\d.*[a-zA-Z]")
"""A name of a model has a digit, a hyphen or the like: ``gpt-4o``, ``o3``."""

_COUNTS = {"input_tokens", "output_tokens", "fresh_input_tokens", "total_tokens"}


def by_model(raw: RawLedger) -> RawLedger | None:
    """A JSON ledger as a record a model; None where no usage is keyed by model.

    Returns:
        Records with the ``model``, its ``usage``, and all else in ``record``.
    """
    if raw.json_paths is None:
        return None
    records = raw.sample.records
    found = next((p for each in records for p in _keyed(each, ())), None)
    if found is None:
        return None
    place = literal("$" + "".join(f'."{part}"' for part in found))
    sample = tuple(part for each in records for part in _parts(each, found))
    paths = json_paths(sample)
    outer = raw.select_rows

    def select_rows(files: str) -> str:
        # what has no usage there stays a row of its own
        usage = f"json_extract(j, {place[:-1]}.\"' || k || '\"')"
        parts = (
            f"list_transform(TRY(json_keys(j, {place})), lambda k: '{{\"model\":' || "
            f"to_json(k) || ',\"usage\":' || {usage} || ',\"record\":' || j || '}}')"
        )
        return (
            f"SELECT file, filename, unnest(CASE WHEN len({parts}) > 0 THEN {parts} "
            f"ELSE ['{{\"record\":' || j || '}}'] END) AS j FROM ({outer(files)})"
        )

    return replace(
        raw,
        unit="record",
        select_rows=select_rows,
        sample=Sample(tuple(paths), sample),
        json_paths=paths,
        is_numbered=False,
    )


def _keyed(
    record: Mapping[str, Any], parents: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """The paths of the objects in a record whose keys are models."""
    for key, value in record.items():
        if not isinstance(value, dict) or not value or '"' in key:
            continue
        if all(_is_usage(name, each) for name, each in value.items()):
            yield (*parents, key)
        elif len(parents) < _DEPTH:
            yield from _keyed(value, (*parents, key))


def _is_usage(name: str, value: object) -> bool:
    """Whether an entry is the usage of a model."""
    return (
        bool(_MODEL.search(name))
        and isinstance(value, dict)
        and any(
            field_named(f"usage.{key}") in _COUNTS
            for key in (*value, *(value.get("usage") or ()))
        )
    )


def _parts(
    record: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """The records that one becomes, without the usage of the other models."""
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
    for model, each in usage.items():
        yield {"model": model, "usage": each, "record": rest}
