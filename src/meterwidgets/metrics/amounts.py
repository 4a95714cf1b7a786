"""What a group of records adds up to, and the rates of that.

Money is in nano-units of one currency; rates are exact fractions of them. None means
unknown or undefined, never 0.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

UsageMeasure = Literal["cost", "tokens"]
"""What usage is ranked and drawn by."""


class Amounts(NamedTuple):
    """What one group of records adds up to, on the side that the filters choose.

    A named tuple because breakdowns make them for thousands of users at once.

    Attributes:
        records: The number of records.
        requests: The number of requests; None where no record counts them.
        cost: Input + output + unsplit cost and fees of priced usage, corrections with
            their sign.
        input_cost: The part of the cost for input.
        output_cost: The part of the cost for output.
        unsplit_cost: The part of the cost known only as a total.
        fee_cost: The part of the cost paid by request, search or call of a tool: of
            neither side, and in no rate.
        estimated_cost: The part of the cost split into sides by list prices.
        tokens: Input + output tokens.
        input_tokens: Prompt tokens, cached ones included.
        output_tokens: Completion tokens, reasoning included.
        cache_read_tokens: The input tokens read from a cache.
        cache_write_tokens: The input tokens written to a cache.
        reasoning_tokens: The output tokens spent on reasoning.
        priced_tokens: The tokens that the cost is for.
        unpriced_tokens: The tokens without a price; those that a bill pays for have
            one, in its lines.
        unpriced_input_tokens: The input tokens without a price.
        unpriced_output_tokens: The output tokens without a price.
        split_input_tokens: The input tokens that ``input_cost`` is for.
        split_output_tokens: The output tokens that ``output_cost`` is for.
        cost_without_tokens: The part of the cost that is for no known tokens, such as
            fees: it is in no rate.
        input_cost_without_tokens: Likewise, of the input cost.
        output_cost_without_tokens: Likewise, of the output cost.
        negative_cost: The part of the cost that is below zero: corrections.
    """

    records: int
    requests: int | None
    cost: int | None
    input_cost: int | None
    output_cost: int | None
    unsplit_cost: int | None
    fee_cost: int | None
    estimated_cost: int
    tokens: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    priced_tokens: int
    unpriced_tokens: int
    unpriced_input_tokens: int
    unpriced_output_tokens: int
    split_input_tokens: int
    split_output_tokens: int
    cost_without_tokens: int
    input_cost_without_tokens: int
    output_cost_without_tokens: int
    negative_cost: int

    def measured(self, measure: UsageMeasure) -> int | None:
        """The amount that usage is ranked and drawn by."""
        return self.cost if measure == "cost" else self.tokens

    @property
    def rate_per_1k(self) -> Fraction | None:
        """Cost per 1,000 tokens, of the records that have both."""
        return ratio(self._rated_cost, self.priced_tokens, 1000)

    @property
    def input_rate_per_1k(self) -> Fraction | None:
        """Input cost per 1,000 input tokens, of the records that have both."""
        return ratio(self._rated_input_cost, self.split_input_tokens, 1000)

    @property
    def output_rate_per_1k(self) -> Fraction | None:
        """Output cost per 1,000 output tokens, of the records that have both."""
        return ratio(self._rated_output_cost, self.split_output_tokens, 1000)

    @property
    def tokens_per_unit(self) -> Fraction | None:
        """Tokens per currency unit of their cost; undefined where none is above 0."""
        tokens = None if self.tokens is None else self.priced_tokens
        return ratio(tokens, _above_zero(self._rated_cost), 10**9)

    @property
    def input_per_unit(self) -> Fraction | None:
        """Input tokens per currency unit of input cost."""
        tokens = None if self.input_tokens is None else self.split_input_tokens
        return ratio(tokens, _above_zero(self._rated_input_cost), 10**9)

    @property
    def output_per_unit(self) -> Fraction | None:
        """Output tokens per currency unit of output cost."""
        tokens = None if self.output_tokens is None else self.split_output_tokens
        return ratio(tokens, _above_zero(self._rated_output_cost), 10**9)

    @property
    def _rated_cost(self) -> int | None:
        """The cost of the records that have tokens, which rates divide by those."""
        return _less(self.cost, self.cost_without_tokens)

    @property
    def _rated_input_cost(self) -> int | None:
        return _less(self.input_cost, self.input_cost_without_tokens)

    @property
    def _rated_output_cost(self) -> int | None:
        return _less(self.output_cost, self.output_cost_without_tokens)


UNKNOWN = Amounts._make(
    0 if kind == "int" else None for kind in Amounts.__annotations__.values()
)
"""The amounts of a time that nobody saw: no record, and no figure."""


def _above_zero(cost: int | None) -> int | None:
    """A cost that buys tokens; one that corrections took below zero buys none."""
    return cost if cost is not None and cost > 0 else None


def _less(cost: int | None, part: int) -> int | None:
    return None if cost is None else cost - part


def ratio(
    numerator: int | None, denominator: int | None, factor: int = 1
) -> Fraction | None:
    """The exact value of factor x numerator / denominator; None where undefined."""
    if numerator is None or not denominator:
        return None
    return Fraction(factor * numerator, denominator)
