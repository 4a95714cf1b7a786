"""Whether all pages of an answer were given: a missing page is reported."""

from __future__ import annotations

from pathlib import Path

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace

_HOLDERS = (
    "",
    "metadata.",
    "meta.",
    "pagination.",
    "page_info.",
    "pageInfo.",
    "paging.",
)
"""Where an answer keeps what it says of its pages: at its top, or in one of these."""

_KEYS = {
    "has_more": ("has_more", "hasMore", "has_next_page", "hasNextPage", "has_next"),
    "page": ("page", "current_page", "currentPage", "page_number"),
    "total_pages": ("total_pages", "totalPages", "page_count", "pages"),
    "total": ("total", "totalItems", "total_items", "total_count", "totalCount"),
    "following": ("next_page", "next_cursor", "nextCursor", "next", "next_page_token"),
}
"""Column -> its usual names."""

_LISTS = ("data", "results", "items", "rows", "records")

_TIMES = (
    "$.data[0].start_time", "$.data[0].starting_at",
    "$.data[#-1].end_time", "$.data[#-1].ending_at",
)  # fmt: skip


def create(ws: Workspace) -> None:
    """Make the empty table ``pages``."""
    ws.create_empty(
        ws.pages,
        "source VARCHAR, file VARCHAR, has_more BOOLEAN, page BIGINT, "
        "total_pages BIGINT, total BIGINT, items BIGINT, start_us BIGINT, "
        "end_us BIGINT",
    )


def add(ws: Workspace, documents: str, source: str) -> None:
    """Add the pages of some files; a list without a page around it counts as none.

    Args:
        ws: The workspace, with its ``pages``.
        documents: SQL text of ``filename`` and the JSON text ``j`` of the pages.
        source: The name of their source.
    """
    paths = list(_TIMES)
    values = {}
    for name, keys in _KEYS.items():
        names = [f"$.{holder}{key}" for holder in _HOLDERS for key in keys]
        indices = range(len(paths) + 1, len(paths) + len(names) + 1)
        values[name] = ", ".join(f"nonempty(r[{index}])" for index in indices)
        paths += names
    items = ", ".join(f"nullif(json_array_length(j, '$.{key}'), 0)" for key in _LISTS)
    ws.execute(
        f"INSERT INTO {ws.pages} SELECT {literal(source)}, filename, "
        f"coalesce(TRY_CAST(coalesce({values['has_more']}) AS BOOLEAN), "
        f"CASE WHEN coalesce({values['following']}) IS NOT NULL THEN true END), "
        f"TRY_CAST(coalesce({values['page']}) AS BIGINT), "
        f"TRY_CAST(coalesce({values['total_pages']}) AS BIGINT), "
        f"TRY_CAST(coalesce({values['total']}) AS BIGINT), items, "
        "parse_instant(coalesce(r[1], r[2])), parse_instant(coalesce(r[3], r[4])) "
        f"FROM (SELECT filename, TRY(coalesce({items})) AS items, "
        "TRY(json_extract_string(j, "
        f"[{', '.join(map(literal, paths))}])) AS r FROM ({documents}))"
    )


def missing(ws: Workspace) -> list[str]:
    """The pages that were not given, one sentence each."""
    if not ws.has_rows(ws.pages):
        return []
    return [
        *_missing_of_total(ws),
        *_missing_records(ws),
        *_missing_successors(ws),
    ]


def _missing_of_total(ws: Workspace) -> list[str]:
    """Answers that say how many pages they have, and have fewer."""
    answers = ws.execute(
        "SELECT source, min(file), list_sort(list(DISTINCT page)), total_pages "
        f"FROM {ws.pages} WHERE page IS NOT NULL AND total_pages IS NOT NULL "
        "GROUP BY source, total_pages "
        "HAVING count(DISTINCT page) < total_pages ORDER BY ALL"
    ).fetchall()
    return [
        f"{source}: partial: {'page' if len(pages) == 1 else 'pages'} "
        f"{', '.join(map(str, pages))} of {total} ({Path(file).name}); "
        "fetch the others too"
        for source, file, pages, total in answers
    ]


def _missing_records(ws: Workspace) -> list[str]:
    """Answers that say how many records there are, and have fewer."""
    answers = ws.execute(
        "SELECT source, min(file), total, sum(items)::BIGINT "
        f"FROM {ws.pages} WHERE total_pages IS NULL GROUP BY source, total "
        "HAVING sum(items) < total ORDER BY ALL"
    ).fetchall()
    return [
        f"{source}: partial: {items:,} of {total:,} records ({Path(file).name}); "
        "fetch the other pages too"
        for source, file, total, items in answers
    ]


def _missing_successors(ws: Workspace) -> list[str]:
    """Pages that announce a next one that is not there."""
    # The pages of an answer are one chain in time: the next page begins where this
    # one ends, has the next number, or overlaps its end.
    last_pages = ws.execute(
        "SELECT source, file, CAST(make_timestamp(end_us) AS VARCHAR) "
        f"FROM {ws.pages} AS p WHERE has_more AND total_pages IS NULL "
        f"AND NOT EXISTS (FROM {ws.pages} AS other "
        "WHERE other.source = p.source AND other.rowid <> p.rowid "
        "AND (other.start_us = p.end_us OR other.page = p.page + 1 "
        "OR other.start_us < p.end_us AND other.end_us > p.end_us "
        # pages without times are a chain that ends with the one that has no more
        "OR p.start_us IS NULL AND NOT other.has_more)) ORDER BY ALL"
    ).fetchall()
    return [
        f"{source}: partial: {Path(file).name} says has_more, and the next page"
        f"{f', from {end} UTC on,' if end else ''} is not given; "
        "fetch it with next_page"
        for source, file, end in last_pages
    ]
