"""LiteLLM live from its PostgreSQL: exact, by itself, and without a word too much."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner
from frame.store import ledgers as stores
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from ledger.figures import by, read, sums
from ledger.readers.databases import postgres
from ledger.readers.databases.postgres import ENCODED, PASSWORD, Server
from meterwidgets.cli.main import main
from meterwidgets.config import config
from meterwidgets.config.read import read_with_config
from meterwidgets.errors import LedgerError, MeterError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.databases.postgres_url import (
    Database,
    parse_database_url,
)
from meterwidgets.ledger.records import labels
from meterwidgets.ledger.sources.litellm_database import open_litellm_database

pytestmark = pytest.mark.slow

FILL = """
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens,
  prompt_tokens, completion_tokens, "startTime", "endTime", request_duration_ms, model,
  model_group, custom_llm_provider, "user", metadata, cache_hit, team_id,
  organization_id, end_user, status)
SELECT 'chatcmpl-' || md5(i::text), (ARRAY['acompletion', 'aembedding', ''])[1 + i % 3],
  md5((i % 40)::text) || md5((i % 40)::text),
  CASE WHEN i % 11 = 0 THEN 0 WHEN i % 13 = 0 THEN (i % 977) * 5e-10
    WHEN i % 17 = 0 THEN 0.00022500000000000002
    ELSE ('x' || substr(md5(i || 'spend'), 1, 8))::bit(32)::bigint / 1e11 END,
  0, 100 + i % 9001, i % 1009,
  timestamp '2026-01-01' + i * interval '1 day' * 40 / {rows},
  timestamp '2026-01-01' + i * interval '1 day' * 40 / {rows} + interval '1.5 s',
  i % 5000, (ARRAY['gpt-4o', 'claude-opus-4', 'qwen2.5-72b', 'модель'])[1 + i % 4],
  CASE WHEN i % 5 = 0 THEN '' ELSE 'group-' || i % 4 END, 'openai',
  (ARRAY['', 'None', 'u-' || i % 97, 'Zoë-' || i % 31])[1 + i % 4],
  jsonb_build_object('user_api_key_alias', NULL, 'status', 'success', 'usage_object',
    CASE i % 3 WHEN 0 THEN jsonb_build_object('cache_read_input_tokens', i % 100)
      WHEN 1 THEN jsonb_build_object('prompt_tokens_details',
        jsonb_build_object('cached_tokens', i % 50)) END),
  CASE WHEN i % 29 = 0 THEN 'True' ELSE 'None' END, 'team-' || i % 7,
  (ARRAY[NULL, 'None', 'org-' || i % 6, '組織-1', ''])[1 + i % 5],
  CASE WHEN i % 2 = 0 THEN 'customer-' || i % 23 END,
  CASE WHEN i % 19 = 0 THEN 'failure' ELSE 'success' END
FROM generate_series(1, {rows}) AS i
"""

SUMS = """
WITH said AS (
  SELECT *, spend::text::numeric * 1000000000 AS exact,
    nullif(nullif(organization_id, ''), 'None') AS org,
    coalesce(nullif(nullif("user", ''), 'None'), end_user) AS who,
    coalesce(metadata #>> '{usage_object,cache_read_input_tokens}',
      metadata #>> '{usage_object,prompt_tokens_details,cached_tokens}')::bigint AS cached
  FROM "LiteLLM_SpendLogs")
SELECT (by)::text AS key, count(*) AS requests,
  sum(prompt_tokens)::bigint AS input_tokens,
  sum(completion_tokens)::bigint AS output_tokens,
  coalesce(sum(cached), 0)::bigint AS cache_read_tokens,
  count(cached) AS cache_read_reported,
  sum(CASE WHEN exact - floor(exact) = 0.5 THEN floor(exact) + floor(exact) % 2
    ELSE round(exact) END)::bigint AS cost
FROM said GROUP BY 1
"""
"""What PostgreSQL itself makes of the rows, in its own words."""

FIGURES = (
    "requests", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_read_reported", "cost",
)  # fmt: skip

ROW = """
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, prompt_tokens,
  completion_tokens, "startTime", "endTime", model, "user", organization_id, team_id,
  metadata, status)
VALUES ('r-1', 'acompletion', '88dc28d0f030c55e', 0.00022500000000000002, 10, 20,
  '2026-02-22 10:00:00.123', '2026-02-22 10:00:01', 'gpt-4o', 'u-1', 'org-1', 'team-1',
  '{"user_api_key_alias": "ci", "user_api_key_team_alias": "Search team",
    "user_api_key_user_email": "a@b.c", "noise": {"user": "x"},
    "usage_object": {"cache_read_input_tokens": 6}}', 'success')
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres.running() as found:
        yield found


@pytest.fixture(
    scope="module", params=[5_000, pytest.param(200_000, marks=pytest.mark.slow)]
)
def filled(request: pytest.FixtureRequest, server: Server) -> tuple[str, mw.UsageFrame]:
    """A schema of many rows, and what is read of it."""
    schema = f"rows_{request.param}"
    url = server.schema(schema, postgres.LOGS, FILL.format(rows=request.param))
    return schema, read(url)


@pytest.fixture
def one(server: Server) -> str:
    """The address of a schema with one row."""
    return server.schema("one", postgres.LOGS, ROW)


def days(who: str = "User", who_id: str = "user_id") -> str:
    return postgres.DAYS.format(who=who, who_id=who_id) + (
        f'INSERT INTO "LiteLLM_Daily{who}Spend" ("id", "{who_id}", "date", "api_key", '
        '"model", "prompt_tokens", "completion_tokens", "spend", "api_requests", '
        "\"successful_requests\") VALUES ('d-1', 'x-1', '2025-12-31', '88dc28d0f030', "
        "'gpt-4o', 70, 30, 0.5, 7, 7)"
    )


def figures(usage: mw.UsageFrame, name: str) -> dict[str | None, dict[str, int]]:
    """The figures by a dimension or the day, out of the cells of the frame."""
    users = tuple(usage.user_cube.names["user"]) if usage.user_cube else ()
    cells = usage.select(mw.Filters(users=users)).to_arrow()
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("cells", cells)
    key = "strftime(start, '%Y-%m-%d')" if name == "day" else f'"{name}"'
    cost = "sum(input_cost + output_cost + unsplit_cost)::BIGINT AS cost"
    counts = ", ".join(f"sum({each})::BIGINT AS {each}" for each in FIGURES[:-1])
    rows = con.execute(f"SELECT {key}, {counts}, {cost} FROM cells GROUP BY 1")
    return {key: dict(zip(FIGURES, row, strict=True)) for key, *row in rows.fetchall()}


@pytest.mark.parametrize(
    ("name", "key"),
    [("currency", "'USD'"), ("model", "model"), ("org", "org"), ("user", "who"),
     ("project", "team_id"), ("day", '"startTime"::date')],
)  # fmt: skip
def test_every_figure_is_the_one_that_postgresql_sums_itself(
    server: Server, filled: tuple[str, mw.UsageFrame], name: str, key: str
) -> None:
    schema, usage = filled
    rows = server.run(SUMS.replace("(by)", f"({key})"), schema=schema)
    expected = {row.pop("key"): row for row in rows}
    found = figures(usage, name)
    if name == "currency":  # what has no price has no currency
        whole = [{each: sum(row[each] for row in found.values()) for each in FIGURES}]
        assert whole == list(expected.values())
    else:
        assert found == expected
    assert usage.quality.records == sum(row["requests"] for row in rows)
    assert (usage.quality.rejected, usage.quality.duplicates) == (0, 0)


@pytest.mark.slow
def test_the_table_and_its_export_give_the_same_cells(
    server: Server, filled: tuple[str, mw.UsageFrame], write: Callable[..., Path]
) -> None:
    schema, usage = filled
    rows = server.run(
        'SELECT row_to_json(t)::text AS j FROM "LiteLLM_SpendLogs" AS t', schema=schema
    )
    exported = read(write("\n".join(row["j"] for row in rows), "logs.jsonl"))
    order = [(name, "ascending") for name in exported.to_arrow().column_names[:6]]
    assert exported.to_arrow().sort_by(order) == usage.to_arrow().sort_by(order)
    assert figures(exported, "user") == figures(usage, "user")


def test_only_what_is_there_is_asked_for(server: Server) -> None:
    """Older versions of LiteLLM lack columns; some roles may not read all of them."""
    url = server.schema(
        "older", postgres.LOGS, ROW,
        *(f'ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN "{name}"' for name in (
            "organization_id", "end_user", "model_group", "request_duration_ms",
            "status", "custom_llm_provider", "metadata", "session_id")),
    )  # fmt: skip
    usage = read(url)
    assert sums(usage)["unsplit_cost"] == 225_000
    assert by(usage, "user", "input_tokens") == {"u-1": 10}
    assert by(usage, "deployment", "input_tokens") == {"gpt-4o": 10}
    assert sums(usage)["cache_read_reported"] == 0


@pytest.mark.slow
def test_a_role_that_may_not_see_the_metadata_reads_the_rest(server: Server) -> None:
    url = server.schema("narrow", postgres.LOGS, ROW)
    server.run(
        'REVOKE ALL ON "LiteLLM_SpendLogs" FROM reader',
        'GRANT SELECT (request_id, "startTime", spend, model, prompt_tokens) '
        'ON "LiteLLM_SpendLogs" TO reader',
        schema="narrow",
    )
    found = sums(read(url))
    assert (found["unsplit_cost"], found["input_tokens"]) == (225_000, 10)
    assert found["output_reported"] == 0


def test_metadata_that_says_nothing_costs_no_row(server: Server) -> None:
    says = ["NULL", "'null'", "'[1, 2]'", "'\"text\"'", "'17'", "'{}'",
            "'{\"usage_object\": 3}'"]  # fmt: skip
    rows = [
        ROW.replace("'r-1'", f"'r-{number}'").replace(
            ROW[ROW.index("'{\"user_api") : ROW.index(", 'success'")], text
        )
        for number, text in enumerate(says)
    ]
    usage = read(server.schema("odd", postgres.LOGS, *rows))
    assert (usage.quality.records, usage.quality.rejected) == (len(says), 0)
    assert by(usage, "api_key", "requests") == {"88dc28d0": len(says)}
    assert sums(usage)["cache_read_reported"] == 0


@pytest.mark.slow
def test_metadata_may_be_a_text_of_json(server: Server) -> None:
    url = server.schema(
        "text", postgres.LOGS, ROW,
        'UPDATE "LiteLLM_SpendLogs" SET metadata = to_jsonb(metadata::text)',
    )  # fmt: skip
    assert sums(read(url))["cache_read_tokens"] == 6


@pytest.mark.slow
def test_money_may_be_numeric_and_a_time_may_have_a_zone(server: Server) -> None:
    url = server.schema(
        "numeric", postgres.LOGS, ROW,
        'ALTER TABLE "LiteLLM_SpendLogs" ALTER "startTime" TYPE timestamptz '
        "USING \"startTime\" AT TIME ZONE 'Asia/Tokyo', "
        "ALTER spend TYPE numeric(40, 25)",
        'UPDATE "LiteLLM_SpendLogs" SET spend = 123456789.1234567895',
    )  # fmt: skip
    usage = read(url)
    assert sums(usage)["unsplit_cost"] == 123_456_789_123_456_790
    assert usage.start.isoformat() == "2026-02-22T01:00:00+00:00"


def test_a_bad_row_is_rejected_by_its_id_and_the_others_are_read(
    server: Server,
) -> None:
    url = server.schema(
        "bad", postgres.LOGS, ROW,
        ROW.replace("'r-1'", "'r-2'").replace("'2026-02-22 10:00:00.123'", "'infinity'"),
        ROW.replace("'r-1'", "'r-3'").replace("10, 20", "-10, 20"),
    )  # fmt: skip
    usage = read(url)
    assert (usage.quality.records, usage.quality.rejected) == (2, 1)
    assert {each["file"] for each in usage.quality.rejects} == {server.name}
    assert {each["reason"] for each in usage.quality.rejects} == {
        "is not a time (r-2)",
        "a count cannot be negative (r-3)",
    }


def test_reading_writes_nothing_and_says_who_it_is(server: Server) -> None:
    view = """
      CREATE VIEW "LiteLLM_SpendLogs" AS SELECT 'r-1' AS request_id, 1.5::float8 AS spend,
      timestamp '2026-02-22' AS "startTime", 'm' AS model, 5 AS prompt_tokens,
      current_setting('transaction_read_only') AS organization_id,
      current_setting('application_name') AS team_id,
      current_setting('transaction_isolation') AS "user" """
    usage = read(server.schema("view", view))
    assert by(usage, "org", "requests") == {"on": 1}
    assert by(usage, "project", "requests") == {"meterwidgets": 1}
    assert by(usage, "user", "requests") == {"repeatable read": 1}


def test_since_keeps_what_began_then_or_later(server: Server) -> None:
    later = ROW.replace("'r-1'", "'r-2'").replace("10:00:00.123", "10:00:00.124")
    database = parse_database_url(server.schema("since", postgres.LOGS, ROW, later))
    ws = Workspace(duckdb.connect())
    labels.create(ws)

    def records(since: datetime | None) -> int:
        with open_litellm_database(database, ws, since=since) as raw:
            return len(ws.execute(raw.select_rows("[]")).fetchall())

    assert records(None) == 2
    assert records(datetime(2026, 2, 22, 10, 0, 0, 123_000, UTC)) == 2
    assert records(datetime(2026, 2, 22, 10, 0, 0, 123_001)) == 1
    tokyo = datetime.fromisoformat("2026-02-22T19:00:00.124+09:00")
    assert records(tokyo) == 1


def test_the_days_are_read_where_there_are_no_logs_and_it_is_said(
    server: Server,
) -> None:
    url = server.schema("days", postgres.LOGS, days(), days("Team", "team_id"))
    usage = read(url)
    assert by(usage, "user", "input_tokens") == {"x-1": 70}
    assert (sums(usage)["requests"], sums(usage)["unsplit_cost"]) == (7, 500_000_000)
    assert usage.quality.notes[:2] == (
        "LiteLLM_SpendLogs has no rows, so the days of LiteLLM_DailyUserSpend were read",
        "LiteLLM_DailyTeamSpend reports the same usage and was left out",
    )
    with pytest.raises(LedgerError, match="holds no usage"):
        read(url, source="litellm")


@pytest.mark.slow
def test_the_days_of_teams_are_read_where_there_are_no_others(server: Server) -> None:
    url = server.schema("teams", days("Team", "team_id"))
    assert by(read(url), "project", "requests") == {"x-1": 7}


def test_the_days_are_read_when_they_are_asked_for(server: Server) -> None:
    url = server.schema("both", postgres.LOGS, ROW, days())
    logs = read(url)
    assert sums(logs)["requests"] == 1
    assert logs.quality.notes[0] == (
        "LiteLLM_SpendLogs begins on 2026-02-22, LiteLLM_DailyUserSpend on 2025-12-31; "
        "the source 'litellm_daily' reads those days instead"
    )
    assert sums(read(url, source="litellm_daily"))["requests"] == 7


def test_names_come_with_the_ledger_and_the_readers_own_win(server: Server) -> None:
    """Ask 13: hashes and UUIDs instead of names."""
    names = """
      INSERT INTO "LiteLLM_OrganizationTable" VALUES ('org-1', 'Acme'), ('org-2', 'Old');
      INSERT INTO "LiteLLM_TeamTable" VALUES ('team-1', 'Search today');
      INSERT INTO "LiteLLM_UserTable" VALUES ('u-1', '', 'new@b.c'), ('u-9', 'x', 'y');
      INSERT INTO "LiteLLM_VerificationToken" VALUES ('88dc28d0f030c55e', 'sk-...1', NULL)
    """
    url = server.schema("names", postgres.LOGS, postgres.NAMES, ROW, names)
    usage = read(url)
    assert usage.labels == {
        "org": {"org-1": "Acme"}, "project": {"team-1": "Search today"},
        "user": {"u-1": "new@b.c"}, "api_key": {"88dc28d0": "sk-...1"},
    }  # fmt: skip
    assert by(usage, "org", "requests") == {"org-1": 1}
    mine = read(url, labels={"org": {"org-1": "Mine"}})
    assert mine.label("org", "org-1") == "Mine"
    assert mine.label("user", "u-1") == "new@b.c"


def test_names_in_the_metadata_count_where_no_table_has_them(one: str) -> None:
    assert read(one).labels == {
        "project": {"team-1": "Search team"}, "user": {"u-1": "a@b.c"},
        "api_key": {"88dc28d0": "ci"},
    }  # fmt: skip


BROKEN = """
  CREATE VIEW "LiteLLM_SpendLogs" AS SELECT 'r-' || i AS request_id, 1.5::float8 AS spend,
  timestamp '2026-02-22' AS "startTime", repeat('m', 1000) AS model,
  CASE WHEN i = 50000 THEN {} ELSE 1 END AS prompt_tokens
  FROM generate_series(1, 60000) AS i"""


@pytest.mark.parametrize(
    ("what", "why"),
    [("pg_terminate_backend(pg_backend_pid())::int", "terminating connection"),
     ("1 / (i - 50000)", "division by zero")],
)  # fmt: skip
def test_a_connection_that_is_lost_in_the_middle_is_said(
    server: Server, what: str, why: str
) -> None:
    url = server.schema("torn", BROKEN.format(what))
    with pytest.raises(LedgerError) as caught:
        read(url)
    told = str(caught.value)
    assert told.startswith(f"{server.name}: broke off after ")
    assert why in told
    assert told.endswith("; none of them were kept, so read it again")
    assert "s3cret" not in told


def refused(url: str, **words: Any) -> str:
    """Why an address is refused; without its password, whatever else."""
    with pytest.raises(MeterError) as caught:
        read(url, **words)
    told = str(caught.value)
    for secret in (PASSWORD, ENCODED, "s3cret", "wrong"):
        assert secret not in told
    return told


def test_every_refusal_says_what_to_do(server: Server, one: str) -> None:
    at = server.name.removesuffix("/postgres")
    assert refused(server.url(password="wrong")) == (
        f"{server.name}: refuses this user and password (password "
        'authentication failed for user "reader"); check them, or the pgpass file'
    )
    assert refused(server.url().replace("/postgres?", "/nope?")) == (
        f'{at}/nope: database "nope" does not exist; check the name behind the host'
    )
    nobody = server.url().replace(str(server.port), "1")
    assert refused(nobody).startswith(
        "postgresql://127.0.0.1:1/postgres: no server answers there (Connection refused); "
        "check the host and the port"
    )
    elsewhere = refused(server.url("nope"))
    assert "has no table LiteLLM_SpendLogs; one is in another schema, so" in elsewhere
    assert "?schema=one" in elsewhere
    assert "has no table LiteLLM_DailyUserSpend" in refused(one, source="litellm_daily")
    assert refused(one, source="aider") == (
        f"{server.name}: is read as 'litellm' or 'litellm_daily', not as 'aider'"
    )
    assert "the columns of LiteLLM's tables are known; leave out" in refused(
        one, columns={"start": "x"}
    )


def test_a_table_that_may_not_be_read_is_said(server: Server) -> None:
    url = server.schema("shut", postgres.LOGS, ROW, days())
    server.run('REVOKE ALL ON "LiteLLM_SpendLogs" FROM reader', schema="shut")
    assert refused(url) == (
        f"{server.name}: can't be read (permission denied for table LiteLLM_SpendLogs); "
        "GRANT SELECT on the tables to the user of the address"
    )
    server.run('GRANT SELECT (spend) ON "LiteLLM_SpendLogs" TO reader', schema="shut")
    assert refused(url) == (
        f"{server.name}: LiteLLM_SpendLogs may not be read by this user (its request_id, "
        "startTime); GRANT SELECT on the tables to the user of the address"
    )


def test_a_database_of_something_else_is_said(server: Server) -> None:
    url = server.schema("other", 'CREATE TABLE "LiteLLM_SpendLogs" (spend TEXT)')
    assert refused(url) == (
        f"{server.name}: LiteLLM_SpendLogs has no request_id, startTime; expected the "
        "table of a LiteLLM proxy"
    )


def test_without_the_driver_it_is_said_what_to_install(
    one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("adbc_driver_postgresql", "adbc_driver_postgresql.dbapi"):
        monkeypatch.setitem(sys.modules, name, None)
    assert refused(one).endswith(
        "PostgreSQL is read through ADBC, which is not installed; pip install "
        "'meterwidgets[postgres]'"
    )


def test_the_command_line_and_the_config_read_it(
    server: Server,
    one: str,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., Path],
) -> None:
    done = CliRunner().invoke(main, ["report", one, "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["totals"]["cost"] == "0.000225000"
    assert "s3cret" not in done.output
    monkeypatch.setenv("LITELLM_URL", one)
    monkeypatch.setenv("METER_PASSWORD", PASSWORD)
    hidden = one.replace(ENCODED, "$METER_PASSWORD")
    for path in ("$LITELLM_URL", hidden.replace("postgresql:", "postgres:")):
        toml = write(f"[[source]]\npath = {json.dumps(path)}\n", "meterwidgets.toml")
        settings = config.load(toml)
        usage = read_with_config((), config=settings, folder=toml.parent, rejects=None)
        assert sums(usage)["requests"] == 1
        assert usage.name == server.name
        said = repr(
            (settings, usage, usage.quality, usage.select(), mw.overview(usage))
        )
        assert "s3cret" not in said


def test_a_store_takes_each_row_once_and_the_names_of_today(server: Server) -> None:
    team = """INSERT INTO "LiteLLM_TeamTable" VALUES ('team-1', 'Search')"""
    url = server.schema("store", postgres.LOGS, postgres.NAMES, ROW, team)
    command = ["ingest", url, "--store", "usage.meter"]
    first = CliRunner().invoke(main, command)
    assert first.stdout == "usage.meter: 1 record added\n", first.output
    server.run(
        """UPDATE "LiteLLM_TeamTable" SET team_alias = 'Find'""",
        ROW.replace("'r-1'", "'r-2'"),
        ROW.replace("'r-1'", "'r-3'").replace("2026-02-22 10:00:00.123", "infinity"),
        schema="store",
    )
    again = CliRunner().invoke(main, command)
    assert again.stdout == "usage.meter: 1 record added, 1 there already, 1 rejected\n"
    usage = mw.open_store("usage.meter")
    assert (usage.quality.records, usage.quality.rejected) == (2, 1)
    assert usage.label("project", "team-1") == "Find"
    assert usage.label("api_key", "88dc28d0") == "ci"
    server.run("""UPDATE "LiteLLM_TeamTable" SET team_alias = 'Seek'""", schema="store")
    CliRunner().invoke(main, command)
    assert mw.open_store("usage.meter").label("project", "team-1") == "Seek"
    everything = [each.read_bytes() for each in Path("usage.meter").rglob("*.json*")]
    assert not any(b"s3cret" in text for text in everything)
    assert "s3cret" not in first.output + again.output


def test_a_store_asks_a_database_for_the_last_day_and_what_came_since(
    server: Server,
) -> None:
    def at(day: str, number: int) -> str:
        return ROW.replace("2026-02-22", day).replace("'r-1'", f"'d-{number}'")

    old = [at("2026-01-05", 1), at("2026-01-06", 2), at("2026-02-01", 3)]
    url = server.schema("since", postgres.LOGS, *old)
    command = ["ingest", url, "--store", "usage.meter"]
    assert CliRunner().invoke(main, command).stdout == "usage.meter: 3 records added\n"
    server.run(at("2026-01-31", 4), at("2026-02-03", 5), schema="since")
    again = CliRunner().invoke(main, command)
    assert again.stdout == "usage.meter: 2 records added, 1 there already\n"
    usage = mw.open_store("usage.meter")
    assert (usage.quality.records, usage.quality.duplicates) == (5, 0)
    whole = mw.read_usage(url, rejects=None)
    assert stores.figures(usage) == stores.figures(whole)


@pytest.mark.slow
def test_a_named_database_keeps_the_entry_of_the_config(
    server: Server, write: Callable[..., Path]
) -> None:
    url = server.schema("entry", postgres.LOGS, ROW, days())
    toml = f'[[source]]\npath = "{url}"\nsource = "litellm_daily"\n'
    settings = config.load(write(toml.replace("\\", "\\\\"), "meterwidgets.toml"))
    usage = read_with_config([url], config=settings, rejects=None)
    assert sums(usage)["requests"] == 7


def test_a_file_and_a_database_are_one_ledger(
    server: Server, one: str, write: Callable[..., Path]
) -> None:
    (row,) = server.run(
        'SELECT row_to_json(t)::text AS j FROM "LiteLLM_SpendLogs" AS t', schema="one"
    )
    usage = read([one, write(row["j"], "logs.jsonl")])
    assert (usage.quality.records, usage.quality.duplicates) == (1, 1)
    assert usage.name == f"{server.name}, logs.jsonl"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=3))
def test_no_password_is_ever_shown_whatever_is_in_it(secret: str) -> None:
    secret = f"s3{secret}cr3t"
    for url in (
        f"postgresql://reader:{secret}@127.0.0.1:1/litellm",
        f"postgres://reader@127.0.0.1:1/litellm?password={secret}",
    ):
        try:
            database = parse_database_url(url)
            said = f"{database} {database!r} {database.without_secrets(secret)}"
            with open_litellm_database(database, Workspace(duckdb.connect())):
                pass
        except LedgerError as error:
            said = f"{error!r} {error}"
        assert "cr3t" not in said


def test_an_address_is_taken_apart_as_it_was_meant() -> None:
    database = parse_database_url(
        "postgresql+asyncpg://a%40b:p%3Aq@[::1]:5433,db2/base?sslmode=require"
    )
    assert database.name == "postgresql://[::1]:5433,db2/base"
    assert dict(database.options) == {
        "user": "a@b", "password": "p:q", "host": "::1,db2", "port": "5433,",
        "dbname": "base", "sslmode": "require",
    }  # fmt: skip
    assert (
        parse_database_url("postgresql:///?service=litellm").name
        == "postgresql:///litellm"
    )
    assert isinstance(parse_database_url("postgres://h/d"), Database)
    for other in ("usage.csv", "$NOT_THERE", Path("a"), pa.table({})):
        assert parse_database_url(other) is other


def test_an_address_of_another_kind_is_refused_without_its_password() -> None:
    told = refused("mysql://reader:s3cret@db/litellm")
    assert told.startswith("'mysql://db/litellm' is an address")
