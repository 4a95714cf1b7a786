"""Records that look like usage that is counted twice; a note says so.

Two tools that watch the same calls, such as a tracer and a gateway, give them ids of
their own; an export by user and one by team have nothing in common but their sums.
Nothing proves that they are the same, so both count.
"""

from __future__ import annotations

from meterwidgets.ledger.duplicates import written_twice
from meterwidgets.ledger.duplicates.containment import is_keyed
from meterwidgets.ledger.duplicates.removed import ORIGIN
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, amounts
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.spans import SAME_IDS
from meterwidgets.schema import NAMES
from meterwidgets.text import counted

_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
_CLOSE_US = 100_000
"""How far apart two watchers of one call see it begin."""

_IS_CALL = "grain = 'request' AND input_tokens > 0 AND output_tokens > 0"


def look_alikes(ws: Workspace) -> list[str]:
    """The usage that may be counted twice, one sentence a kind and source.

    Args:
        ws: A workspace with ``reported``, without duplicates.
    """
    if ws.is_view(ws.reported):  # large files of one format
        return []
    sources = _sources(ws)
    found = [*_of_sources(ws), *_of_days(ws)] if len(sources) > 1 else []
    if "litellm" in sources:
        found += written_twice.routes(ws)
    if "focus" in sources:
        found += written_twice.deliveries(ws)
    if not sources.isdisjoint(SAME_IDS):
        found += _of_traces(ws)
    if ws.has_rows(f"{ws.reported} WHERE grain = 'bucket'"):
        found += [*_of_groupings(ws), *_of_grains(ws)]
    if "table" in sources:
        found += [*_of_appended(ws), *_of_tables(ws)]
    return found


def _sources(ws: Workspace) -> frozenset[str]:
    """The formats that there are; a single one is known without a query."""
    known = ws.sources(ws.reported)
    if known is not None and len(known) == 1:
        return known
    found = ws.execute(f"SELECT DISTINCT source FROM {ws.reported}").fetchall()
    return frozenset(name for (name,) in found)


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


def _of_days(ws: Workspace) -> list[str]:
    """Days of a model with as many tokens in two sources, of which one has buckets."""
    rows = ws.execute(f"""
      WITH days AS (
        SELECT {ORIGIN} AS origin, start_us // {_DAY_US} AS day,
          lower(regexp_extract(model, '[^/]*$')) AS model,
          bool_or(grain = 'bucket') AS bucketed, sum({TOKENS})::HUGEINT AS tokens,
          sum({COST})::HUGEINT AS cost, max(reported_currency) AS currency
        FROM {ws.reported} WHERE model IS NOT NULL GROUP BY ALL HAVING tokens > 0)
      SELECT a.origin, b.origin, count(*) FILTER (same) AS number,
        sum(a.tokens) FILTER (same), max(coalesce(a.currency, b.currency)),
        sum(greatest(a.cost, b.cost)) FILTER (same)
      FROM (
        SELECT a, b, abs(a.tokens - b.tokens) * 100 <= a.tokens AS same
        FROM days AS a JOIN days AS b USING (day, model)
        WHERE a.origin < b.origin AND (a.bucketed OR b.bucketed))
      GROUP BY a.origin, b.origin HAVING number * 2 >= count(*) ORDER BY ALL
    """).fetchall()
    families = {source.name: source.family for source in registry.all_sources()}
    return [
        f"{one} and {other}: {counted(count, 'day', 'days')} of a model with the same "
        f"tokens in both ({amounts(tokens, [(currency, nano)])}), and both are "
        "counted; if they report the same calls, read only one of them"
        for one, other, count, tokens, currency, nano in rows
        # those of one family have a note of their own
        if count and not (families.get(one) and families[one] == families.get(other))
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


def _of_groupings(ws: Workspace) -> list[str]:
    """Buckets that files have by other names, but with the same sums."""
    fields = ", ".join(f"CASE WHEN count(\"{n}\") > 0 THEN '{n}' END" for n in NAMES)
    buckets = (
        f"{ws.reported} WHERE grain = 'bucket' AND NOT coalesce({is_keyed()}, false)"
    )
    rows = ws.execute(f"""
      WITH files AS (
        SELECT source, file, array_to_string([{fields}], ', ') AS names
        FROM {buckets} GROUP BY source, file),
      sums AS (
        SELECT source, names, start_us, coalesce(end_us, 0) AS until,
          sum({TOKENS})::HUGEINT AS tokens, sum({COST})::HUGEINT AS cost,
          max(reported_currency) AS currency
        FROM (SELECT * FROM {buckets}) JOIN files USING (source, file) GROUP BY ALL)
      SELECT source, names, others, count(*) FILTER (same) AS number,
        sum(tokens) FILTER (same), max(currency), sum(cost) FILTER (same)
      FROM (
        SELECT source, a.names, b.names AS others, a.tokens, a.cost, a.currency,
          a.tokens = b.tokens AND a.cost = b.cost AS same
        FROM sums AS a JOIN sums AS b USING (source, start_us, until)
        WHERE a.names < b.names AND a.tokens + a.cost > 0)
      GROUP BY ALL HAVING number * 2 >= count(*) ORDER BY ALL
    """).fetchall()
    return [
        f"{source}: {counted(count, 'bucket has', 'buckets have')} the same sums by "
        f"{one} and by {other} ({amounts(tokens, [(currency, nano)])}), and both are "
        "counted; they describe the same usage, so read only one of them"
        for source, one, other, count, tokens, currency, nano in rows
    ]


def _of_grains(ws: Workspace) -> list[str]:
    """Requests within buckets of the same source and names."""
    both = (
        f"SELECT source FROM {ws.reported} GROUP BY source "
        "HAVING count(DISTINCT grain) > 1"
    )
    if not ws.has_rows(f"({both})"):
        return []
    names = " AND ".join(f'r."{n}" IS NOT DISTINCT FROM b."{n}"' for n in NAMES)
    rows = ws.execute(f"""
      SELECT source, count(*), sum(tokens)::BIGINT, max(currency), sum(cost)::HUGEINT
      FROM (
        SELECT source, start_us, {TOKENS} AS tokens, {COST} AS cost,
          reported_currency AS currency, {", ".join(map('"{}"'.format, NAMES))}
        FROM {ws.reported} WHERE grain = 'request' AND source IN ({both})) AS r
      SEMI JOIN (SELECT * FROM {ws.reported} WHERE grain = 'bucket') AS b
      ON r.source = b.source AND r.start_us >= b.start_us AND r.start_us < b.end_us
        AND {names}
      GROUP BY source ORDER BY source
    """).fetchall()
    return [
        f"{source}: {counted(count, 'request lies', 'requests lie')} within buckets "
        f"of the same names ({amounts(tokens, [(currency, nano)])}), and both are "
        "counted; if the buckets sum up these requests, read only one of them"
        for source, count, tokens, currency, nano in rows
    ]


def _of_appended(ws: Workspace) -> list[str]:
    """Requests that one file has twice, as if it had been appended to itself."""
    rows = (
        f"{ws.reported} WHERE source = 'table' AND grain = 'request' "
        f"AND record_id IS NULL AND start_us % {60 * _SECOND_US} <> 0 AND {TOKENS} > 0"
    )
    moment = "file, start_us, input_tokens, output_tokens, reported_cost"
    count, distinct = ws.execute(
        f"SELECT count(*), approx_count_distinct(hash({moment})) FROM {rows}"
    ).fetchone() or (0, 0)
    if distinct > count * 0.9:
        return []
    names = ", ".join(f'"{name}"' for name in NAMES)
    found = ws.execute(f"""
      SELECT sum(number - 1)::BIGINT AS more, sum((number - 1) * tokens)::BIGINT,
        max(currency), sum((number - 1) * cost)::HUGEINT
      FROM (
        SELECT count(*) AS number, max({TOKENS}) AS tokens, max({COST}) AS cost,
          max(reported_currency) AS currency
        FROM {rows} GROUP BY {moment}, end_us, {names})
      HAVING more * 10 >= {count}
    """).fetchall()
    return [
        f"table: {counted(more, 'request equals', 'requests equal')} another row of "
        f"the same file, to the second ({amounts(tokens, [(currency, nano)])}), and "
        "all are counted; if the file holds an export twice, remove one of them"
        for more, tokens, currency, nano in found
    ]


def _of_tables(ws: Workspace) -> list[str]:
    """Requests that share their second and tokens with one of another file."""
    rows = f"{ws.reported} WHERE source = 'table' AND {_IS_CALL}"
    if not ws.has_rows(
        f"(SELECT 1 FROM {rows} HAVING min(file) <> max(file) AND count(record_id) > 0)"
    ):
        return []
    found = ws.execute(f"""
      SELECT sum(number - largest)::BIGINT AS more,
        sum((number - largest) * tokens)::BIGINT, max(currency),
        sum((number - largest) * cost)::HUGEINT
      FROM (
        SELECT second, max(tokens) AS tokens, max(cost) AS cost, sum(number) AS number,
          max(number) AS largest, max(currency) AS currency, count(*) AS files
        FROM (
          SELECT start_us // {_SECOND_US} AS second, input_tokens, output_tokens, file,
            count(*) AS number, max({TOKENS}) AS tokens, max({COST}) AS cost,
            max(reported_currency) AS currency
          FROM {rows} GROUP BY ALL)
        GROUP BY second, input_tokens, output_tokens HAVING files > 1)
      HAVING more * 5 >= (SELECT count(*) FROM {rows})
    """).fetchall()
    return [
        f"table: {counted(more, 'request has', 'requests have')} the same second and "
        f"tokens as one of another file ({amounts(tokens, [(currency, nano)])}), and "
        "both are counted; if both files log the same calls, read only one of them"
        for more, tokens, currency, nano in found
        if more
    ]
