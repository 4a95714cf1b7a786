"""Files that are read at once give what they give one by one, and say the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw
from ledger.sources.test_codex import turn
from ledger.sources.test_recognition import MADE
from meterwidgets.errors import MeterError
from meterwidgets.ledger.engine.progress import Done
from meterwidgets.ledger.loading import loader

from .figures import read

Write = Callable[..., Path]
HEAD = "start,model,input_tokens,cost\n"
GOOD = "2026-02-22T10:00:00Z,m,10,0.5\n"
LINE = '{"start": "2026-02-22T10:00:00Z", "model": "m", "input_tokens": 10, "cost": 1}'


def told(ledger: Any) -> tuple[Any, ...]:
    """Everything that is said of a ledger, and its cells."""
    usage = read(ledger)
    cells = usage.to_arrow()
    order = [(name, "ascending") for name in cells.column_names]
    return usage.quality, usage.quality.rejects, cells.sort_by(order).to_pylist()


@pytest.fixture
def same(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], tuple[Any, ...]]:
    """Read a ledger at once and file by file; both are the same."""

    def check(ledger: Any) -> tuple[Any, ...]:
        at_once = told(ledger)
        with monkeypatch.context() as patch:
            patch.setattr(loader, "BATCH_BYTES", 0)
            assert told(ledger) == at_once
        return at_once

    return check


def test_lines_notes_and_rejects_are_those_of_each_csv_file(
    write: Write, tmp_path: Path, same: Callable[[Any], tuple[Any, ...]]
) -> None:
    write(HEAD + GOOD + "torn\n" + GOOD + "x,m,1,1\n", "[a].csv")
    write(HEAD + "\n" + GOOD * 2 + "2026-02-22T10:00:00,m,-1,1\n", "b.csv")
    write((HEAD + GOOD + "torn\n" + "y,m,1,1\n").replace("\n", "\r\n"), "c.csv")
    write(b"\xef\xbb\xbf" + (HEAD + "2026-02-22 10:00,m,1,1\n").encode(), "d.csv")
    write("\n" + HEAD + GOOD + "z,m,1,1\n", "e.csv")
    write(HEAD.replace(",", ";") + GOOD.replace(",", ";") + "z;m;1;1\n", "f.csv")
    write(gzip.compress((HEAD + GOOD + "torn\nz,m,1,1\n").encode()), "g.csv.gz")
    write(HEAD + '2026-02-22T10:00:00Z,"a\nb",1,1\n' + "v,m,1,1\n", "h.csv")
    write(HEAD + "2026-02-22T10:00:00Z,m\xe9,1,1\n" + "v,m,1,1\n", "i.csv")
    write(
        (HEAD + "2026-02-22T10:00:00Z,\xe9,1,1\nv,m,1,1\n").encode("latin-1"), "j.csv"
    )
    quality, rejects, _ = same(tmp_path)
    places = {(Path(each["file"]).name, each["line"]) for each in rejects}
    assert places == {
        ("[a].csv", 3), ("[a].csv", 5), ("b.csv", 5), ("c.csv", 3), ("c.csv", 4),
        ("e.csv", 4), ("f.csv", 3), ("g.csv.gz", 3), ("g.csv.gz", 4), ("h.csv", 4),
        ("i.csv", 3), ("j.csv", 2), ("j.csv", 3),
    }  # fmt: skip
    zones = "b.csv, line 5, and 1 more file: no time zone; 2 timestamps"
    assert [note for note in quality.notes if zones in note]


def test_lines_notes_and_rejects_are_those_of_each_json_file(
    write: Write, tmp_path: Path, same: Callable[[Any], tuple[Any, ...]]
) -> None:
    write(f"{LINE}\n[1]\n{LINE}\n" + '{"start": "x"}\n', "a.jsonl")
    write(f"# exported\n\n{LINE}\n" + '{"start": "y"}', "b.jsonl")
    write(f"{LINE}\r\n" + '{"start": "z"}\r\n', "c.jsonl")
    write(gzip.compress((LINE + '\n{"start": "v"}\n').encode()), "d.jsonl.gz")
    write(f'[{LINE}, 5, {{"start": "w"}}]', "e.json")
    write(f'[{LINE}, {{"start": "w"}}]', "f.json")
    write(json.dumps(json.loads(LINE), indent=1) + "\n" + LINE, "g.json")
    _, rejects, _ = same(tmp_path)
    places = [(Path(each["file"]).name, each["line"]) for each in rejects]
    assert places == [
        ("a.jsonl", 2), ("a.jsonl", 4), ("b.jsonl", 1), ("b.jsonl", 4), ("c.jsonl", 2),
        ("d.jsonl.gz", 2), ("e.json", 2), ("e.json", 3), ("f.json", 2),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("source", sorted(MADE.keys() - {"codex", "otel_metrics"}))
def test_copies_of_a_ledger_are_the_same_usage_in_every_format(
    write: Write,
    tmp_path: Path,
    source: str,
    same: Callable[[Any], tuple[Any, ...]],
) -> None:
    kind = "json" if MADE[source].lstrip()[0] in "[{" else "csv"
    for number in range(3):
        write(MADE[source], f"{number}.{kind}")
    quality, *_ = same(tmp_path)
    assert quality.records == read(tmp_path / f"0.{kind}").quality.records


def test_what_a_session_carries_on_ends_with_its_file(
    write: Write, tmp_path: Path, same: Callable[[Any], tuple[Any, ...]]
) -> None:
    event = {"timestamp": "2026-02-22T10:00:00Z", "type": "event_msg"}
    for number, model in enumerate(["m-1", None, "m-3"]):
        usage = {"input_tokens": 10 + number, "output_tokens": 1, "total_tokens": 0}
        count = {"type": "token_count", "info": {"last_token_usage": usage}}
        rows = [turn(model)] * (model is not None) + [event | {"payload": count}]
        write("".join(json.dumps(row) + "\n" for row in rows), f"{number}.jsonl")
    *_, cells = same(tmp_path)
    assert {(cell["model"], cell["input_tokens"]) for cell in cells} == {
        ("m-1", 10), (None, 11), ("m-3", 12),
    }  # fmt: skip


def test_tables_of_other_kinds_and_columns_stand_side_by_side(
    tmp_path: Path, same: Callable[[Any], tuple[Any, ...]]
) -> None:
    whole = {"start": ["2026-02-22", "x"], "input_tokens": [1, 2]}
    for number, table in enumerate([
        whole,
        whole | {"input_tokens": [1.0, 2.0]},
        whole | {"filename": ["a", "b"], "file_index": [7, 8]},
        whole,
        whole | {"input_tokens": ["1", "x"]},
    ]):  # fmt: skip
        pq.write_table(pa.table(table), tmp_path / f"{number}.parquet")
    quality, rejects, _ = same(tmp_path)
    assert (quality.records, quality.duplicates, quality.rejected) == (1, 4, 5)
    assert {each["line"] for each in rejects} == {2}


@pytest.mark.slow
def test_the_first_copy_counts_whichever_is_read_first(
    write: Write, tmp_path: Path, same: Callable[[Any], tuple[Any, ...]]
) -> None:
    """Files of one format are read at once, so that their order isn't the given one."""
    spend = json.loads(MADE["litellm"])[0]
    write(json.dumps([spend]), "a.json")
    write(json.dumps(spend | {"spend": 2}) + "\n", "b.jsonl")
    write(json.dumps([spend | {"request_id": "other"}]), "c.json")
    write(json.dumps(spend | {"spend": 3}) + "\n", "d.jsonl")
    found = {path.name[0]: path for path in tmp_path.iterdir()}
    for order in ("abcd", "dcba", "bacd"):
        *_, cells = same([found[name] for name in order])
        *_, expected = told([found[order[0]], found["c"]])
        assert cells == expected


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("m.json", '[{"start": "2026-02-22", "cost": 1}, {"start": "2026-'),
        ("m.csv.gz", gzip.compress((HEAD + GOOD * 9_000).encode())[:-90]),
        ("m.csv", HEAD + GOOD + GOOD.replace("\n", "\r\n") + GOOD),
        ("m.parquet", b"PAR1 and no more"),
    ],
)
def test_one_file_that_can_not_be_read_among_many_is_named(
    write: Write, tmp_path: Path, name: str, bad: str | bytes
) -> None:
    for number in range(4):
        write(HEAD + GOOD, f"{number}.csv")
        write(f"[{LINE}]", f"{number}.json")
        write(gzip.compress((HEAD + GOOD).encode()), f"{number}.csv.gz")
    write(bad, name)
    quality = mw.read_usage(tmp_path, rejects=None).quality
    assert any(note.startswith(f"{name}: left out: ") for note in quality.notes)
    assert quality.records + quality.duplicates == 12
    with pytest.raises(MeterError) as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_progress_moves_by_bytes_to_the_size_of_the_files(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [
        write(HEAD + GOOD * number, f"{number}.csv").stat().st_size
        for number in range(1, 5)
    ]
    seen: list[Done] = []
    monkeypatch.setattr(loader, "BATCH_BYTES", 0)
    read(tmp_path, progress=seen.append)
    done = [step.bytes for step in seen]
    assert done == sorted(done) and {step.of for step in seen} == {sum(sizes)}
    assert (seen[-1].bytes, seen[-1].rows) == (sum(sizes), 10)
