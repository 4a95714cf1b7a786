"""Buckets that grow from one ingest to the next, in a store."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger.duplicates.growing import FORMATS, State, export, growing

import meterwidgets as mw
from frame.store.ledgers import add, figures, read_at_once

STORE = Path("usage.meter")


def written(name: str, state: State, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(export(name, state))
    return path


@pytest.mark.slow
@settings(max_examples=2)
@given(seed=st.integers(0, 10**6), states=st.integers(2, 3))
def test_of_growing_buckets_a_store_keeps_the_latest_in_any_order(
    seed: int, states: int
) -> None:
    here = Path(f"h-{time.monotonic_ns()}")
    paths = [
        written(name, state, here / f"{number}-{name}.csv")
        for name in FORMATS
        for number, state in enumerate(growing(name, seed=seed, states=states))
    ]
    last = [path for path in paths if path.name.startswith(f"{states - 1}-")]
    random.Random(seed).shuffle(paths)
    for first in range(0, len(paths), 9):
        added = add(here / "s.meter", *paths[first : first + 9])
        assert not any("counted twice" in note for note in added.notes)
    assert figures(mw.open_store(here / "s.meter")) == figures(read_at_once(last))


def test_a_page_that_is_fetched_again_replaces_the_buckets_that_grew() -> None:
    first, later = growing("openai", seed=3, states=2)
    page = written("openai", first, Path("today.json"))
    assert add(STORE, page).records == len(first)
    written("openai", later, page)
    new = {row["group"]: row for row in later}
    old = {row["group"]: row for row in first}
    grown = [group for group in old if old[group] != new[group]]
    again = add(STORE, page)
    assert again.replaced == len(
        [g for g in grown if _counted(old[g]) < _counted(new[g])]
    )
    assert figures(mw.open_store(STORE)) == figures(read_at_once([page]))
    assert add(STORE, written("openai", later, Path("copy.json"))).records == 0


def _counted(row: dict[str, int]) -> int:
    return row["input"] + row["output"] + row["requests"]


def test_another_grouping_of_stored_buckets_is_noted_from_then_on() -> None:
    (state,) = growing("openai", seed=3, states=1)
    add(STORE, written("openai", state, Path("a.json")))
    path = Path("b.json")
    path.write_text(export("openai", state).replace('"project_id"', '"api_key_id"'))
    (note,) = [each for each in add(STORE, path).notes if "counted twice" in each]
    assert "grouped by api_key_id, batch, model and by batch, model, project_id" in note
    assert note in mw.open_store(STORE).quality.notes


def test_a_bucket_that_did_not_grow_out_of_the_stored_one_is_noted() -> None:
    (state,) = growing("openai", seed=3, states=1)
    add(STORE, written("openai", state, Path("a.json")))
    state[0] |= {"input": state[0]["input"] + 2, "output": state[0]["output"] - 1}
    added = add(STORE, written("openai", state, Path("b.json")))
    (note,) = [each for each in added.notes if "with conflicting figures" in each]
    assert note.startswith("openai: 1 bucket was reported")
    assert note in mw.open_store(STORE).quality.notes


HOURS = "window_start,window_end,model,requests,input_tokens,cost\n"


def day_and_hours(count: int, cost: str = "") -> tuple[Path, Path]:
    """A day of 20 requests, and some hours of one request each, as two files."""
    rows = "".join(
        f"2026-02-22T{hour:02}:00:00Z,2026-02-22T{hour + 1:02}:00:00Z,m,1,10,\n"
        for hour in range(count)
    )
    tokens = "," if cost else "20,200"
    day = f"2026-02-22T00:00:00Z,2026-02-23T00:00:00Z,m,{tokens},{cost}\n"
    Path("day.csv").write_text(HOURS + day)
    Path("hours.csv").write_text(HOURS + rows)
    return Path("day.csv"), Path("hours.csv")


def test_a_day_and_its_hours_count_once_in_whatever_order_they_come() -> None:
    for first, second in (day_and_hours(20), day_and_hours(20)[::-1]):
        store = Path(f"{first.stem}.meter")
        add(store, first)
        added = add(store, second)
        assert mw.open_store(store).select().sums()["input_tokens"] == 200
        assert mw.open_store(store).quality.records == 20
        is_note = first.stem == "hours"  # a stored day is replaced without a word
        assert any("a day and its hours" in note for note in added.notes) == is_note


def test_a_day_stays_until_its_hours_count_as_much() -> None:
    day, hours = day_and_hours(5)
    add(STORE, day)
    assert add(STORE, hours).records == 0
    assert mw.open_store(STORE).select().sums()["requests"] == 20
    day_and_hours(20)
    add(STORE, hours)
    assert mw.open_store(STORE).quality.records == 20


def test_costs_of_a_day_pay_for_the_hours_of_a_store() -> None:
    day, hours = day_and_hours(20, cost="3")
    for store, paths in (("a.meter", (day, hours)), ("b.meter", (hours, day))):
        for path in paths:
            add(Path(store), path)
        found = mw.open_store(Path(store)).select().sums()
        assert (found["input_tokens"], found["records"]) == (200, 21)
        assert found["unsplit_cost"] + found["input_cost"] == 3_000_000_000
