"""Any table or query of a PostgreSQL server, read-only and in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import meterwidgets as mw
from ledger.figures import by, read, sums
from ledger.readers.databases import postgres
from ledger.readers.databases.postgres import PASSWORD, Server
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec

TABLE = """
CREATE TABLE calls (at timestamptz, tenant text, model text, detail jsonb,
  prompt_tokens bigint, cost numeric(12, 9), secret text);
INSERT INTO calls SELECT timestamptz '2026-02-22 10:00+00' + i * interval '1 minute',
  'Acme', 'a', '{"cached_tokens": 2}', 5, 0.000000123, 'x'
FROM generate_series(1, 3000) AS i;
CREATE VIEW one AS SELECT at AS start, prompt_tokens, tenant AS org FROM calls LIMIT 1;
CREATE TABLE "Named.So" AS SELECT * FROM one
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres.running() as server:
        server.schema("other", TABLE)
        yield server


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    return server.url("other")


def test_a_table_means_what_its_export_means(url: str) -> None:
    columns = {"start": "at", "org": "tenant"}
    usage = read(f"{url}&table=calls", columns=columns)
    found = sums(usage)
    assert (found["input_tokens"], found["cost"]) == (15_000, 369_000)
    assert by(usage, "org", "input_tokens") == {"Acme": 15_000}
    (span,) = usage.quality.spans
    assert span.name.endswith("/postgres?schema=other&table=calls")
    assert span.written_by == ""


@pytest.mark.parametrize("table", ["one", "other.one", "Named.So"])
def test_views_and_names_with_their_schema_are_tables(url: str, table: str) -> None:
    assert sums(read(f"{url}&table={table}"))["input_tokens"] == 5


def test_a_query_chooses_rows_and_columns(server: Server) -> None:
    query = (
        "SELECT at AS start, 2 * prompt_tokens AS prompt_tokens FROM other.calls -- x"
    )
    query = query.replace("-- x", "WHERE at < '2026-02-22 11:00+00' ; ")
    address = f"{server.url()}&query={quote(query)}"
    assert sums(read(address))["input_tokens"] == 590


def test_a_store_asks_a_table_for_all_of_it(url: str, tmp_path: Path) -> None:
    spec = LedgerSpec([f"{url}&table=one"])
    assert ingest([spec], tmp_path / "store").records == 1
    again = ingest([spec], tmp_path / "store")
    assert (again.records, again.duplicates) == (0, 1)


BAD = {
    "&table=nope": "has no table nope; its tables: Named.So, calls, one",
    "&query=SELECT nope": "can't be read",
    "&query=DROP TABLE calls": "can't be read",
    "&query=SELECT 1) AS q; DROP TABLE calls; SELECT (1": "can't be read",
    "&query=SELECT 1 AS a, 2 AS a": "'a' occurs twice",
    "&query=SELECT nextval('pg_class_oid_seq')": "can't be read",
    "": "one of its tables with .table=NAME: Named.So, calls, one",
}


@pytest.mark.parametrize("end", BAD)
def test_what_can_not_be_read_says_why(url: str, server: Server, end: str) -> None:
    with pytest.raises(mw.MeterError, match=BAD[end]) as caught:
        read(url + end)
    assert PASSWORD not in str(caught.value)
    assert server.run("SELECT count(*) AS n FROM calls", schema="other") == [
        {"n": 3000}
    ]


def test_a_table_without_rights_says_so(server: Server) -> None:
    server.run("CREATE TABLE locked (start text)", schema="other")
    with pytest.raises(mw.MeterError, match="may not be read by this user"):
        read(f"{server.url('other')}&table=locked")


def test_a_table_stands_behind_a_variable(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert sums(read("$DATABASE_URL?table=one"))["input_tokens"] == 5
