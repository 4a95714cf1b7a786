"""Records in a workspace become cubes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.rollup.accumulator import Accumulator
from meterwidgets.frame.rollup.encoding import OVERFLOW, Name, numbers
from meterwidgets.frame.rollup.measures import duplicate_measures, unsummed_rows
from meterwidgets.frame.rollup.stats import RecordStats
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.loading import parquet_view
from meterwidgets.ledger.pricing.outliers import FLAG
from meterwidgets.schema import DIMENSIONS


def build_cubes(
    ws: Workspace,
    stats: RecordStats,
    grain_s: int,
    has_users: bool,
    *,
    tz: str,
    tell: Callable[[float], None] | None = None,
) -> tuple[Cube, Cube | None]:
    """The shared cube of the records in a workspace, and the personal one.

    Args:
        ws: The workspace.
        stats: What is known of its records.
        grain_s: Seconds of a time bucket.
        has_users: Whether to build the personal cube.
        tz: The zone whose days are read the fastest.
        tell: Called now and then with the completed part, from 0 to 1.
    """
    keys = DIMENSIONS.personal_keys if has_users else DIMENSIONS.shared_keys
    rows = accumulate_records(ws, ws.records, keys, grain_s, stats, tell)
    cube = Cube.from_accumulator(rows, grain_s, tz=tz)
    if not has_users:
        return cube, None
    return cube.roll_up(DIMENSIONS.shared_keys, tz=tz), cube


def accumulate_records(
    ws: Workspace,
    records: str,
    dimensions: tuple[str, ...],
    grain_s: int,
    stats: RecordStats,
    tell: Callable[[float], None] | None = None,
) -> Accumulator:
    """Records summed by time bucket and dimension.

    The engine hands them out one by one, with codes for names, and the accumulator
    sums them in narrow types: a GROUP BY would keep every sum and name in wide ones.

    Args:
        ws: The workspace.
        records: SQL text of their relation.
        dimensions: What to group by, besides time.
        grain_s: Seconds of a time bucket.
        stats: What is known of them.
        tell: Called now and then with the completed part, from 0 to 1.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    import duckdb

    conditions = {"always": stats.always, "never": stats.never}
    try:
        names, codes = _encode_names(ws, records, dimensions, stats)
        query = unsummed_rows(records, codes, grain_s, **conditions)
        accumulator = Accumulator(names, duplicate_measures(**conditions))
        count = 0
        for batch in ws.con.sql(query).to_arrow_reader():
            columns = zip(batch.schema.names, batch.columns, strict=True)
            accumulator.add({name: numbers(column) for name, column in columns})
            count += len(batch)
            if tell is not None:
                tell(min(1.0, count / stats.count))
        return accumulator
    except duckdb.ConversionException:
        raise LedgerError(OVERFLOW) from None
    except OSError as error:  # DuckDB's own, raised while rows are read
        raise duckdb.IOException(str(error)) from None


def _encode_names(
    ws: Workspace, records: str, dimensions: Sequence[str], stats: RecordStats
) -> tuple[dict[str, list[Name]], dict[str, str]]:
    """Codes for the values of dimensions.

    Args:
        ws: The workspace.
        records: SQL text of the relation of records.
        dimensions: The dimensions to encode.
        stats: What is known of the records.

    Returns:
        Dimension -> its values, sorted, null last; and dimension -> SQL text of a
        record's code, which is the place of its value.
    """
    if records == ws.records and ws.exists(ws.dimension_values):
        value_lists = ws.dimension_values  # collected while the records were read
    else:
        columns = [name for name in dimensions if name not in ("currency", "outlier")]
        lists = parquet_view.value_lists(columns)
        value_lists = ws.keep(f"SELECT {lists} FROM {records}")
    counted = {
        "currency": sorted(stats.currencies),
        "outlier": [FLAG] * stats.has_outliers,
    }
    names: dict[str, list[Name]] = {}
    codes = {}
    for dimension in dimensions:
        unnested = f'SELECT unnest("{dimension}") AS name FROM {value_lists}'
        if dimension in counted:
            literals = ", ".join(map(literal, counted[dimension]))
            unnested = f"SELECT unnest([{literals}]::VARCHAR[]) AS name"
        query = f"SELECT name FROM ({unnested}) WHERE name IS NOT NULL ORDER BY name"
        values = [value for (value,) in ws.execute(query).fetchall()]
        names[dimension], codes[dimension] = [*values, None], "0::UTINYINT"
        if values:
            enum = f"{dimension}_names"
            ws.execute(f"CREATE OR REPLACE TYPE {enum} AS ENUM ({query})")
            code = f'enum_code(CAST("{dimension}" AS {enum}))'
            codes[dimension] = f"coalesce({code}, {len(values)})"
    return names, codes


def currencies_of(cube: Cube) -> tuple[str, ...]:
    """The currencies of a cube's records, the most used first."""
    records = cube.sums.total("records")
    counts = {
        name: int(records[cube.codes["currency"] == code].sum())
        for code, name in enumerate(cube.names["currency"])
        if name is not None
    }
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
