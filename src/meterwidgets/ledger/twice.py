"""What must not be added twice: usage and the costs that pay it."""

from __future__ import annotations

import duckdb

from meterwidgets.ledger import sources

_DAY_US = 86_400_000_000


def set_apart(con: duckdb.DuckDBPyConnection) -> int:
    """Mark the usage in ``ledger`` whose days are paid by costs in the same ledger.

    A provider's costs share no key with its usage, so that no cost can be given to a
    record; priced by rates besides, the same tokens would be paid for twice. On the
    days that the costs cover, the usage brings its tokens and the costs their money.

    Returns:
        How many records were marked.
    """
    marked = 0
    for source in sources.ALL:
        if not source.bills:
            continue
        (count,) = con.execute(
            f"""
            UPDATE ledger SET billed = true
            WHERE source = ? AND start_us // {_DAY_US} IN (
              SELECT unnest(range(start_us // {_DAY_US},
                greatest(start_us + 1, coalesce(end_us, 0) + {_DAY_US} - 1)
                  // {_DAY_US} + (end_us IS NULL)::INTEGER))
              FROM ledger WHERE source = ?)
            """,
            [source.bills, source.name],
        ).fetchone() or (0,)
        marked += count
    return marked
