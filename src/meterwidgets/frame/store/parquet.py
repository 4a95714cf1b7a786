"""The records on disk: Parquet files that keep what was reported beside its price."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from meterwidgets.ledger.engine.progress import run
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.schema import COUNTS, NAMES

if TYPE_CHECKING:
    import duckdb

_TEXTS = ("source", "grain", "record_id", *NAMES, "status", "service_tier")
_PRICED = ("input_cost", "output_cost", "unsplit_cost", "list_cost")
_REPORTED = ("reported_cost", "reported_input_cost", "reported_output_cost")
_NANO = "0.000000001::DECIMAL(10, 9)"

_WRITTEN = ", ".join(
    [
        *(f'"{name}"' for name in _TEXTS),
        "make_timestamptz(start_us) AS start",
        'make_timestamptz(end_us) AS "end"',
        *COUNTS,
        *(
            f"CAST({name} * {_NANO} AS DECIMAL(18, 9)) AS {name}"
            for name in (*_PRICED, *_REPORTED)
        ),
        "currency, cost_basis, coalesce(estimated, false) AS estimated, outlier",
        "reported_currency, covers, own_id, grown, billed",
    ]
)
_DIMENSIONS = ", ".join(f'"{name}"' for name in _TEXTS)
_COUNTS = ", ".join(COUNTS)
_TIMES = 'epoch_us(start) AS start_us, epoch_us("end") AS end_us'


def _nano(column: str, name: str) -> str:
    return f"CAST({column}::DECIMAL(28, 9) * 1000000000 AS BIGINT) AS {name}"


def written(records: str, inputs: Iterable[int]) -> str:
    """SQL text of records as they are written, each with the last day of its month.

    Args:
        records: SQL text of the priced records of ``pricing``.
        inputs: The ids of the inputs, by the numbers of their files in ``records``.

    Returns:
        A SELECT of the usage record: instants as timestamps of UTC, money as
        DECIMAL(18, 9), what the ledger reported, and ``input`` and ``row``, where it
        stood; and ``month``.
    """
    ids = ", ".join(map(str, inputs))
    return (
        f'SELECT {_WRITTEN}, CAST([{ids}][file + 1] AS INTEGER) AS input, n AS "row", '
        f"last_day(make_timestamp(start_us)) AS month FROM {records}"
    )


def stage(
    con: duckdb.DuckDBPyConnection,
    inputs: Iterable[int],
    folder: Path,
    *,
    tell: Callable[[float], None] | None = None,
) -> dict[str, list[Path]]:
    """Write records to a folder that is not there yet, looking through them once.

    Args:
        con: Where the priced ``records`` are.
        inputs: The ids of the inputs, by the numbers of their files.
        folder: Where to write.
        tell: Called now and then with the part that is done.

    Returns:
        Month, as "2026-02" -> its files.
    """
    copy = (
        f"COPY ({written('records', inputs)}) TO {literal(str(folder))} "
        "(FORMAT parquet, PARTITION_BY (month))"
    )
    run(con, copy, tell)
    return {
        each.name.removeprefix("month=")[:7]: sorted(each.iterdir())
        for each in sorted(folder.glob("month=*"))
    }


def staged(paths: Iterable[Path]) -> str:
    """SQL text of the rows of staged files, as they are written; or nothing."""
    names = ", ".join(map(path_literal, paths))
    return f"FROM read_parquet([{names}], hive_partitioning=false)" if names else ""


def files(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the rows of some parts as they are on disk.

    Returns:
        A relation with ``part`` and ``file_row_number``, the place of a row.
    """
    names = ", ".join(path_literal(folder / part) for part in parts)
    return (
        f"read_parquet([{names}], filename='part', file_row_number=true, "
        "hive_partitioning=false)"
    )


def records(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of the records of some parts, as ``pricing`` made them.

    Returns:
        A relation in microseconds and nano-units.
    """
    money = ", ".join(_nano(name, name) for name in _PRICED)
    return (
        f"(SELECT {_DIMENSIONS}, {_TIMES}, {_COUNTS}, {money}, currency, cost_basis, "
        "estimated, outlier, billed, part, file_row_number "
        f"FROM {files(folder, parts)})"
    )


def ledger(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of what was reported for the records of some parts.

    Returns:
        A relation with the columns of ``ledger`` that tell one record from another.
    """
    money = ", ".join(_nano(name, name.removeprefix("reported_")) for name in _REPORTED)
    return (
        f"(SELECT {_DIMENSIONS}, {_TIMES}, {_COUNTS}, {money}, "
        "reported_currency AS currency, covers, own_id, grown, billed, part, "
        f"file_row_number FROM {files(folder, parts)})"
    )


def kept(folder: Path, parts: Iterable[str]) -> str:
    """SQL text of what stays of some parts, as it is on disk; or nothing.

    What ``gone`` lists is left out, and what ``unpaid`` lists has no price any more.
    """
    rows = files(folder, parts) if (parts := tuple(parts)) else ""
    if not rows:
        return ""
    here = "(part, file_row_number)"
    lost = ", ".join(
        f"CASE WHEN lost THEN NULL ELSE {name} END AS {name}"
        for name in (*_PRICED, "currency", "outlier")
    )
    return (
        f"SELECT * EXCLUDE (part, file_row_number, lost) REPLACE ({lost}, "
        "CASE WHEN lost THEN 'unpriced' ELSE cost_basis END AS cost_basis, "
        "estimated AND NOT lost AS estimated, billed OR lost AS billed) FROM "
        f"(SELECT *, {here} IN (FROM unpaid) AS lost FROM {rows} "
        f"WHERE {here} NOT IN (FROM gone))"
    )


def write(con: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    """Write a part.

    Args:
        con: Where the rows are.
        rows: SQL text of them, as `staged` or `kept` give it.
        path: A new file.
    """
    con.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet)")
