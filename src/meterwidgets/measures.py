"""The registry of measures: what the roll-up sums over records.

The cube has a column for each; selections, trends and stores ask here which there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meterwidgets.schema import COST


@dataclass(frozen=True)
class Measure:
    """What the roll-up sums: one int64 column of the cube.

    Attributes:
        name: Its column.
        summed: SQL text of what one record adds, ``"1"`` to count records.
        where: SQL conditions of the records that count.
        in_sparklines: Whether it is summed at every point of a card's sparkline.
    """

    name: str
    summed: str
    where: tuple[str, ...] = ()
    in_sparklines: bool = False


_PRICED = ("currency IS NOT NULL",)
# A record of which only the fee is known has tokens without a price.
_PRICED_TOKENS = ("input_cost IS NOT NULL",)
_SPLIT = (*_PRICED, "unsplit_cost = 0")
_BILLED = ("currency IS NULL AND billed",)
_TOKEN_COST = "input_cost + output_cost + unsplit_cost"
_NO_TOKENS = (
    "coalesce(input_tokens, 0) = 0 AND coalesce(output_tokens, 0) = 0 "
    f"AND {_TOKEN_COST} <> 0"
)
_NEGATIVE = f"{COST} < 0"


def _not_rated(side: str) -> str:
    """The records whose cost of a side is for no known tokens of that side."""
    return f"{side}_cost <> 0 AND (coalesce({side}_tokens, 0) = 0 OR unsplit_cost <> 0)"


KNOWN_BUCKETS = {
    "hour": 3600, "day": 86_400, "week": 7 * 86_400, "month": 31 * 86_400,
}  # fmt: skip
"""Bucket -> its seconds, of those by which a ledger's usage may be known."""


def bucket_name(seconds: int) -> str:
    """The bucket of so many seconds, such as "day"."""
    return next(name for name, length in KNOWN_BUCKETS.items() if length >= seconds)


_LONGER_THAN = {"hour": 900, "day": 3600, "week": 25 * 3600, "month": 169 * 3600}
"""Bucket -> usage of longer time than this is known by it at best."""
_TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"


def _longer_than(seconds: int) -> str:
    return f"grain = 'bucket' AND end_us - start_us > {seconds * 1_000_000}"


def _reported(name: str, field: str) -> Measure:
    """How many records report a field: a sum of nulls is not 0."""
    return Measure(f"{name}_reported", "1", (f"{field} IS NOT NULL",))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("records", "1", in_sparklines=True),
        Measure("requests", "requests", in_sparklines=True),
        _reported("requests", "requests"),
        Measure("input_tokens", "input_tokens", in_sparklines=True),
        _reported("input", "input_tokens"),
        Measure("output_tokens", "output_tokens", in_sparklines=True),
        _reported("output", "output_tokens"),
        Measure("cache_read_tokens", "cache_read_tokens"),
        _reported("cache_read", "cache_read_tokens"),
        # The input of records that report their cache: a hit rate divides by it.
        Measure(
            "cache_read_input_tokens",
            "input_tokens",
            ("cache_read_tokens IS NOT NULL",),
        ),
        Measure("cache_write_tokens", "cache_write_tokens"),
        _reported("cache_write", "cache_write_tokens"),
        Measure("reasoning_tokens", "reasoning_tokens"),
        _reported("reasoning", "reasoning_tokens"),
        Measure("priced", "1", _PRICED),
        Measure("input_cost", "input_cost", in_sparklines=True),
        Measure("output_cost", "output_cost", in_sparklines=True),
        Measure("unsplit_cost", "unsplit_cost", in_sparklines=True),
        # What is paid by request, search or call: of no side, and in no rate.
        Measure("fee_cost", "fee_cost", in_sparklines=True),
        # The part that list prices split into sides, where the ledger has a total.
        Measure("estimated_cost", "input_cost + output_cost", ("estimated",)),
        Measure(
            "priced_input_tokens", "input_tokens", _PRICED_TOKENS, in_sparklines=True
        ),
        Measure(
            "priced_output_tokens", "output_tokens", _PRICED_TOKENS, in_sparklines=True
        ),
        # The tokens whose cost is known by side.
        Measure("split_input_tokens", "input_tokens", _SPLIT, in_sparklines=True),
        Measure("split_output_tokens", "output_tokens", _SPLIT, in_sparklines=True),
        # The cost that no rate divides, in all and by side.
        Measure("cost_without_tokens", _TOKEN_COST, (_NO_TOKENS,), in_sparklines=True),
        Measure(
            "input_cost_without_tokens",
            "input_cost",
            (_not_rated("input"),),
            in_sparklines=True,
        ),
        Measure(
            "output_cost_without_tokens",
            "output_cost",
            (_not_rated("output"),),
            in_sparklines=True,
        ),
        # The usage that costs of their own pay for: a bill's lines.
        Measure("billed_input_tokens", "input_tokens", _BILLED),
        Measure("billed_output_tokens", "output_tokens", _BILLED),
        # Corrections, which the costs above count with their sign.
        Measure("negative_cost", COST, (_NEGATIVE,)),
        Measure("negative_input_cost", "input_cost", (_NEGATIVE,)),
        Measure("negative_output_cost", "output_cost", (_NEGATIVE,)),
        # What is not known by shorter time than these.
        *(
            Measure(f"{bucket}_{name}", summed, (_longer_than(seconds),))
            for bucket, seconds in _LONGER_THAN.items()
            for name, summed in (("cost", COST), ("tokens", _TOKENS))
        ),
    )
}
"""Name -> measure of the cube, money in nano-units."""
