"""Whether all pages of an answer are there: a missing page is said, never guessed."""

from __future__ import annotations

from pathlib import Path

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace

_PATHS = (
    "$.has_more", "$.metadata.has_more", "$.metadata.page", "$.metadata.total_pages",
    "$.data[0].start_time", "$.data[0].starting_at",
    "$.data[#-1].end_time", "$.data[#-1].ending_at",
)  # fmt: skip


def create(ws: Workspace) -> None:
    """Make the empty table ``pages``."""
    ws.create_empty(
        ws.pages,
        "source VARCHAR, file VARCHAR, more BOOLEAN, page BIGINT, total BIGINT, "
        "first_us BIGINT, last_us BIGINT",
    )


def keep(ws: Workspace, rows: str, source: str) -> None:
    """Remember the pages of some files; a list without a page around it has none.

    Args:
        ws: The workspace, with its ``pages``.
        rows: SQL text of ``filename`` and the JSON text ``j`` of the pages.
        source: The name of their source.
    """
    wanted = ", ".join(map(literal, _PATHS))
    ws.execute(
        f"INSERT INTO {ws.pages} SELECT {literal(source)}, filename, "
        "TRY_CAST(coalesce(r[1], r[2]) AS BOOLEAN), TRY_CAST(r[3] AS BIGINT), "
        "TRY_CAST(r[4] AS BIGINT), parse_instant(coalesce(r[5], r[6])), "
        "parse_instant(coalesce(r[7], r[8])) FROM (SELECT filename, "
        f"TRY(json_extract_string(j, [{wanted}])) AS r FROM ({rows}))"
    )


def missing(ws: Workspace) -> list[str]:
    """The pages that are not there, one sentence each."""
    if not ws.has_rows(ws.pages):
        return []
    said = []
    for source, file, found, total in ws.execute(
        "SELECT source, min(file), list_sort(list(DISTINCT page)), total "
        f"FROM {ws.pages} WHERE page IS NOT NULL AND total IS NOT NULL "
        "GROUP BY source, total HAVING count(DISTINCT page) < total ORDER BY ALL"
    ).fetchall():
        given = ", ".join(map(str, found))
        pages = "page" if len(found) == 1 else "pages"
        said.append(
            f"{source}: partial: {pages} {given} of {total} ({Path(file).name}); "
            "fetch the others too"
        )
    # an answer is one chain in time: what follows a page begins where it ends
    for source, file, last in ws.execute(
        "SELECT source, file, CAST(make_timestamp(last_us) AS VARCHAR) "
        f"FROM {ws.pages} AS p WHERE more AND total IS NULL "
        f"AND NOT EXISTS (FROM {ws.pages} AS q "
        "WHERE q.source = p.source AND q.rowid <> p.rowid "
        "AND (q.first_us = p.last_us OR q.page = p.page + 1 "
        "OR q.first_us < p.last_us AND q.last_us > p.last_us)) ORDER BY ALL"
    ).fetchall():
        since = f", from {last} UTC on," if last else ""
        said.append(
            f"{source}: partial: {Path(file).name} says has_more, and the next "
            f"page{since} is not given; fetch it with next_page"
        )
    return said
