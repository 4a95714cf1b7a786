"""Buckets that hold each other: a day and its hours, a month and its days.

Where buckets of one source have the same names and one lies within the other, they
report the same usage. Of a bucket and those within it the side that counts more stays,
the finer one where they count the same.
"""

from __future__ import annotations

from collections.abc import Collection

from meterwidgets.ledger.duplicates.removed import COUNTED, Duplicates, notes_of
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, amounts
from meterwidgets.ledger.sources import registry
from meterwidgets.schema import ATTRIBUTES, NAMES
from meterwidgets.text import counted

_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_LEVELS = 8
"""How deep buckets are followed: years, months, weeks, days, hours, minutes."""

_KEY = ", ".join(
    f"coalesce({name}, '')"
    for name in (
        # the groups of an answer, as `buckets.bucket_key` writes them into the id
        "CASE WHEN own_id THEN regexp_extract(record_id, '(\\{.*\\})( \\d+)?$', 1) END",
        *(f'"{name}"' for name in (*NAMES, *ATTRIBUTES)),
    )
)
_SAME = "source, key, start_us, end_us"
_WHY = literal(
    "a bucket and those within it (a day and its hours) report the same usage, and the "
    "side that counts more is kept; if they are two usages, give each a name of its "
    "own, such as a project"
)


def remove_nested(ws: Workspace, known: Collection[int] = ()) -> Duplicates:
    """Remove from ``reported`` the buckets whose usage others hold, or are part of.

    Where one side has only costs and the other only tokens, both stay, and the costs
    pay for the tokens.

    Args:
        ws: A workspace with ``reported``, each row once.
        known: The numbers of files that need no note.
    """
    if not _has_lengths(ws):
        return Duplicates()
    with (
        ws.temporary(_nested_rows(ws)) as rows,
        ws.temporary(_spans(rows)) as spans,
    ):
        depth = _set_levels(ws, spans)
        if not depth:
            return Duplicates()
        _decide(ws, spans, depth)
        ws.materialise(ws.reported)
        gone = _rows_where(rows, spans, "gone")
        count = ws.count(f"({gone})")
        notes = notes_of(ws, _WHY, f"(file, n) IN ({gone})", known)
        ws.execute(f"DELETE FROM {ws.reported} WHERE (file, n) IN ({gone})")
        return Duplicates(count, (*notes, *_more(ws, spans), *_paid(ws, rows, spans)))


def may_nest(ws: Workspace, stored: str) -> str:
    """SQL condition of the stored buckets that may hold the new ones or lie in them.

    Args:
        ws: A workspace with ``reported``.
        stored: SQL text of the stored records.

    Returns:
        "" where all buckets of a source have one length.
    """
    new = (
        "SELECT source, min(start_us) AS first, max(end_us) AS last, "
        "min(end_us - start_us) AS shortest, max(end_us - start_us) AS longest "
        f"FROM {ws.reported} WHERE grain = 'bucket' GROUP BY source"
    )
    found = ws.execute(
        "SELECT source, any_value(first), any_value(last) "
        f"FROM {stored} AS s JOIN ({new}) AS b USING (source) WHERE grain = 'bucket' "
        "AND start_us < last AND end_us > first GROUP BY source "
        "HAVING min(least(shortest, end_us - start_us)) "
        "<> max(greatest(longest, end_us - start_us))"
    ).fetchall()
    return " OR ".join(
        f"grain = 'bucket' AND source = {literal(source)} AND start_us < {last} "
        f"AND end_us > {first}"
        for source, first, last in found
    )


def _has_lengths(ws: Workspace) -> bool:
    """Whether a source has buckets of several lengths, by as little as possible."""
    if not ws.has_rows(f"{ws.reported} WHERE grain = 'bucket'"):
        return False
    return ws.has_rows(
        f"(SELECT source FROM ({_lengths(ws)}) GROUP BY source "
        "HAVING min(least(shortest, step)) <> max(greatest(longest, step)))"
    )


def _lengths(ws: Workspace) -> str:
    """SQL text of the lengths of the buckets of each file.

    ``step`` is that of buckets without an end: days where all begin at one time of day,
    hours where all begin on the hour.
    """
    endless = "FILTER (end_us IS NULL)"
    clock = f"start_us % {_DAY}"
    return f"""
      SELECT source, file, min(end_us - start_us) AS shortest,
        max(end_us - start_us) AS longest,
        CASE WHEN max({clock}) {endless} - min({clock}) {endless} <= {_HOUR}
          AND (min({clock}) {endless} = 0
            OR min(start_us) {endless} <> max(start_us) {endless}) THEN {_DAY}
          WHEN bool_and(start_us % {_HOUR} = 0) {endless} THEN {_HOUR} END AS step
      FROM {ws.reported} WHERE grain = 'bucket' GROUP BY ALL
    """


def _nested_rows(ws: Workspace) -> str:
    """SQL text of the rows of names that have buckets of several lengths."""
    length = "coalesce(end_us - start_us, step)"
    # only a provider says what its buckets are; those of a table are told by the clock
    by_clock = (
        f"{length} % {_MINUTE} = 0 AND "
        f"start_us % nullif(least({length}, {15 * _MINUTE}), 0) = 0 "
        f"AND ({length} // {_MINUTE} IN (1, 5, 10, 15, 30, 60, 120, 180, 240, 360, "
        f"480, 720) OR {length} >= {23 * _HOUR} AND {length} % {_HOUR} = 0)"
    )
    bucketed = [each for each in registry.all_sources() if each.grain == "bucket"]
    # a bill states each charge once, whatever its period, and a counter each increase
    once = {each.name for each in bucketed if each.credit != "false" or each.is_counter}
    bills = ", ".join(map(literal, sorted(once)))
    providers = ", ".join(literal(e.name) for e in bucketed if e.name not in once)
    return f"""
      SELECT * FROM (
        SELECT source, [{_KEY}] AS key, file, n, start_us,
          start_us + {length} AS end_us, {TOKENS} AS tokens, {COST} AS cost,
          {COUNTED} AS counted
        FROM {ws.reported} LEFT JOIN ({_lengths(ws)}) USING (source, file)
        WHERE grain = 'bucket' AND {length} > 0
          AND source NOT IN ({bills})
          AND (source IN ({providers}) OR {by_clock}))
      WINDOW names AS (PARTITION BY source, key)
      QUALIFY min(end_us - start_us) OVER names <> max(end_us - start_us) OVER names
    """


def _spans(rows: Relation) -> str:
    """SQL text of the buckets of some rows, each once, with what is decided of them.

    ``level`` is how many buckets hold it, ``best_...`` what it and those within it
    count, each usage once; ``side`` is the one that stays: its ``own``, what is
    ``below``, or both; ``gone`` whether it is left out.
    """
    sums = ", ".join(
        f"sum({name})::HUGEINT AS {name}, sum({name})::HUGEINT AS best_{name}"
        for name in ("tokens", "cost", "counted")
    )
    return (
        f"SELECT {_SAME}, {sums}, NULL::BIGINT AS level, NULL::BIGINT AS parent_us, "
        "'own' AS side, NULL::HUGEINT AS below_tokens, NULL::HUGEINT AS below_cost, "
        f"false AS gone, false AS held FROM {rows} GROUP BY {_SAME}"
    )


def _set_levels(ws: Workspace, spans: Relation) -> int:
    """Set the level and the parent of each bucket; return the depth."""
    for level in range(_LEVELS):
        # in this order, what holds a bucket comes before it
        free = (
            f"SELECT {_SAME}, max(end_us) OVER (PARTITION BY source, key ORDER BY "
            "start_us, end_us DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
            f"AS reached FROM {spans} WHERE level IS NULL"
        )
        ws.execute(
            f"UPDATE {spans} SET level = {level} WHERE ({_SAME}) IN (SELECT ({_SAME}) "
            f"FROM ({free}) WHERE reached IS NULL OR reached < end_us)"
        )
        if level:
            ws.execute(
                f"UPDATE {spans} AS s SET parent_us = p.at FROM (SELECT c.source, "
                "c.key, c.start_us, c.end_us, p.start_us AS at FROM "
                f"(FROM {spans} WHERE level = {level}) AS c ASOF JOIN "
                f"(FROM {spans} WHERE level = {level - 1}) AS p ON c.source = p.source "
                "AND c.key = p.key AND c.start_us >= p.start_us) AS p "
                f"WHERE {_match('s', 'p')}"
            )
        if not ws.has_rows(f"{spans} WHERE level IS NULL"):
            return level
    return _LEVELS - 1


def _match(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _SAME.split(", "))


def _decide(ws: Workspace, spans: Relation, depth: int) -> None:
    """Decide from the finest level up which side stays, then down what is gone."""
    within = "c.source = s.source AND c.key = s.key AND c.parent_us = s.start_us"
    for level in range(depth - 1, -1, -1):
        ws.execute(f"""
          UPDATE {spans} AS s SET below_tokens = c.tokens, below_cost = c.cost,
            side = c.side,
            best_tokens = CASE c.side WHEN 'own' THEN s.tokens WHEN 'below' THEN
              c.tokens ELSE s.tokens + c.tokens END,
            best_cost = CASE c.side WHEN 'own' THEN s.cost WHEN 'below' THEN c.cost
              ELSE s.cost + c.cost END,
            best_counted = CASE c.side WHEN 'own' THEN s.counted WHEN 'below' THEN
              c.counted ELSE s.counted + c.counted END
          FROM (
            SELECT p.source, p.key, p.start_us AS at, c.tokens, c.cost, c.counted,
              CASE WHEN p.tokens = 0 AND c.cost = 0 AND p.cost <> 0 AND c.tokens <> 0
                  OR p.cost = 0 AND c.tokens = 0 AND p.tokens <> 0 AND c.cost <> 0
                THEN 'both'
                WHEN p.counted > c.counted THEN 'own' ELSE 'below' END AS side
            FROM {spans} AS p JOIN (
              SELECT source, key, parent_us, sum(best_tokens) AS tokens,
                sum(best_cost) AS cost, sum(best_counted) AS counted
              FROM {spans} WHERE level = {level + 1} GROUP BY ALL) AS c
            ON c.source = p.source AND c.key = p.key AND c.parent_us = p.start_us
            WHERE p.level = {level}) AS c
          WHERE s.level = {level} AND c.source = s.source AND c.key = s.key
            AND c.at = s.start_us
        """)
    ws.execute(f"UPDATE {spans} SET gone = side = 'below' WHERE level = 0")
    for level in range(1, depth + 1):
        ws.execute(
            f"UPDATE {spans} AS c SET held = s.held OR s.side = 'own', "
            "gone = s.held OR s.side = 'own' OR c.side = 'below' "
            f"FROM {spans} AS s WHERE c.level = {level} AND s.level = {level - 1} "
            f"AND {within}"
        )


def _rows_where(rows: Relation, spans: Relation, condition: str) -> str:
    """SQL text of the file and number of the rows of some buckets."""
    return (
        f"SELECT (file, n) FROM {rows} WHERE ({_SAME}) IN "
        f"(SELECT ({_SAME}) FROM {spans} WHERE {condition})"
    )


def _more(ws: Workspace, spans: Relation) -> list[str]:
    """What the side that is left out reports more of than the one that stays."""
    found = ws.execute(
        f"SELECT source, count(*) FILTER (t > 0 OR c > 0), "
        "coalesce(sum(t) FILTER (t > 0), 0)::BIGINT, "
        "coalesce(sum(c) FILTER (c > 0), 0)::HUGEINT FROM "
        "(SELECT source, CASE side WHEN 'own' THEN -1 ELSE 1 END AS sign, "
        "sign * (tokens - below_tokens) AS t, sign * (cost - below_cost) AS c "
        f"FROM {spans} "
        "WHERE below_tokens IS NOT NULL AND side <> 'both' AND NOT held) "
        "GROUP BY source HAVING bool_or(t > 0 OR c > 0) ORDER BY source"
    ).fetchall()
    return [
        f"{source}: for {counted(count, 'bucket', 'buckets')} the side that was left "
        "out reports more than the one that is kept, by "
        f"{amounts(tokens, [(None, nano)])}"
        for source, count, tokens, nano in found
    ]


def _paid(ws: Workspace, rows: Relation, spans: Relation) -> list[str]:
    """Mark the tokens that the costs of other buckets pay for; say how many."""
    both = f"SELECT * FROM {spans} WHERE side = 'both' AND NOT gone"
    if not ws.has_rows(f"({both})"):
        return []
    # the tokens' side: the bucket itself, or what is left within it
    paid = (
        f"s.side = 'both' AND s.tokens <> 0 OR EXISTS (FROM ({both}) AS p WHERE "
        "p.source = s.source AND p.key = s.key AND p.tokens = 0 AND "
        "p.start_us <= s.start_us AND p.end_us >= s.end_us AND p.level < s.level)"
    )
    of_rows = (
        f"SELECT (file, n) FROM {rows} WHERE ({_SAME}) IN (SELECT ({_SAME}) "
        f"FROM {spans} AS s WHERE NOT s.gone AND ({paid}))"
    )
    found = ws.execute(
        f"SELECT source, count(*) FROM {ws.reported} WHERE (file, n) IN ({of_rows}) "
        "GROUP BY source ORDER BY source"
    ).fetchall()
    ws.execute(f"UPDATE {ws.reported} SET billed = true WHERE (file, n) IN ({of_rows})")
    return [
        f"{source}: costs of buckets without tokens pay for "
        f"{counted(count, 'bucket', 'buckets')} with the same names and times, which "
        "get no price of their own"
        for source, count in found
    ]
