"""Ledgers that are piped in, and those that lie in something else, in each command."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from meterwidgets.cli.main import main
from meterwidgets.ledger.readers.remote.standard_input import piped_file

HEAD = "start,model,prompt_tokens,cost\n"
ROW = "2026-02-22T1{hour}:00:00Z,a,5,0.25\n"
TEXT = HEAD + ROW.format(hour=0)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, piped: str | bytes | None = None) -> Result:
    piped_file.cache_clear()
    return CliRunner().invoke(main, words, input=piped)


def zipped(*hours: int) -> bytes:
    with zipfile.ZipFile("a.zip", "w") as archive:
        for hour in hours:
            archive.writestr(f"{hour}.csv", HEAD + ROW.format(hour=hour))
    return Path("a.zip").read_bytes()


@pytest.mark.parametrize("way", ["text", "zip"])
def test_what_is_piped_in_is_reported(way: str) -> None:
    piped = TEXT if way == "text" else zipped(0, 1)
    result = run("report", "-", "--format", "json", piped=piped)
    assert result.exit_code == 0, result.stderr
    tokens = json.loads(result.stdout)["totals"]["input_tokens"]
    assert tokens == (5 if way == "text" else 10)


def test_what_is_piped_in_is_ingested_and_compared() -> None:
    result = run("ingest", "-", "--store", "a.meter", piped=TEXT)
    assert result.stdout == "a.meter: 1 record added\n"
    Path("bill.csv").write_text("date,model,cost\n2026-02-22,a,0.25\n")
    result = run("reconcile", "-", "bill.csv", "--format", "json", piped=TEXT)
    assert result.exit_code == 0, result.output


def test_standard_input_that_is_empty_or_followed_is_an_error() -> None:
    assert "standard input is empty" in run("report", "-", piped="").stderr
    words = ("ingest", "-", "--store", "a.meter", "--follow")
    assert "can't be followed" in run(*words, piped=TEXT).stderr


def test_a_store_takes_what_is_new_in_archives_and_databases() -> None:
    with closing(sqlite3.connect("a.db", isolation_level=None)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("CREATE TABLE usage (start, model, prompt_tokens, cost)")
        add = "INSERT INTO usage VALUES (?, 'a', 5, 0.25)"
        con.execute(add, ["2026-02-23T10:00:00Z"])
        zipped(0, 1)
        words = ("ingest", "a.zip", "a.db", "--store", "a.meter")
        assert run(*words).stdout == "a.meter: 3 records added\n"
        assert "0 records added, 3 files unchanged" in run(*words).stdout
        con.execute(add, ["2026-02-23T11:00:00Z"])
        zipped(0, 1, 2)
        assert "2 records added, 3 there already" in run(*words).stdout


def test_a_config_names_any_way_in() -> None:
    zipped(0, 1)
    with closing(sqlite3.connect("a.db")) as con:
        con.execute("CREATE TABLE usage (at, model, n, usd)")
        con.execute("INSERT INTO usage VALUES ('2026-02-23T10:00:00Z', 'a', 7, 1)")
        con.commit()
    Path("meterwidgets.toml").write_text(
        '[[source]]\npath = "a.zip"\n\n[[source]]\npath = "a.db?table=usage"\n'
        'columns = { start = "at", input_tokens = "n", cost = "usd" }\n'
    )
    result = run("report", "--format", "json")
    assert json.loads(result.stdout)["totals"]["input_tokens"] == 17


def test_a_database_of_a_folder_is_read_where_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with closing(sqlite3.connect("in/a.db")) as con:
        con.execute("CREATE TABLE usage (start, model, prompt_tokens, cost)")
        con.execute("INSERT INTO usage VALUES ('2026-02-23T10:00:00Z', 'a', 5, 1)")
        con.commit()
    words = ("report", "in", "--format", "json")
    assert json.loads(run(*words).stdout)["totals"]["input_tokens"] == 5
    Path("in/a.csv").write_text(TEXT.replace(",5,", ",9,"))
    assert json.loads(run(*words).stdout)["totals"]["input_tokens"] == 9
