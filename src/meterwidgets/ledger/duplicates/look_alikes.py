"""Records that look like one call that was watched twice; a note says so.

Two tools that watch the same calls, such as a tracer and a gateway, give them ids of
their own. Nothing proves that they are the same, so both count.
"""

from __future__ import annotations

from meterwidgets.ledger.duplicates.removed import ORIGIN
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, amounts
from meterwidgets.ledger.sources.spans import SAME_IDS
from meterwidgets.text import counted

_SECOND_US = 1_000_000
_CLOSE_US = 100_000
"""How far apart two watchers of one call see it begin."""

_IS_CALL = "grain = 'request' AND input_tokens > 0 AND output_tokens > 0"


def look_alikes(ws: Workspace) -> list[str]:
    """The calls that may have been watched twice, one sentence for each two sources.

    Args:
        ws: A workspace with ``reported``, without duplicates.
    """
    if ws.is_view(ws.reported):  # large files of one format
        return []
    sources = ws.execute(f"SELECT DISTINCT source FROM {ws.reported}").fetchall()
    found = _of_sources(ws) if len(sources) > 1 else []
    if any(name in SAME_IDS for (name,) in sources):
        found += _of_traces(ws)
    return found


def _of_sources(ws: Workspace) -> list[str]:
    """Records of two sources that begin in one second and have as many tokens."""
    rows = ws.execute(f"""
      WITH calls AS (
        SELECT {ORIGIN} AS origin, start_us // {_SECOND_US} AS second, input_tokens,
          output_tokens, count(*) AS number, max({TOKENS}) AS tokens,
          max({COST}) AS cost, max(reported_currency) AS currency
        FROM {ws.reported} WHERE {_IS_CALL} GROUP BY ALL),
      totals AS (SELECT origin, sum(number) AS total FROM calls GROUP BY origin)
      SELECT a.origin, b.origin, sum(least(a.number, b.number))::BIGINT AS same,
        sum(least(a.number, b.number) * b.tokens)::BIGINT,
        max(coalesce(a.currency, b.currency)),
        sum(least(a.number, b.number) * greatest(a.cost, b.cost))::HUGEINT
      FROM calls AS a JOIN calls AS b USING (second, input_tokens, output_tokens)
      JOIN totals AS ta ON ta.origin = a.origin
      JOIN totals AS tb ON tb.origin = b.origin
      WHERE a.origin < b.origin GROUP BY a.origin, b.origin
      HAVING same * 2 >= least(max(ta.total), max(tb.total)) ORDER BY ALL
    """).fetchall()
    return [
        f"{one} and {other}: {counted(count, 'call has', 'calls have')} the same "
        f"second and tokens in both ({amounts(tokens, [(currency, nano)])}), and both "
        "are counted; if they watch the same calls, read only one of them"
        for one, other, count, tokens, currency, nano in rows
    ]


def _of_traces(ws: Workspace) -> list[str]:
    """Spans of one trace that begin together and have as many tokens."""
    sources = ", ".join(map(literal, SAME_IDS))
    rows = ws.execute(f"""
      SELECT source, sum(number - 1)::BIGINT, sum((number - 1) * tokens)::BIGINT,
        max(currency), sum((number - 1) * cost)::HUGEINT
      FROM (
        SELECT source, count(*) AS number, max({TOKENS}) AS tokens,
          max({COST}) AS cost, max(reported_currency) AS currency
        FROM {ws.reported} WHERE source IN ({sources}) AND {_IS_CALL}
        GROUP BY source, split_part(record_id, '/', 1), input_tokens, output_tokens
        HAVING count(*) > 1 AND max(start_us) - min(start_us) <= {_CLOSE_US})
      GROUP BY source ORDER BY source
    """).fetchall()
    return [
        f"{source}: {counted(count, 'call equals', 'calls equal')} another of the same "
        f"trace in time and tokens ({amounts(tokens, [(currency, nano)])}), and both "
        "are counted; if two instrumentations watch the same calls, keep one"
        for source, count, tokens, currency, nano in rows
    ]
