"""Rows of the cube as Arrow tables, each column of numbers once."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa

from meterwidgets.frame.rollup.encoding import measured
from meterwidgets.frame.rollup.measures import MEASURES

_SAME = b"same"


def compact(rows: pa.Table, same: Mapping[str, str]) -> pa.Table:
    """Rows of the roll-up with each column of numbers once.

    Args:
        rows: ``bucket``, dimensions and measures.
        same: Measure that is not there -> one that is, and is the same.

    Returns:
        The rows; their metadata say which measure is which column. Of one that is not
        named there nothing was reported.
    """
    values, alike = measured(rows)
    again = {name: alike[of] for name, of in same.items() if of in alike}
    others = [name for name in rows.column_names if name not in MEASURES]
    columns = {name: rows[name] for name in others}
    return with_same(pa.table({**columns, **values}), {**alike, **again})


def with_same(rows: pa.Table, same: Mapping[str, str]) -> pa.Table:
    """Rows that say which measure is which column; see ``compact``."""
    return rows.replace_schema_metadata({_SAME: json.dumps(same)})


def same_of(rows: pa.Table) -> dict[str, str]:
    """Which measure of some rows is which column; see ``compact``."""
    if _SAME in (rows.schema.metadata or {}):
        return dict(json.loads(rows.schema.metadata[_SAME]))
    return {name: name for name in MEASURES if name in rows.column_names}
