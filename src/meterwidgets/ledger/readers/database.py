"""LiteLLM's PostgreSQL, read live through ADBC: its spend logs, or its days.

One read-only transaction that takes no lock but that of a reader; rows stream in Arrow
batches, so that millions of them need no more memory than thousands. Every value comes
as text that PostgreSQL wrote, spends in the shortest digits that mean the same number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.database_session import GRANT, Session, Table, session
from meterwidgets.ledger.readers.database_url import Database
from meterwidgets.ledger.readers.rows import Raw
from meterwidgets.ledger.sources import litellm, litellm_daily
from meterwidgets.ledger.sources.base import Sample, Source

LOGS = "LiteLLM_SpendLogs"
DAYS = ("LiteLLM_DailyUserSpend", "LiteLLM_DailyTeamSpend")
"""The tables by the day, the most complete one first: teams have only their part."""

_NAMES = {
    "LiteLLM_OrganizationTable": ("org", "organization_id", ("organization_alias",)),
    "LiteLLM_TeamTable": ("project", "team_id", ("team_alias",)),
    "LiteLLM_ProjectTable": ("project", "project_id", ("project_alias",)),
    "LiteLLM_UserTable": ("user", "user_id", ("user_alias", "user_email")),
    "LiteLLM_VerificationToken": ("api_key", "token", ("key_alias", "key_name")),
}
"""Table of names -> dimension, its id, and the columns that may name it."""


@contextmanager
def open_database(
    database: Database,
    ws: Workspace,
    *,
    source: str | None = None,
    since: datetime | None = None,
) -> Iterator[Raw]:
    """Open LiteLLM's tables; the rows are there, for one scan, until it is left.

    Args:
        database: Where they are.
        ws: The workspace that reads them; its ``labels`` get the names of
            organizations, teams, projects, users and keys.
        source: ``"litellm"``, the spend logs, or ``"litellm_daily"``; by default the
            logs, and where there are none the days.
        since: Keep the rows that began then or later. LiteLLM writes a request when
            it is over, so ask again for what is a little older than the last one.

    Yields:
        The rows, in no certain order.

    Raises:
        LedgerError: When the server can't be reached or refuses, when it has no table
            of LiteLLM, or when the connection is lost; never with the password in it.
    """
    with session(database) as opened:
        found = opened.tables((LOGS, *DAYS, *_NAMES))
        tables = {each.name: each for each in found if each.here}
        elsewhere = {each.schema for each in found if each.name in (LOGS, *DAYS)}
        table, notes = _chosen(opened, tables, source, sorted(elsewhere))
        origin = litellm.SOURCE if table.name == LOGS else litellm_daily.TABLE
        _check(opened, table, origin)
        _keep_names(opened, ws, tables)
        columns = [each for each in origin.needs() if each in table.columns]
        sample = Sample(tuple(columns))
        stream = opened.stream(_query(table, columns, since))
        with ws.registered(stream) as relation:
            rows = f"SELECT 0 AS file, NULL::VARCHAR AS filename, * FROM {relation}"
            try:
                yield Raw(
                    str(database),
                    "row",
                    lambda _: rows,
                    sample,
                    notes=notes,
                    by_id=True,
                )
            except LedgerError:
                opened.check()  # where the stream broke off, that is the reason
                raise


def _chosen(
    opened: Session,
    tables: Mapping[str, Table],
    source: str | None,
    elsewhere: Sequence[str],
) -> tuple[Table, tuple[str, ...]]:
    """The table that is read, and what to say of that."""
    by_day, by_request = litellm_daily.TABLE.name, litellm.SOURCE.name
    if source not in (None, by_day, by_request):
        raise LedgerError(
            f"{opened}: is read as {by_request!r} or {by_day!r}, not as {source!r}"
        )
    days = [tables[each] for each in DAYS if each in tables]
    filled = [each for each in days if each.columns and opened.has_rows(each)]
    logs = tables.get(LOGS)
    if source == by_day and days:
        return _by_day(filled or days)
    if source != by_day and logs and (source or not filled or opened.has_rows(logs)):
        return logs, _older(opened, logs, filled)
    if source is None and filled:
        table, notes = _by_day(filled)
        there = "has no rows" if logs else "is not there"
        said = f"{LOGS} {there}, so the days of {table.name} were read"
        return table, (said, *notes)
    way_out = "name the database of a LiteLLM proxy"
    if elsewhere:
        named = " or ".join(f"?schema={each}" for each in elsewhere)
        way_out = f"one is in another schema, so add {named} to the address"
    missing = DAYS[0] if source == by_day else LOGS
    raise LedgerError(f"{opened}: has no table {missing}; {way_out}")


def _by_day(tables: Sequence[Table]) -> tuple[Table, tuple[str, ...]]:
    table, *others = tables
    said = [f"{each.name} tells of the same usage and was left out" for each in others]
    return table, tuple(said)


def _older(opened: Session, logs: Table, days: Sequence[Table]) -> tuple[str, ...]:
    """Whether the days go back further than the logs, which a proxy may clear."""
    if not days or not {"startTime"} <= logs.columns.keys():
        return ()
    (first,) = opened.rows(f'SELECT min("startTime")::date::text AS day FROM {logs}')
    (since,) = opened.rows(f"SELECT min(date)::text AS day FROM {days[0]}")
    if first["day"] is None or since["day"] >= first["day"]:
        return ()
    return (
        f"{LOGS} begins on {first['day']}, {days[0].name} on {since['day']}; the "
        f"source {litellm_daily.TABLE.name!r} reads those days instead",
    )


def _check(opened: Session, table: Table, origin: Source) -> None:
    """Refuse a table of which too little may be read, or is there."""
    needed = litellm.NEEDED if origin is litellm.SOURCE else litellm_daily.NEEDED
    missing = sorted(needed - table.columns.keys())
    forbidden = [each for each in missing if each in table.forbidden]
    if forbidden:
        raise LedgerError(
            f"{opened}: {table.name} may not be read by this user (its "
            f"{', '.join(forbidden)}); {GRANT}"
        )
    if missing:
        raise LedgerError(
            f"{opened}: {table.name} has no {', '.join(missing)}; expected the table "
            "of a LiteLLM proxy"
        )


def _query(table: Table, columns: Sequence[str], since: datetime | None) -> str:
    """The statement: the columns as text, and of the metadata only what is read."""
    short = "metadata" in columns and table.columns["metadata"] == "jsonb"
    texts = {each: f"t.{identifier(each)}::text" for each in columns}
    texts |= {"metadata": _METADATA} if short else {}
    values = ", ".join(f"{text} AS c{at}" for at, text in enumerate(texts.values()))
    query = f"SELECT {values} FROM {table} AS t"
    if short:  # taken out of its compressed form once, not once a key
        query += (
            ", LATERAL (SELECT jsonb_path_query_first(t.metadata, '$') AS j OFFSET 0)"
            " AS m"
        )
    if since is None:
        return query
    at = since.replace(tzinfo=since.tzinfo or UTC).astimezone(UTC)
    if table.name == LOGS:
        return f"{query} WHERE t.\"startTime\" >= '{at:%Y-%m-%d %H:%M:%S.%f}'"
    return f"{query} WHERE t.date >= '{at:%Y-%m-%d}'"


_METADATA = (
    "CASE jsonb_typeof(m.j) WHEN 'object' THEN (SELECT "
    "jsonb_strip_nulls(to_jsonb(r))::text FROM jsonb_to_record(m.j) AS r("
    + ", ".join(
        dict.fromkeys(f"{path.split('.')[0]} jsonb" for path in litellm.METADATA)
    )
    + ")) ELSE m.j #>> '{}' END"
)
"""Of the metadata the keys that are read, as one JSON text still.

The whole is kilobytes long: a fifth of the bytes comes over the wire, for the same time
on the server.
"""


def _keep_names(opened: Session, ws: Workspace, tables: Mapping[str, Table]) -> None:
    """Collect the names of today, which count more than those in any record."""
    for name, (dimension, key, columns) in _NAMES.items():
        if name not in tables:
            continue
        table = tables[name]
        known = [each for each in columns if each in table.columns]
        if key not in table.columns or not known:
            continue
        shown = f"left({key}, 8)" if dimension == "api_key" else f"{key}::text"
        texts = ", ".join(
            f"nullif(nullif(btrim({each}::text), ''), 'None')" for each in known
        )
        query = f"SELECT {shown} AS id, coalesce({texts}) AS name FROM {table}"
        with ws.registered(opened.stream(query)) as named:
            try:
                ws.execute(
                    f"INSERT INTO {ws.labels} SELECT '{dimension}', id, name, "
                    f"epoch_us(now()) FROM {named} WHERE name IS NOT NULL"
                )
            except duckdb.Error:
                opened.check()
                raise
