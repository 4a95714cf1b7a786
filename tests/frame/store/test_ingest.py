"""A store holds what reading the same ledgers at once gives, however it came in."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from frame.store.ledgers import add, figures, jsonl, read_at_once, spend_logs
from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube import build
from meterwidgets.frame.store import manifest

STORE = Path("usage.meter")


def parts(month: str = "*") -> list[Path]:
    return sorted(STORE.glob(f"records/{month}/*.parquet"))


def records() -> list[tuple[object, ...]]:
    names = [str(path) for path in parts()]
    return duckdb.execute(
        "SELECT record_id, cost_basis FROM read_parquet(?)", [names]
    ).fetchall()


def test_a_store_has_the_figures_of_a_reading_at_once() -> None:
    ledger = jsonl(Path("a.jsonl"), spend_logs(2_000))
    added = add(STORE, ledger)
    assert (added.records, added.duplicates, added.rejected) == (2_000, 0, 0)
    assert figures(mw.open_store(STORE)) == figures(read_at_once([ledger]))


def test_the_same_file_adds_nothing_and_is_not_read() -> None:
    ledger = jsonl(Path("a.jsonl"), spend_logs(300))
    add(STORE, ledger)
    before = figures(mw.open_store(STORE))
    again = add(STORE, ledger)
    assert (again.records, again.read, again.unchanged) == (0, 0, 1)
    assert figures(mw.open_store(STORE)) == before


def test_the_same_rows_under_another_name_add_nothing() -> None:
    rows = spend_logs(300)
    add(STORE, jsonl(Path("a.jsonl"), rows))
    before = figures(mw.open_store(STORE))
    again = add(STORE, jsonl(Path("b.jsonl"), rows))
    assert (again.records, again.duplicates) == (0, 300)
    assert figures(mw.open_store(STORE)) == before
    assert mw.open_store(STORE).quality.duplicates == 300


def test_a_grown_file_adds_its_new_rows() -> None:
    rows = spend_logs(300)
    ledger = jsonl(Path("a.jsonl"), rows[:200])
    add(STORE, ledger)
    again = add(STORE, jsonl(ledger, rows))
    assert (again.records, again.duplicates) == (100, 200)
    usage = mw.open_store(STORE)
    assert figures(usage) == figures(read_at_once([ledger]))
    assert usage.quality.duplicates == 0  # of the file as it is, none is there twice


def test_equal_rows_without_an_id_are_as_many_as_the_fullest_file_has() -> None:
    row = {
        "timestamp": "2026-02-22T10:00:00Z",
        "model": "m-1",
        "input_tokens": 5,
        "output_tokens": 1,
    }
    add(STORE, jsonl(Path("a.jsonl"), [row, row]))
    again = add(STORE, jsonl(Path("b.jsonl"), [row, row, row]))
    assert (again.records, again.duplicates) == (1, 2)
    assert mw.open_store(STORE).select().sums()["input_tokens"] == 15


def message(output: int, second: int) -> dict[str, object]:
    """A message of Claude Code's around the end of a month."""
    at = datetime(2026, 1, 31, 23, 59, tzinfo=UTC) + timedelta(seconds=second)
    usage = {"input_tokens": 4, "output_tokens": output}
    return {
        "timestamp": at.isoformat(), "type": "assistant",
        "sessionId": "s", "requestId": "q", "isSidechain": False,
        "message": {"id": "m", "model": "m-1", "role": "assistant", "usage": usage},
    }  # fmt: skip


def test_a_month_whose_records_are_all_replaced_is_empty() -> None:
    add(STORE, jsonl(Path("projects/p/s.jsonl"), [message(10, 10)]))
    again = add(STORE, jsonl(Path("projects/p/t.jsonl"), [message(250, 90)]))
    assert (again.records, again.replaced) == (1, 1)
    usage = mw.open_store(STORE)
    assert figures(usage) == figures(read_at_once([Path("projects/p").resolve()]))
    add(STORE, jsonl(Path("projects/p/u.jsonl"), [message(9, 40), message(300, 50)]))
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 300


def test_a_message_that_grew_replaces_what_was_stored_of_it() -> None:
    ledger = Path("projects/p/s.jsonl")
    add(STORE, jsonl(ledger, [message(10, 10)]))
    again = add(STORE, jsonl(ledger, [message(10, 10), message(250, 40)]))
    assert (again.records, again.replaced) == (1, 1)
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 250
    again = add(STORE, jsonl(Path("projects/p/t.jsonl"), [message(90, 20)]))
    assert (again.records, again.duplicates) == (0, 1)
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 250


def openai(kind: str, day: int, **result: object) -> dict[str, object]:
    start = 1_767_225_600 + day * 86_400
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400,
              "results": [{"object": f"organization.{kind}.result", "project_id": "p", **result}]}  # fmt: skip
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


@pytest.mark.parametrize("order", ["usage first", "costs first"])
def test_costs_pay_for_stored_usage_whichever_came_first(order: str) -> None:
    usage = jsonl(
        Path("usage.json"),
        [
            openai(
                "usage.completions",
                3,
                input_tokens=1_000_000,
                output_tokens=10,
                num_model_requests=5,
                model="gpt-5-nano",
            )
        ],
    )
    other = jsonl(
        Path("other.json"),
        [
            openai(
                "usage.completions",
                9,
                input_tokens=1_000_000,
                output_tokens=0,
                num_model_requests=5,
                model="gpt-5-nano",
            )
        ],
    )
    costs = jsonl(
        Path("costs.json"),
        [
            openai(
                "costs",
                3,
                amount={"value": "0.07", "currency": "usd"},
                line_item="gpt-5-nano, input_tokens",
            )
        ],
    )
    add(STORE, other)
    for path in [usage, costs] if order == "usage first" else [costs, usage]:
        add(STORE, path)
    found = mw.open_store(STORE)
    assert figures(found) == figures(read_at_once([other, usage, costs]))
    sums = found.select().sums()
    spent = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert spent == 120_000_000  # 0.07 by the costs, and a million at 0.05
    assert any("nothing is paid for twice" in note for note in found.quality.notes)


@pytest.mark.parametrize("few", [0, 1 << 60], ids=["coded", "added by the engine"])
def test_months_of_other_currencies_and_names_are_rolled_up_each_with_its_own(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(build, "_FEW", few)
    rows = [
        {"time": f"2026-{month:02}-03T10:00:00Z", "model": f"m-{month}", "user": user,
         "currency": currency, "prompt_tokens": month, "cost": cost}
        for month, currency, user, cost in (
            (1, "EUR", "a", "1.5"), (2, "USD", None, "0.25"), (4, "USD", "b", None),
        )
    ]  # fmt: skip
    jsonl(Path("a.jsonl"), rows)
    jsonl(Path("b.jsonl"), [*rows[:2], rows[1] | {"model": "late"}, message(9, 1)])
    jsonl(Path("c.jsonl"), [message(12, 2)])
    for name in ("a", "b", "c"):
        add("usage.meter", f"{name}.jsonl")
    found = figures(mw.open_store("usage.meter"))
    assert found == figures(read_at_once(sorted(Path().glob("?.jsonl"))))


def test_a_late_record_rewrites_its_month_only() -> None:
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


def test_old_costs_stay_when_the_price_list_changes() -> None:
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


def test_many_small_appends_become_one_part_and_change_no_figure() -> None:
    rows = spend_logs(60, days=20)
    paths = [jsonl(Path(f"{n}.jsonl"), rows[n * 5 : n * 5 + 5]) for n in range(12)]
    for path in paths:
        add(STORE, path)
        assert len(parts("2026-01")) <= 9
    assert sorted(row for row, _ in records()) == sorted(
        row["request_id"] for row in rows
    )
    assert figures(mw.open_store(STORE)) == figures(read_at_once(paths))


def test_a_store_that_grows_past_two_days_goes_on_in_quarters_of_an_hour() -> None:
    rows = spend_logs(100, days=1)
    add(STORE, jsonl(Path("a.jsonl"), rows))
    assert mw.open_store(STORE).cube.grain_s == 60
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(100, first=500)))
    usage = mw.open_store(STORE)
    assert usage.cube.grain_s == 900
    assert figures(usage) == figures(read_at_once(["a.jsonl", "b.jsonl"]))


def test_bad_rows_are_kept_until_their_file_is_read_again() -> None:
    rows = spend_logs(3)
    ledger = jsonl(
        Path("a.jsonl"),
        [rows[0], rows[1] | {"prompt_tokens": -5}, '{"request_id": "torn'],
    )
    added = add(STORE, ledger, jsonl(Path("b.jsonl"), spend_logs(4, first=50)))
    assert (added.records, added.rejected) == (5, 2)
    (kept,) = STORE.glob("rejects/*.jsonl")
    reasons = {json.loads(line)["reason"] for line in kept.read_text().splitlines()}
    assert "a count cannot be negative" in reasons
    assert mw.open_store(STORE).quality.rejected == 2
    add(STORE, jsonl(ledger, rows))
    usage = mw.open_store(STORE)
    assert (usage.quality.records, usage.quality.rejected) == (7, 0)
    assert usage.quality.duplicates == 0


def test_a_file_that_cannot_be_read_keeps_no_other_out() -> None:
    good = [jsonl(Path(f"{n}.jsonl"), spend_logs(10, first=n * 10)) for n in range(5)]
    bad = jsonl(Path("bad.json"), ['[{"request_id": "torn'])
    added = add(STORE, *good[:3], bad, *good[3:])
    assert added.records == 50
    (problem,) = added.problems
    assert "bad.json" in problem
    assert "ends in the middle" in problem


def test_nothing_usable_makes_no_store() -> None:
    bad = jsonl(Path("bad.json"), ['[{"request_id": "torn'])
    with pytest.raises(LedgerError, match="ends in the middle"):
        add(STORE, bad)
    with pytest.raises(LedgerError, match="is not a store; make one with"):
        mw.open_store(STORE)


def test_a_folder_with_other_files_is_no_place_for_a_store() -> None:
    jsonl(STORE / "letters.jsonl", [{"dear": "diary"}])
    with pytest.raises(LedgerError, match="other files and not a store"):
        add(STORE, jsonl(Path("a.jsonl"), spend_logs(1)))


def test_who_reads_a_generation_is_not_disturbed_by_the_next() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(300)))
    opened = mw.open_store(STORE)
    before = figures(opened)
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(300, first=300, seed=8)))
    assert figures(opened) == before
    assert figures(mw.open_store(STORE)) != before


def test_what_an_ended_writer_left_is_swept_by_the_next() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(30)))
    left = STORE / "records" / "2026-01" / "000002.parquet"
    left.write_bytes(b"PAR1 half")
    (STORE / "index" / ".000002-x").mkdir()
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(30, first=30)))
    usage = mw.open_store(STORE)
    assert usage.quality.records == 60
    assert figures(usage) == figures(read_at_once(["a.jsonl", "b.jsonl"]))
    assert not (STORE / "index" / ".000002-x").exists()


def test_a_table_is_ingested_and_known_again() -> None:
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


@settings(max_examples=6)
@given(
    st.lists(st.integers(0, 59), min_size=1, max_size=90),
    st.lists(st.integers(1, 20), min_size=1, max_size=5),
)
def test_any_order_of_any_exports_gives_the_same_store(
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


def test_what_lies_in_a_store_is_no_ledger() -> None:
    jsonl(Path("a.jsonl"), spend_logs(20))
    add(STORE, "a.jsonl")
    again = add(STORE, ".")  # the folder that holds the ledger and the store
    assert (again.records, again.unchanged) == (0, 1)
    with pytest.raises(LedgerError, match="is a store, and its ledgers are in it"):
        add("other.meter", STORE)


def test_a_writer_that_ends_right_after_it_published_loses_nothing(
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
