"""What groups of records add up to: from exact sums of the cube to amounts.

Money is in nano-units of one currency; rates are exact fractions of them. None means
unknown or undefined, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from meterwidgets.frame.filters import CostType

UsageMeasure = Literal["cost", "tokens"]
"""What usage is ranked and drawn by."""

_Column = npt.NDArray[Any]
_INT64_SAFE = 2**61
"""The sum of three values below it still fits into an int64."""


class Amounts(NamedTuple):
    """What one group of records adds up to, on the side that the filters choose.

    A named tuple because breakdowns make them for thousands of users at once.

    Attributes:
        records: The number of records.
        requests: The number of requests; None where no record counts them.
        cost: Input + output + unsplit cost of priced usage.
        input_cost: The part of the cost for input.
        output_cost: The part of the cost for output.
        unsplit_cost: The part of the cost known only as a total.
        estimated_cost: The part of the cost split into sides by list prices.
        tokens: Input + output tokens.
        input_tokens: Prompt tokens, cached ones included.
        output_tokens: Completion tokens, reasoning included.
        cache_read_tokens: The input tokens read from a cache.
        reasoning_tokens: The output tokens spent on reasoning.
        priced_tokens: The tokens that the cost is for.
        unpriced_tokens: The tokens without a price.
        unpriced_input_tokens: The input tokens without a price.
        unpriced_output_tokens: The output tokens without a price.
        split_input_tokens: The input tokens that ``input_cost`` is for.
        split_output_tokens: The output tokens that ``output_cost`` is for.
    """

    records: int
    requests: int | None
    cost: int | None
    input_cost: int | None
    output_cost: int | None
    unsplit_cost: int | None
    estimated_cost: int
    tokens: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    reasoning_tokens: int | None
    priced_tokens: int
    unpriced_tokens: int
    unpriced_input_tokens: int
    unpriced_output_tokens: int
    split_input_tokens: int
    split_output_tokens: int

    def measured(self, measure: UsageMeasure) -> int | None:
        """The amount that usage is ranked and drawn by."""
        return self.cost if measure == "cost" else self.tokens

    @property
    def rate_per_1k(self) -> Fraction | None:
        """Cost per 1,000 priced tokens: 1000 x cost / tokens."""
        return ratio(self.cost, self.priced_tokens, 1000)

    @property
    def input_rate_per_1k(self) -> Fraction | None:
        """Input cost per 1,000 of the input tokens that it is for."""
        return ratio(self.input_cost, self.split_input_tokens, 1000)

    @property
    def output_rate_per_1k(self) -> Fraction | None:
        """Output cost per 1,000 of the output tokens that it is for."""
        return ratio(self.output_cost, self.split_output_tokens, 1000)

    @property
    def tokens_per_unit(self) -> Fraction | None:
        """Priced tokens per currency unit: tokens / cost; undefined at cost 0."""
        tokens = None if self.tokens is None else self.priced_tokens
        return ratio(tokens, self.cost, 10**9)

    @property
    def input_per_unit(self) -> Fraction | None:
        """Input tokens per currency unit of input cost."""
        tokens = None if self.input_tokens is None else self.split_input_tokens
        return ratio(tokens, self.input_cost, 10**9)

    @property
    def output_per_unit(self) -> Fraction | None:
        """Output tokens per currency unit of output cost."""
        tokens = None if self.output_tokens is None else self.split_output_tokens
        return ratio(tokens, self.output_cost, 10**9)


def ratio(
    numerator: int | None, denominator: int | None, factor: int = 1
) -> Fraction | None:
    """The exact value of factor x numerator / denominator; None where undefined."""
    if numerator is None or not denominator:
        return None
    return Fraction(factor * numerator, denominator)


@dataclass(frozen=True, kw_only=True)
class AmountColumns:
    """The amounts of many groups: a list per figure, each in the order of the groups.

    The fields are those of `Amounts`. Lists of numbers instead of thousands of tuples,
    because the garbage collector looks through every tuple but not through the lists.
    """

    records: list[int]
    requests: list[int | None]
    cost: list[int | None]
    input_cost: list[int | None]
    output_cost: list[int | None]
    unsplit_cost: list[int | None]
    estimated_cost: list[int]
    tokens: list[int | None]
    input_tokens: list[int | None]
    output_tokens: list[int | None]
    cache_read_tokens: list[int | None]
    reasoning_tokens: list[int | None]
    priced_tokens: list[int]
    unpriced_tokens: list[int]
    unpriced_input_tokens: list[int]
    unpriced_output_tokens: list[int]
    split_input_tokens: list[int]
    split_output_tokens: list[int]

    def __getitem__(self, group: int) -> Amounts:
        return Amounts._make([column[group] for column in self._in_field_order])

    def to_list(self) -> list[Amounts]:
        """The amounts of every group."""
        return list(map(Amounts._make, zip(*self._in_field_order, strict=True)))

    def measured(self, measure: UsageMeasure) -> list[int | None]:
        """What the groups are ranked and drawn by."""
        return self.cost if measure == "cost" else self.tokens

    def total(self, groups: Sequence[int]) -> Amounts:
        """What some groups add up to; a figure that none of them has stays unknown."""
        return Amounts(
            records=_total(self.records, groups),
            requests=_known_total(self.requests, groups),
            cost=_known_total(self.cost, groups),
            input_cost=_known_total(self.input_cost, groups),
            output_cost=_known_total(self.output_cost, groups),
            unsplit_cost=_known_total(self.unsplit_cost, groups),
            estimated_cost=_total(self.estimated_cost, groups),
            tokens=_known_total(self.tokens, groups),
            input_tokens=_known_total(self.input_tokens, groups),
            output_tokens=_known_total(self.output_tokens, groups),
            cache_read_tokens=_known_total(self.cache_read_tokens, groups),
            reasoning_tokens=_known_total(self.reasoning_tokens, groups),
            priced_tokens=_total(self.priced_tokens, groups),
            unpriced_tokens=_total(self.unpriced_tokens, groups),
            unpriced_input_tokens=_total(self.unpriced_input_tokens, groups),
            unpriced_output_tokens=_total(self.unpriced_output_tokens, groups),
            split_input_tokens=_total(self.split_input_tokens, groups),
            split_output_tokens=_total(self.split_output_tokens, groups),
        )

    @cached_property
    def _in_field_order(self) -> tuple[list[int | None], ...]:
        """The columns in the order of the fields of `Amounts`, looked up by name.

        `Amounts._make` takes half as long as 18 keywords, and is called for each row.
        """
        return tuple(getattr(self, name) for name in Amounts._fields)


def _total(column: Sequence[int], groups: Sequence[int]) -> int:
    return sum([column[group] for group in groups])


def _known_total(column: Sequence[int | None], groups: Sequence[int]) -> int | None:
    known = [value for group in groups if (value := column[group]) is not None]
    return sum(known) if known else None


def amounts_from_sums(sums: Mapping[str, int], cost_type: CostType = "both") -> Amounts:
    """The amounts of one group; see `columns_from_sums`."""
    return columns_from_sums(
        {name: [value] for name, value in sums.items()}, cost_type
    )[0]


# long: one figure a line
def columns_from_sums(
    sums: Mapping[str, Sequence[int] | npt.NDArray[np.int64]],
    cost_type: CostType = "both",
) -> AmountColumns:
    """The amounts of many groups, from the cube's sums.

    Args:
        sums: Measure -> its sum in each group.
        cost_type: "input" or "output" narrows money and tokens to that side. Requests
            stay as they are; unsplit cost belongs to neither side.

    Returns:
        Amounts with None where no record of a group reported the figure; the amounts of
        a group without records are a true 0.
    """
    table: _Column = np.array(list(sums.values()), np.int64)
    if table.max(initial=0) >= _INT64_SAFE:
        table = table.astype(object)
    measures = dict(zip(sums, table, strict=True))
    empty = measures["records"] == 0
    priced = (measures["priced"] != 0) | empty
    split_cost = measures["input_cost"] + measures["output_cost"]
    sides_known = priced & ((split_cost != 0) | (measures["unsplit_cost"] == 0))
    has_input = (measures["input_reported"] != 0) | empty
    has_output = (measures["output_reported"] != 0) | empty
    unpriced_input = measures["input_tokens"] - measures["priced_input_tokens"]
    unpriced_output = measures["output_tokens"] - measures["priced_output_tokens"]
    priced_tokens = measures["priced_input_tokens"] + measures["priced_output_tokens"]
    columns = AmountColumns(
        records=measures["records"].tolist(),
        requests=_where(
            (measures["requests_reported"] != 0) | empty, measures["requests"]
        ),
        cost=_where(priced, split_cost + measures["unsplit_cost"]),
        input_cost=_where(sides_known, measures["input_cost"]),
        output_cost=_where(sides_known, measures["output_cost"]),
        unsplit_cost=_where(priced, measures["unsplit_cost"]),
        estimated_cost=measures["estimated_cost"].tolist(),
        tokens=_where(
            has_input | has_output,
            measures["input_tokens"] + measures["output_tokens"],
        ),
        input_tokens=_where(has_input, measures["input_tokens"]),
        output_tokens=_where(has_output, measures["output_tokens"]),
        cache_read_tokens=_where(
            measures["cache_read_reported"] != 0, measures["cache_read_tokens"]
        ),
        reasoning_tokens=_where(
            measures["reasoning_reported"] != 0, measures["reasoning_tokens"]
        ),
        priced_tokens=priced_tokens.tolist(),
        unpriced_tokens=(unpriced_input + unpriced_output).tolist(),
        unpriced_input_tokens=unpriced_input.tolist(),
        unpriced_output_tokens=unpriced_output.tolist(),
        split_input_tokens=measures["split_input_tokens"].tolist(),
        split_output_tokens=measures["split_output_tokens"].tolist(),
    )
    return _one_side(columns, cost_type)


def _one_side(columns: AmountColumns, cost_type: CostType) -> AmountColumns:
    """Cost and tokens narrowed to the side that the filters choose."""
    if cost_type == "input":
        return replace(
            columns,
            cost=columns.input_cost,
            tokens=columns.input_tokens,
            priced_tokens=columns.split_input_tokens,
            unpriced_tokens=columns.unpriced_input_tokens,
        )
    if cost_type == "output":
        return replace(
            columns,
            cost=columns.output_cost,
            tokens=columns.output_tokens,
            priced_tokens=columns.split_output_tokens,
            unpriced_tokens=columns.unpriced_output_tokens,
        )
    return columns


def _where(known: _Column, values: _Column) -> list[int | None]:
    """The values, with None where they are not known."""
    found: list[int | None] = values.tolist()
    if not known.all():
        for group in np.flatnonzero(~known).tolist():
            found[group] = None
    return found
