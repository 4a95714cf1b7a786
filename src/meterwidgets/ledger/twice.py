"""What must not be added twice: usage and the costs that pay it.

A provider's costs share no key with its usage, so that no cost can be given to a
record; priced by rates besides, the same tokens would be paid for twice. On the days
that the costs cover, the usage brings its tokens and the costs their money.
"""

from __future__ import annotations

import duckdb

from meterwidgets.ledger import sources
from meterwidgets.ledger.files import literal

_DAY_US = 86_400_000_000

_PAYS = [source for source in sources.ALL if source.bills]
SOURCES = tuple(name for source in _PAYS for name in (source.name, source.bills))
"""The sources that are costs of others, and those others."""

IS_PAID = f"(source, start_us // {_DAY_US}) IN (FROM paid)"
"""SQL condition of the usage that costs of its own pay for."""


def find_paid(con: duckdb.DuckDBPyConnection, *relations: str) -> None:
    """Make the table ``paid``: the sources and UTC days that costs cover.

    Args:
        con: Where the relations are.
        relations: SQL text of records with ``source``, ``start_us`` and ``end_us``.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE paid (source VARCHAR, day BIGINT)")
    for relation in relations:
        for source in _PAYS:
            con.execute(
                f"INSERT INTO paid SELECT DISTINCT {literal(source.bills)}, "
                f"unnest(range(start_us // {_DAY_US}, "
                f"greatest(start_us + 1, coalesce(end_us, 0) + {_DAY_US} - 1) "
                f"// {_DAY_US} + (end_us IS NULL)::INTEGER)) "
                f"FROM {relation} WHERE source = {literal(source.name)}"
            )


def set_apart(con: duckdb.DuckDBPyConnection) -> None:
    """Mark the usage in ``ledger`` that ``paid`` covers: it has no price besides."""
    con.execute(f"UPDATE ledger SET billed = true WHERE {IS_PAID}")
