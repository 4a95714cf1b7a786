"""Buckets that contain the same usage: they can't be told apart, so a note says so.

An answer of a provider is grouped by some fields. Two answers grouped by different
fields cover the same usage, and two states of one bucket count it up to different
moments.
"""

from __future__ import annotations

from meterwidgets.ledger.duplicates.removed import LENGTH
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.sources import registry
from meterwidgets.text import counted

_UNGROUPED_FIELDS = "'object', 'currency'"
"""Fields of a bucket's key that answers are never grouped by."""


def is_keyed() -> str:
    """SQL condition of the records whose id is the key of a bucket, by `bucket_key`."""
    return (
        f"source IN ({', '.join(map(literal, _keyed()))}) AND contains(record_id, '{{')"
    )


def _keyed() -> list[str]:
    return [each.name for each in registry.all_sources() if "@bucket" in each.derived]


def overlap_notes(ws: Workspace, *stored: str) -> list[str]:
    """The buckets that may be counted twice, one sentence for each source.

    Args:
        ws: A workspace with ``reported``, before duplicates are removed.
        stored: SQL text of earlier records, each as ``different_groupings`` has it.
    """
    return [
        *different_groupings(ws, ws.reported, *stored),
        *conflicting_states(ws),
    ]


def conflicting_states(ws: Workspace) -> list[str]:
    """Buckets with one id of which neither state contains the other.

    Counters only rise. Where one row counts more of this and the other more of that, a
    figure was corrected, or they belong to two organizations.
    """
    grown = f"{ws.reported} WHERE grain = 'bucket' AND own_id AND grown IS NOT NULL"
    growing = [each.name for each in registry.all_sources() if each.keep_largest]
    if not ws.may_hold(ws.reported, growing) or not ws.has_rows(grown):
        return []
    smaller = " OR ".join(
        f"arg_max({name}, grown) < max({name})"
        for name in ("requests", "input_tokens", "output_tokens", "reported_cost")
    )
    conflicts = ws.execute(
        f"SELECT source, count(*) FROM (SELECT source FROM {grown} "
        f"GROUP BY source, record_id, {LENGTH} "
        f"HAVING count(*) > 1 AND ({smaller})) "
        "GROUP BY source ORDER BY source"
    ).fetchall()
    return [
        f"{source}: {counted(count, 'bucket was', 'buckets were')} reported several "
        "times with conflicting figures, and the largest were kept; if they belong to "
        "two organizations, group their answers by what tells them apart"
        for source, count in conflicts
    ]


# long: one SQL statement
def different_groupings(ws: Workspace, *relations: str) -> list[str]:
    """Buckets that two answers grouped by different fields.

    A group never goes away, so that of two states of one answer the later has all
    groups of the earlier. Where neither of two answers contains the other's groups, and
    they are grouped by different fields, they describe the same usage.

    Args:
        ws: The workspace.
        relations: SQL text of records with ``source``, ``record_id`` and ``file``; an
            answer is all that one file has of a bucket.
    """
    reported = relations[0]
    if not ws.may_hold(reported, _keyed()) or not ws.has_rows(
        f"{reported} WHERE {is_keyed()}"
    ):
        return []
    rows = " UNION ALL ".join(
        f"SELECT source, file, record_id FROM {relation} WHERE {is_keyed()}"
        for relation in relations
    )
    # keys: the bucket of each record and the JSON of the fields that it is grouped by;
    # answers: the groups of each file; groupings: the answers of the same fields as one
    pairs = ws.execute(f"""
      WITH keys AS (
        SELECT source, file, k.bucket, k.named, TRY(json_keys(k.named)) AS names,
          coalesce(TRY(json_extract_string(k.named, '$.object')), '') AS kind
        FROM (SELECT source, file, regexp_extract(record_id,
          '^(.*?) (\\{{.*\\}})( \\d+)?$', ['bucket', 'named']) AS k FROM ({rows}))),
      answers AS (
        SELECT source, bucket, kind, list(DISTINCT named) AS groups,
          list_sort(list_filter(list_distinct(flatten(list(names))),
            lambda x: x NOT IN ({_UNGROUPED_FIELDS}))) AS fields
        FROM keys WHERE names IS NOT NULL  -- an id of the ledger's own is no key
        GROUP BY source, bucket, kind, file),
      groupings AS (
        SELECT source, bucket, kind, fields,
          list_distinct(flatten(list(groups))) AS groups
        FROM answers GROUP BY source, bucket, kind, fields)
      SELECT source, count(DISTINCT bucket), array_to_string(one.fields, ', '),
        array_to_string(other.fields, ', ')
      FROM groupings AS one JOIN groupings AS other USING (source, bucket, kind)
      -- one and other in one order only; neither contains the other
      WHERE one.fields < other.fields AND NOT list_has_all(one.groups, other.groups)
        AND NOT list_has_all(other.groups, one.groups)
      GROUP BY ALL ORDER BY ALL
    """).fetchall()
    return [
        f"{source}: {counted(count, 'bucket was', 'buckets were')} counted twice, "
        f"grouped by {one or 'nothing'} and by {other}; both answers describe the same "
        "usage, so read only one of them"
        for source, count, one, other in pairs
    ]
