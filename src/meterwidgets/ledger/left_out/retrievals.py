"""Retrievals of what was answered before: a gateway writes their cost, nobody bills it.

A stored response that is polled is logged once more each time, under an id of its own.
Its usage tells which request it repeats: the same key, as many tokens of both kinds,
and a later start.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.ledger.sources import registry
from meterwidgets.text import counted

_DECLARED = [source for source in registry.SOURCES if source.retrievals]
_ENDPOINTS = ", ".join(
    literal(endpoint) for source in _DECLARED for endpoint in source.retrievals
)
_IS_RETRIEVAL = (
    f"source IN ({', '.join(literal(source.name) for source in _DECLARED)}) "
    f"AND endpoint IN ({_ENDPOINTS})"
)
_SAME = "source, api_key, input_tokens, output_tokens"
_IS_USAGE = "used AND reject IS NULL"


def remove_retrievals(ws: Workspace) -> tuple[int, list[str]]:
    """Remove the retrievals whose usage another record has.

    Args:
        ws: A workspace with ``reported``: usage and other rows, good and bad.

    Returns:
        The number of records, and what was left out and what was kept, one sentence
        each.
    """
    if not _has_retrievals(ws):
        return 0, []
    retrievals = ws.keep(_retrievals(ws))
    repeats = f"SELECT * FROM {retrievals} WHERE repeats"
    left_out = by_source(ws, repeats)
    counted_ones = by_source(ws, f"SELECT * FROM {retrievals} WHERE NOT repeats")
    count = ws.count(retrievals)
    ws.materialise(ws.reported)
    ws.execute(
        f"DELETE FROM {ws.reported} "
        f"WHERE (file, n) IN (SELECT (file, n) FROM ({repeats}))"
    )
    # the request itself may have been logged before it had an answer
    ws.execute(
        f"DELETE FROM {ws.reported} WHERE {_IS_USAGE} AND {TOKENS} = 0 AND {COST} = 0 "
        "AND (source, record_id) IN (SELECT (source, record_id) "
        f"FROM {retrievals} WHERE NOT repeats)"
    )
    ws.drop(retrievals)
    sentences = [
        f"{source}: {counted(rows, 'retrieval repeats', 'retrievals repeat')} the "
        f"cost of an answer or had none yet ({amounts}), left out"
        for source, (rows, amounts) in left_out.items()
    ]
    sentences += [
        f"{source}: {counted(rows, 'retrieval is', 'retrievals are')} counted "
        f"({amounts}), since no request with the same usage is in the ledger"
        for source, (rows, amounts) in counted_ones.items()
    ]
    return count - sum(rows for rows, _ in counted_ones.values()), sentences


def remove_stored(ws: Workspace, stored: str) -> tuple[int, list[str]]:
    """Remove the retrievals whose usage a record of a store has.

    Args:
        ws: A workspace with ``reported``, without what else repeats.
        stored: SQL text of stored records.

    Returns:
        The number of records, and what was left out, one sentence each.
    """
    if not ws.has_rows(f"{ws.reported} WHERE {_IS_RETRIEVAL}"):
        return 0, []
    repeats = ws.keep(f"""
      SELECT r.file, r.n, r.source, {TOKENS} AS tokens, {COST} AS cost,
        reported_currency AS currency
      FROM (SELECT * FROM {ws.reported} WHERE {_IS_RETRIEVAL}) AS r
      SEMI JOIN (SELECT {_SAME}, start_us FROM {stored}) AS s
      ON s.source = r.source AND s.api_key IS NOT DISTINCT FROM r.api_key
        AND s.input_tokens = r.input_tokens AND s.output_tokens = r.output_tokens
        AND s.start_us < r.start_us
    """)
    left_out = by_source(ws, f"SELECT * FROM {repeats}")
    count = ws.count(repeats)
    if count:
        ws.materialise(ws.reported)
        ws.execute(
            f"DELETE FROM {ws.reported} "
            f"WHERE (file, n) IN (SELECT (file, n) FROM {repeats})"
        )
    ws.drop(repeats)
    return count, [
        f"{source}: {counted(rows, 'retrieval repeats', 'retrievals repeat')} the "
        f"cost of an answer that the store has ({amounts}), left out"
        for source, (rows, amounts) in left_out.items()
    ]


def _has_retrievals(ws: Workspace) -> bool:
    """Whether there are some, by as little as possible: most ledgers have none."""
    if ws.exists(ws.dimension_values):
        values = f"(SELECT unnest(endpoint) AS endpoint FROM {ws.dimension_values})"
        return ws.has_rows(f"{values} WHERE endpoint IN ({_ENDPOINTS})")
    return ws.has_rows(f"{ws.reported} WHERE {_IS_RETRIEVAL}")


def _retrievals(ws: Workspace) -> str:
    """SQL text of the retrievals, and whether each ``repeats`` another record."""
    retrieved = f"coalesce({_IS_RETRIEVAL}, false)"
    usage = f"{ws.reported} WHERE {_IS_USAGE}"
    counts = f"SELECT (input_tokens, output_tokens) FROM {usage} AND {retrieved}"
    # of equal retrievals the first may stand for a request that is not here
    return f"""
      SELECT r.*, tokens = 0 AND cost = 0 OR place > 1
        OR coalesce(first_us <= start_us, false) AS repeats
      FROM (
        SELECT file, n, record_id, start_us, {_SAME},
          {TOKENS} AS tokens, {COST} AS cost, reported_currency AS currency,
          row_number() OVER (PARTITION BY {_SAME} ORDER BY start_us, file, n) AS place
        FROM {usage} AND {retrieved}) AS r
      LEFT JOIN (
        SELECT {_SAME}, min(start_us) AS first_us FROM {usage} AND NOT {retrieved}
          AND (input_tokens, output_tokens) IN ({counts}) GROUP BY ALL) AS o
      ON o.source = r.source AND o.api_key IS NOT DISTINCT FROM r.api_key
        AND o.input_tokens = r.input_tokens AND o.output_tokens = r.output_tokens
    """
