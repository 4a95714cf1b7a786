"""Large Parquet files are read where they are, and give what their copies give."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw
from ledger.figures import read
from ledger.test_fuzz import KINDS, column
from ledger.test_many_files import told
from meterwidgets.errors import LedgerError
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.engine import progress
from meterwidgets.ledger.loading import parquet_view
from meterwidgets.ledger.records.plan import LedgerSpec

WAYS = {"where it is": 0, "copied": 1 << 60}
GOOD = {"time": "2026-02-22T10:00:00", "model": "m", "prompt_tokens": 10, "cost": 0.5,
        "user": "u", "request_id": "r-1"}  # fmt: skip


@pytest.fixture
def same(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Any]:
    """What something gives, whichever way Parquet is read."""

    def check(ask: Callable[[], Any]) -> Any:
        found = []
        for large in WAYS.values():
            monkeypatch.setattr(parquet_view, "LARGE", large)
            found.append(ask())
        assert found[0] == found[1]
        return found[0]

    return check


def write(path: Path, *rows: dict[str, Any]) -> Path:
    """A Parquet file of a few rows."""
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return path


def test_rows_notes_rejects_and_duplicates_are_those_of_a_copy(
    tmp_path: Path, same: Callable[[Callable[[], Any]], Any]
) -> None:
    bad = GOOD | {"prompt_tokens": -1, "request_id": "r-2"}
    late = GOOD | {"time": "2026-03-22T10:00:00Z", "request_id": "r-3"}
    write(tmp_path / "a.parquet", GOOD, bad, late)
    write(tmp_path / "b.parquet", GOOD, late | {"user": "other"}, GOOD | {"cost": None})
    write(tmp_path / "c.parquet", GOOD | {"prompt_tokens": 1.5}, GOOD)
    quality, rejects, cells = same(lambda: told(tmp_path))
    assert (quality.records, quality.rejected, quality.duplicates) == (4, 0, 4)
    assert [(each["line"], each["kept"]) for each in rejects] == [(2, True), (1, True)]
    assert sum(cell["records"] for cell in cells) == 4


def test_columns_of_any_type_give_what_their_copies_give(
    tmp_path: Path, same: Callable[[Callable[[], Any]], Any]
) -> None:
    dice = random.Random(5)
    names = ("time", "prompt_tokens", "output_tokens", "cost", "user", "model")
    for turn in range(2):
        table = {name: column(dice.choice(KINDS), 20, dice) for name in names}
        if turn % 2:
            table["time"] = pa.array([1771754400 + number for number in range(20)])
        path = tmp_path / f"{turn}.parquet"
        pq.write_table(pa.table(table), path)

        def ask(path: Path = path) -> Any:
            try:
                return told(path)
            except LedgerError as error:
                return str(error)

        same(ask)


def test_a_store_has_the_same_records_either_way(
    tmp_path: Path, same: Callable[[Callable[[], Any]], Any]
) -> None:
    later = GOOD | {"time": "2026-03-01T00:10:00+02:00", "request_id": "r-4"}
    first = write(tmp_path / "a.parquet", GOOD, later, GOOD | {"time": None})
    second = write(tmp_path / "b.parquet", GOOD, later | {"request_id": "r-5"})
    stores = iter("ab")

    def ask() -> Any:
        store = tmp_path / f"{next(stores)}.meter"
        added = [
            ingest([LedgerSpec([each], tz="Asia/Tokyo")], store)
            for each in (first, second, first)
        ]
        months = sorted(path.parent.name for path in store.glob("records/*/*"))
        usage = mw.open_store(store)
        return added, months, usage.select().sums(), usage.to_arrow().num_rows

    added, months, sums, _ = same(ask)
    assert [each.records for each in added] == [2, 1, 0]
    assert months == ["2026-02", "2026-02"] and sums["records"] == 3


@pytest.mark.parametrize("large", WAYS.values(), ids=WAYS)
def test_one_of_several_that_is_torn_is_named_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(parquet_view, "LARGE", large)
    rows = [GOOD | {"request_id": f"r-{number}"} for number in range(1000)]
    write(tmp_path / "a.parquet", *rows)
    torn = write(tmp_path / "b.parquet", *rows)
    data = bytearray(torn.read_bytes())
    data[4:200] = os.urandom(196)
    torn.write_bytes(data)
    quality = read([tmp_path / "a.parquet", torn]).quality
    assert quality.records == len(rows)
    assert [note for note in quality.notes if "b.parquet: left out: can't be" in note]
    with pytest.raises(LedgerError, match=r"b\.parquet: can't be read"):
        read(torn)


def test_one_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_view, "LARGE", 0)
    path = write(tmp_path / "a.parquet", GOOD)

    def change(done: progress.Done) -> None:
        if done.rows:  # they were counted: every value was looked at once
            os.utime(path, ns=(1, 1))

    with pytest.raises(LedgerError, match="changed while it was read; read it again"):
        read(path, progress=change)


def test_progress_moves_inside_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_INTERVAL_S", 0.01)
    path = tmp_path / "a.csv"
    with path.open("w") as stream:
        stream.write("time,model,prompt_tokens\n")
        stream.writelines(f"2026-02-22T10:00:00Z,m,{each}\n" for each in range(200_000))
    seen: list[int] = []
    read(path, progress=lambda done: seen.append(done.bytes))
    assert seen == sorted(seen) and seen[-1] == path.stat().st_size
    assert any(0 < each < seen[-1] for each in seen)


ODD = {
    "time": [None, datetime(1999, 12, 31, 23, 59), datetime(2100, 1, 1)],
    "prompt_tokens": [None, -1, 10**15, 10**15 + 1],
    "cost": [None, -0.5, float("nan"), float("inf"), 1e-10, 0.1 + 0.2, 2e6],
    "user": [None, " u", "u\n", "None", ""],
    "model": ["nan"],
    "request_id": [None, " r-1 "],
    "currency": ["usd", "dollars", ""],
    "cache_read_tokens": [10, 11],
}
ALONE = [
    pytest.param(field, [value], marks=pytest.mark.slow, id=f"{field} {value!r}")
    for field, values in ODD.items()
    for value in values
]


@pytest.mark.parametrize(("field", "values"), [*ODD.items(), *ALONE])
def test_odd_values_in_one_of_good_columns_are_read_as_in_a_copy(
    tmp_path: Path,
    same: Callable[[Callable[[], Any]], Any],
    field: str,
    values: list[Any],
) -> None:
    good = GOOD | {
        "time": datetime(2026, 2, 22, 10),
        "currency": "USD",
        "cache_read_tokens": 1,
    }
    rows = [good | {"request_id": f"r-{number}"} for number in range(2, 6)]
    odd = [good | {"request_id": f"odd-{n}", field: each}
           for n, each in enumerate(values)]  # fmt: skip
    path = write(tmp_path / "a.parquet", *rows, *odd, *rows[:1])
    book = mw.PriceBook(catalogue=False)

    def ask() -> Any:
        usage = mw.read_usage(path, rejects=None, prices=book)
        found = usage.select()
        return usage.quality, found.sums(), found.by("user"), found.by("model")

    quality, sums, *_ = same(ask)
    assert sums["records"] == quality.records >= 4
