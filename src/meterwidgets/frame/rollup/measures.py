"""The roll-up: one SQL text from usage records to the rows of the cube.

It uses only SQL that every engine has, so that it can be translated for others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from meterwidgets.measures import MEASURES
from meterwidgets.schema import COST_PARTS

_ONE_REQUEST = "requests = 1"

CONDITIONS = tuple(
    dict.fromkeys(
        [_ONE_REQUEST, *(f"{part} <> 0" for part in COST_PARTS)]
        + [each for measure in MEASURES.values() for each in measure.where]
    )
)
"""SQL conditions on a record: where one holds always or never, less is to be summed."""


def count_where(condition: str) -> str:
    """SQL text of how many records meet a condition.

    Examples:
        >>> count_where("currency IS NOT NULL"), count_where("estimated")
        ('count(currency)', 'count(CASE WHEN estimated THEN 1 END)')
    """
    if condition.endswith(" IS NOT NULL"):
        return f"count({condition.removesuffix(' IS NOT NULL')})"
    # CASE and not FILTER: DuckDB copies the rows that a FILTER selects, for each count
    return f"count(CASE WHEN {condition} THEN 1 END)"


_NONZERO_IF = {
    **{
        field: f"{field} IS NOT NULL"
        for field in (
            "requests", "input_tokens", "output_tokens", "cache_read_tokens",
            "cache_write_tokens", "reasoning_tokens",
        )
    },
    **{part: f"{part} <> 0" for part in COST_PARTS},
}  # fmt: skip
"""What is summed -> the condition without which its sum is 0."""


def _measure(
    name: str,
    always: Collection[str],
    never: Collection[str],
    *,
    summed: bool,
) -> str | None:
    """SQL text of a measure; None where it is 0.

    Args:
        name: Its name.
        always: As ``rollup`` has it.
        never: Likewise.
        summed: Whether it is the sum of a group, or what a single record adds.
    """
    measure = MEASURES[name]
    value = measure.summed
    if {*measure.where, _NONZERO_IF.get(value)} & {*never}:
        return None
    where = [condition for condition in measure.where if condition not in always]
    if value == "requests" and _ONE_REQUEST in always:
        value = "1"
    if value != "1":
        number = f"CASE WHEN {' AND '.join(where)} THEN {value} END" if where else value
        if summed:
            number = f"sum({number})"
        return f"CAST(coalesce({number}, 0) AS BIGINT)"
    if not summed:
        return f"CAST({' AND '.join(where) or 'true'} AS UTINYINT)"
    return f"CAST({count_where(*where) if where else 'count(*)'} AS BIGINT)"


def duplicate_measures(
    *, always: Collection[str], never: Collection[str]
) -> dict[str, str]:
    """The measures that are the same as another one in every row, with that one.

    Args:
        always: Those of ``CONDITIONS`` that every record meets.
        never: Those that no record meets.

    Examples:
        >>> duplicate_measures(always=["currency IS NOT NULL"], never=[])["priced"]
        'records'
    """
    first_of: dict[str, str] = {}
    duplicates = {}
    for name in MEASURES:
        if sql := _measure(name, always, never, summed=True):
            first = first_of.setdefault(sql, name)
            if first != name:
                duplicates[name] = first
    return duplicates


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
        never: Those that no record meets. Measures that are 0 for it, and
            ``duplicate_measures``, are left out.

    Returns:
        A SELECT of ``bucket`` (its number since 1970), the dimensions, the measures.

    Examples:
        >>> rollup("records", ("org",), 900).split(" AS bucket")[0]
        'SELECT CAST(start_us // 900000000 AS BIGINT)'
    """
    keys = ", ".join(f'"{name}"' for name in dimensions)
    rows = _rows(records, keys, grain_s, always, never, summed=True)
    return f"{rows} GROUP BY bucket, {keys}"


def unsummed_rows(
    records: str,
    keys: Mapping[str, str],
    grain_s: int,
    *,
    always: Collection[str],
    never: Collection[str],
) -> str:
    """SQL text of ``rollup`` before its sums: a row for each record.

    Args:
        records: The relation of usage records.
        keys: Dimension -> SQL text of its value.
        grain_s: Seconds of a time bucket.
        always: As ``rollup`` has it.
        never: Likewise.

    Examples:
        >>> sql = unsummed_rows("records", {"org": "1"}, 900, always=[], never=[])
        >>> sql.split(", CAST")[1]
        '(true AS UTINYINT) AS records'
    """
    columns = ", ".join(f'{text} AS "{name}"' for name, text in keys.items())
    return _rows(records, columns, grain_s, always, never, summed=False)


def _rows(
    records: str,
    keys: str,
    grain_s: int,
    always: Collection[str],
    never: Collection[str],
    *,
    summed: bool,
) -> str:
    duplicates = duplicate_measures(always=always, never=never)
    measures = ", ".join(
        f"{sql} AS {name}"
        for name in MEASURES
        if name not in duplicates
        and (sql := _measure(name, always, never, summed=summed))
    )
    return (
        f"SELECT CAST(start_us // {grain_s * 1_000_000} AS BIGINT) AS bucket, "
        f"{keys}, {measures} FROM {records}"
    )


def reaggregate(rows: str, dimensions: tuple[str, ...], factor: int = 1) -> str:
    """SQL text of rows of the cube, summed to fewer dimensions or longer buckets.

    Args:
        rows: The relation of rows that ``rollup`` made.
        dimensions: What to group by, besides time: some of those that they have.
        factor: How many of their time buckets make one.

    Examples:
        >>> reaggregate("fine", ("org",), 15).split(", CAST")[0]
        'SELECT bucket // 15 AS bucket, "org"'
    """
    keys = ", ".join(f'"{name}"' for name in dimensions)
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in MEASURES)
    time = f"bucket // {factor}"
    return (
        f"SELECT {time} AS bucket, {keys}, {sums} FROM {rows} GROUP BY {time}, {keys}"
    )
