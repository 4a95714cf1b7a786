"""The roll-up: one SQL text from usage records to the rows of the cube.

It is written in the words that every engine has, so that it can be written for others.
"""

from __future__ import annotations

import re
from collections.abc import Collection

DIMENSIONS = (
    "org", "project", "deployment", "model", "endpoint", "currency", "outlier",
)  # fmt: skip
"""What every row of the cube is keyed by, besides its time.

``outlier`` keeps requests that cost far more than their list price apart from all
others, so that they can be left out of every figure.
"""

USER_DIMENSIONS = (*DIMENSIONS, "user", "api_key")
"""The keys of the second cube, for My Usage and breakdowns by user."""

_PRICED = "currency IS NOT NULL"
_SPLIT = "currency IS NOT NULL AND unsplit_cost = 0"


def _sum(value: str, where: str = "") -> str:
    inner = f"CASE WHEN {where} THEN {value} END" if where else value
    return f"CAST(coalesce(sum({inner}), 0) AS BIGINT)"


def _count(value: str) -> str:
    return f"CAST(count({value}) AS BIGINT)"


MEASURES = {
    "records": "CAST(count(*) AS BIGINT)",
    "requests": _sum("requests"),
    "requests_reported": _count("requests"),
    "input_tokens": _sum("input_tokens"),
    "input_reported": _count("input_tokens"),
    "output_tokens": _sum("output_tokens"),
    "output_reported": _count("output_tokens"),
    "cache_read_tokens": _sum("cache_read_tokens"),
    "cache_read_reported": _count("cache_read_tokens"),
    "cache_read_input_tokens": _sum("input_tokens", "cache_read_tokens IS NOT NULL"),
    "cache_write_tokens": _sum("cache_write_tokens"),
    "cache_write_reported": _count("cache_write_tokens"),
    "reasoning_tokens": _sum("reasoning_tokens"),
    "reasoning_reported": _count("reasoning_tokens"),
    "priced": _count("currency"),
    "input_cost": _sum("input_cost"),
    "output_cost": _sum("output_cost"),
    "unsplit_cost": _sum("unsplit_cost"),
    "estimated_cost": _sum("input_cost + output_cost", "estimated"),
    "priced_input_tokens": _sum("input_tokens", _PRICED),
    "priced_output_tokens": _sum("output_tokens", _PRICED),
    "split_input_tokens": _sum("input_tokens", _SPLIT),
    "split_output_tokens": _sum("output_tokens", _SPLIT),
}
"""Measure -> its SQL; all int64, money in nano-units.

``*_reported`` count the records that said something, for a sum of nulls is not 0;
``priced`` counts records with a cost; ``split_*`` are the tokens whose cost is known
by side.
"""


def rollup(
    records: str,
    dimensions: tuple[str, ...],
    grain_s: int,
    *,
    silent: Collection[str] = (),
) -> str:
    """SQL text of the cube's rows.

    Args:
        records: The relation of usage records.
        dimensions: What to group by, besides time.
        grain_s: Seconds of a time bucket.
        silent: Columns that are null in every record; what is summed over them is
            left out.

    Returns:
        A SELECT of ``bucket`` (its number since 1970), the dimensions, the measures.

    Examples:
        >>> rollup("records", ("org",), 900).split(" AS bucket")[0]
        'SELECT CAST(start_us // 900000000 AS BIGINT)'
    """
    keys = ", ".join(f'"{name}"' for name in dimensions)
    measures = ", ".join(
        f"{sql} AS {name}"
        for name, sql in MEASURES.items()
        if not set(silent) & set(re.findall(r"\w+", sql))
    )
    return (
        f"SELECT CAST(start_us // {grain_s * 1_000_000} AS BIGINT) AS bucket, "
        f"{keys}, {measures} FROM {records} GROUP BY bucket, {keys}"
    )


def rollup_again(rows: str, dimensions: tuple[str, ...], factor: int = 1) -> str:
    """SQL text of rows of the cube that are summed once more.

    Args:
        rows: The relation of rows that ``rollup`` made.
        dimensions: What to group by, besides time: some of those that they have.
        factor: How many of their time buckets make one.

    Examples:
        >>> rollup_again("fine", ("org",), 15).split(", CAST")[0]
        'SELECT bucket // 15 AS bucket, "org"'
    """
    keys = ", ".join(f'"{name}"' for name in dimensions)
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in MEASURES)
    time = f"bucket // {factor}"
    return (
        f"SELECT {time} AS bucket, {keys}, {sums} FROM {rows} GROUP BY {time}, {keys}"
    )
