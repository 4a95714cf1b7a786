"""Rows of a table that sum up the rows beside them: ``Total``, ``All models``."""

from __future__ import annotations

from collections.abc import Collection

from meterwidgets.ledger.duplicates.removed import Duplicates, notes_of
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.schema import NAMES
from meterwidgets.text import counted

_SUM = (
    r"\(?((grand|sub)[ _-]?)?(totals?|sum|all|overall)"
    r"([ _-](models?|users?|teams?|projects?|keys|org(anization)?s|usage))?\)?"
)
"""Regular expression of the name of a sum."""

_WHY = literal("each is named like a sum, and is the sum of the rows beside it")
_CENT = 10_000_000


def _is_sum(name: str, row: str = "") -> str:
    return f"coalesce(regexp_full_match(lower({row}\"{name}\"), '{_SUM}'), false)"


_HAS_SUM = " OR ".join(map(_is_sum, NAMES))


def remove_sums(ws: Workspace, known: Collection[int] = ()) -> Duplicates:
    """Remove the buckets of tables that sum up others of the same file and time.

    Args:
        ws: A workspace with ``reported``.
        known: The numbers of files that need no note.
    """
    buckets = f"{ws.reported} WHERE source = 'table' AND grain = 'bucket'"
    if not ws.has_rows(f"{buckets} AND ({_HAS_SUM})"):
        return Duplicates()
    names = ", ".join(f'"{name}"' for name in NAMES)
    with (
        ws.temporary(
            f"SELECT source, file, n, start_us, end_us, {names}, {TOKENS} AS tokens, "
            f"{COST} AS cost, reported_currency AS currency, {_HAS_SUM} AS is_sum "
            f"FROM {buckets}"
        ) as rows,
        ws.temporary(_sums(rows)) as sums,
    ):
        notes = _odd_ones(ws, sums)
        gone = f"SELECT (file, n) FROM {sums} WHERE fits"
        count = ws.count(f"({gone})")
        if not count:
            return Duplicates(notes=notes)
        notes = (*notes_of(ws, _WHY, f"(file, n) IN ({gone})", known), *notes)
        ws.materialise(ws.reported)
        ws.execute(f"DELETE FROM {ws.reported} WHERE (file, n) IN ({gone})")
        return Duplicates(count, notes)


def _sums(rows: Relation) -> str:
    """SQL text of the rows that are named like sums of others, and whether one fits."""
    same = " AND ".join(
        f'({_is_sum(name, "t.")} OR t."{name}" IS NOT DISTINCT FROM o."{name}")'
        for name in NAMES
    )
    # costs may be rounded one by one
    return f"""
      SELECT t.source, t.file, t.n, any_value(t.tokens) AS tokens,
        any_value(t.cost) AS cost, any_value(t.currency) AS currency,
        any_value(t.tokens) = sum(o.tokens)
          AND abs(any_value(t.cost) - sum(o.cost)) <= least(
            {_CENT} * count(*), abs(any_value(t.cost)) // 100)
          AND (any_value(t.tokens) > 0 OR any_value(t.cost) <> 0) AS fits
      FROM {rows} AS t JOIN {rows} AS o
      ON o.file = t.file AND o.start_us = t.start_us
        AND o.end_us IS NOT DISTINCT FROM t.end_us AND {same}
      WHERE t.is_sum AND NOT o.is_sum GROUP BY t.source, t.file, t.n
    """


def _odd_ones(ws: Workspace, sums: Relation) -> tuple[str, ...]:
    """The rows that are named like sums, and are none of those beside them."""
    found = by_source(ws, f"SELECT * FROM {sums} WHERE NOT fits AND tokens + cost <> 0")
    return tuple(
        f"{source}: {counted(count, 'row is', 'rows are')} named like a sum "
        f"({amounts}) and counted, since the rows beside do not add up to it"
        for source, (count, amounts) in found.items()
    )
