"""The same usage counts once, however it was exported, split or ordered."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from frame.store.ledgers import add
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw

Write = Callable[..., Path]
HEAD = "start,org,project,input_tokens,cost"
ROWS = [
    f"2026-02-22T10:{n % 60:02}:00Z,o{n % 3},p,{n % 7},0.{n % 10}" for n in range(100)
]


def read(ledger: Any, **words: Any) -> mw.UsageFrame:
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(ledger, prices=book, rejects=None, **words)


def text(rows: list[str]) -> str:
    return "\n".join([HEAD, *rows]) + "\n"


def figures(usage: mw.UsageFrame) -> list[dict[str, Any]]:
    cells = usage.to_arrow().to_pylist()
    return sorted(cells, key=lambda cell: json.dumps(cell, default=str, sort_keys=True))


def test_a_file_that_is_named_twice_counts_once(write: Write) -> None:
    path = write(text(ROWS))
    twice = read([path, str(path)])
    assert (twice.quality.records, twice.quality.duplicates) == (100, 100)
    assert figures(twice) == figures(read(path))


def test_two_exports_that_overlap_count_their_rows_once(write: Write) -> None:
    first, second = write(text(ROWS[:70]), "a.csv"), write(text(ROWS[40:]), "b.csv")
    both = read([first, second])
    assert (both.quality.records, both.quality.duplicates) == (100, 30)
    assert figures(both) == figures(read(write(text(ROWS))))


def test_an_export_and_its_parquet_count_once(write: Write, tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    path = write(text(ROWS))
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), tmp_path / "a.parquet")
    assert read(tmp_path).quality.duplicates == 100


def test_two_equal_rows_of_one_file_are_two_requests(write: Write) -> None:
    path = write(text(ROWS[:1] * 3))
    assert read(path).quality.records == 3
    assert read([path, path]).quality.records == 3
    other = write(text(ROWS[:1] * 5), "b.csv")
    both = read([path, other])
    assert (both.quality.records, both.quality.duplicates) == (5, 3)


def test_rows_that_differ_only_in_where_a_comma_stands_are_two(write: Write) -> None:
    rows = [{"start": "2026-02-22", "org": "a", "project": "b, c", "cost": 1},
            {"start": "2026-02-22", "org": "a, b", "project": "c", "cost": 1}]  # fmt: skip
    paths = [write(json.dumps(row), f"{n}.jsonl") for n, row in enumerate(rows)]
    assert read(paths).quality.duplicates == 0


def test_null_and_the_word_for_it_are_the_same_but_not_an_empty_cell_of_another(
    write: Write,
) -> None:
    a = write("start,org,project,cost\n2026-02-22,None,x,1\n", "a.csv")
    b = write("start,org,project,cost\n2026-02-22,,x,1\n", "b.csv")
    c = write("start,org,project,cost\n2026-02-22,x,,1\n", "c.csv")
    usage = read([a, b, c])
    assert (usage.quality.records, usage.quality.duplicates) == (2, 1)


def test_an_id_that_was_guessed_is_one_with_its_whole_row_only(write: Write) -> None:
    """An "id" may be that of a session or of a customer."""
    rows = "start,id,cost\n2026-02-22,x,1\n2026-02-22,x,2\n2026-02-22,x,2\n"
    usage = read(write(rows))
    assert (usage.quality.records, usage.quality.duplicates) == (2, 1)


def test_a_sources_own_id_is_one_across_its_files(write: Write) -> None:
    base = {"startTime": "2026-02-22 10:00:00", "spend": 1, "prompt_tokens": 1}
    first = [base | {"request_id": f"r{n}"} for n in range(5)]
    later = [base | {"request_id": f"r{n}", "spend": 2} for n in range(3, 8)]
    a, b = write(json.dumps(first), "a.json"), write(json.dumps(later), "b.json")
    usage = read([a, b])
    assert (usage.quality.records, usage.quality.duplicates) == (8, 2)
    assert usage.select().sums()["unsplit_cost"] == 11_000_000_000


def test_a_row_without_an_id_in_a_source_with_ids_is_counted(write: Write) -> None:
    base = {"startTime": "2026-02-22 10:00:00", "spend": 1, "prompt_tokens": 1}
    rows = [base | {"request_id": each} for each in ("r1", None, None, "r1")]
    path = write(json.dumps(rows), "a.json")
    assert read(path).quality.records == 3
    assert read([path, path]).quality.records == 3


def test_ids_of_different_sources_are_different(write: Write) -> None:
    lite = {"startTime": "2026-02-22 10:00:00", "spend": 1, "request_id": "r1"}
    table = {"start": "2026-02-22 10:00:00", "cost": 1, "record_id": "r1"}
    paths = [write(json.dumps(lite), "a.json"), write(json.dumps(table), "b.json")]
    assert read(paths).quality.records == 2


def test_a_dataframe_that_is_given_twice_counts_once() -> None:
    table = pa.table({"start": ["2026-02-22"] * 2, "cost": [1, 2]})
    assert read([table, table]).quality.records == 2


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), parts=st.integers(1, 4))
def test_neither_the_order_nor_the_files_change_a_figure(
    write: Write, seed: int, parts: int
) -> None:
    chance = random.Random(seed)
    shuffled = chance.sample(ROWS, len(ROWS))
    # files of one ledger hold no row twice, unless a request did happen twice
    where = {row: chance.randrange(parts) for row in shuffled}
    paths = [
        write(
            text([row for row in shuffled if where[row] == part]), f"{seed}/{part}.csv"
        )
        for part in range(parts)
    ]
    paths = [path for path in paths if path.read_text().count("\n") > 1]
    assert figures(read(chance.sample(paths, len(paths)))) == figures(
        read(write(text(ROWS), f"{seed}/whole.csv"))
    )


TRACE, SPAN = "5b8aa5a2d2c872e8321cf37308d69df2", "0515 81bf 3cb5 5c13".replace(" ", "")


def base64_of(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def otlp(trace: str, span: str) -> str:
    attributes = [
        {"key": key, "value": {"intValue": str(value)}}
        for key, value in SPAN_USAGE.items()
    ]
    found = {"traceId": trace, "spanId": span, "startTimeUnixNano": "1771754400000000000",
             "endTimeUnixNano": "1771754401000000000", "attributes": attributes}  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [found]}]}]})


def jaeger(trace: str, span: str) -> str:
    tags = [{"key": k, "type": "int64", "value": v} for k, v in SPAN_USAGE.items()]
    found = {"traceID": trace, "spanID": span, "startTime": 1771754400000000,
             "duration": 1000000, "tags": tags, "references": []}  # fmt: skip
    return json.dumps({"data": [{"traceID": trace, "spans": [found], "processes": {}}]})


def console(trace: str, span: str) -> str:
    context = {"trace_id": f"0x{trace}", "span_id": f"0x{span}"}
    return json.dumps(
        {"context": context, "parent_id": None, "start_time": "2026-02-22T10:00:00Z",
         "end_time": "2026-02-22T10:00:01Z", "attributes": SPAN_USAGE}
    )  # fmt: skip


SPAN_USAGE = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100}
SPANS = {
    "base64": otlp(base64_of(TRACE), base64_of(SPAN)),
    "capitals": otlp(TRACE.upper(), SPAN.upper()),
    "jaeger": jaeger(TRACE, SPAN.lstrip("0")),
    "console": console(TRACE, SPAN),
}


@pytest.mark.parametrize("other", SPANS)
def test_a_span_that_was_exported_twice_counts_once(write: Write, other: str) -> None:
    write(otlp(TRACE, SPAN), "l/a.json")
    usage = read(write(SPANS[other], "l/b.json").parent)
    assert (usage.quality.records, usage.quality.duplicates) == (1, 1)
    assert usage.select().sums()["input_tokens"] == 1000


SHARDS = [f"2026-02-22T10:{n:02}:00Z,emb,512,0,0.00001,u1" for n in range(60)] * 4
SHARD_HEAD = "time,model,input_tokens,output_tokens,cost,user"
SHARD_NOTE = (
    "table: 120 duplicates left out (61,440 tokens and 0.001200000 USD): each is equal "
    "to a row of another file and has no id"
)


def shards(folder: str, suffix: str = "csv") -> list[Path]:
    """An export of 240 requests in two files, each with 120 of them."""
    paths = []
    for name in "ab":
        path = Path(folder) / f"{name}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        opened = gzip.open if suffix.endswith("gz") else open
        with opened(path, "wt") as stream:
            stream.write("\n".join([SHARD_HEAD, *SHARDS[:120]]) + "\n")
        paths.append(path)
    return paths


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
@pytest.mark.parametrize("ledger", ["l", "l/*", "names"])
def test_what_shards_lose_is_said_however_they_are_named(
    suffix: str, ledger: str
) -> None:
    paths = shards("l", suffix)
    usage = read(paths if ledger == "names" else ledger)
    assert (usage.quality.records, usage.quality.duplicates) == (120, 120)
    assert any(note.startswith(SHARD_NOTE) for note in usage.quality.notes)


def test_what_shards_lose_is_said_by_a_store_that_gets_them_one_by_one() -> None:
    first, second = shards("l")
    add(Path("s.meter"), first)
    added = add(Path("s.meter"), second)
    assert (added.records, added.duplicates) == (0, 120)
    assert any(note.startswith(SHARD_NOTE) for note in added.notes)
    stored = mw.open_store(Path("s.meter")).quality
    assert any(note.startswith(SHARD_NOTE) for note in stored.notes)
