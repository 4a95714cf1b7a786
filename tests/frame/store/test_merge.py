"""New usage is merged into a store: each record once, the latest state of each."""

from __future__ import annotations

from pathlib import Path

import pytest

import meterwidgets as mw
from frame.store.ledgers import (
    add,
    claude_message,
    figures,
    jsonl,
    read_at_once,
    spend_logs,
)

pytestmark = pytest.mark.slow

STORE = Path("usage.meter")


def test_the_same_rows_in_another_file_add_nothing() -> None:
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
    assert usage.quality.duplicates == 0  # within the file as it is now


def test_equal_rows_without_ids_count_as_often_as_in_the_fullest_file() -> None:
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


def test_a_month_can_lose_all_its_records_to_replacements() -> None:
    add(STORE, jsonl(Path("projects/p/s.jsonl"), [claude_message(10, 10)]))
    again = add(STORE, jsonl(Path("projects/p/t.jsonl"), [claude_message(250, 90)]))
    assert (again.records, again.replaced) == (1, 1)
    usage = mw.open_store(STORE)
    assert figures(usage) == figures(read_at_once([Path("projects/p").resolve()]))
    add(
        STORE,
        jsonl(
            Path("projects/p/u.jsonl"), [claude_message(9, 40), claude_message(300, 50)]
        ),
    )
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 300


def test_a_message_that_grew_replaces_its_stored_state() -> None:
    ledger = Path("projects/p/s.jsonl")
    add(STORE, jsonl(ledger, [claude_message(10, 10)]))
    again = add(STORE, jsonl(ledger, [claude_message(10, 10), claude_message(250, 40)]))
    assert (again.records, again.replaced) == (1, 1)
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 250
    again = add(STORE, jsonl(Path("projects/p/t.jsonl"), [claude_message(90, 20)]))
    assert (again.records, again.duplicates) == (0, 1)
    assert mw.open_store(STORE).select().sums()["output_tokens"] == 250


def openai(kind: str, day: int, **result: object) -> dict[str, object]:
    start = 1_767_225_600 + day * 86_400
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400,
              "results": [{"object": f"organization.{kind}.result", "project_id": "p", **result}]}  # fmt: skip
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


@pytest.mark.parametrize("order", ["usage first", "costs first"])
def test_provider_costs_pay_for_usage_in_either_order(order: str) -> None:
    used = {
        "input_tokens": 1_000_000, "num_model_requests": 5, "model": "gpt-5-nano",
    }  # fmt: skip
    usage = jsonl(
        Path("usage.json"), [openai("usage.completions", 3, **used, output_tokens=10)]
    )
    other = jsonl(
        Path("other.json"), [openai("usage.completions", 9, **used, output_tokens=0)]
    )
    amount = {"value": "0.07", "currency": "usd"}
    line = "gpt-5-nano, input_tokens"
    costs = jsonl(
        Path("costs.json"), [openai("costs", 3, amount=amount, line_item=line)]
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


def test_of_a_request_with_a_row_a_status_a_store_has_the_last(tmp_path: Path) -> None:
    head = "request_id,created_at,status,model,prompt_tokens,completion_tokens\n"
    rows = [
        f"r1,2026-02-22T10:00:00Z,{status},m,1000,{output}\n"
        for status, output in (("pending", 0), ("streaming", 50), ("complete", 400))
    ]
    store, path = tmp_path / "s.meter", tmp_path / "a.csv"
    for count in (1, 3):  # the file grows, and is read again from its beginning
        path.write_text(head + "".join(rows[:count]))
        add(store, path)
    other = tmp_path / "b.csv"
    other.write_text(head + "".join(rows[:2]))
    add(store, other)
    usage = mw.open_store(store)
    assert usage.quality.records == 1
    assert usage.select().sums()["output_tokens"] == 400


def test_a_poll_of_a_stored_answer_costs_nothing() -> None:
    """BerriAI/litellm#17814 and #39980, ingested day by day."""
    row = {"request_id": "r-1", "call_type": "aresponses", "api_key": "k",
           "spend": 0.0023, "prompt_tokens": 121, "completion_tokens": 400,
           "startTime": "2026-02-22T10:00:00Z", "model": "o3"}  # fmt: skip
    later = {"call_type": "aget_responses", "startTime": "2026-02-23T10:00:00Z"}
    batch = row | {"call_type": "aretrieve_batch", "prompt_tokens": 9}
    add(STORE, jsonl(Path("a.jsonl"), [row, batch | {"request_id": "b-1"}]))
    polls = [row | later | {"request_id": "r-2"},
             batch | {"request_id": "b-2", "startTime": later["startTime"]}]  # fmt: skip
    added = add(STORE, jsonl(Path("b.jsonl"), polls))
    assert (added.records, added.duplicates) == (0, 2)
    assert any("an answer that the store has" in note for note in added.notes)
