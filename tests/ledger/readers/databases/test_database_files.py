"""SQLite and DuckDB files: the tables with usage, as they are at one moment."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import meterwidgets as mw
from ledger.figures import read, sums

Write = Callable[..., Path]
COLUMNS = "start TEXT, model TEXT, prompt_tokens INTEGER, cost REAL"
ROW = "('2026-02-22T10:00:00Z', 'a', 5, 0.1)"


def sqlite(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as con:
        for statement in statements:
            con.execute(statement)
        con.commit()
    return path


def usage_table(name: str = "usage") -> tuple[str, str]:
    return f"CREATE TABLE {name} ({COLUMNS})", f"INSERT INTO {name} VALUES {ROW}"


OTHERS = (
    "CREATE TABLE users (id INTEGER, name TEXT)",
    "INSERT INTO users VALUES (1, 'x')",
    "CREATE TABLE empty_usage (start TEXT, prompt_tokens INTEGER)",
)


def test_the_table_with_usage_is_read(tmp_path: Path) -> None:
    found = sums(read(sqlite(tmp_path / "a.db", *OTHERS, *usage_table())))
    assert (found["input_tokens"], found["cost"]) == (5, 100_000_000)


def test_tables_with_the_same_columns_are_one_ledger(tmp_path: Path) -> None:
    months = (*usage_table("m1"), *usage_table("m2"))
    later = "UPDATE m2 SET start = '2026-03-22T10:00:00Z'"
    assert sums(read(sqlite(tmp_path / "a.db", *months, later)))["input_tokens"] == 10


def test_several_kinds_of_usage_are_an_error_that_lists_them(tmp_path: Path) -> None:
    daily = (
        "CREATE TABLE daily (date TEXT, model TEXT, input_tokens INTEGER)",
        "INSERT INTO daily VALUES ('2026-02-22', 'a', 5)",
    )
    path = sqlite(tmp_path / "a.db", *daily, *usage_table())
    with pytest.raises(mw.MeterError, match=r"daily, usage; name one with a.db\?table"):
        read(path)
    assert sums(read(f"{path}?table=usage"))["cost"] == 100_000_000
    assert sums(read(f"sqlite:///{path}?table=daily"))["input_tokens"] == 5


def test_no_usage_is_an_error_that_lists_the_tables(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "a.db", *OTHERS, "CREATE TABLE logs AS SELECT 1 AS n")
    with pytest.raises(mw.MeterError, match="no table has usage; its tables: logs, u"):
        read(path)
    with pytest.raises(mw.MeterError, match=r"no table 'nope'; .*: logs, users"):
        read(f"{path}?table=nope")


def test_a_query_names_columns_and_may_only_read(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "a.db", *usage_table())
    query = "SELECT start AS time, prompt_tokens * 2 AS prompt_tokens FROM usage"
    assert sums(read(f"{path}?query={query}"))["input_tokens"] == 10
    for bad in ("DELETE FROM usage", "ATTACH 'x.db' AS y", "SELECT nothing"):
        with pytest.raises(mw.MeterError, match="is SQLite and can't be read"):
            read(f"{path}?query={bad}")


def test_values_of_several_types_in_a_column_are_read(tmp_path: Path) -> None:
    rows = "INSERT INTO usage VALUES ('2026-02-22T11:00:00Z', 'b', '7', '0.20'), "
    rows += "('2026-02-22T12:00:00Z', x'63', 9.0, 1)"
    found = sums(read(sqlite(tmp_path / "a.db", *usage_table(), rows)))
    assert (found["input_tokens"], found["cost"]) == (21, 1_300_000_000)


def test_json_in_a_column_means_what_it_means_in_a_file(tmp_path: Path) -> None:
    record = {"model": "a", "usage": {"prompt_tokens": 5}, "start": 1771754400000}
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as con:
        con.execute("CREATE TABLE message (id TEXT, data TEXT)")
        con.execute("INSERT INTO message VALUES ('m1', ?)", [json.dumps(record)])
        con.commit()
    assert sums(read(path))["input_tokens"] == 5


def test_a_database_that_is_being_written_is_read_with_its_log(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "a.db", "PRAGMA journal_mode = WAL", *usage_table())
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO usage SELECT * FROM usage WHERE false")
        writer.execute("INSERT INTO usage VALUES ('2026-02-23T10:00:00Z', 'a', 7, 1)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO usage VALUES ('2026-02-24T10:00:00Z', 'a', 9, 1)")
        assert sums(read(path))["input_tokens"] == 12
        before = mw_state(path)
        writer.execute("COMMIT")
        assert mw_state(path) != before
    assert sums(read(path))["input_tokens"] == 21


def mw_state(path: Path) -> object:
    from meterwidgets.ledger.readers.find_files import state_of

    return state_of(path)


def test_a_locked_database_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from meterwidgets.ledger.readers.databases import sqlite_file

    monkeypatch.setattr(sqlite_file, "_PATIENCE_S", 0.01)
    path = sqlite(tmp_path / "a.db", *usage_table())
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(mw.MeterError, match="another program is writing it"):
            read(path)


def test_reading_a_database_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = sqlite(tmp_path / "in/a.db", *usage_table())
    state = path.stat().st_mtime_ns, path.read_bytes()
    read(path)
    assert [*path.parent.iterdir()] == [path]
    assert (path.stat().st_mtime_ns, path.read_bytes()) == state


@pytest.mark.parametrize("end", [100, 5000])
def test_a_damaged_database_is_an_error(write: Write, tmp_path: Path, end: int) -> None:
    path = sqlite(tmp_path / "a.db", *usage_table())
    with pytest.raises(mw.MeterError, match="is SQLite and can't be read"):
        read(write(path.read_bytes()[:end] + b"\xff" * 300, "b.db"))


def test_a_duckdb_file_is_read_without_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(path) as con:
        con.execute(f"CREATE TABLE usage ({COLUMNS.replace('REAL', 'DECIMAL(9, 6)')})")
        con.execute(f"INSERT INTO usage VALUES {ROW}")
        con.execute("CREATE TABLE users AS SELECT 1 AS id, 'x' AS name")
        con.execute(
            "CREATE VIEW doubled AS SELECT * REPLACE (10 AS prompt_tokens) FROM usage"
        )
    assert sums(read(path))["cost"] == 100_000_000
    assert sums(read(f"{path}?table=doubled"))["input_tokens"] == 10
    query = "SELECT start, sum(prompt_tokens) AS prompt_tokens FROM usage GROUP BY ALL"
    assert sums(read(f"{path}?query={query}"))["input_tokens"] == 5
    with pytest.raises(mw.MeterError, match="no table 'nope'"):
        read(f"{path}?table=nope")
    with pytest.raises(mw.MeterError, match="is DuckDB and can't be read"):
        read(f"{path}?query=DROP TABLE usage")


def test_a_duckdb_file_that_this_program_writes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(path) as con:
        con.execute(f"CREATE TABLE usage ({COLUMNS})")
        con.execute(f"INSERT INTO usage VALUES {ROW}")
        with pytest.raises(mw.MeterError, match=r"give a relation.*con.table"):
            read(path)
        assert sums(read(con.table("usage")))["input_tokens"] == 5
