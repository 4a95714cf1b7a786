"""The records behind a figure: all of them, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import meterwidgets as mw
from frame.store.ledgers import add, jsonl, read_at_once, spend_logs
from meterwidgets.errors import LedgerError, MeterError


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> mw.UsageFrame:
    """A store of two files that overlap."""
    here = tmp_path_factory.mktemp("records")
    rows = spend_logs(1_500)
    add(here / "usage.meter", jsonl(here / "a.jsonl", rows[:900]))
    add(here / "usage.meter", jsonl(here / "b.jsonl", rows[800:]))
    return mw.open_store(here / "usage.meter")


CHOSEN = [
    mw.Filters(),
    mw.Filters(preset="7d"),
    mw.Filters(orgs=("o-1", None)),
    mw.Filters(orgs=(None,), models=("m-2",)),
    mw.Filters(users=("u-3",), start=datetime(2026, 2, 3, 4, 15, tzinfo=UTC)),
    mw.Filters(preset="mtd", tz="Asia/Kolkata", deployments=("d-0", "d-1")),
]


@pytest.mark.parametrize("filters", CHOSEN, ids=repr)
def test_records_add_up_to_the_figures(
    usage: mw.UsageFrame, filters: mw.Filters
) -> None:
    selection = usage.select(filters)
    sums, found = selection.sums(), selection.records()
    assert found.num_rows == sums["records"] > 0
    assert sum(found["input_tokens"].to_pylist()) == sums["input_tokens"]
    spent = sum(cost or 0 for cost in found["cost"].to_pylist())
    nano = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert spent == Decimal(nano) / 10**9
    starts = found["start"].to_pylist()
    assert starts == sorted(starts)
    assert selection.window.start <= starts[0] <= starts[-1] < selection.window.end


def test_a_record_names_its_file_and_row(usage: mw.UsageFrame) -> None:
    rows = spend_logs(1_500)
    for record in usage.select().records().to_pylist()[::97]:
        number = int(record["record_id"].removeprefix("r-"))
        file, first = ("a.jsonl", 0) if number < 900 else ("b.jsonl", 800)
        assert Path(record["file"]).name == file
        assert record["row"] == number - first + 1
        assert record["input_tokens"] == rows[number]["prompt_tokens"]


def test_records_can_be_ordered_by_cost(usage: mw.UsageFrame) -> None:
    found = usage.select().records(order="cost", limit=5)["cost"].to_pylist()
    every = [cost for cost in usage.select().records()["cost"].to_pylist() if cost]
    assert found == sorted(every, reverse=True)[:5]
    with pytest.raises(MeterError, match="order 'spend' not found"):
        usage.select().records(order="spend")


def test_an_empty_selection_has_a_table_without_rows(usage: mw.UsageFrame) -> None:
    before = mw.Filters(start="2025-01-01", end="2025-02-01")
    found = usage.select(before).records()
    assert found.num_rows == 0
    assert "cost" in found.column_names


def test_a_frame_without_a_store_says_how_to_get_one(tmp_path: Path) -> None:
    ledger = jsonl(tmp_path / "a.jsonl", spend_logs(3))
    with pytest.raises(LedgerError, match="meterwidgets ingest SOURCE --store DIR"):
        read_at_once([ledger]).select().records()


def test_the_frame_of_one_user_leads_to_no_records(usage: mw.UsageFrame) -> None:
    with pytest.raises(LedgerError, match="not kept"):
        usage.of_user("u-3").select().records()


@pytest.mark.slow
def test_a_removed_generation_is_an_error(tmp_path: Path) -> None:
    store = tmp_path / "s.meter"
    rows = spend_logs(400, days=20)
    add(store, jsonl(tmp_path / "0.jsonl", rows[:10]))
    opened = mw.open_store(store)
    for n in range(1, 13):  # past what one month keeps as parts
        add(store, jsonl(tmp_path / f"{n}.jsonl", rows[n * 10 : n * 10 + 10]))
    with pytest.raises(LedgerError, match="has changed since it was opened"):
        opened.select().records()
