"""Usage that one source seems to have written twice: all of it counts and is said."""

from __future__ import annotations

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, amounts
from meterwidgets.schema import NAMES
from meterwidgets.text import counted


def routes(ws: Workspace) -> list[str]:
    """Calls of one second, key, usage and cost on two routes of LiteLLM.

    It logs some requests once for the route that was asked and once for the one that
    answered.
    """
    calls = (
        f"{ws.reported} WHERE source = 'litellm' AND grain = 'request' "
        "AND input_tokens > 0 AND output_tokens > 0"
    )
    found = ws.execute(f"SELECT count(DISTINCT endpoint) > 1 FROM {calls}").fetchone()
    if not found or not found[0]:
        return []
    rows = ws.execute(f"""
      SELECT sum(number - most)::BIGINT, sum((number - most) * tokens)::BIGINT,
        max(currency), sum((number - most) * cost)::HUGEINT
      FROM (
        SELECT second, api_key, input_tokens, output_tokens, cost,
          sum(number) AS number, max(number) AS most, max(tokens) AS tokens,
          max(currency) AS currency
        FROM (
          SELECT start_us // 1_000_000 AS second, api_key, input_tokens,
            output_tokens, {COST} AS cost, endpoint, count(*) AS number,
            max({TOKENS}) AS tokens, max(reported_currency) AS currency
          FROM {calls} GROUP BY ALL)
        GROUP BY ALL HAVING count(*) > 1)
    """).fetchall()
    return [
        f"litellm: {counted(count, 'call equals', 'calls equal')} one on another route "
        f"in second, key, tokens and cost ({amounts(tokens, [(currency, nano)])}), and "
        "both are counted; LiteLLM may have logged one request twice"
        for count, tokens, currency, nano in rows
        if count
    ]


def deliveries(ws: Workspace) -> list[str]:
    """Lines of a bill that files have with other amounts: it was delivered again."""
    lines = f"{ws.reported} WHERE source = 'focus'"
    if not ws.has_rows(f"(SELECT 1 FROM {lines} HAVING min(file) <> max(file))"):
        return []
    names = ", ".join(f'"{name}"' for name in NAMES)
    rows = ws.execute(f"""
      SELECT count(*), sum(tokens)::BIGINT, max(currency), sum(cost)::HUGEINT
      FROM (
        SELECT min({TOKENS}) AS tokens, min({COST}) AS cost,
          max(reported_currency) AS currency
        FROM {lines} AND {COST} > 0 GROUP BY start_us, end_us, service_tier,
          input_tokens IS NULL, output_tokens IS NULL, cache_read_tokens IS NULL,
          {names}
        HAVING count(*) > 1 AND count(*) = count(DISTINCT file))
    """).fetchall()
    return [
        f"focus: {counted(count, 'line of a bill is', 'lines of a bill are')} in "
        "several files with other amounts "
        f"({amounts(tokens, [(currency, nano)])}), and all are counted; if a month was "
        "delivered again, read only the latest files of it"
        for count, tokens, currency, nano in rows
        if count
    ]
