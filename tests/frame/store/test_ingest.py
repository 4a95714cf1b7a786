"""A store has the figures of its ledgers, in whatever steps they were ingested."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from frame.store.ledgers import (
    add,
    claude_message,
    figures,
    jsonl,
    read_at_once,
    spend_logs,
)
from meterwidgets.errors import LedgerError
from meterwidgets.frame.store import manifest

STORE = Path("usage.meter")


def parts(month: str = "*") -> list[Path]:
    return sorted(STORE.glob(f"records/{month}/*.parquet"))


def records() -> list[tuple[object, ...]]:
    names = [str(path) for path in parts()]
    return duckdb.execute(
        "SELECT record_id, cost_basis FROM read_parquet(?)", [names]
    ).fetchall()


def test_a_store_has_the_figures_of_its_ledgers() -> None:
    ledger = jsonl(Path("a.jsonl"), spend_logs(2_000))
    added = add(STORE, ledger)
    assert (added.records, added.duplicates, added.rejected) == (2_000, 0, 0)
    assert figures(mw.open_store(STORE)) == figures(read_at_once([ledger]))


def test_an_unchanged_file_is_not_read_again() -> None:
    ledger = jsonl(Path("a.jsonl"), spend_logs(300))
    add(STORE, ledger)
    before = figures(mw.open_store(STORE))
    again = add(STORE, ledger)
    assert (again.records, again.read, again.unchanged) == (0, 0, 1)
    assert figures(mw.open_store(STORE)) == before


def test_each_month_is_rolled_up_with_its_own_currencies_and_names() -> None:
    rows = [
        {"time": f"2026-{month:02}-03T10:00:00Z", "model": f"m-{month}", "user": user,
         "currency": currency, "prompt_tokens": month, "cost": cost}
        for month, currency, user, cost in (
            (1, "EUR", "a", "1.5"), (2, "USD", None, "0.25"), (4, "USD", "b", None),
        )
    ]  # fmt: skip
    jsonl(Path("a.jsonl"), rows)
    jsonl(
        Path("b.jsonl"), [*rows[:2], rows[1] | {"model": "late"}, claude_message(9, 1)]
    )
    jsonl(Path("c.jsonl"), [claude_message(12, 2)])
    for name in ("a", "b", "c"):
        add("usage.meter", f"{name}.jsonl")
    found = figures(mw.open_store("usage.meter"))
    assert found == figures(read_at_once(sorted(Path().glob("?.jsonl"))))


def test_a_late_record_only_rewrites_its_month() -> None:
    rows = spend_logs(500)
    add(STORE, jsonl(Path("a.jsonl"), rows))
    before = {path: path.stat().st_ino for path in STORE.rglob("records/*/*")}
    before |= {path: path.stat().st_ino for path in STORE.rglob("cube/*/*")}
    late = spend_logs(1, first=900)[0] | {"startTime": "2026-02-03T04:05:06"}
    add(STORE, jsonl(Path("late.jsonl"), [late]))
    after = {path: path.stat().st_ino for path in before if path.exists()}
    assert all("2026-02" in str(path) for path in before.keys() - after.keys())
    assert after.items() <= before.items()
    assert len(parts("2026-02")) == 2
    assert figures(mw.open_store(STORE)) == figures(
        read_at_once(["a.jsonl", "late.jsonl"])
    )


def test_stored_costs_stay_when_prices_change() -> None:
    rows = [row | {"spend": 0} for row in spend_logs(50)]
    add(STORE, jsonl(Path("a.jsonl"), rows))
    before = mw.open_store(STORE).select().sums()
    dearer = mw.PriceBook.parse(
        [{"model": "m-*", "input": "9", "output": "9"}], catalogue=False
    )
    late = [row | {"spend": 0} for row in spend_logs(1, first=900)]
    add(STORE, jsonl(Path("b.jsonl"), late), book=dearer)
    after = mw.open_store(STORE).select().sums()
    tokens = (
        after["input_tokens"] - before["input_tokens"],
        after["output_tokens"] - before["output_tokens"],
    )
    assert after["input_cost"] - before["input_cost"] == tokens[0] * 9_000
    assert after["output_cost"] - before["output_cost"] == tokens[1] * 9_000


@pytest.mark.slow
def test_many_small_parts_become_one_without_changing_a_figure() -> None:
    rows = spend_logs(60, days=20)
    paths = [jsonl(Path(f"{n}.jsonl"), rows[n * 5 : n * 5 + 5]) for n in range(12)]
    for path in paths:
        add(STORE, path)
        assert len(parts("2026-01")) <= 9
    assert sorted(row for row, _ in records()) == sorted(
        row["request_id"] for row in rows
    )
    assert figures(mw.open_store(STORE)) == figures(read_at_once(paths))


def test_a_store_over_two_days_has_buckets_of_15_minutes() -> None:
    rows = spend_logs(100, days=1)
    add(STORE, jsonl(Path("a.jsonl"), rows))
    assert mw.open_store(STORE).cube.grain_s == 60
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(100, first=500)))
    usage = mw.open_store(STORE)
    assert usage.cube.grain_s == 900
    assert figures(usage) == figures(read_at_once(["a.jsonl", "b.jsonl"]))


def test_rejected_rows_are_kept_until_their_file_is_read_again() -> None:
    rows = spend_logs(3)
    ledger = jsonl(
        Path("a.jsonl"),
        [rows[0], rows[1] | {"startTime": "yesterday"}, '{"request_id": "torn'],
    )
    added = add(STORE, ledger, jsonl(Path("b.jsonl"), spend_logs(4, first=50)))
    assert (added.records, added.rejected) == (5, 2)
    (kept,) = STORE.glob("rejects/*.jsonl")
    reasons = {json.loads(line)["reason"] for line in kept.read_text().splitlines()}
    assert "is not a time" in reasons
    assert mw.open_store(STORE).quality.rejected == 2
    add(STORE, jsonl(ledger, rows))
    usage = mw.open_store(STORE)
    assert (usage.quality.records, usage.quality.rejected) == (7, 0)
    assert usage.quality.duplicates == 0


def test_a_doubtful_field_is_kept_with_its_record() -> None:
    rows = spend_logs(2)
    added = add(
        STORE, jsonl(Path("a.jsonl"), [rows[0], rows[1] | {"prompt_tokens": -5}])
    )
    assert (added.records, added.rejected) == (2, 0)
    (kept,) = STORE.glob("rejects/*.jsonl")
    (row,) = map(json.loads, kept.read_text().splitlines())
    assert (row["field"], row["value"], row["kept"]) == ("input_tokens", "-5", True)
    assert "input_tokens is unknown in 1 record" in str(
        mw.open_store(STORE).quality.notes
    )


def test_an_unreadable_file_does_not_keep_others_out() -> None:
    good = [jsonl(Path(f"{n}.jsonl"), spend_logs(10, first=n * 10)) for n in range(5)]
    bad = jsonl(Path("bad.json"), ['[{"request_id": "torn'])
    added = add(STORE, *good[:3], bad, *good[3:])
    assert added.records == 50
    (problem,) = added.problems
    assert "bad.json" in problem
    assert "ends in the middle" in problem


def test_unreadable_files_alone_make_no_store() -> None:
    bad = jsonl(Path("bad.json"), ['[{"request_id": "torn'])
    with pytest.raises(LedgerError, match="ends in the middle"):
        add(STORE, bad)
    with pytest.raises(LedgerError, match="is not a store; make one with"):
        mw.open_store(STORE)


def test_a_folder_with_other_files_does_not_become_a_store() -> None:
    jsonl(STORE / "letters.jsonl", [{"dear": "diary"}])
    with pytest.raises(LedgerError, match="other files and not a store"):
        add(STORE, jsonl(Path("a.jsonl"), spend_logs(1)))


def test_an_open_generation_does_not_change_with_the_next() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(300)))
    opened = mw.open_store(STORE)
    before = figures(opened)
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(300, first=300, seed=8)))
    assert figures(opened) == before
    assert figures(mw.open_store(STORE)) != before


def test_files_of_a_killed_writer_are_removed_by_the_next() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(30)))
    left = STORE / "records" / "2026-01" / "000002.parquet"
    left.write_bytes(b"PAR1 half")
    (STORE / "index" / ".000002-x").mkdir()
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(30, first=30)))
    usage = mw.open_store(STORE)
    assert usage.quality.records == 60
    assert figures(usage) == figures(read_at_once(["a.jsonl", "b.jsonl"]))
    assert not (STORE / "index" / ".000002-x").exists()


def test_a_table_is_added_only_once() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table(
        {
            "time": ["2026-02-22T10:00:00Z"] * 2,
            "model": ["m-1"] * 2,
            "input_tokens": [5, 5],
        }
    )
    assert add(STORE, table).records == 2
    assert add(STORE, table).records == 0


@pytest.mark.slow
@settings(max_examples=6)
@given(
    st.lists(st.integers(0, 59), min_size=1, max_size=90),
    st.lists(st.integers(1, 20), min_size=1, max_size=5),
)
def test_exports_in_any_order_give_the_same_store(
    picks: list[int], sizes: list[int]
) -> None:
    here = Path(f"h-{time.monotonic_ns()}")
    rows = spend_logs(60, days=70)
    dice = random.Random(sum(sizes))
    paths, rest = [], [rows[pick] for pick in picks]
    while rest:
        size = sizes[len(paths) % len(sizes)]
        paths.append(jsonl(here / f"{len(paths)}.jsonl", rest[:size]))
        rest = rest[size:]
    dice.shuffle(paths)
    for path in paths:
        add(here / "s.meter", path)
    usage = mw.open_store(here / "s.meter")
    assert usage.quality.records == len(set(picks))
    assert figures(usage) == figures(read_at_once(paths))


def test_files_in_a_store_are_not_ledgers() -> None:
    jsonl(Path("a.jsonl"), spend_logs(20))
    add(STORE, "a.jsonl")
    again = add(STORE, ".")  # the folder that holds the ledger and the store
    assert (again.records, again.unchanged) == (0, 1)
    with pytest.raises(LedgerError, match="is a store, and its ledgers are in it"):
        add("other.meter", STORE)


def test_an_interrupt_right_after_publishing_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jsonl(Path("a.jsonl"), spend_logs(20))
    publish = manifest.publish

    def interrupted(folder: Path, made: manifest.Manifest) -> None:
        publish(folder, made)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(manifest, "publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            add(STORE, "a.jsonl")
    assert figures(mw.open_store(STORE)) == figures(read_at_once(["a.jsonl"]))


def test_a_store_whose_first_ingest_was_killed_says_so() -> None:
    part = STORE / "records" / "2026-01" / "000001.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"PAR1 half")
    (STORE / ".lock").touch()
    with pytest.raises(LedgerError, match="first ingest has not finished; run it"):
        mw.read_usage(STORE)
