"""What must not be added twice: usage and the costs that pay it.

A provider's costs share no key with its usage, so that no cost can be given to a
record; priced by rates besides, the same tokens would be paid for twice. On the days
that the costs cover, the usage brings its tokens and the costs their money.

Nor buckets that two answers grouped in two ways: that can't be mended, so it is said.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.sources import registry
from meterwidgets.text import counted

_DAY_US = 86_400_000_000

_PAYS = [source for source in registry.SOURCES if source.pays_for]
SOURCES = tuple(name for source in _PAYS for name in (source.name, source.pays_for))
"""The sources that are costs of others, and those others."""

_KEYED = [source.name for source in registry.SOURCES if "@bucket" in source.derived]
IS_KEYED = (
    f"source IN ({', '.join(map(literal, _KEYED))}) AND contains(record_id, '{{')"
)
"""SQL condition of the records whose id is what a bucket is of, as ``bucket_key``."""

_SAME_FOR_ALL = "'object', 'currency'"
"""What a record says of itself without being grouped by it."""

IS_BILLED = f"(source, start_us // {_DAY_US}) IN (FROM {Workspace.billed_days})"
"""SQL condition of the usage that costs of its own pay for."""


def find_billed_days(ws: Workspace, *relations: str) -> None:
    """Make the table ``paid``: the sources and UTC days that costs cover.

    Args:
        ws: Where the relations are.
        relations: SQL text of records with ``source``, ``start_us`` and ``end_us``.
    """
    ws.create_empty(ws.billed_days, "source VARCHAR, day BIGINT")
    for relation in relations:
        for source in _PAYS:
            costs = f"{relation} WHERE source = {literal(source.name)}"
            if not ws.has_rows(costs):
                continue
            ws.execute(
                f"INSERT INTO {ws.billed_days} "
                f"SELECT DISTINCT {literal(source.pays_for)}, "
                f"unnest(range(start_us // {_DAY_US}, "
                f"greatest(start_us + 1, coalesce(end_us, 0) + {_DAY_US} - 1) "
                f"// {_DAY_US} + (end_us IS NULL)::INTEGER)) "
                f"FROM {costs}"
            )


def set_apart(ws: Workspace) -> None:
    """Mark the usage in ``ledger`` that ``paid`` covers: it has no price besides."""
    if ws.has_rows(ws.billed_days):
        ws.materialise(ws.reported)
        ws.execute(f"UPDATE {ws.reported} SET billed = true WHERE {IS_BILLED}")


def outgrown(ws: Workspace) -> list[str]:
    """Say which buckets in ``ledger`` are no states of one, one sentence each source.

    Where of two rows with one id the one counts more of this and the other more of
    that, neither has grown out of the other: a figure was corrected, or they are of
    two organizations.
    """
    grown = f"{ws.reported} WHERE grain = 'bucket' AND own_id AND grown IS NOT NULL"
    if not ws.has_rows(grown):
        return []
    less = " OR ".join(
        f"arg_max({name}, grown) < max({name})"
        for name in ("requests", "input_tokens", "output_tokens", "reported_cost")
    )
    found = ws.execute(
        f"SELECT source, count(*) FROM (SELECT source FROM {grown} "
        f"GROUP BY source, record_id HAVING count(*) > 1 AND ({less})) "
        "GROUP BY source ORDER BY source"
    ).fetchall()
    return [
        f"{source}: {counted(count, 'bucket was', 'buckets were')} given with figures "
        "of which none grew out of the other, and those that count the most were kept; "
        "if they are of two organizations, group their answers by what tells them apart"
        for source, count in found
    ]


def regrouped(ws: Workspace, *relations: str) -> list[str]:
    """Say which buckets were added in two groupings, one sentence each.

    A group that was there never goes away, so that of two states of one answer the
    later has all groups of the earlier. Where neither of two answers has all of the
    other's, and they are grouped by other things, they tell of the same usage.

    Args:
        ws: Where the relations are.
        relations: SQL text of records with ``source``, ``record_id`` and ``file``,
            each answer with all that it had.
    """
    if not ws.has_rows(f"{relations[0]} WHERE {IS_KEYED}"):
        return []
    rows = " UNION ALL ".join(
        f"SELECT source, file, record_id FROM {each} WHERE {IS_KEYED}"
        for each in relations
    )
    found = ws.execute(f"""
      WITH keys AS (
        SELECT source, file, k.bucket, k.named, TRY(json_keys(k.named)) AS names,
          coalesce(TRY(json_extract_string(k.named, '$.object')), '') AS kind
        FROM (SELECT source, file, regexp_extract(record_id,
          '^(.*?) (\\{{.*\\}})( \\d+)?$', ['bucket', 'named']) AS k FROM ({rows}))),
      answers AS (
        SELECT source, bucket, kind, list(DISTINCT named) AS groups,
          list_sort(list_filter(list_distinct(flatten(list(names))),
            lambda x: x NOT IN ({_SAME_FOR_ALL}))) AS fields
        FROM keys WHERE names IS NOT NULL  -- an id of the ledger's own is no key
        GROUP BY source, bucket, kind, file),
      groupings AS (
        SELECT source, bucket, kind, fields,
          list_distinct(flatten(list(groups))) AS groups
        FROM answers GROUP BY source, bucket, kind, fields)
      SELECT source, count(DISTINCT bucket), array_to_string(one.fields, ', '),
        array_to_string(other.fields, ', ')
      FROM groupings AS one JOIN groupings AS other USING (source, bucket, kind)
      WHERE one.fields < other.fields AND NOT list_has_all(one.groups, other.groups)
        AND NOT list_has_all(other.groups, one.groups)
      GROUP BY ALL ORDER BY ALL
    """).fetchall()
    return [
        f"{source}: {counted(count, 'bucket was', 'buckets were')} added twice, "
        f"grouped by {one or 'nothing'} and by {other}; both tell of the same usage, "
        "so read one of them"
        for source, count, one, other in found
    ]
