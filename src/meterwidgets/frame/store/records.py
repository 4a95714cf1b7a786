"""Read the records behind a selection from the Parquet files of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError, MeterError, unknown
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.store import manifest
from meterwidgets.ledger.engine.sql import identifier, path_literal
from meterwidgets.schema import ATTRIBUTES, COST, COST_PARTS, COUNTS

if TYPE_CHECKING:
    import pyarrow as pa

_TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"
ORDERS = {"start": 'start, input, "row"'} | {
    name: f'{value} DESC NULLS LAST, start, input, "row"'
    for name, value in [
        ("cost", "cost"), ("input_cost", "input_cost"), ("output_cost", "output_cost"),
        ("tokens", _TOKENS), ("input_tokens", "input_tokens"),
        ("output_tokens", "output_tokens"),
    ]
}  # fmt: skip
"""Order -> SQL text: by time, or the largest first."""
_COLUMNS = ", ".join(
    [
        "record_id, source, grain, start",
        '"end", org, project, "user", api_key, endpoint, deployment, provider, model',
        *ATTRIBUTES,
        *COUNTS,
        *COST_PARTS,
        f"CASE WHEN currency IS NOT NULL THEN CAST({COST} AS DECIMAL(18, 9)) END "
        "AS cost",
        'currency, cost_basis, list_cost, outlier, extra, input, "row"',
    ]
)


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
        column = identifier(name)
        conditions.append(f"(list_contains(?, {column}) OR {column} IS NULL AND ?)")
        values += [[value for value in chosen if value is not None], None in chosen]
    text = (
        f"SELECT {_COLUMNS} FROM read_parquet([{paths}], hive_partitioning=false) "
        f"WHERE {' AND '.join(conditions)} ORDER BY {ORDERS[query.order]}"
    )
    if query.limit is not None:
        text += f" LIMIT {int(query.limit)}"
    return text, values


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
