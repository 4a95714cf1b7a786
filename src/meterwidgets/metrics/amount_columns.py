"""The amounts of many groups of records, from the exact sums of a cube."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from meterwidgets.frame.filters import CostType
from meterwidgets.metrics.amounts import Amounts, UsageMeasure

_Column = npt.NDArray[Any]
_INT64_SAFE = 2**61
"""The sum of four values below it still fits into an int64."""


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
    fee_cost: list[int | None]
    estimated_cost: list[int]
    tokens: list[int | None]
    input_tokens: list[int | None]
    output_tokens: list[int | None]
    cache_read_tokens: list[int | None]
    cache_write_tokens: list[int | None]
    reasoning_tokens: list[int | None]
    priced_tokens: list[int]
    unpriced_tokens: list[int]
    unpriced_input_tokens: list[int]
    unpriced_output_tokens: list[int]
    split_input_tokens: list[int]
    split_output_tokens: list[int]
    cost_without_tokens: list[int]
    input_cost_without_tokens: list[int]
    output_cost_without_tokens: list[int]
    negative_cost: list[int]

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
            fee_cost=_known_total(self.fee_cost, groups),
            estimated_cost=_total(self.estimated_cost, groups),
            tokens=_known_total(self.tokens, groups),
            input_tokens=_known_total(self.input_tokens, groups),
            output_tokens=_known_total(self.output_tokens, groups),
            cache_read_tokens=_known_total(self.cache_read_tokens, groups),
            cache_write_tokens=_known_total(self.cache_write_tokens, groups),
            reasoning_tokens=_known_total(self.reasoning_tokens, groups),
            priced_tokens=_total(self.priced_tokens, groups),
            unpriced_tokens=_total(self.unpriced_tokens, groups),
            unpriced_input_tokens=_total(self.unpriced_input_tokens, groups),
            unpriced_output_tokens=_total(self.unpriced_output_tokens, groups),
            split_input_tokens=_total(self.split_input_tokens, groups),
            split_output_tokens=_total(self.split_output_tokens, groups),
            cost_without_tokens=_total(self.cost_without_tokens, groups),
            input_cost_without_tokens=_total(self.input_cost_without_tokens, groups),
            output_cost_without_tokens=_total(self.output_cost_without_tokens, groups),
            negative_cost=_total(self.negative_cost, groups),
        )

    @cached_property
    def _in_field_order(self) -> tuple[list[int | None], ...]:
        """The columns in the order of the fields of `Amounts`, looked up by name.

        `Amounts._make` takes half as long as 24 keywords, and is called for each row.
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
            stay as they are; unsplit cost and fees belong to neither side.

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
    unpriced_input, unpriced_output = (
        measures[f"{side}_tokens"]
        - measures[f"priced_{side}_tokens"]
        - measures[f"billed_{side}_tokens"]
        for side in ("input", "output")
    )
    priced_tokens = measures["priced_input_tokens"] + measures["priced_output_tokens"]
    columns = AmountColumns(
        records=measures["records"].tolist(),
        requests=_where(
            (measures["requests_reported"] != 0) | empty, measures["requests"]
        ),
        cost=_where(
            priced, split_cost + measures["unsplit_cost"] + measures["fee_cost"]
        ),
        input_cost=_where(sides_known, measures["input_cost"]),
        output_cost=_where(sides_known, measures["output_cost"]),
        unsplit_cost=_where(priced, measures["unsplit_cost"]),
        fee_cost=_where(priced, measures["fee_cost"]),
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
        cache_write_tokens=_where(
            measures["cache_write_reported"] != 0, measures["cache_write_tokens"]
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
        cost_without_tokens=(
            measures["cost_without_tokens"] + measures["fee_cost"]
        ).tolist(),
        input_cost_without_tokens=measures["input_cost_without_tokens"].tolist(),
        output_cost_without_tokens=measures["output_cost_without_tokens"].tolist(),
        negative_cost=measures[
            "negative_cost" if cost_type == "both" else f"negative_{cost_type}_cost"
        ].tolist(),
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
            cost_without_tokens=columns.input_cost_without_tokens,
        )
    if cost_type == "output":
        return replace(
            columns,
            cost=columns.output_cost,
            tokens=columns.output_tokens,
            priced_tokens=columns.split_output_tokens,
            unpriced_tokens=columns.unpriced_output_tokens,
            cost_without_tokens=columns.output_cost_without_tokens,
        )
    return columns


def _where(known: _Column, values: _Column) -> list[int | None]:
    """The values, with None where they are not known."""
    column: list[int | None] = values.tolist()
    if not known.all():
        for group in np.flatnonzero(~known).tolist():
            column[group] = None
    return column
