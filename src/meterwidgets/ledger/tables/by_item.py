"""Costs with a list of their parts and tokens beside them: a day and its models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from meterwidgets.ledger.envelopes.answers import unwrapped
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.tables.mapping import AMOUNTS, candidates

_TOKENS = {"input_tokens", "output_tokens", "total_tokens"}
_TOLERANCE = Decimal("0.01")
"""The share by which a cost and the sum of its parts may differ."""


def by_item(raw: RawLedger) -> RawLedger | None:
    """A JSON ledger as a record an item of a list that adds up to the cost beside it.

    Returns:
        Records with the ``item``, and what stands around the list as ``outer``; None
        where the records know their tokens, or no list has these and the same cost.
    """
    around = candidates(raw.sample.columns)
    if raw.json_paths is None or "cost" not in around or around.keys() & _TOKENS:
        return None
    for inner in unwrapped(raw, with_outer=True):
        items = [each["item"] for each in inner.sample.records]
        if are_parts(_objects(items), raw.sample.records, raw.sample.columns):
            return replace(inner, sample=without_amounts(inner.sample, "outer."))
    return None


def are_parts(
    parts: Sequence[Mapping[str, Any]],
    wholes: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
) -> bool:
    """Whether records have tokens and costs that add up to the costs around them.

    Args:
        parts: The records.
        wholes: Those around them.
        columns: The columns of the latter: a cost, and no tokens.
    """
    around, inside = candidates(columns), candidates(list(json_paths(parts)))
    if "cost" not in around or around.keys() & _TOKENS:
        return False
    if "cost" not in inside or not inside.keys() & _TOKENS:
        return False
    whole = _sum(wholes, around["cost"][0])
    return abs(whole - _sum(parts, inside["cost"][0])) <= _TOLERANCE * abs(whole)


def _objects(values: Iterable[object]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _sum(records: Iterable[Mapping[str, Any]], column: str) -> Decimal:
    """The sum of a column, a path with dots, in a sample."""
    total = Decimal(0)
    for record in records:
        value: Any = record
        for name in column.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        try:
            total += Decimal(str(value))
        except InvalidOperation:
            continue
    return total if total.is_finite() else Decimal(0)


def without_amounts(sample: Sample, prefix: str) -> Sample:
    """A sample without what is used around its parts: it would count once a part."""
    columns = [each for each in sample.columns if each.startswith(prefix)]
    found = candidates(columns)
    hidden = {
        column
        for name in (*AMOUNTS, "total_tokens", "requests")
        for column in found.get(name, ())
    }
    left = tuple(each for each in sample.columns if each not in hidden)
    return Sample(left, sample.records)
