"""A store at other prices has the figures of its ledgers, and does not change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import meterwidgets as mw
from frame.store.ledgers import add, figures, jsonl, read_at_once, spend_logs
from meterwidgets.errors import MeterError

OTHER = mw.PriceBook.parse(
    [
        {"model": "m-0", "input": "7", "output": "9"},
        {"model": "m-1", "input": "1", "output": "1", "from": date(2026, 2, 1)},
    ],
    catalogue=False,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files that overlap, over four months."""
    here = tmp_path_factory.mktemp("repriced")
    rows = spend_logs(600)
    return [jsonl(here / "a.jsonl", rows[:400]), jsonl(here / "b.jsonl", rows[300:])]


@pytest.fixture(scope="module")
def store(files: list[Path]) -> Path:
    folder = files[0].parent / "usage.meter"
    for path in files:
        add(folder, path)
    return folder


@pytest.mark.parametrize("as_of", [None, date(2026, 1, 1), date(2026, 3, 1)])
def test_a_store_reprices_as_its_ledgers_do(
    store: Path, files: list[Path], as_of: date | None
) -> None:
    usage = mw.open_store(store)
    before = figures(usage)
    repriced = usage.reprice(OTHER, as_of=as_of)
    read = read_at_once(files).reprice(OTHER, as_of=as_of)
    assert figures(repriced) == figures(read)
    assert repriced.to_arrow().equals(read.to_arrow())
    assert repriced.pricing == read.pricing
    assert figures(mw.open_store(store)) == before == figures(usage)


def test_a_repriced_frame_no_longer_follows_its_store(store: Path) -> None:
    """The store and its records have the recorded costs."""
    repriced = mw.open_store(store).reprice(OTHER)
    assert repriced.store is None
    assert repriced.reprice(OTHER).to_arrow().equals(repriced.to_arrow())
    assert not any("recorded in the ledger" in n for n in repriced.quality.notes)
    assert any("from the rate table" in note for note in repriced.quality.notes)


def test_a_store_can_be_compared_with_other_prices(store: Path) -> None:
    usage = mw.open_store(store)
    found = mw.compare(usage, usage.reprice(OTHER))
    assert [row.id for row in found.rows if row.repriced.cost is None] == ["m-2"]
    total = sum(row.repriced.cost or 0 for row in found.rows)
    assert found.total.repriced.cost == total


def test_a_store_notes_which_rates_replaced_missing_ones(tmp_path: Path) -> None:
    row = spend_logs(1)[0] | {"spend": None, "prompt_tokens": 100, "metadata": {
        "usage_object": {"cache_read_input_tokens": 40, "service_tier": "flex"}}}  # fmt: skip
    add(tmp_path / "s", jsonl(tmp_path / "a.jsonl", [row]))
    for usage in (mw.open_store(tmp_path / "s"), mw.open_store(tmp_path / "s").reprice(
        mw.PriceBook.parse([{"model": "*", "input": "1", "output": "1"}])
    )):  # fmt: skip
        notes = " ".join(usage.quality.notes)
        assert "40 tokens read from a cache are priced as input" in notes
        assert "1 record of the service tier flex priced at the rates for" in notes


def test_a_store_that_has_changed_says_to_open_it_again(tmp_path: Path) -> None:
    rows = spend_logs(30, days=5)
    for number in range(3):
        add(
            tmp_path / "s", jsonl(tmp_path / f"{number}.jsonl", rows[: 10 * number + 9])
        )
    usage = mw.open_store(tmp_path / "s")
    for path in (tmp_path / "s" / "records").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(MeterError, match="has changed since it was opened; open it ag"):
        usage.reprice(OTHER)
