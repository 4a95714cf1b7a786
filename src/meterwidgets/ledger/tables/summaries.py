"""Rows of a table that sum up its other rows: "Total", "All models"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import Formula
from meterwidgets.ledger.tables.mapping import AMOUNTS, TableMapping
from meterwidgets.schema import NAMES
from meterwidgets.text import counted

_LABEL = "regexp_replace(lower(trim({0})), '[^a-z ]+', ' ', 'g')"
_LEVELS = (
    " *grand totals? *",
    " *(.* )?(sub ?)?totals? *| *(sum|overall|summe|gesamt) *",
    " *all( (models|users|teams|projects|orgs|organi[sz]ations|keys|providers))? *",
)
"""Regular expression of what rows are called that sum up others, one a level."""
_NUMBER = (
    "coalesce(TRY_CAST(t AS DECIMAL(38, 9)), "
    "TRY_CAST(parse_amount(t) AS DECIMAL(38, 9)))"
)
_ROUNDED = Decimal("0.005")
"""By how much a sum may differ that is rounded to cents."""


def find_summaries(
    values: TableValues, mapping: TableMapping
) -> tuple[Formula | None, list[str]]:
    """The rows that sum up the others, by their names and their amounts.

    Args:
        values: What the columns hold.
        mapping: Which columns are read.

    Returns:
        The condition of those rows, None where there are none; and what users should
        know of rows that are called so but add up to something else.
    """
    columns = mapping.columns
    amount = next((columns[n] for n in ("cost", *AMOUNTS) if n in columns), None)
    if amount is None:
        return None, []
    names = dict.fromkeys(columns[name] for name in NAMES if name in columns)
    names |= dict.fromkeys(values.columns[:1])
    patterns: dict[str, list[str]] = {}
    notes = []
    for column in names.keys() - {columns[n] for n in AMOUNTS if n in columns}:
        for pattern, note in _levels(values, column, amount):
            if note:
                notes.append(note)
            else:
                patterns.setdefault(column, []).append(pattern)
    sql = " OR ".join(
        f"regexp_full_match({_LABEL.format(f'{{{n}}}')}, {literal('|'.join(found))})"
        for n, found in enumerate(patterns.values())
    )
    return Formula(tuple(patterns), f"({sql})", "sums") if patterns else None, notes


def _levels(values: TableValues, column: str, amount: str) -> Iterator[tuple[str, str]]:
    """The levels of sums in a column: their pattern, and why they are none."""
    is_grand, is_sum, is_all = (
        f"regexp_full_match(label, {literal(pattern)})" for pattern in _LEVELS
    )
    levels = (is_grand, f"{is_sum} AND NOT {is_grand}", is_all)
    sums = ", ".join(
        f"count(*) FILTER ({level}), coalesce(sum({_NUMBER}) FILTER ({level}), 0), "
        f"min(v0) FILTER ({level})"
        for level in levels
    )
    is_other = f"NOT coalesce({is_sum} OR {is_all}, false)"
    total, *found = values.one(
        f"coalesce(sum({_NUMBER}) FILTER ({is_other}), 0), {sums}",
        [column, amount],
        label=_LABEL.format("text_or_null(v0)"),
        t="text_or_null(v1)",
    )
    for level, pattern in enumerate(_LEVELS):
        count, own, name = found[3 * level : 3 * level + 3]
        if not count:
            continue
        is_right = total and abs(own - total) <= _ROUNDED * count
        rows = counted(count, "row is", "rows are")
        yield (
            pattern,
            ""
            if is_right
            else (
                f"{rows} called {name!r} in {column} and counted: the {amount} there "
                f"({own.normalize():f}) isn't the sum of the other rows "
                f"({total.normalize():f})"
            ),
        )
