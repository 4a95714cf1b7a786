"""The records behind a selection: read from the store, a filter at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError, MeterError, unknown
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.store import manifest
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.schema import COUNTS

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
"""What records can be ordered by: their time, or the largest of something first."""
_COLUMNS = ", ".join(
    [
        "record_id, source, grain, start",
        '"end", org, project, "user", api_key, endpoint, deployment, provider, model',
        "status, service_tier",
        *COUNTS,
        "input_cost, output_cost, unsplit_cost",
        "CAST(input_cost + output_cost + unsplit_cost AS DECIMAL(18, 9)) AS cost",
        'currency, cost_basis, list_cost, outlier, input, "row"',
    ]
)


def read_records(
    folder: Path, parts: Mapping[str, tuple[Path, ...]], query: RecordQuery
) -> pa.Table:
    """The records of a store that a query asks for; see ``Selection.records``.

    Args:
        folder: The store.
        parts: Month, as "2026-02" -> the Parquet files of its records.
        query: Which records.

    Raises:
        LedgerError: When the store has gone on, so that its files are no longer there.
    """
    if query.order not in ORDERS:
        raise MeterError(unknown("order", query.order, ORDERS))
    import duckdb

    from meterwidgets.ledger.engine.connection import open_workspace

    try:
        with open_workspace() as ws:
            ws.execute("SET TimeZone = 'UTC'")
            text, values = _sql(parts, query)
            found = ws.con.sql(text, params=values).to_arrow_table()
    except duckdb.IOException as error:
        raise LedgerError(
            f"{folder}: has gone on since it was opened; open it again, or "
            f"view.refresh() ({str(error).splitlines()[0]})"
        ) from None
    return _with_files(found, folder)


def _sql(
    parts: Mapping[str, tuple[Path, ...]], query: RecordQuery
) -> tuple[str, list[Any]]:
    """SQL text and its values."""
    window = query.window
    first, last = f"{window.start:%Y-%m}", f"{window.end:%Y-%m}"
    paths = [
        path for month in parts if first <= month <= last for path in parts[month]
    ] or [path for month in list(parts)[:1] for path in parts[month]]
    names = ", ".join(map(path_literal, paths))
    values: list[Any] = [window.start, window.end]
    conditions = ["start >= ? AND start < ?"]
    conditions.append("(currency IS NULL OR currency = ?)")
    values.append(query.currency)
    if not query.with_outliers:
        conditions.append("outlier IS NULL")
    for name, chosen in query.values.items():
        column = f'"{name}"'
        conditions.append(f"(list_contains(?, {column}) OR {column} IS NULL AND ?)")
        values += [[value for value in chosen if value is not None], None in chosen]
    text = (
        f"SELECT {_COLUMNS} FROM read_parquet([{names}], hive_partitioning=false) "
        f"WHERE {' AND '.join(conditions)} ORDER BY {ORDERS[query.order]}"
    )
    if query.limit is not None:
        text += f" LIMIT {int(query.limit)}"
    return text, values


def _with_files(found: pa.Table, folder: Path) -> pa.Table:
    """Each record with the name of the file that it came from."""
    import pyarrow as pa

    now = manifest.load(folder)
    names = {each.id: each.name for each in now.inputs} if now else {}
    ids = found["input"].combine_chunks()
    encoded = ids.dictionary_encode()
    files = pa.array(
        [names.get(i) for i in encoded.dictionary.to_pylist()], pa.string()
    )
    place = found.schema.get_field_index("input")
    return found.set_column(place, "file", files.take(encoded.indices))
