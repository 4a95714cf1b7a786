"""LiteLLM's PostgreSQL tables, read live: its spend logs, or its daily tables.

One read-only transaction that takes no lock but a reader's. Rows stream in Arrow
batches, so that millions of them need no more memory than thousands. PostgreSQL writes
every value as text, spends in the shortest digits that mean the same number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.databases.postgres_session import (
    GRANT,
    Session,
    Table,
    open_session,
)
from meterwidgets.ledger.readers.databases.postgres_url import Database
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import litellm, litellm_daily
from meterwidgets.ledger.sources.base import Source

SPEND_LOGS = "LiteLLM_SpendLogs"
DAILY_TABLES = ("LiteLLM_DailyUserSpend", "LiteLLM_DailyTeamSpend")
"""The daily tables, the most complete first: teams have a part of the usage only."""

_LABEL_TABLES = {
    "LiteLLM_OrganizationTable": ("org", "organization_id", ("organization_alias",)),
    "LiteLLM_TeamTable": ("project", "team_id", ("team_alias",)),
    "LiteLLM_ProjectTable": ("project", "project_id", ("project_alias",)),
    "LiteLLM_UserTable": ("user", "user_id", ("user_alias", "user_email")),
    "LiteLLM_VerificationToken": ("api_key", "token", ("key_alias", "key_name")),
}
"""Table -> dimension, the column of its id, and the columns that may name it."""


@contextmanager
def open_litellm_database(
    database: Database,
    ws: Workspace,
    *,
    source: str | None = None,
    since: datetime | None = None,
) -> Iterator[RawLedger]:
    """Open LiteLLM's tables; the rows can be scanned once, inside the context.

    Args:
        database: The database of a LiteLLM proxy.
        ws: The workspace that reads the rows; its ``labels`` get the names of
            organizations, teams, projects, users and keys.
        source: ``"litellm"``, the spend logs, or ``"litellm_daily"``; by default the
            logs, and the daily tables where there are none.
        since: Keep the rows that began then or later. LiteLLM writes a request when
            it ends, so ask for a little more than what is new.

    Yields:
        The rows, in no particular order.

    Raises:
        LedgerError: When the server can't be reached or refuses, when it has none of
            LiteLLM's tables, or when the connection breaks; never with the password.
    """
    with open_session(database) as session:
        every_table = session.tables((SPEND_LOGS, *DAILY_TABLES, *_LABEL_TABLES))
        tables = {table.name: table for table in every_table if table.in_schema}
        schemas = {
            table.schema
            for table in every_table
            if table.name in (SPEND_LOGS, *DAILY_TABLES)
        }
        table, notes = _choose_table(session, tables, source, sorted(schemas))
        declared = litellm.SOURCE if table.name == SPEND_LOGS else litellm_daily.TABLE
        _check_columns(session, table, declared)
        _collect_labels(session, ws, tables)
        columns = [name for name in declared.raw_columns() if name in table.columns]
        with ws.registered(session.stream(_query(table, columns, since))) as relation:
            rows = f"SELECT 0 AS file, NULL::VARCHAR AS filename, * FROM {relation}"
            try:
                yield RawLedger(
                    str(database),
                    "row",
                    lambda _: rows,
                    Sample(tuple(columns)),
                    notes=notes,
                    is_unordered=True,
                )
            except LedgerError:
                session.check()  # where the stream broke off, that is the reason
                raise


def _choose_table(
    session: Session,
    tables: Mapping[str, Table],
    source: str | None,
    schemas: Sequence[str],
) -> tuple[Table, tuple[str, ...]]:
    """The table to read, and notes on that choice.

    Args:
        session: The open database.
        tables: The tables in the schema that is used, by name.
        source: The source that the user asked for.
        schemas: All schemas that have LiteLLM's tables, for the error.
    """
    daily_source, log_source = litellm_daily.TABLE.name, litellm.SOURCE.name
    if source not in (None, daily_source, log_source):
        raise LedgerError(
            f"{session}: is read as {log_source!r} or {daily_source!r}, "
            f"not as {source!r}"
        )
    daily = [tables[name] for name in DAILY_TABLES if name in tables]
    filled = [table for table in daily if table.columns and session.has_rows(table)]
    logs = tables.get(SPEND_LOGS)
    if source == daily_source and daily:
        return _choose_daily(filled or daily)
    has_logs = logs and (source or not filled or session.has_rows(logs))
    if source != daily_source and logs and has_logs:
        return logs, _note_older_days(session, logs, filled)
    if source is None and filled:
        table, notes = _choose_daily(filled)
        state = "has no rows" if logs else "does not exist"
        note = f"{SPEND_LOGS} {state}, so the days of {table.name} were read"
        return table, (note, *notes)
    names = ", ".join(session.table_names()) or "none"
    way_out = (
        "name the database of a LiteLLM proxy, or one of its tables with ?table=NAME: "
        + names
    )
    if schemas:
        options = " or ".join(f"?schema={schema}" for schema in schemas)
        way_out = f"one is in another schema, so add {options} to the address"
    missing = DAILY_TABLES[0] if source == daily_source else SPEND_LOGS
    raise LedgerError(f"{session}: has no table {missing}; {way_out}")


def _choose_daily(tables: Sequence[Table]) -> tuple[Table, tuple[str, ...]]:
    """The most complete daily table, with a note on the others."""
    chosen, *others = tables
    return chosen, tuple(
        f"{table.name} reports the same usage and was left out" for table in others
    )


def _note_older_days(
    session: Session, logs: Table, daily: Sequence[Table]
) -> tuple[str, ...]:
    """A note if the daily table goes back further: proxies may clear their logs."""
    if not daily or "startTime" not in logs.columns:
        return ()
    (log,) = session.rows(f'SELECT min("startTime")::date::text AS day FROM {logs}')
    (first,) = session.rows(f"SELECT min(date)::text AS day FROM {daily[0]}")
    if log["day"] is None or first["day"] >= log["day"]:
        return ()
    return (
        f"{SPEND_LOGS} begins on {log['day']}, {daily[0].name} on {first['day']}; the "
        f"source {litellm_daily.TABLE.name!r} reads those days instead",
    )


def _check_columns(session: Session, table: Table, source: Source) -> None:
    """Refuse a table that lacks columns, or whose columns may not be read."""
    required = (
        litellm.REQUIRED_COLUMNS
        if source is litellm.SOURCE
        else litellm_daily.REQUIRED_COLUMNS
    )
    missing = sorted(required - table.columns.keys())
    forbidden = [name for name in missing if name in table.forbidden]
    if forbidden:
        raise LedgerError(
            f"{session}: {table.name} may not be read by this user (its "
            f"{', '.join(forbidden)}); {GRANT}"
        )
    if missing:
        raise LedgerError(
            f"{session}: {table.name} has no {', '.join(missing)}; expected the table "
            "of a LiteLLM proxy"
        )


_METADATA = (
    "CASE jsonb_typeof(m.j) WHEN 'object' THEN (SELECT "
    "jsonb_strip_nulls(to_jsonb(r))::text FROM jsonb_to_record(m.j) AS r("
    + ", ".join(
        dict.fromkeys(f"{path.split('.')[0]} jsonb" for path in litellm.METADATA)
    )
    + ")) ELSE m.j #>> '{}' END"
)
"""The metadata reduced to the keys that are read, still as one JSON text.

All of it is kilobytes long: this sends a fifth of the bytes, and takes the server no
longer.
"""


def _query(table: Table, columns: Sequence[str], since: datetime | None) -> str:
    """PostgreSQL's SQL text that selects the columns as text."""
    texts = {name: f"t.{identifier(name)}::text" for name in columns}
    reduces_metadata = table.columns.get("metadata") == "jsonb" and "metadata" in texts
    if reduces_metadata:
        texts["metadata"] = _METADATA
    values = ", ".join(f"{text} AS c{i}" for i, text in enumerate(texts.values()))
    query = f"SELECT {values} FROM {table} AS t"
    if reduces_metadata:
        # OFFSET 0 keeps the planner from inlining this: the metadata is decompressed
        # once a row, not once a key.
        query += (
            ", LATERAL (SELECT jsonb_path_query_first(t.metadata, '$') AS j OFFSET 0)"
            " AS m"
        )
    if since is None:
        return query
    start = since.replace(tzinfo=since.tzinfo or UTC).astimezone(UTC)
    if table.name == SPEND_LOGS:
        return f"{query} WHERE t.\"startTime\" >= '{start:%Y-%m-%d %H:%M:%S.%f}'"
    return f"{query} WHERE t.date >= '{start:%Y-%m-%d}'"


def _collect_labels(
    session: Session, ws: Workspace, tables: Mapping[str, Table]
) -> None:
    """Collect the current names of ids; they take precedence over those in records."""
    for table_name, (dimension, key, name_columns) in _LABEL_TABLES.items():
        table = tables.get(table_name)
        if table is None or key not in table.columns:
            continue
        names = [name for name in name_columns if name in table.columns]
        if not names:
            continue
        # A key's id is its hash, of which records keep the first eight characters.
        value = f"left({key}, 8)" if dimension == "api_key" else f"{key}::text"
        texts = ", ".join(
            f"nullif(nullif(btrim({name}::text), ''), 'None')" for name in names
        )
        query = f"SELECT {value} AS id, coalesce({texts}) AS name FROM {table}"
        with ws.registered(session.stream(query)) as label_rows:
            try:
                ws.execute(
                    f"INSERT INTO {ws.labels} SELECT '{dimension}', id, name, "
                    f"epoch_us(now()) FROM {label_rows} WHERE name IS NOT NULL"
                )
            except duckdb.Error:
                session.check()
                raise
