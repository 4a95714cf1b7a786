"""Costs with a list of their parts and tokens beside them: a day and its models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        inside = candidates(list(json_paths(_objects(items))))
        if "cost" in inside and inside.keys() & _TOKENS:
            whole = _sum(raw.sample.records, around["cost"][0])
            parts = _sum(_objects(items), inside["cost"][0])
            if abs(whole - parts) <= _TOLERANCE * abs(whole):
                return _without_amounts(inner)
    return None


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


def _without_amounts(raw: RawLedger) -> RawLedger:
    """A ledger without what is used around its items: it would count once an item."""
    columns = [each for each in raw.sample.columns if each.startswith("outer.")]
    found = candidates(columns)
    hidden = {
        column
        for name in (*AMOUNTS, "total_tokens", "requests")
        for column in found.get(name, ())
    }
    left = tuple(each for each in raw.sample.columns if each not in hidden)
    return replace(raw, sample=Sample(left, raw.sample.records))
