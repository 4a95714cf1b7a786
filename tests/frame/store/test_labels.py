"""The names that ledgers have for ids, kept in a store from one ingest to the next."""

from __future__ import annotations

import json
from pathlib import Path

import meterwidgets as mw
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec

BOOK = mw.PriceBook(catalogue=False)


def row(number: int, day: int, **metadata: str) -> str:
    return json.dumps({
        "request_id": f"r-{number}", "startTime": f"2026-02-{day:02} 10:00:00",
        "spend": 1, "model": "m", "organization_id": f"org-{number % 2}",
        "prompt_tokens": 1, "completion_tokens": 1, "metadata": metadata,
    }) + "\n"  # fmt: skip


def put(name: str, *rows: str, **words: dict[str, dict[str, str]]) -> mw.UsageFrame:
    path = Path(name)
    path.write_text("".join(rows), "utf-8")
    ingest([LedgerSpec([path])], "usage.meter", prices=BOOK, **words)  # type: ignore[arg-type]
    return mw.open_store("usage.meter")


def test_the_latest_name_wins_in_any_order_of_ledgers() -> None:
    first = put("b.jsonl", row(1, 20, user_api_key_org_alias="New"))
    assert first.labels == {"org": {"org-1": "New"}}
    second = put("a.jsonl", row(3, 10, user_api_key_org_alias="Old"), row(2, 10))
    assert second.labels == {"org": {"org-1": "New"}}
    third = put("c.jsonl", row(5, 25, user_api_key_org_alias="Newest"))
    assert third.labels == {"org": {"org-1": "Newest"}}


def test_later_names_apply_to_stored_ids_and_labels_of_the_user_win() -> None:
    put("a.jsonl", row(2, 10))
    named = put("b.jsonl", row(4, 9, user_api_key_org_alias="Acme"), row(1, 9))
    assert named.label("org", "org-0") == "Acme"
    mine = put("c.jsonl", row(6, 11), labels={"org": {"org-0": "Mine"}})
    assert mine.labels == {"org": {"org-0": "Mine"}}
    later = put("d.jsonl", row(8, 12))
    assert later.labels == {"org": {"org-0": "Acme"}}


def test_a_store_and_its_ledgers_have_the_same_names() -> None:
    stored = put("a.jsonl", row(1, 1, user_api_key_org_alias="A"),
                 row(2, 2, user_api_key_org_alias="A"))  # fmt: skip
    read = mw.read_usage("a.jsonl", prices=BOOK)
    assert stored.labels == read.labels
    assert stored.label("org", "org-0") == read.label("org", "org-0") == "A (org-0)"
