"""The folder of a scope: its generations, and its records without those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

import meterwidgets as mw
from frame.store.ledgers import add, jsonl, spend_logs
from meterwidgets.context import open_newer, open_usage
from meterwidgets.errors import LedgerError
from meterwidgets.frame.scope import Scope
from meterwidgets.frame.store.scoped import (
    SOCKET,
    generations,
    publish,
    publish_records,
)
from meterwidgets.frame.store.store import StoreSnapshot


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("scoped")
    add(here / "usage.meter", jsonl(here / "a.jsonl", spend_logs(1_500)))
    return here / "usage.meter"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scope"
    folder.mkdir()
    (folder / SOCKET).touch()
    return folder


def cut(store: Path, folder: Path, scope: Scope) -> mw.UsageFrame:
    usage = mw.open_store(store)
    generation = publish(usage.scoped(scope), folder)
    assert isinstance(usage.store, StoreSnapshot)
    publish_records(usage.store, scope, folder, generation)
    return open_usage(folder)


SCOPES = [
    Scope({"org": ["o-1", None]}),
    Scope({"user": ["u-3"]}),
    Scope({"org": ["o-1"], "model": ["m-2", "m-1"]}, personal=False),
    Scope(personal=False),
    Scope({"api_key": ["nobody"]}),
]


@pytest.mark.parametrize("scope", SCOPES, ids=repr)
def test_the_records_of_a_scope_are_those_that_sql_finds_by_its_values(
    store: Path, folder: Path, scope: Scope
) -> None:
    usage = cut(store, folder, scope)
    where = [
        "("
        + " OR ".join(
            f'"{name}" IS NULL' if value is None else f"\"{name}\" = '{value}'"
            for value in values
        )
        + ")"
        for name, values in scope.rows.items()
    ]
    current = mw.open_store(store).store
    assert isinstance(current, StoreSnapshot)
    paths = [str(path) for month in current.parts.values() for path in month]
    expected = duckdb.execute(
        "SELECT start, model, input_tokens, input_cost FROM read_parquet(?) WHERE "
        + (" AND ".join(where) or "true")
        + ' ORDER BY start, input, "row"',
        [paths],
    ).fetchall()
    found = usage.select().records().to_pylist()
    names = ("start", "model", "input_tokens", "input_cost")
    assert [tuple(row[name] for name in names) for row in found] == expected
    assert len(found) == usage.select().sums()["records"] == usage.quality.records
    dearest = usage.select().records(order="cost", limit=3)["cost"].to_pylist()
    costs = [row["cost"] for row in found if row["cost"] is not None]
    assert dearest == sorted(costs, reverse=True)[:3]


@pytest.mark.parametrize("scope", SCOPES, ids=repr)
def test_cut_records_name_no_file_and_hidden_people_are_in_none(
    store: Path, folder: Path, scope: Scope
) -> None:
    rows: list[dict[str, Any]] = (
        cut(store, folder, scope).select().records().to_pylist()
    )
    assert {row["file"] for row in rows} <= {None}
    assert {row["row"] for row in rows} <= {None}
    if not scope.personal:
        for name in ("user", "api_key", "session", "end_user", "extra", "record_id"):
            assert {row[name] for row in rows} == {None}
    everything = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    for number in range(1, 5):
        if f"o-{number}" not in (scope.rows.get("org") or (f"o-{number}",)):
            assert f"o-{number}".encode() not in everything
    assert b"a.jsonl" not in everything


def test_a_scope_s_folder_keeps_two_generations_and_a_frame_follows_them(
    store: Path, folder: Path
) -> None:
    scope = Scope({"user": ["u-3"]})
    usage = cut(store, folder, scope)
    assert open_newer(usage) is None
    for _ in range(3):
        publish(mw.open_store(store).scoped(scope), folder)
    assert generations(folder) == [3, 4]
    newer = open_newer(usage)
    assert newer is not None
    assert newer.select().sums() == usage.select().sums()
    assert open_newer(newer) is None
    with pytest.raises(LedgerError, match="can't be read now"):
        newer.select().records()  # nobody listens at the socket


def test_a_generation_with_the_same_rows_shares_their_files(
    store: Path, folder: Path
) -> None:
    usage = cut(store, folder, Scope({"user": ["u-3"]}))
    publish(usage, folder, same_arrays=True)
    for path in (folder / "2").glob("*.arrow"):
        assert path.samefile(folder / "1" / path.name)
    assert open_usage(folder).select().sums() == usage.select().sums()


def test_files_of_a_scope_are_for_their_owner_alone(store: Path, folder: Path) -> None:
    cut(store, folder, Scope({"user": ["u-3"]}))
    for path in (folder / "1", folder / "1" / "records"):
        assert path.stat().st_mode & 0o077 == 0
