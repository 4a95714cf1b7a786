"""The records on disk: Parquet files with both the reported and the resulting price."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.schema import ATTRIBUTES, COST_PARTS, COUNTS, MONEY, NAMES

_TEXT_COLUMNS = ("source", "grain", "record_id", *NAMES, *ATTRIBUTES, "extra")
_PRICE_COLUMNS = (*COST_PARTS, "list_cost")
_REPORTED_COLUMNS = tuple(f"reported_{name}" for name in MONEY)
_NANO = "0.000000001::DECIMAL(10, 9)"

_STORED_COLUMNS = ", ".join(
    [
        *(f'"{name}"' for name in _TEXT_COLUMNS),
        "make_timestamptz(start_us) AS start",
        'make_timestamptz(end_us) AS "end"',
        *COUNTS,
        *(
            f"CAST({name} * {_NANO} AS DECIMAL(18, 9)) AS {name}"
            for name in (*_PRICE_COLUMNS, *_REPORTED_COLUMNS)
        ),
        "currency, cost_basis, coalesce(estimated, false) AS estimated, outlier",
        "reported_currency, covers, own_id, grown, doubtful, billed",
    ]
)
_TEXTS = ", ".join(f'"{name}"' for name in _TEXT_COLUMNS)
_COUNTS = ", ".join(COUNTS)
_TIMES = 'epoch_us(start) AS start_us, epoch_us("end") AS end_us'


def _in_nano(column: str, alias: str) -> str:
    return f"CAST({column}::DECIMAL(28, 9) * 1000000000 AS BIGINT) AS {alias}"


def stored_rows(records: str, input_ids: Iterable[int]) -> str:
    """SQL text of records as they are stored, each with the last day of its month.

    Args:
        records: SQL text of the priced records.
        input_ids: The ids of the inputs, in the order of the file numbers in
            ``records``.

    Returns:
        A SELECT of the usage record: instants as timestamps in UTC, money as
        DECIMAL(18, 9), what the ledger reported, the ``input`` and ``row`` that it was
        read from, and ``month``.
    """
    ids = ", ".join(map(str, input_ids))
    return (
        f"SELECT {_STORED_COLUMNS}, CAST([{ids}][file + 1] AS INTEGER) AS input, "
        f'n AS "row", last_day(make_timestamp(start_us)) AS month FROM {records}'
    )


def write_by_month(
    ws: Workspace,
    input_ids: Iterable[int],
    folder: Path,
    *,
    tell: Callable[[float], None] | None = None,
) -> dict[str, list[Path]]:
    """Write the priced records of a workspace to a new folder, in one pass.

    Args:
        ws: Where the priced ``records`` are.
        input_ids: The ids of the inputs, in the order of their file numbers.
        folder: A folder that does not exist yet.
        tell: Called now and then with the share that is done.

    Returns:
        Month, such as "2026-02" -> its files.
    """
    copy = (
        f"COPY ({stored_rows(ws.records, input_ids)}) TO {literal(str(folder))} "
        "(FORMAT parquet, PARTITION_BY (month))"
    )
    ws.run(copy, tell)
    return {
        month.name.removeprefix("month=")[:7]: sorted(month.iterdir())
        for month in sorted(folder.glob("month=*"))
    }


def rows_of_files(paths: Iterable[Path]) -> str:
    """SQL text of the rows of files that `write_by_month` wrote; "" for no files."""
    names = ", ".join(map(path_literal, paths))
    return f"FROM read_parquet([{names}], hive_partitioning=false)" if names else ""


def upgraded_rows(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the rows of parts that an earlier version wrote.

    Columns that it did not have are null.
    """
    kinds = dict.fromkeys((*_TEXT_COLUMNS, "doubtful"), "VARCHAR") | dict.fromkeys(
        COUNTS, "BIGINT"
    )
    kinds |= dict.fromkeys((*_PRICE_COLUMNS, *_REPORTED_COLUMNS), "DECIMAL(18, 9)")
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in kinds.items())
    rows = rows_of_files(folder / part for part in parts)
    return f"{rows} UNION ALL BY NAME SELECT {nulls} WHERE false"


def rows_of_parts(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the stored rows of some parts.

    Returns:
        A relation in which ``part`` and ``file_row_number`` identify a row.
    """
    names = ", ".join(path_literal(folder / part) for part in parts)
    return (
        f"read_parquet([{names}], filename='part', file_row_number=true, "
        "hive_partitioning=false)"
    )


def priced_records(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the priced records of some parts, as the roll-up expects them.

    Returns:
        A relation with times in microseconds and money in nano-units.
    """
    money = ", ".join(_in_nano(name, name) for name in _PRICE_COLUMNS)
    return (
        f"(SELECT {_TEXTS}, {_TIMES}, {_COUNTS}, {money}, currency, cost_basis, "
        "estimated, outlier, billed, part, file_row_number "
        f"FROM {rows_of_parts(folder, parts)})"
    )


def reported_records(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the records of some parts as their ledgers reported them.

    Returns:
        A relation with the columns of ``reported`` that identify and price a record.
    """
    money = ", ".join(_in_nano(name, name) for name in _REPORTED_COLUMNS)
    return (
        f"(SELECT {_TEXTS}, {_TIMES}, {_COUNTS}, {money}, "
        "reported_currency, covers, own_id, grown, doubtful, billed, part, "
        f"file_row_number FROM {rows_of_parts(folder, parts)})"
    )


def remaining_rows(
    folder: Path, parts: Iterable[str], *, superseded: str, newly_billed: str
) -> str:
    """SQL text of the rows of some parts that stay in the store; "" for no parts.

    Args:
        folder: The store.
        parts: The parts.
        superseded: The relation of the rows to leave out.
        newly_billed: The relation of the rows that lose their own price, because a
            provider's cost row pays for them.
    """
    parts = tuple(parts)
    if not parts:
        return ""
    place = "(part, file_row_number)"
    prices = ", ".join(
        f"CASE WHEN unpriced THEN NULL ELSE {name} END AS {name}"
        for name in (*_PRICE_COLUMNS, "currency", "outlier")
    )
    # The inner query marks the rows that lose their price, the outer one clears it.
    return (
        f"SELECT * EXCLUDE (part, file_row_number, unpriced) REPLACE ({prices}, "
        "CASE WHEN unpriced THEN 'unpriced' ELSE cost_basis END AS cost_basis, "
        "estimated AND NOT unpriced AS estimated, billed OR unpriced AS billed) FROM "
        f"(SELECT *, {place} IN (FROM {newly_billed}) AS unpriced "
        f"FROM {rows_of_parts(folder, parts)} "
        f"WHERE {place} NOT IN (FROM {superseded}))"
    )


def write_part(ws: Workspace, rows: str, path: Path) -> None:
    """Write a part.

    Args:
        ws: Where the rows are.
        rows: SQL text of stored rows, see `rows_of_files` and `remaining_rows`.
        path: A new file.
    """
    ws.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet)")
