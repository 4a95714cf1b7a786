"""Read the records behind a selection from the Parquet files of a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError, MeterError, unknown
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.store import manifest
from meterwidgets.ledger.engine.sql import identifier, literal, path_literal
from meterwidgets.schema import ATTRIBUTES, COST, COST_PARTS, COUNTS, NAMES

if TYPE_CHECKING:
    import pyarrow as pa

_TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"
_ORDER = 'start, input, "row"'
ORDERS = {"start": _ORDER} | {
    name: f"{value} DESC NULLS LAST, {_ORDER}"
    for name, value in [
        ("cost", "cost"), ("input_cost", "input_cost"), ("output_cost", "output_cost"),
        ("tokens", _TOKENS), ("input_tokens", "input_tokens"),
        ("output_tokens", "output_tokens"),
    ]
}  # fmt: skip
"""Order -> SQL text: by time, or the largest first."""
_STORED = (
    "record_id", "source", "grain", "start", "end", *NAMES, *ATTRIBUTES, *COUNTS,
    *COST_PARTS, "currency", "cost_basis", "list_cost", "outlier", "extra", "input",
    "row",
)  # fmt: skip
"""The columns that are read of the files."""
_COLUMNS = ", ".join(
    f"CASE WHEN currency IS NOT NULL THEN CAST({COST} AS DECIMAL(18, 9)) END AS cost, "
    '"currency"'
    if name == "currency"
    else f'"{name}"'
    for name in _STORED
)
_PERSONAL = ("user", "api_key", "session", "end_user", "extra", "record_id")
"""The columns that may say who somebody is."""


def read_records(
    folder: Path, parts: Mapping[str, Sequence[Path]], query: RecordQuery
) -> pa.Table:
    """The records of a store that a query asks for; see ``Selection.records``.

    Args:
        folder: The store.
        parts: Month, such as "2026-02" -> the Parquet files of its records.
        query: Which records.

    Raises:
        MeterError: When there is no such order.
        LedgerError: When the files are gone, because the store has changed.
    """
    if query.order not in ORDERS:
        raise MeterError(unknown("order", query.order, ORDERS))
    import duckdb

    from meterwidgets.ledger.engine.connection import open_workspace

    text, values = _sql(parts, query)
    try:
        with open_workspace() as ws:
            ws.execute("SET TimeZone = 'UTC'")
            rows = ws.con.sql(text, params=values).to_arrow_table()
    except duckdb.IOException as error:
        raise LedgerError(
            f"{folder}: has changed since it was opened; open it again, or "
            f"view.refresh() ({str(error).splitlines()[0]})"
        ) from None
    return _with_file_names(rows, folder)


def _sql(
    parts: Mapping[str, Sequence[Path]], query: RecordQuery
) -> tuple[str, list[Any]]:
    """SQL text, and the values of its parameters."""
    first, last = f"{query.window.start:%Y-%m}", f"{query.window.end:%Y-%m}"
    months = [month for month in parts if first <= month <= last]
    months = months or [*parts][:1]  # for the columns of a table without rows
    paths = ", ".join(path_literal(path) for month in months for path in parts[month])
    conditions = ["start >= ? AND start < ?", "(currency IS NULL OR currency = ?)"]
    values: list[Any] = [query.window.start, query.window.end, query.currency]
    if not query.with_outliers:
        conditions.append("outlier IS NULL")
    for name, chosen in query.values.items():
        conditions.append(_condition(name))
        values += _parameters(chosen)
    text = (
        f"SELECT {_COLUMNS} FROM read_parquet([{paths}], hive_partitioning=false) "
        f"WHERE {' AND '.join(conditions)} ORDER BY {ORDERS[query.order]}"
    )
    if query.limit is not None:
        text += f" LIMIT {int(query.limit)}"
    return text, values


def _condition(column: str) -> str:
    """SQL text of whether a column has one of some values; see ``_parameters``."""
    name = identifier(column)
    return f"(list_contains(?, {name}) OR {name} IS NULL AND ?)"


def _parameters(chosen: Sequence[str | None]) -> list[Any]:
    return [[value for value in chosen if value is not None], None in chosen]


def write_records(
    folder: Path,
    parts: Mapping[str, Sequence[Path]],
    kept: Mapping[str, Sequence[str | None]],
    target: Path,
    *,
    personal: bool,
) -> None:
    """Write some records of a store to files of their own, which name no others.

    Args:
        folder: The store.
        parts: Month, such as "2026-02" -> the Parquet files of its records.
        kept: Column -> the values to keep.
        target: Where a file is written for each month.
        personal: Whether the records may say who somebody is.

    Raises:
        LedgerError: When the files are gone, because the store has changed.
    """
    import duckdb

    from meterwidgets.ledger.engine.connection import open_workspace

    hidden = () if personal else _PERSONAL
    columns = ", ".join(_cut_column(name, hidden) for name in _STORED)
    conditions = " AND ".join(map(_condition, kept)) or "true"
    values = [value for chosen in kept.values() for value in _parameters(chosen)]
    try:
        with open_workspace() as ws:
            ws.execute("SET TimeZone = 'UTC'")
            for month, paths in parts.items():
                names = ", ".join(map(path_literal, paths))
                rows = (
                    f"SELECT {columns} FROM read_parquet([{names}], "
                    f"hive_partitioning=false) WHERE {conditions} ORDER BY {_ORDER}"
                )
                path = literal(str(target / f"{month}.parquet"))
                ws.con.execute(f"COPY ({rows}) TO {path} (FORMAT parquet)", values)
    except duckdb.IOException as error:
        raise LedgerError(
            f"{folder}: has changed since it was opened ({str(error).splitlines()[0]})"
        ) from None


def _cut_column(name: str, hidden: Collection[str]) -> str:
    """SQL text of a column of records that are cut.

    Files and the rows in them count the records of everybody; the order stays.
    """
    column = identifier(name)
    if name in hidden:
        return f"CAST(NULL AS VARCHAR) AS {column}"
    if name == "input":
        return f"CAST(NULL AS INTEGER) AS {column}"
    if name == "row":
        return f"row_number() OVER (ORDER BY {_ORDER}) AS {column}"
    return column


def _with_file_names(rows: pa.Table, folder: Path) -> pa.Table:
    """Records with the ``file`` that each was read from, in place of ``input``."""
    import pyarrow as pa

    current = manifest.load(folder)
    names = {each.id: each.name for each in current.inputs} if current else {}
    inputs = rows["input"].combine_chunks().dictionary_encode()
    files = pa.array(
        [names.get(number) for number in inputs.dictionary.to_pylist()], pa.string()
    )
    position = rows.schema.get_field_index("input")
    return rows.set_column(position, "file", files.take(inputs.indices))
