"""The fields that few ledgers have: price terms, fees, open dimensions, extra."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from metrics.ledgers import request

import meterwidgets as mw
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.loading import parquet_view
from meterwidgets.ledger.read import collect, price_reported
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.schema import FIELDS, OPTIONAL

BOOK = mw.PriceBook.parse(
    [{"model": "m", "input": "10", "output": "20"}], catalogue=False
)
TERMS = {
    "speed": "Fast", "geography": "US", "region": "us-east-1", "session": "S-1",
    "end_user": "Eve", "input_audio_tokens": 40, "output_audio_tokens": 20,
    "input_image_tokens": 30, "output_image_tokens": 10, "searches": 3,
    "tool_calls": 2, "first_token_ms": 310, "fee_cost": "0.03",
    "extra": '{"tags":["a","b"],"trace":7}',
}  # fmt: skip
READ = TERMS | {"speed": "fast", "geography": "us"}


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    keys = dict.fromkeys(key for row in rows for key in row)
    return pa.table({
        key: [None if row.get(key) is None else str(row[key]) for row in rows]
        for key in keys
    })  # fmt: skip


def mapping(*fields: str) -> dict[str, str]:
    return {"start": "timestamp"} | {name: name for name in fields}


def records(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The priced records of some rows, with every field that is named in them."""
    fields = dict.fromkeys(key for row in rows for key in row if key != "timestamp")
    with open_workspace() as ws:
        collect(ws, [LedgerSpec([table(rows)], columns=mapping(*fields))])
        price_reported(ws, BOOK)
        ws.con.complete()
        found = ws.con.sql(f"SELECT * FROM {ws.records} ORDER BY n").to_arrow_table()
    listed: list[dict[str, Any]] = found.to_pylist()
    return listed


def test_every_field_reaches_the_record() -> None:
    (record,) = records(request("2026-01-01", cost="0.1", **TERMS))
    assert {name: record[name] for name in READ} == READ | {"fee_cost": 30_000_000}


def test_what_no_ledger_has_takes_no_room_and_is_null() -> None:
    with open_workspace() as ws:
        collect(ws, [LedgerSpec([table([request("2026-01-01", speed="fast")])],
                                columns=mapping("speed"))])  # fmt: skip
        absent = ws.absent(ws.reported)
        assert absent == {*OPTIONAL, "reported_fee_cost", "extra_dropped"} - {
            "speed",
            "fee_cost",
        }
        price_reported(ws, BOOK)
        ws.con.complete()
        row = ws.con.sql(f"SELECT * FROM {ws.records}").to_arrow_table().to_pylist()[0]
    assert row["speed"] == "fast"
    assert {row[name] for name in OPTIONAL if name != "speed"} == {None}


def test_a_store_keeps_every_field(tmp_path: Path) -> None:
    rows = [request("2026-01-01", cost="0.1", **TERMS), request("2026-01-02", cost="1")]
    spec = LedgerSpec([table(rows)], columns=mapping(*TERMS))
    for _ in range(2):  # the second time they are compared with the stored ones
        ingest([spec], tmp_path / "usage.meter", prices=BOOK)
    first, second = (
        mw.open_store(tmp_path / "usage.meter").select().records().to_pylist()
    )
    assert {name: first[name] for name in READ if name != "fee_cost"} == {
        name: value for name, value in READ.items() if name != "fee_cost"
    }
    assert (str(first["fee_cost"]), str(first["cost"])) == (
        "0.030000000",
        "0.100000000",
    )
    assert {second[name] for name in OPTIONAL} == {None}


def test_files_with_and_without_the_fields_are_one_ledger(tmp_path: Path) -> None:
    with_terms, without = tmp_path / "a.csv", tmp_path / "b.csv"
    with_terms.write_text(
        "timestamp,model,input_tokens,cost,fee_cost,session_id\n"
        "2026-01-01T00:00:00Z,m,10,0.5,0.2,s\n"
    )
    without.write_text(
        "timestamp,model,input_tokens,cost\n2026-01-02T00:00:00Z,m,5,1\n"
    )
    usage = mw.read_usage([with_terms, without], prices=BOOK, rejects=None)
    sums = usage.select().sums()
    assert (sums["fee_cost"], sums["records"]) == (200_000_000, 2)


def test_an_export_that_names_more_repeats_the_one_that_did_not(tmp_path: Path) -> None:
    rows = [request("2026-01-01", cost="0.1")]
    store = tmp_path / "usage.meter"
    ingest([LedgerSpec([table(rows)], columns=mapping())], store, prices=BOOK)
    more = [rows[0] | {"session": "s", "searches": 1}]
    spec = LedgerSpec([table(more)], columns=mapping("session", "searches"))
    result = ingest([spec], store, prices=BOOK)
    assert (result.records, result.duplicates) == (0, 1)


def test_large_parquet_files_are_read_in_place_with_the_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_view, "LARGE", 1)
    rows = [request("2026-01-01", cost="0.1", **TERMS)] * 3
    path = tmp_path / "usage.parquet"
    pq.write_table(table(rows), path)
    usage = mw.read_usage(path, columns=mapping(*TERMS), prices=BOOK, rejects=None)
    assert usage.select().sums()["fee_cost"] == 90_000_000


def test_a_part_of_the_tokens_is_not_more_than_the_whole() -> None:
    for part in ("input_audio_tokens", "output_image_tokens"):
        (record,) = [*records(request("2026-01-01", cost="1", **{part: 50}))]
        assert record[part] == 50


@pytest.mark.parametrize(
    ("extra", "kept", "left_out"),
    [
        ('{"a": 1, "b": "x", "c": true, "d": 1.5}', {"a": 1, "b": "x", "c": True,
                                                    "d": 1.5}, 0),
        ('{"tags": ["a", "b"], "n": null}', {"tags": ["a", "b"]}, 0),
        ('{"a": {"b": 1}, "list": [{"b": 1}]}', None, 2),
        (json.dumps({"a": "x" * 200, "b": "x" * 201}), {"a": "x" * 200}, 1),
        ('{"prompt": "p", "metadata.messages": "m", "x": 1}', {"x": 1}, 2),
        ('{"Authorization": "Bearer x", "x_api_key": "k", "refresh_token": "t",'
         ' "request_headers": "h", "db_password": "w"}', None, 5),
        ('{"prompt_version": "v3", "tokens": 5}', {"prompt_version": "v3",
                                                    "tokens": 5}, 0),
        ("not json", None, 1),
        ("[1, 2]", None, 1),
        ('{"a": 1, "a": 2}', None, 1),
        ('{"a": NaN}', None, 1),
        ("{}", None, 0),
        (None, None, 0),
    ],
)  # fmt: skip
def test_an_extra_holds_short_values_and_nothing_private(
    extra: str | None, kept: dict[str, Any] | None, left_out: int
) -> None:
    (record,) = records(request("2026-01-01", cost="1", extra=extra or ""))
    assert (json.loads(record["extra"]) if record["extra"] else None) == kept
    rows = table([request("2026-01-01", cost="1", extra=extra or "")])
    usage = mw.read_usage(rows, columns=mapping("extra"), prices=BOOK, rejects=None)
    notes = [note for note in usage.quality.notes if note.startswith("extra: ")]
    assert bool(notes) == bool(left_out)
    if left_out:
        word = "value was" if left_out == 1 else "values were"
        assert notes[0].startswith(f"extra: {left_out} {word} left out")


def test_an_extra_has_four_kilobytes() -> None:
    values = {f"k{n:03}": "x" * 90 for n in range(100)}
    (record,) = records(request("2026-01-01", cost="1", extra=json.dumps(values)))
    kept = json.loads(record["extra"])
    assert 35 < len(kept) < 45
    assert len(record["extra"]) <= 4096
    assert kept.items() <= values.items()


def test_every_field_can_be_named_by_columns() -> None:
    from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS

    assert {*FIELDS} <= {*COLUMN_SYNONYMS}
