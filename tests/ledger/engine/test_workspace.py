"""The workspace names the relations of a reading, and keeps track of its views."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from meterwidgets.ledger.engine.connection import open_workspace


def test_a_relation_is_created_in_place_of_the_one_before() -> None:
    with open_workspace() as ws:
        assert not ws.exists(ws.records)
        ws.create(ws.records, "SELECT 1 AS n", view=True)
        assert ws.is_view(ws.records) and ws.count(ws.records) == 1
        ws.create(ws.records, "SELECT unnest([1, 2]) AS n")
        assert not ws.is_view(ws.records) and ws.count(ws.records) == 2
        ws.drop(ws.records)
        assert not ws.exists(ws.records)


def test_a_view_is_narrowed_and_then_materialised() -> None:
    with open_workspace() as ws:
        ws.create(ws.reported, "SELECT range AS n, 1 AS m FROM range(5)", view=True)
        ws.narrow(ws.reported, where="n > 1")
        ws.narrow(ws.reported, "* EXCLUDE (m)", "n < 4")
        assert ws.execute(f"FROM {ws.reported}").fetchall() == [(2,), (3,)]
        ws.materialise(ws.reported)
        assert not ws.is_view(ws.reported)
        ws.execute(f"DELETE FROM {ws.reported} WHERE n = 2")
        assert ws.execute(f"FROM {ws.reported}").fetchall() == [(3,)]


def test_a_temporary_table_is_gone_after_its_block() -> None:
    with open_workspace() as ws:
        with ws.temporary("SELECT 1 AS n") as one, ws.temporary("SELECT 2 AS n") as two:
            assert ws.has_rows(f"{one}, {two}")
        with pytest.raises(duckdb.CatalogException):
            ws.count(one)


def test_an_arrow_table_has_a_name_in_its_block() -> None:
    with open_workspace() as ws:
        with ws.registered(pa.table({"n": [1, 2]})) as numbers:
            assert ws.count(f"{numbers} WHERE n > 1") == 1
        with pytest.raises(duckdb.CatalogException):
            ws.count(numbers)
