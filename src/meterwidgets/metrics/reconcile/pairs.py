"""What a ledger and an invoice say of the same day and model, side by side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.reconcile.model_names import Match, Name, matched

_COSTS = ("records", "input_cost", "output_cost", "unsplit_cost")
_MEASURES = (
    *_COSTS, "priced", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "priced_input_tokens", "priced_output_tokens",
)  # fmt: skip
_NO_TOKENS = re.compile(
    r"web.?search|code.?(interpreter|execution)|storage|vector|fine.?tun|training"
    r"|container|session|file.?search|\bfees?\b|commitment|subscription"
)
_TAX = re.compile(r"\b(tax|vat|gst)(es)?\b")


@dataclass(frozen=True)
class Cell:
    """What one side says of a day and model; money in nano-units.

    Attributes:
        records: How many records.
        priced: How many of them have a cost.
        cost: The sum of the costs.
        input: Prompt tokens, cached ones included.
        cached: Of them, read from or written to a cache.
        tokens: All tokens.
        unpriced: Of them, those that nobody priced.
        fresh_cost: On an invoice, what it bills for input that is not cached.
        cached_cost: On an invoice, what it bills for cached input.
    """

    records: int = 0
    priced: int = 0
    cost: int = 0
    input: int = 0
    cached: int = 0
    tokens: int = 0
    unpriced: int = 0
    fresh_cost: int = 0
    cached_cost: int = 0

    def __add__(self, other: Cell) -> Cell:
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        return Cell(*sums)


class Key(NamedTuple):
    """Which line a cell belongs to.

    Attributes:
        step: The number of the day, or month.
        model: The model, or the item of an invoice that is none; None: not reported.
        item: "not_tokens" or "tax" where it is no model, else empty.
    """

    step: int
    model: Name
    item: str = ""


@dataclass(frozen=True)
class Pair:
    """One line: what the ledger and the invoice say, None where one says nothing."""

    key: Key
    ledger: Cell | None
    invoice: Cell | None

    @property
    def difference(self) -> int:
        """Invoice - ledger."""
        ours, theirs = self.ledger or Cell(), self.invoice or Cell()
        return theirs.cost - ours.cost


@dataclass(frozen=True)
class Pairs:
    """All lines of two sides, and the names that were brought together.

    Attributes:
        rows: By day, then model.
        matches: The names that were matched without being the same.
        by_model: Whether both sides name models; else lines are days.
        ours: The ledger's name -> what the lines call it.
    """

    rows: tuple[Pair, ...]
    matches: tuple[Match, ...]
    by_model: bool
    ours: Mapping[Name, Name]


def pairs(ledger: Selection, invoice: Selection, edges: Sequence[datetime]) -> Pairs:
    """Put two sides next to each other.

    Args:
        ledger: The gateway's figures.
        invoice: The provider's.
        edges: n + 1 midnights of UTC around n days or months.
    """
    left, right = dict(_ledger(ledger, edges)), dict(_invoice(invoice, edges))
    names = _models(left), _models(right)
    by_model = all(any(name is not None for name in side) for side in names)
    if by_model:
        ours, theirs, matches = matched(*names)
    else:
        ours, theirs = (dict.fromkeys(side) for side in names)
        matches = ()
    left, right = _renamed(left, ours), _renamed(right, theirs)
    keys = sorted({*left, *right}, key=lambda k: (k.step, k.item, k.model or ""))
    rows = tuple(Pair(key, left.get(key), right.get(key)) for key in keys)
    return Pairs(rows, matches, by_model, ours)


def costs(
    ledger: Selection, edges: Sequence[datetime], ours: Mapping[Name, Name]
) -> dict[Key, int]:
    """What a ledger costs between other edges, by the names of the lines."""
    found: dict[Key, int] = defaultdict(int)
    for model, over in ledger.over(edges, "model", _COSTS).items():
        cost = over["input_cost"] + over["output_cost"] + over["unsplit_cost"]
        for step, amount in enumerate(cost.tolist()):
            found[Key(step, ours.get(model, model))] += amount
    return found


def _models(cells: Mapping[Key, Cell]) -> set[Name]:
    return {key.model for key in cells if not key.item}


def _renamed(cells: Mapping[Key, Cell], names: Mapping[Name, Name]) -> dict[Key, Cell]:
    found: dict[Key, Cell] = {}
    for key, cell in cells.items():
        if not key.item:
            key = key._replace(model=names.get(key.model, key.model))
        found[key] = found[key] + cell if key in found else cell
    return found


def _ledger(
    selection: Selection, edges: Sequence[datetime]
) -> Iterator[tuple[Key, Cell]]:
    for model, step, cell in _cells(selection, edges):
        yield Key(step, model), cell


def _invoice(
    selection: Selection, edges: Sequence[datetime]
) -> Iterator[tuple[Key, Cell]]:
    """The cells of an invoice, each endpoint being a kind of item that it bills."""
    named = any(name is not None for name in selection.frame.cube.names["model"])
    found: dict[Key, Cell] = {}
    for endpoint in selection.frame.cube.names["endpoint"]:
        filters = selection.filters.replace(endpoints=[endpoint])
        text = (endpoint or "").lower()
        cached = "cach" in text and "uncached" not in text
        fresh = not cached and ("input" in text or "prompt" in text)
        for model, step, cell in _cells(selection.select(filters), edges):
            item = _item(text, model, named)
            key = Key(step, endpoint if item else model, item)
            split = Cell(fresh_cost=fresh * cell.cost, cached_cost=cached * cell.cost)
            found[key] = found.get(key, Cell()) + cell + split
    yield from found.items()


def _item(text: str, model: Name, named: bool) -> str:
    """What an item of an invoice is, if it is not the tokens of a model.

    Examples:
        >>> _item("web search, calls", "web search", True), _item("vat", None, False)
        ('not_tokens', 'tax')
        >>> _item("gpt-5-nano, input_tokens", "gpt-5-nano", True), _item("", None, True)
        ('', '')
    """
    if _TAX.search(text):
        return "tax"
    if _NO_TOKENS.search(text):
        return "not_tokens"
    beside = model is None and named and text
    return "not_tokens" if beside and "token" not in text and text[0] != "/" else ""


def _cells(
    selection: Selection, edges: Sequence[datetime]
) -> Iterator[tuple[Name, int, Cell]]:
    """Model, step and cell, only where there are records."""
    for model, over in selection.over(edges, "model", _MEASURES).items():
        sums = {measure: values.tolist() for measure, values in over.items()}
        for step, records in enumerate(sums["records"]):
            if records:
                yield model, step, _cell({m: sums[m][step] for m in _MEASURES})


def _cell(sums: Mapping[str, int]) -> Cell:
    tokens = sums["input_tokens"] + sums["output_tokens"]
    return Cell(
        records=sums["records"],
        priced=sums["priced"],
        cost=sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"],
        input=sums["input_tokens"],
        cached=sums["cache_read_tokens"] + sums["cache_write_tokens"],
        tokens=tokens,
        unpriced=tokens - sums["priced_input_tokens"] - sums["priced_output_tokens"],
    )
