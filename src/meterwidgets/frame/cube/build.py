"""Records in the engine become cubes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.rollup.accumulator import Adder, of_tables
from meterwidgets.frame.rollup.encoding import TOO_MUCH, Name, numbers
from meterwidgets.frame.rollup.measures import apart, repeated, rollup
from meterwidgets.frame.rollup.stats import Facts
from meterwidgets.frame.rollup.tables import compact
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.outliers import FLAG
from meterwidgets.ledger.records import parquet_view
from meterwidgets.schema import DIMENSIONS

if TYPE_CHECKING:
    pass

_FEW = 50_000
"""Fewer records take less time than to code their names."""


def cubes_of(
    ws: Workspace,
    known: Facts,
    grain_s: int,
    users: bool,
    *,
    tz: str,
    tell: Callable[[float], None] | None = None,
) -> tuple[Cube, Cube | None]:
    """The records of ``records`` rolled up, and where users are reported with them.

    Args:
        ws: The workspace.
        known: What is known of them.
        grain_s: Seconds of a time bucket.
        users: Whether to keep users and their keys apart.
        tz: The zone whose days are read the fastest.
        tell: Called now and then with the part that is done.
    """
    dimensions = DIMENSIONS.personal_keys if users else DIMENSIONS.shared_keys
    added = added_up(ws, ws.records, dimensions, grain_s, known, tell)
    cube = Cube.of(added, grain_s, tz=tz)
    return (cube.over(DIMENSIONS.shared_keys, tz=tz), cube) if users else (cube, None)


def added_up(
    ws: Workspace,
    records: str,
    dimensions: tuple[str, ...],
    grain_s: int,
    known: Facts,
    tell: Callable[[float], None] | None = None,
) -> Adder:
    """Some records, added up.

    The engine adds up few of them; for many it would keep every sum in wide types
    and every name, while an ``Adder`` takes them in the order of time.

    Args:
        ws: The workspace.
        records: SQL text of their relation.
        dimensions: What to group by, besides time.
        grain_s: Seconds of a time bucket.
        known: What is known of them.
        tell: Called now and then with the part that is done.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    import duckdb

    conditions = {"always": known.always, "never": known.never}
    same = repeated(**conditions)
    try:
        if known.count < _FEW:
            text = rollup(records, dimensions, grain_s, **conditions)
            rows = compact(ws.con.sql(text).to_arrow_table(), same)
            return of_tables([rows], dimensions)
        names, codes = _coded(ws, records, dimensions, known)
        rows = ws.con.sql(
            apart(records, codes, grain_s, **conditions)
        ).to_arrow_reader()
        added, count = Adder(names, same), 0
        for batch in rows:
            columns = zip(batch.schema.names, batch.columns, strict=True)
            added.add({name: numbers(column) for name, column in columns})
            count += len(batch)
            if tell is not None:
                tell(min(1.0, count / known.count))
        return added
    except duckdb.ConversionException:
        raise LedgerError(TOO_MUCH) from None
    except OSError as error:  # of the engine, while rows are read
        raise duckdb.IOException(str(error)) from None


def _coded(
    ws: Workspace,
    records: str,
    dimensions: Sequence[str],
    known: Facts,
) -> tuple[dict[str, list[Name]], dict[str, str]]:
    """Small numbers for the names of many records.

    Args:
        ws: The workspace.
        records: SQL text of their relation.
        dimensions: The dimensions to code.
        known: What is known of them.

    Returns:
        Dimension -> its values, sorted, null last; and dimension -> SQL text of the
        place of its value.
    """
    if records == ws.records and ws.exists(ws.dimension_values):
        lists = ws.dimension_values  # collected while they were read
    else:
        own = [name for name in dimensions if name not in ("currency", "outlier")]
        lists = ws.keep(f"SELECT {parquet_view.value_lists(own)} FROM {records}")
    given = {
        "currency": sorted(known.currencies),
        "outlier": [FLAG] * known.outliers,
    }
    names: dict[str, list[Name]] = {}
    codes = {}
    for name in dimensions:
        found = f'SELECT unnest("{name}") AS name FROM {lists}'
        if name in given:
            listed = ", ".join(map(literal, given[name]))
            found = f"SELECT unnest([{listed}]::VARCHAR[]) AS name"
        there = f"SELECT name FROM ({found}) WHERE name IS NOT NULL ORDER BY name"
        values = [value for (value,) in ws.execute(there).fetchall()]
        names[name], codes[name] = [*values, None], "0::UTINYINT"
        if values:
            kind = f"{name}_names"
            ws.execute(f"CREATE OR REPLACE TYPE {kind} AS ENUM ({there})")
            place = f'enum_code(CAST("{name}" AS {kind}))'
            codes[name] = f"coalesce({place}, {len(values)})"
    return names, codes


def currencies_of(cube: Cube) -> tuple[str, ...]:
    """The currencies by how many records have them."""
    records = cube.sums.total("records")
    counts = {
        name: int(records[cube.codes["currency"] == place].sum())
        for place, name in enumerate(cube.names["currency"])
        if name is not None
    }
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
