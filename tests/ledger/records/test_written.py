"""When a ledger was written: what it says itself, its archive, the file."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
ROW = {"timestamp": "2026-02-22T10:00:00Z", "model": "m", "input_tokens": 5, "cost": 1}
CSV = "timestamp,model,input_tokens,cost{}\n2026-02-22T10:00:00Z,m,5,1{}\n"
AT = datetime(2026, 2, 22, 12, tzinfo=UTC)


def written(ledger: Any, **words: Any) -> datetime:
    return mw.read_usage(ledger, rejects=None, **words).coverage.written


@pytest.mark.parametrize(
    "around",
    [{"exported_at": "2026-02-22T12:00:00Z"}, {"metadata": {"generatedAt": 1771761600}},
     {"meta": {"report_generated_at": "2026-02-22T13:00:00+01:00"}},
     {"report": {"generated_at": 1771761600000}}],
)  # fmt: skip
def test_an_answer_says_itself_when_it_was_exported(
    write: Write, around: dict[str, Any]
) -> None:
    path = write(
        json.dumps({"data": [ROW, ROW | {"input_tokens": 6}], **around}), "a.json"
    )
    usage = mw.read_usage(path, rejects=None)
    assert (usage.coverage.written, usage.coverage.is_partial) == (AT, True)


def test_a_page_of_a_known_format_says_itself_when_it_was_exported(
    write: Write,
) -> None:
    page = {
        "object": "page", "exported_at": "2026-02-22T12:00:00Z", "has_more": False,
        "data": [{"object": "bucket", "start_time": 1771747200, "end_time": 1771833600,
                  "results": [{"object": "organization.usage.completions.result",
                               "input_tokens": 5, "output_tokens": 1,
                               "num_model_requests": 1, "model": "m"}]}],
    }  # fmt: skip
    assert written(write(json.dumps(page), "a.json")) == AT


def test_a_column_says_when_its_rows_were_exported(write: Write) -> None:
    path = write(CSV.format(",exported_at", ",2026-02-22T12:00:00Z"), "a.csv")
    assert written(path) == AT


@pytest.mark.parametrize(
    ("name", "value"),
    [("created_at", "2026-02-22T12:00:00Z"), ("generated_at", "2026-02-22T12:00:00Z"),
     ("exported_at", "2026-02-22"), ("exported_at", "soon"), ("exported_at", "2099-01-01T00:00:00Z")],
)  # fmt: skip
def test_other_times_and_dates_alone_say_nothing(
    write: Write, name: str, value: str
) -> None:
    path = write(CSV.format(f",{name}", f",{value}"), "a.csv")
    os.utime(path, (1_771_900_000, 1_771_900_000))
    assert written(path).timestamp() == 1_771_900_000


def test_a_reader_knows_better_than_the_export(write: Write) -> None:
    path = write(CSV.format(",exported_at", ",2026-02-22T12:00:00Z"), "a.csv")
    assert written(path, written="2026-02-23") == datetime(2026, 2, 23, tzinfo=UTC)


def test_an_archive_knows_when_its_file_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    text = CSV.format("", "").encode()
    path.write_bytes(gzip.compress(text, mtime=int(AT.timestamp())))
    assert written(path) == AT
    late = CSV.format("", "").replace("10:00", "13:00").split("\n")[1] + "\n"
    path.write_bytes(
        gzip.compress(text, mtime=int(AT.timestamp())) + gzip.compress(late.encode())
    )
    os.utime(path, (1_771_900_000, 1_771_900_000))
    assert written(path).timestamp() == 1_771_900_000
    path.write_bytes(gzip.compress(text, mtime=0))
    os.utime(path, (1_771_900_000, 1_771_900_000))
    assert written(path).timestamp() == 1_771_900_000


def test_the_note_on_a_finished_day_says_how_the_time_is_known(write: Write) -> None:
    path = write(CSV.format(",exported_at", ",2026-02-23T12:00:00Z"), "a.csv")
    notes = mw.read_usage(path, rejects=None).coverage.notes
    assert any("the ledger says that it was exported on 2026-02-23" in n for n in notes)
