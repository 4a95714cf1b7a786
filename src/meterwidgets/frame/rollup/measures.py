"""The roll-up: one SQL text from usage records to the rows of the cube.

It is written in the words that every engine has, so that it can be written for others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from meterwidgets.schema import MEASURES as SCHEMA_MEASURES

_ALONE = "requests = 1"
_SUMMED = {each.name: (each.summed, *each.where) for each in SCHEMA_MEASURES}
MEASURES = tuple(_SUMMED)
"""The names of the measures; all int64, money in nano-units."""

CONDITIONS = tuple(
    dict.fromkeys(
        [_ALONE, "input_cost <> 0", "output_cost <> 0", "unsplit_cost <> 0"]
        + [each for _, *where in _SUMMED.values() for each in where]
    )
)
"""SQL conditions on a record: where one holds always or never, less is to be summed."""


def met(condition: str) -> str:
    """SQL text of how many records meet a condition.

    Examples:
        >>> met("currency IS NOT NULL"), met("estimated")
        ('count(currency)', 'count(*) FILTER (estimated)')
    """
    if condition.endswith(" IS NOT NULL"):
        return f"count({condition.removesuffix(' IS NOT NULL')})"
    return f"count(*) FILTER ({condition})"


def _is_reported(field: str) -> str:
    return f"{field} IS NOT NULL"


_NEVER = {
    "requests": _is_reported("requests"),
    "input_tokens": _is_reported("input_tokens"),
    "output_tokens": _is_reported("output_tokens"),
    "cache_read_tokens": _is_reported("cache_read_tokens"),
    "cache_write_tokens": _is_reported("cache_write_tokens"),
    "reasoning_tokens": _is_reported("reasoning_tokens"),
    "input_cost": "input_cost <> 0",
    "output_cost": "output_cost <> 0",
    "unsplit_cost": "unsplit_cost <> 0",
}
"""What is summed -> the condition without which its sum is 0."""


def _measure(
    measure: str,
    always: Collection[str],
    never: Collection[str],
    *,
    apart: bool = False,
) -> str | None:
    """SQL text of a measure, or of what a single record adds to it; None where it is 0.

    Args:
        measure: Its name.
        always: As ``rollup`` has it.
        never: Likewise.
        apart: Whether it is of a single record.
    """
    value, *where = _SUMMED[measure]
    if {*where, _NEVER.get(value)} & {*never}:
        return None
    where = [each for each in where if each not in always]
    if value == "requests" and _ALONE in always:
        value = "1"
    if value != "1":
        inner = f"CASE WHEN {' AND '.join(where)} THEN {value} END" if where else value
        summed = inner if apart else f"sum({inner})"
        return f"CAST(coalesce({summed}, 0) AS BIGINT)"
    if apart:
        return f"CAST({' AND '.join(where) or 'true'} AS UTINYINT)"
    return f"CAST({met(*where) if where else 'count(*)'} AS BIGINT)"


def repeated(*, always: Collection[str], never: Collection[str]) -> dict[str, str]:
    """The measures that are the same as another one in every row, with that one.

    Args:
        always: Those of ``CONDITIONS`` that every record meets.
        never: Those that no record meets.

    Examples:
        >>> repeated(always=["currency IS NOT NULL"], never=[])["priced"]
        'records'
    """
    first: dict[str, str] = {}
    texts = {name: _measure(name, always, never) for name in MEASURES}
    return {
        name: other
        for name, text in texts.items()
        if text and (other := first.setdefault(text, name)) != name
    }


def rollup(
    records: str,
    dimensions: tuple[str, ...],
    grain_s: int,
    *,
    always: Collection[str] = (),
    never: Collection[str] = (),
) -> str:
    """SQL text of the cube's rows.

    Args:
        records: The relation of usage records.
        dimensions: What to group by, besides time.
        grain_s: Seconds of a time bucket.
        always: Those of ``CONDITIONS`` that every record meets.
        never: Those that no record meets; what is 0 for it is left out, and so is what
            is ``repeated``.

    Returns:
        A SELECT of ``bucket`` (its number since 1970), the dimensions, the measures.

    Examples:
        >>> rollup("records", ("org",), 900).split(" AS bucket")[0]
        'SELECT CAST(start_us // 900000000 AS BIGINT)'
    """
    keys = ", ".join(f'"{name}"' for name in dimensions)
    rows = _rows(records, keys, grain_s, always, never, apart=False)
    return f"{rows} GROUP BY bucket, {keys}"


def apart(
    records: str,
    keys: Mapping[str, str],
    grain_s: int,
    *,
    always: Collection[str],
    never: Collection[str],
) -> str:
    """SQL text of the rows that single records make: ``rollup`` without adding up.

    Args:
        records: The relation of usage records.
        keys: Dimension -> SQL text of its value.
        grain_s: Seconds of a time bucket.
        always: As ``rollup`` has it.
        never: Likewise.

    Examples:
        >>> apart("records", {"org": "1"}, 900, always=[], never=[]).split(", CAST")[1]
        '(true AS UTINYINT) AS records'
    """
    texts = ", ".join(f'{text} AS "{name}"' for name, text in keys.items())
    return _rows(records, texts, grain_s, always, never, apart=True)


def _rows(
    records: str,
    keys: str,
    grain_s: int,
    always: Collection[str],
    never: Collection[str],
    *,
    apart: bool,
) -> str:
    again = repeated(always=always, never=never)
    texts = {name: _measure(name, always, never, apart=apart) for name in MEASURES}
    measures = ", ".join(
        f"{sql} AS {name}" for name, sql in texts.items() if sql and name not in again
    )
    return (
        f"SELECT CAST(start_us // {grain_s * 1_000_000} AS BIGINT) AS bucket, "
        f"{keys}, {measures} FROM {records}"
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
