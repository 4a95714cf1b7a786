"""Buckets that grow from one ingest to the next, in a store."""

from __future__ import annotations

import random
import time
from pathlib import Path

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
