"""A doubtful value that is corrected later: the record counts once, as corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from frame.store.ledgers import add


def spend_log(tokens: object) -> dict[str, Any]:
    """A row of LiteLLM, whose ids are the source's own."""
    return {"request_id": "r-1", "startTime": "2026-02-22T10:00:00", "spend": 0.5,
            "model": "m", "prompt_tokens": tokens, "completion_tokens": 10}  # fmt: skip


def table_row(tokens: object) -> dict[str, Any]:
    """A row of a table, whose ids are guessed."""
    return {"request_id": "r-1", "timestamp": "2026-02-22T10:00:00Z", "cost": 0.5,
            "model": "m", "prompt_tokens": tokens, "completion_tokens": 10}  # fmt: skip


def written(path: Path, row: dict[str, Any]) -> Path:
    path.write_text(json.dumps(row) + "\n")
    return path


def figures(usage: mw.UsageFrame) -> tuple[int, int, int]:
    sums = usage.select().sums()
    return usage.quality.records, sums["input_tokens"], sums["unsplit_cost"]


@pytest.mark.parametrize("row", [spend_log, table_row])
@pytest.mark.parametrize("order", [("x", 100), (100, "x")])
def test_the_good_value_stays_whichever_came_first(
    tmp_path: Path, row: Any, order: tuple[object, object]
) -> None:
    files = [
        written(tmp_path / f"{n}.jsonl", row(each)) for n, each in enumerate(order)
    ]
    store = tmp_path / "usage.meter"
    for file in files:
        add(store, file)
    assert figures(mw.open_store(store)) == (1, 100, 500_000_000)
    together = mw.read_usage(files, prices=mw.PriceBook(catalogue=False), rejects=None)
    assert figures(together) == (1, 100, 500_000_000)


def test_a_store_keeps_that_tokens_are_unknown(tmp_path: Path) -> None:
    store = tmp_path / "usage.meter"
    add(store, written(tmp_path / "a.jsonl", spend_log("x")))
    prices = mw.PriceBook.parse([{"model": "m", "input": "1", "output": "1"}])
    repriced = mw.open_store(store).reprice(prices)
    assert repriced.select().sums()["priced"] == 0
