"""Dicts, nested columns and JSON text mean what the same file means."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw

pytestmark = pytest.mark.slow

Write = Callable[..., Path]
CALLS: list[dict[str, Any]] = [
    {"timestamp": f"2026-02-22T10:0{n}:00Z", "model": "gpt-4o", "tags": ["a", "b"],
     "usage": {"prompt_tokens": 100 + n, "completion_tokens": 7,
               "prompt_tokens_details": {"cached_tokens": 40}}}
    for n in range(3)
]  # fmt: skip
PAGE = {
    "object": "page", "has_more": False,
    "data": [{"object": "bucket", "start_time": 1769299200, "end_time": 1769385600,
              "results": [{"object": "organization.usage.completions.result",
                           "input_tokens": 1000, "output_tokens": 500,
                           "input_cached_tokens": 800, "num_model_requests": 5}]}],
}  # fmt: skip
PART = {"metrics": {"spend": 0.5, "prompt_tokens": 8, "completion_tokens": 2,
                    "api_requests": 1, "successful_requests": 1}}  # fmt: skip
ACTIVITY = {"results": [
    {"date": "2026-01-02", "breakdown": {"models": {"a": PART}}},
    {"date": "2026-01-03", "breakdown": {"models": {"b": PART, "c": PART}}},
]}  # fmt: skip
CLAUDE = [
    {"type": "assistant", "timestamp": f"2026-02-22T10:0{n}:00Z", "sessionId": "s",
     "requestId": f"r{n}", "message": {"id": f"m{n}", "model": "claude-sonnet-4-5",
     "usage": {"input_tokens": 9, "cache_read_input_tokens": 90, "output_tokens": 4,
               "cache_creation_input_tokens": 0}}}
    for n in range(2)
]  # fmt: skip
LANGFUSE = {"data": [
    {"id": "o1", "traceId": "t", "type": "GENERATION", "model": "m",
     "startTime": "2026-07-04T10:00:00.000Z", "totalCost": 0.5,
     "usageDetails": {"input": 1000, "output": 100, "total": 1100}}],
    "meta": {"page": 1, "totalPages": 1}}  # fmt: skip
LEDGERS: dict[str, Any] = {"calls": CALLS, "OpenAI": PAGE, "activity": ACTIVITY,
                           "Claude Code": CLAUDE, "Langfuse": LANGFUSE}  # fmt: skip


def rows(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value]


def json_text(value: Any) -> pa.Table:
    """Nested columns as a database exports them: text of JSON."""
    nested = (dict, list)
    return pa.Table.from_pylist([
        {k: json.dumps(v) if isinstance(v, nested) else v for k, v in row.items()}
        for row in rows(value)
    ])  # fmt: skip


def polars(value: Any) -> Any:
    return pytest.importorskip("polars").from_arrow(pa.Table.from_pylist(rows(value)))


WAYS: dict[str, Callable[[Any], Any]] = {
    "dict or list": lambda value: value,
    "pandas": lambda value: pd.DataFrame(rows(value)),
    "polars": polars,
    "Arrow": lambda value: pa.Table.from_pylist(rows(value)),
    "DuckDB": lambda value: duckdb.from_arrow(pa.Table.from_pylist(rows(value))),
    "text": json_text,
}


def figures(ledger: Any) -> dict[str, Any]:
    book = mw.PriceBook(catalogue=False)
    usage = mw.read_usage(ledger, prices=book, rejects=None)
    return usage.select().sums() | {"rejected": usage.quality.rejected}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LEDGERS)
def test_a_frame_means_what_the_same_file_means(
    write: Write, name: str, way: str
) -> None:
    right = figures(write(json.dumps(LEDGERS[name]), "a.json"))
    assert right["input_tokens"]
    assert figures(WAYS[way](LEDGERS[name])) == right


@pytest.mark.parametrize("name", ["calls", "Claude Code", "activity"])
def test_nested_parquet_means_what_the_same_json_means(write: Write, name: str) -> None:
    right = figures(write(json.dumps(LEDGERS[name]), "a.json"))
    path = write(b"", "a.parquet")
    pq.write_table(pa.Table.from_pylist(rows(LEDGERS[name])), path)
    assert figures(path) == right


def test_json_text_in_a_csv_means_what_the_same_json_means(write: Write) -> None:
    right = figures(write(json.dumps(CALLS), "a.json"))
    table = json_text(CALLS)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, table.column_names)
    writer.writeheader()
    writer.writerows(table.to_pylist())
    assert figures(write(stream.getvalue(), "a.csv")) == right


def test_money_beside_a_nested_column_keeps_its_digits() -> None:
    money = pa.array([Decimal("123456789.123456789")], pa.decimal128(38, 9))
    table = pa.table({
        "time": ["2026-02-22T10:00:00Z"],
        "cost": money,
        "usage": [{"prompt_tokens": 5}],
    })  # fmt: skip
    assert figures(table)["unsplit_cost"] == 123456789_123456789


def test_numbers_of_numpy_are_numbers_in_a_list_of_dicts() -> None:
    frame = pd.DataFrame({"n": [5]})
    record = {"time": "2026-02-22T10:00:00Z", "prompt_tokens": frame["n"].iloc[0]}
    assert figures([record])["input_tokens"] == 5


# answers that wrap their records


def page(number: int, **about: Any) -> dict[str, Any]:
    call = CALLS[number % 3] | {"request_id": f"r{number}"}
    return {"items": [call], **about}


@pytest.mark.parametrize("key", ["data", "results", "items", "logs", "whatever"])
def test_records_in_an_answer_are_those_of_the_list(write: Write, key: str) -> None:
    right = figures(write(json.dumps(CALLS), "a.json"))
    assert figures(write(json.dumps({key: CALLS, "ok": True}), "b.json")) == right
    assert figures(write(json.dumps({"body": {key: CALLS}}), "c.json")) == right


def notes(ledger: Any) -> list[str]:
    usage = mw.read_usage(ledger, rejects=None)
    return [note for note in usage.quality.notes if "partial" in note]


@pytest.mark.parametrize(
    ("about", "said"),
    [({"page": 1, "total_pages": 3}, "page 1 of 3"),
     ({"meta": {"page": 2, "totalPages": 3}}, "page 2 of 3"),
     ({"total": 6}, "1 of 6 records"), ({"has_more": True}, "next page"),
     ({"next_cursor": "abc"}, "next page"),
     ({"pagination": {"hasMore": True}}, "next page"),
     ({"page": 1, "total_pages": 1, "total": 1}, None),
     ({"next_cursor": None, "has_more": False}, None)],
)  # fmt: skip
def test_a_page_that_is_missing_is_said(
    write: Write, about: dict[str, Any], said: str | None
) -> None:
    found = notes(write(json.dumps(page(0, **about)), "a.json"))
    assert (said in found[0]) if said else not found


def test_all_pages_are_whole(write: Write) -> None:
    for n in range(3):
        path = write(json.dumps(page(n, has_more=n < 2, total=3)), f"in/{n}.json")
    assert not notes(path.parent)


def test_a_log_with_a_list_of_messages_is_not_taken_for_an_answer(write: Write) -> None:
    calls = [call | {"messages": [{"role": "user", "time": 1}]} for call in CALLS]
    right = figures(write(json.dumps(CALLS), "a.json"))
    assert figures(write(json.dumps(calls), "b.json")) == right
