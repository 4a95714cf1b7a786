"""``sources --explain`` says what is recognised, what is unread, and how to say it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tomli

from ledger.figures import lines, read, sums
from meterwidgets.config.config import load
from meterwidgets.config.read import read_with_config
from meterwidgets.ledger.explain import as_text, explain

Write = Callable[..., Path]

TABLE = (
    "when,model,prompt_tokens,cached_tokens,completion_tokens,secret sauce,cost\n"
    + ("2026-02-22T10:00:00Z,m,10,4,5,,0.5\n2026-02-22T11:00:00Z,m,20,,6,x,0.25\n")
)
KINDS = "utc_date,model,type,amount,price\n" + (
    "2026-02-22,m,input_cache_hit_tokens,50,0.001\n"
    "2026-02-22,m,input_cache_miss_tokens,7,0.01\n"
    "2026-02-22,m,output_tokens,9,0.1\n2026-02-22,m,request_count,3,\n"
)
PORTKEY = {
    "id": "p1", "created_at": "2026-02-22T10:00:00Z", "cost": 35, "ai_org": "openai",
    "ai_model": "m", "req_units": 10, "res_units": 5, "mood": {"of the day": "good"},
}  # fmt: skip


def test_a_table_is_explained_column_by_column(write: Write) -> None:
    found = explain(write(TABLE, "a.csv"))
    shown = as_text(found)
    assert found.source is not None
    assert (found.source.name, found.rows) == ("table", 2)
    assert [each.name for each in found.unread] == ["secret sauce"]
    by_name = {each.name: each for each in found.columns}
    assert by_name["cached_tokens"].filled == 1
    assert by_name["cached_tokens"].example == "4"
    assert by_name["cached_tokens"].fills == ("cache_read_tokens",)
    assert "a table, 2 rows\nread as table: Any CSV" in shown
    assert "secret sauce       1 filled  x" in shown


def test_a_known_source_shows_its_columns_and_what_it_does_not_read(
    write: Write,
) -> None:
    found = explain(write(lines([PORTKEY]), "a.jsonl"))
    assert found.source is not None
    assert found.source.name == "portkey"
    fills = {each.name: each.fills for each in found.columns}
    assert fills["req_units"] == ("input_tokens",)
    assert [each.name for each in found.unread] == ["mood.of the day"]


def test_what_nothing_reads_is_explained_too(write: Write) -> None:
    found = explain(write("moment,eaten_tokens\n2026-02-22,5\n", "a.csv"))
    assert found.source is None
    assert "no column for 'start'" in found.problem
    assert "looks like" in as_text(found)
    assert '# start = "?" (when the request began)' in found.draft


def test_records_in_lists_are_looked_into(write: Write) -> None:
    result = {"input_tokens": 5, "output_tokens": 1, "num_model_requests": 1, "odd": 1}
    page = {
        "data": [
            {"start_time": 1771754400, "end_time": 1771840800, "results": [result]}
        ]
    }
    found = explain(write(lines([page]), "a.json"))
    assert found.source is not None
    assert found.source.name == "openai"
    assert "its records in data > results" in found.envelope
    assert [each.name for each in found.unread] == ["result.odd"]


@pytest.mark.parametrize(
    ("text", "name"),
    [(TABLE, "a.csv"), (KINDS, "b.csv"), (lines([PORTKEY]), "c.jsonl")],
)
def test_the_draft_reads_the_same_figures(write: Write, text: str, name: str) -> None:
    ledger = write(text, name)
    draft = explain(ledger).draft
    config = write(draft, "meterwidgets.toml")
    assert tomli.loads(draft)
    again = read_with_config(
        [], config=load(config), folder=ledger.parent, rejects=None
    )
    first = read(ledger)
    assert sums(again) == sums(first)
    assert again.quality.records == first.quality.records
