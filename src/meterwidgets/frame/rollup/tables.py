"""Rows of the cube as Arrow tables, each column of numbers once."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa

from meterwidgets.frame.rollup.encoding import distinct_measures
from meterwidgets.measures import MEASURES

_ALIASES_KEY = b"same"


def compact(rows: pa.Table, duplicates: Mapping[str, str]) -> pa.Table:
    """Rows of the roll-up without columns that repeat another.

    Args:
        rows: ``bucket``, dimensions and measures.
        duplicates: Measure that is left out -> the one in ``rows`` that is the same.

    Returns:
        The rows; their metadata say which measure is which column. A measure that is
        not named there was not reported.
    """
    values, aliases = distinct_measures(rows)
    aliases |= {name: aliases[of] for name, of in duplicates.items() if of in aliases}
    keys = [name for name in rows.column_names if name not in MEASURES]
    columns = {name: rows[name] for name in keys}
    return with_aliases(pa.table({**columns, **values}), aliases)


def with_aliases(rows: pa.Table, aliases: Mapping[str, str]) -> pa.Table:
    """Rows that say which measure is which column; see ``compact``."""
    return rows.replace_schema_metadata({_ALIASES_KEY: json.dumps(aliases)})


def aliases_of(rows: pa.Table) -> dict[str, str]:
    """Measure -> the column that holds it; see ``compact``."""
    if _ALIASES_KEY in (rows.schema.metadata or {}):
        return dict(json.loads(rows.schema.metadata[_ALIASES_KEY]))
    return {name: name for name in MEASURES if name in rows.column_names}
