"""Pair what a ledger and an invoice say about the same day and model."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, NamedTuple

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.reconcile.model_names import Match, Name, match_names
from meterwidgets.schema import COST_PARTS

_COSTS = ("records", *COST_PARTS)
_MEASURES = (
    *_COSTS, "priced", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "priced_input_tokens", "priced_output_tokens",
    "billed_input_tokens", "billed_output_tokens",
)  # fmt: skip
ItemKind = Literal["not_tokens", "tax"]

_NOT_TOKENS = re.compile(
    r"web.?search|code.?(interpreter|execution)|storage|vector|fine.?tun|training"
    r"|container|session|file.?search|\bfees?\b|commitment|subscription"
)
_TAX = re.compile(r"\b(tax|vat|gst)(es)?\b")


@dataclass(frozen=True)
class SideTotals:
    """What one side has for a day and model; money in nano-units.

    Attributes:
        records: The number of records.
        priced: The number of records with a cost.
        cost: The sum of the costs.
        input: Prompt tokens, cached ones included.
        cached: The input tokens read from or written to a cache.
        tokens: All tokens.
        unpriced: The tokens without a price.
        uncached_cost: What an invoice bills for input that is not cached.
        cached_cost: What an invoice bills for cached input.
    """

    records: int = 0
    priced: int = 0
    cost: int = 0
    input: int = 0
    cached: int = 0
    tokens: int = 0
    unpriced: int = 0
    uncached_cost: int = 0
    cached_cost: int = 0

    def __add__(self, other: SideTotals) -> SideTotals:
        names = [field.name for field in fields(self)]
        return SideTotals(
            **{name: getattr(self, name) + getattr(other, name) for name in names}
        )


class LineKey(NamedTuple):
    """What identifies a line.

    Attributes:
        period: The number of the day, or month.
        model: The model, or an item of the invoice that is not a model; None means
            "not reported".
        item: The kind of an item that is not a model, else None.
    """

    period: int
    model: Name
    item: ItemKind | None = None


@dataclass(frozen=True)
class Pair:
    """One line of both sides; a side without a record is None."""

    key: LineKey
    ledger: SideTotals | None
    invoice: SideTotals | None

    @property
    def difference(self) -> int:
        """Invoice - ledger."""
        ledger, invoice = self.ledger or SideTotals(), self.invoice or SideTotals()
        return invoice.cost - ledger.cost


@dataclass(frozen=True)
class Pairing:
    """The lines of both sides, and the names that were matched.

    Attributes:
        pairs: The lines, by day, then model.
        matches: The different names that were matched.
        by_model: Whether both sides name models; else lines are days.
        ledger_names: The ledger's name of a model -> its name in the lines.
    """

    pairs: tuple[Pair, ...]
    matches: tuple[Match, ...]
    by_model: bool
    ledger_names: Mapping[Name, Name]


def pair_sides(
    ledger: Selection, invoice: Selection, edges: Sequence[datetime]
) -> Pairing:
    """Pair the lines of a ledger with those of an invoice.

    Args:
        ledger: The gateway's figures.
        invoice: The provider's figures.
        edges: n + 1 midnights of UTC around n days or months.
    """
    left = {
        LineKey(period, model): totals
        for model, period, totals in _side_totals(ledger, edges)
    }
    right = _invoice_totals(invoice, edges)
    models = _models(left), _models(right)
    by_model = all(any(name is not None for name in side) for side in models)
    matches: tuple[Match, ...] = ()
    ledger_names: Mapping[Name, Name] = dict.fromkeys(models[0])
    invoice_names: Mapping[Name, Name] = dict.fromkeys(models[1])
    if by_model:
        ledger_names, invoice_names, matches = match_names(*models)
    left, right = _renamed(left, ledger_names), _renamed(right, invoice_names)
    keys = sorted(
        {*left, *right}, key=lambda k: (k.period, k.item or "", k.model or "")
    )
    pairs = tuple(Pair(key, left.get(key), right.get(key)) for key in keys)
    return Pairing(pairs, matches, by_model, ledger_names)


def ledger_costs(
    ledger: Selection, edges: Sequence[datetime], names: Mapping[Name, Name]
) -> dict[LineKey, int]:
    """The cost of a ledger's lines between other edges of time.

    Args:
        ledger: The gateway's figures.
        edges: n + 1 instants around n days.
        names: The ledger's name of a model -> its name in the lines.
    """
    costs: dict[LineKey, int] = defaultdict(int)
    for model, sums in ledger.sums_between(edges, "model", _COSTS).items():
        parts = [sums[part].tolist() for part in COST_PARTS]
        for period, amount in enumerate(map(sum, zip(*parts, strict=True))):
            costs[LineKey(period, names.get(model, model))] += amount
    return costs


def _models(totals: Mapping[LineKey, SideTotals]) -> set[Name]:
    return {key.model for key in totals if not key.item}


def _renamed(
    totals: Mapping[LineKey, SideTotals], names: Mapping[Name, Name]
) -> dict[LineKey, SideTotals]:
    """The totals under the names of the lines; what gets the same name is added."""
    renamed: dict[LineKey, SideTotals] = {}
    for key, side in totals.items():
        if not key.item:
            key = key._replace(model=names.get(key.model, key.model))
        renamed[key] = renamed[key] + side if key in renamed else side
    return renamed


def _invoice_totals(
    selection: Selection, edges: Sequence[datetime]
) -> dict[LineKey, SideTotals]:
    """The totals of an invoice, whose endpoints are the kinds of item that it bills."""
    names_models = any(name is not None for name in selection.frame.cube.names["model"])
    by_line: dict[LineKey, SideTotals] = {}
    for endpoint in selection.frame.cube.names["endpoint"]:
        filters = selection.filters.replace(endpoints=[endpoint])
        text = (endpoint or "").lower()
        is_cached = "cach" in text and "uncached" not in text
        is_uncached = not is_cached and ("input" in text or "prompt" in text)
        one_item = selection.select(filters)
        for model, period, totals in _side_totals(one_item, edges):
            item = _item_kind(text, model, names_models)
            key = LineKey(period, endpoint if item else model, item)
            sides = SideTotals(
                uncached_cost=is_uncached * totals.cost,
                cached_cost=is_cached * totals.cost,
            )
            by_line[key] = by_line.get(key, SideTotals()) + totals + sides
    return by_line


def _item_kind(text: str, model: Name, names_models: bool) -> ItemKind | None:
    """The kind of an invoice's item that is not the tokens of a model.

    Args:
        text: What the invoice calls the item, in lower case.
        model: The model that it names.
        names_models: Whether the invoice names models at all.

    Examples:
        >>> _item_kind("web search, calls", "web search", True)
        'not_tokens'
        >>> _item_kind("vat", None, False)
        'tax'
        >>> _item_kind("gpt-5-nano, input_tokens", "gpt-5-nano", True) is None
        True
    """
    if _TAX.search(text):
        return "tax"
    if _NOT_TOKENS.search(text):
        return "not_tokens"
    if model is None and names_models and text and "token" not in text:
        return None if text.startswith("/") else "not_tokens"  # a path is a route
    return None


def _side_totals(
    selection: Selection, edges: Sequence[datetime]
) -> Iterator[tuple[Name, int, SideTotals]]:
    """Model, period and totals, only where there are records."""
    for model, by_period in selection.sums_between(edges, "model", _MEASURES).items():
        sums = {measure: values.tolist() for measure, values in by_period.items()}
        for period, records in enumerate(sums["records"]):
            if records:
                totals = _from_sums({m: sums[m][period] for m in _MEASURES})
                yield model, period, totals


def _from_sums(sums: Mapping[str, int]) -> SideTotals:
    tokens = sums["input_tokens"] + sums["output_tokens"]
    return SideTotals(
        records=sums["records"],
        priced=sums["priced"],
        cost=sum(sums[part] for part in COST_PARTS),
        input=sums["input_tokens"],
        cached=sums["cache_read_tokens"] + sums["cache_write_tokens"],
        tokens=tokens,
        unpriced=tokens
        - sum(
            sums[f"{kind}_{side}_tokens"]
            for kind in ("priced", "billed")
            for side in ("input", "output")
        ),
    )
