"""What the text and the page of a report say first: figures, splits, filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.amounts import amounts_from_sums as of_sums
from meterwidgets.metrics.breakdown import Breakdown, top_with_other
from meterwidgets.metrics.overpriced import OVERPRICED
from meterwidgets.metrics.totals import Totals, totals
from meterwidgets.text import plain


@dataclass(frozen=True)
class Figure:
    """One headline: its name, the figure, what stands below it, the exact value."""

    label: str
    value: str
    caption: str = ""
    exact: str = ""


@dataclass(frozen=True)
class Part:
    """One side of a split; ``key`` is input, output or unsplit."""

    key: str
    label: str
    value: str
    share: str
    fraction: float


def figures(selection: Selection) -> list[Figure]:
    """The headline of a selection, in the order of the Overview's cards."""
    found, unit = totals(selection), selection.currency
    amounts = found.amounts
    top = "Most Tokens" if amounts.cost is None else "Top Spender"
    tokens = (
        f"{formats.count(found.tokens_per_day)}/day"
        if found.tokens_per_day is not None
        else ""
    )
    rates = (
        ""
        if amounts.input_rate_per_1k is None and amounts.output_rate_per_1k is None
        else f"input {formats.rate(amounts.input_rate_per_1k, unit)}, "
        f"output {formats.rate(amounts.output_rate_per_1k, unit)}"
    )
    return [
        Figure(
            "Total Spend",
            formats.money(amounts.cost, unit),
            _spend(found, unit),
            formats.money_exact(amounts.cost, unit),
        ),
        Figure(
            "Tokens",
            formats.count(amounts.tokens),
            tokens,
            formats.count_exact(amounts.tokens),
        ),
        Figure(
            "Requests",
            formats.count(amounts.requests),
            "not counted by this ledger" if amounts.requests is None else "",
            formats.count_exact(amounts.requests),
        ),
        Figure(
            "Models",
            formats.count(found.models),
            "not reported by this ledger"
            if found.models is None
            else f"{top}: {plain(found.top_model or 'none')}",
        ),
        Figure(
            "Rate/1K",
            formats.rate(amounts.rate_per_1k, unit),
            rates,
            formats.money_exact(amounts.rate_per_1k, unit),
        ),
        Figure(
            "Efficiency",
            formats.count(amounts.tokens_per_unit),
            "undefined without cost"
            if amounts.tokens_per_unit is None
            else f"tokens per {formats.currency_name(unit)}",
            formats.count_exact(amounts.tokens_per_unit),
        ),
    ]


def _spend(found: Totals, unit: str | None) -> str:
    amounts = found.amounts
    if amounts.cost is None:
        return "no prices: tokens rank instead"
    said = [times.duration(found.elapsed)]
    if found.run_rate is not None:
        said.insert(0, f"{formats.money(found.run_rate, unit)}/day")
    if amounts.unpriced_tokens and amounts.tokens:
        part = Fraction(amounts.unpriced_tokens, amounts.tokens)
        said.append(f"lower bound: {percentages.share(part)} of tokens unpriced")
    return " · ".join(said)


def token_split(selection: Selection) -> list[Part]:
    """Input against output tokens, whatever the cost type is."""
    whole = of_sums(selection.sums())
    sides = {"input": whole.input_tokens, "output": whole.output_tokens}
    texts = [formats.count(value) for value in sides.values()]
    return _parts(list(sides), list(sides.values()), texts)


def cost_split(selection: Selection) -> list[Part]:
    """Input against output cost, and what is not split."""
    whole, unit = of_sums(selection.sums()), selection.currency
    sides = {"input": whole.input_cost, "output": whole.output_cost}
    if whole.unsplit_cost:
        sides["unsplit"] = whole.unsplit_cost
    texts = [formats.money(value, unit) for value in sides.values()]
    return _parts(list(sides), list(sides.values()), texts)


def _parts(
    keys: Sequence[str], values: Sequence[int | None], texts: Sequence[str]
) -> list[Part]:
    known = [value or 0 for value in values]
    labels = {"input": "Input", "output": "Output", "unsplit": "Not split"}
    return [
        Part(
            key,
            labels[key],
            text,
            formats.DASH if value is None else share,
            (value or 0) / (sum(known) or 1),
        )
        for key, value, text, share in zip(
            keys, values, texts, percentages.split_shares(known), strict=True
        )
    ]


def chosen(selection: Selection) -> list[str]:
    """What the filters leave, one sentence a filter."""
    frame, filters = selection.frame, selection.filters
    said = [
        f"{frame.dimensions.named(dimension).label}: "
        + ", ".join(plain(frame.label(dimension, value)) for value in values)
        for dimension, values in filters.chosen.items()
    ]
    if filters.cost_type != "both":
        said.append(f"Cost type: {filters.cost_type} only")
    if filters.outliers == "without":
        said.append(f"Outliers: left out ({OVERPRICED})")
    if len(frame.currencies) > 1:
        said.append(f"Currency: {selection.currency} only")
    return said


def notices(selection: Selection) -> list[str]:
    """What must be known to read the figures right, one sentence each."""
    whole, unit = of_sums(selection.sums()), selection.currency
    said = []
    if whole.unsplit_cost and selection.filters.cost_type != "both":
        said.append(
            f"{formats.money(whole.unsplit_cost, unit)} is known only as a total; it "
            "belongs to neither side and is left out"
        )
    if whole.estimated_cost:
        said.append(
            f"the split of {formats.money(whole.estimated_cost, unit)} is estimated "
            "from list prices"
        )
    return said


@dataclass(frozen=True)
class Line:
    """One row of a breakdown, as text, with its exact values."""

    name: str
    cost: str
    tokens: str
    requests: str
    share: str
    fraction: float
    exact_cost: str
    exact_tokens: str


def table(found: Breakdown, unit: str | None, most: int | None = None) -> list[Line]:
    """A breakdown as text; empty where no record reports the dimension.

    Args:
        found: The breakdown.
        unit: The currency of its amounts.
        most: So many rows at the most; what is left out adds up to "Other (n)".
    """
    if all(row.id is None for row in found.rows):
        return []
    rows = top_with_other(found.rows, most or len(found.rows))
    costs = formats.money_column([row.amounts.cost for row in rows], unit)
    values = [row.value for row in rows]
    shares = percentages.shares([value or 0 for value in values])
    return [
        Line(
            plain(row.name),
            cost,
            formats.count(row.amounts.tokens),
            formats.count(row.amounts.requests),
            formats.DASH if value is None else share,
            float(row.share or 0),
            formats.money_exact(row.amounts.cost, unit),
            formats.count_exact(row.amounts.tokens),
        )
        for row, cost, value, share in zip(rows, costs, values, shares, strict=True)
    ]
