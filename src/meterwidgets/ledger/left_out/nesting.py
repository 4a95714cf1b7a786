"""Records that repeat the usage below them: agents' spans, generations around calls.

Tracers write trees, and many spans report the sum of those under them. Each usage
counts once, where it was measured: at the leaves. The links go through spans without
usage and from file to file, so this looks at all rows, before those without usage are
dropped.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Relation, Workspace
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, by_source
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import Source
from meterwidgets.text import counted

_LEVELS = 100
"""How far up usage is followed; around a cycle of parents it would never end."""

_SUM = "greatest(least(sum(tokens), 1e18::HUGEINT), -1e18::HUGEINT)"
"""SQL text of a sum that stays bounded where records with one id have many parents."""
_IS_USAGE = "used AND reject IS NULL"


def _nested() -> list[Source]:
    return [source for source in registry.all_sources() if source.is_nested]


def _is_nested() -> str:
    """SQL condition of the records that name what lies above them."""
    names = ", ".join(literal(source.name) for source in _nested())
    return f"source IN ({names}) AND record_id IS NOT NULL"


def _is_sum() -> str:
    return _per_source({each.name: each.sums_trace for each in _nested()})


def _per_source(texts: dict[str, str]) -> str:
    """SQL text that has another text for each source."""
    cases = " ".join(f"WHEN {literal(name)} THEN {sql}" for name, sql in texts.items())
    return f"CASE source {cases} END"


_IS_TOOL = "coalesce(lower(endpoint) IN ('execute_tool', 'tool'), false)"


def remove_repeated(ws: Workspace) -> tuple[int, list[str]]:
    """Remove the records that repeat the usage of others in their trace.

    Args:
        ws: A workspace with ``reported``: usage and other rows, good and bad.

    Returns:
        The number of records, and what was left out, one sentence each.
    """
    nested = f"{ws.reported} WHERE {_is_nested()}"
    if not _may_repeat(ws, nested):
        return 0, []
    links = ws.keep(
        "SELECT DISTINCT source, record_id AS id, covers AS parent "
        f"FROM {nested} AND covers IS NOT NULL"
    )
    trace = _per_source({each.name: each.trace for each in _nested()})
    usage = ws.keep(
        f"SELECT file, n, source, record_id AS id, {trace} AS trace, "
        f"coalesce({_is_sum()}, false) AS is_sum, {_IS_TOOL} AS is_tool, start_us, "
        f"end_us, {TOKENS} AS tokens, {COST} AS cost, "
        f"reported_currency AS currency FROM {nested} AND {_IS_USAGE}"
    )
    repeats = ws.keep(_repeats(ws, usage, links))
    sentences = _sentences(ws, repeats)
    count = ws.count(repeats)
    if count:
        ws.materialise(ws.reported)
        ws.execute(
            f"DELETE FROM {ws.reported} "
            f"WHERE (file, n) IN (SELECT (file, n) FROM {repeats})"
        )
    # what is still here repeats nothing, whatever its children say of it
    ws.materialise(ws.reported)
    ws.execute(
        f"UPDATE {ws.reported} SET covers = NULL WHERE {_is_nested()} "
        "AND covers IS NOT NULL "
        f"AND (source, covers) IN (SELECT (source, id) FROM {usage})"
    )
    for relation in (links, usage, repeats):
        ws.drop(relation)
    return count, sentences


def _may_repeat(ws: Workspace, nested: str) -> bool:
    if not ws.may_hold(ws.reported, [source.name for source in _nested()]):
        return False
    # asked apart: where no record names a parent, that is known without a look at rows
    if ws.has_rows(f"{nested} AND covers IS NOT NULL"):
        return True
    summing = [each.name for each in _nested() if each.sums_trace != "false"]
    return ws.may_hold(ws.reported, summing) and ws.has_rows(
        f"{nested} AND {_IS_USAGE} AND {_is_sum()}"
    )


def _repeats(ws: Workspace, usage: Relation, links: Relation) -> str:
    """SQL text of the usage that repeats other usage, with what lies ``below`` it."""
    amount = "tokens > 0 OR cost <> 0"
    calls = (
        f"SELECT source, id, max(tokens) AS tokens FROM {usage} "
        f"WHERE {amount} GROUP BY ALL"
    )
    # around a cycle each is above itself: only what has a leaf below repeats something
    above_usage = f"SELECT (source, id) FROM ({_above(calls, links)})"
    leaves = f"SELECT * FROM ({calls}) WHERE (source, id) NOT IN ({above_usage})"
    summed = ws.keep(_above(leaves, links))
    unlinked = ws.keep(_unlinked(ws, usage, summed))
    if ws.has_rows(unlinked):
        ws.execute(
            f"DELETE FROM {unlinked} WHERE NOT is_tool AND (source, id) IN "
            f"({_summed_up(usage, links, summed, unlinked)})"
        )
    return (
        f"SELECT u.*, b.tokens AS below FROM {usage} AS u LEFT JOIN "
        f"(SELECT source, id, sum(tokens) AS tokens FROM {summed} GROUP BY ALL) AS b "
        "USING (source, id) WHERE b.tokens IS NOT NULL "
        f"OR (u.file, u.n) IN (SELECT (file, n) FROM {unlinked})"
    )


def _unlinked(ws: Workspace, usage: Relation, summed: Relation) -> str:
    """SQL text of the sums without calls below them that have lost their links.

    Their trace has calls that ran while they did; a tool repeats those before it.
    """
    ran_meanwhile = (
        "s.is_tool OR s.end_us IS NULL OR s.end_us <= s.start_us "
        "OR (c.start_us < s.end_us "
        "AND (c.start_us >= s.start_us OR c.end_us > s.start_us))"
    )
    return (
        "SELECT DISTINCT s.file, s.n, s.source, s.id, s.is_tool "
        f"FROM {usage} AS s JOIN {usage} AS c USING (source, trace) WHERE s.is_sum "
        f"AND (s.source, s.id) NOT IN (SELECT (source, id) FROM {summed}) "
        "AND NOT c.is_sum "
        f"AND (c.tokens > 0 OR c.cost <> 0) AND ({ran_meanwhile})"
    )


def _summed_up(
    usage: Relation, links: Relation, summed: Relation, leaves: Relation
) -> str:
    """SQL text of the leaves that something above counts beside the others below it."""
    return (
        "WITH RECURSIVE up(source, leaf, id, level) AS ("
        f"SELECT source, id, parent, 1 FROM {leaves} JOIN {links} USING (source, id) "
        f"UNION ALL SELECT source, leaf, parent, level + 1 FROM up "
        f"JOIN {links} USING (source, id) WHERE level < {_LEVELS}) "
        "SELECT (source, leaf) FROM up SEMI JOIN ("
        f"SELECT source, id FROM {usage} AS u JOIN (SELECT source, id, "
        f"sum(tokens) AS below FROM {summed} GROUP BY ALL) USING (source, id) "
        "WHERE u.tokens >= below) USING (source, id)"
    )


def _above(records: str, links: Relation) -> str:
    """SQL text of what is above some records: ``source``, ``id``, and ``tokens``.

    The tokens of records are summed step by step, so that each node is visited once for
    each distance to something below it.
    """
    return (
        "WITH RECURSIVE above(source, id, tokens, level) AS ("
        f"SELECT source, parent, {_SUM}, 1 FROM ({records}) "
        f"JOIN {links} USING (source, id) GROUP BY ALL UNION ALL "
        f"SELECT source, parent, {_SUM}, level + 1 FROM above "
        f"JOIN {links} USING (source, id) WHERE level < {_LEVELS} GROUP BY ALL) "
        "SELECT source, id, tokens FROM above"
    )


def _sentences(ws: Workspace, repeats: Relation) -> list[str]:
    """What repeats other usage and was left out."""
    above = by_source(ws, f"SELECT * FROM {repeats} WHERE below IS NOT NULL")
    alone = by_source(ws, f"SELECT * FROM {repeats} WHERE below IS NULL")
    sentences = [
        f"{source}: {counted(count, 'record repeats', 'records repeat')} the usage of "
        f"those below ({amounts}), left out"
        for source, (count, amounts) in above.items()
    ]
    sentences += [
        f"{source}: {counted(count, 'record sums', 'records sum')} up a trace whose "
        f"calls are counted one by one ({amounts}), left out"
        for source, (count, amounts) in alone.items()
    ]
    more = ws.execute(
        f"SELECT source, count(*), sum(tokens - below)::BIGINT FROM {repeats} "
        "WHERE tokens > below GROUP BY source ORDER BY source"
    ).fetchall()
    return sentences + [
        f"{source}: {counted(count, 'of them reports', 'of them report')} more tokens "
        f"than those below, {tokens:,} in all: calls may be missing from the ledger"
        for source, count, tokens in more
    ]
