"""The time buckets by which usage is known, where a ledger reports buckets."""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.measures import KNOWN_BUCKETS
from meterwidgets.schema import COST_PARTS


def finest_known_bucket_s(sums: Mapping[str, int]) -> int:
    """Seconds of the finest bucket at which 99% of cost and tokens are known.

    Args:
        sums: Measure -> its sum.

    Source: METRICS, "Coverage", never finer than known.
    """
    cost = sum(sums[part] for part in COST_PARTS)
    tokens = sums["input_tokens"] + sums["output_tokens"]
    coarser = [
        seconds
        for bucket, seconds in KNOWN_BUCKETS.items()
        if 100 * abs(sums[f"{bucket}_cost"]) > abs(cost)
        or 100 * sums[f"{bucket}_tokens"] > tokens
    ]
    return max(coarser, default=0)


def is_some_coarser(sums: Mapping[str, int], bucket_s: int) -> bool:
    """Whether some usage is known only by buckets longer than this."""
    return any(
        sums[f"{bucket}_tokens"] or sums[f"{bucket}_cost"]
        for bucket, seconds in KNOWN_BUCKETS.items()
        if seconds > bucket_s
    )
