"""What a program holds means what the same rows in a file mean, also what comes once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

import meterwidgets as mw
from ledger.figures import by, read, sums
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec

ROWS: list[dict[str, Any]] = [
    {"start": "2026-02-22T10:00:00Z", "model": "a", "usage": {"prompt_tokens": 5}},
    {
        "start": "2026-02-22T11:00:00Z",
        "model": "b\u2028",
        "usage": {"prompt_tokens": 7},
    },
    {"start": "2026-02-22T12:00:00Z", "model": None, "usage": {"prompt_tokens": 9}},
]
TABLE = pa.Table.from_pylist(ROWS)


def rows() -> Iterator[dict[str, Any]]:
    yield from ROWS


def pages() -> Iterator[dict[str, Any]]:
    yield {"data": ROWS[:1], "has_more": True, "next_page": "x"}
    yield {"data": ROWS[1:], "has_more": False}


class Call:
    """An answer of a client: an object that gives its fields as a dict."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self) -> dict[str, Any]:
        return self.fields


WAYS: dict[str, Callable[[], object]] = {
    "list of pages": lambda: [*pages()],
    "list of objects": lambda: [Call(**row) for row in ROWS],
    "generator of objects": lambda: (Call(**row) for row in ROWS),
    "object": lambda: Call(data=[Call(**row) for row in ROWS], has_more=False),
    "list of dicts": lambda: ROWS,
    "answer": lambda: {"data": ROWS, "has_more": False},
    "generator of dicts": rows,
    "generator of pages": pages,
    "iterator of a list": lambda: iter(ROWS),
    "LazyFrame": lambda: pl.DataFrame(ROWS).lazy().filter(pl.col("start") > ""),
    "Dataset": lambda: ds.dataset(TABLE),
    "Scanner": lambda: ds.dataset(TABLE).scanner(),
    "RecordBatchReader": lambda: TABLE.to_reader(max_chunksize=1),
    "DuckDB's batches": lambda: duckdb.from_arrow(TABLE).to_arrow_reader(1),
    "iterator of batches": lambda: iter(TABLE.to_batches(max_chunksize=1)),
    "iterator of pandas": lambda: (pd.DataFrame([row]) for row in ROWS),
    "iterator of polars": lambda: (pl.DataFrame([row]) for row in ROWS),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_mean_the_same_however_they_come(way: str, tmp_path: Path) -> None:
    usage = read(WAYS[way]())
    assert by(usage, "model", "input_tokens") == {"a": 5, "b\u2028": 7, None: 9}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert sums(usage) == sums(read(path))


@pytest.mark.parametrize("way", ["generator of dicts", "RecordBatchReader"])
def test_what_comes_once_can_be_priced_again(way: str) -> None:
    usage = read(WAYS[way]())
    prices = mw.PriceBook.parse([{"model": "*", "input": "1"}], catalogue=False)
    again = usage.reprice(prices)
    assert sums(again)["cost"] == 21_000


def test_chunks_whose_types_differ_are_one_ledger() -> None:
    chunks = [
        pd.DataFrame({"start": ["2026-02-22T10:00:00Z"], "prompt_tokens": [5]}),
        pd.DataFrame(
            {"start": ["2026-02-22T11:00:00Z"] * 2, "prompt_tokens": [7.0, None]}
        ),
        pd.DataFrame({"start": ["2026-02-22T12:00:00Z"], "prompt_tokens": [9]}),
    ]
    assert sums(read(iter(chunks)))["input_tokens"] == 21


def test_a_bad_row_of_a_stream_is_counted_by_its_number() -> None:
    (reject,) = read(iter([*ROWS, {**ROWS[0], "start": "soon"}])).quality.rejects
    assert (reject["file"], reject["line"], reject["unit"]) == ("the table", 4, "row")


def test_a_stream_goes_into_a_store(tmp_path: Path) -> None:
    assert ingest([LedgerSpec([rows()])], tmp_path / "store").records == 3
    again = ingest([LedgerSpec([rows()])], tmp_path / "store")
    assert (again.records, again.duplicates) == (0, 3)


BAD: dict[str, Callable[[], object]] = {
    "is empty": lambda: iter([]),
    "got tuple": lambda: iter([(1, 2)]),
    "got int": lambda: iter([ROWS[0], 1]),
    "can't be run": lambda: pl.LazyFrame({"a": [1]}).select("nope"),
    "can't be read": lambda: pa.RecordBatchReader.from_batches(
        TABLE.schema, (batch for batch in [pa.record_batch({"x": [1]})])
    ),
}


@pytest.mark.parametrize("words", BAD)
def test_what_is_no_stream_of_rows_is_refused(words: str) -> None:
    with pytest.raises(mw.MeterError, match=words):
        read(BAD[words]())
