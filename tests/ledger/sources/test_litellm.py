"""LiteLLM's spend logs in every shape in which they are exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from meterwidgets.errors import LedgerError

Write = Callable[..., Path]

ROW: dict[str, Any] = {
    "request_id": "r-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "cache_hit": "None",
    "startTime": "2026-02-22 10:00:00.123456",
    "endTime": "2026-02-22 10:00:01",
    "model": "gpt-4o",
    "model_group": "chat",
    "user": "u-1",
    "end_user": "",
    "team_id": "team-1",
    "organization_id": "org-1",
    "metadata": {
        "user_api_key_alias": "ci",
        "user_api_key_project_id": "project-1",
        "usage_object": {
            "cache_read_input_tokens": 6,
            "cache_creation_input_tokens": 2,
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    },
    "spend": 0.00022500000000000002,
    "prompt_tokens": 10,
    "completion_tokens": 20,
    "custom_llm_provider": "openai",
    "status": "success",
    "request_duration_ms": 877,
}


def read(ledger: Any, **words: Any) -> mw.UsageFrame:
    book = words.pop("prices", mw.PriceBook(catalogue=False))
    return mw.read_usage(ledger, prices=book, rejects=None, **words)


def cell(usage: mw.UsageFrame) -> dict[str, Any]:
    """The only cell of a ledger, users included."""
    assert usage.user_cube is not None
    users = tuple(usage.user_cube.names["user"])
    (row,) = usage.select(mw.Filters(users=users)).to_arrow().to_pylist()
    return row  # type: ignore[no-any-return]


def test_the_real_row_is_read(shared: Callable[[str], Path]) -> None:
    usage = read(shared("litellm/spend_logs_payload.json"))
    (row,) = usage.to_arrow().to_pylist()
    assert row["start"].isoformat() == "2025-01-24T09:20:00+00:00"
    assert (row["input_tokens"], row["output_tokens"]) == (10, 20)
    assert row["unsplit_cost"] == 225_000
    assert (row["model"], row["deployment"]) == ("gpt-4o", "gpt-4o")
    assert row["endpoint"] == "/v1/chat/completions"
    assert (row["org"], row["project"], row["currency"]) == (None, None, "USD")
    assert usage.user_cube is None
    assert not usage.quality.assumed_tz


def as_csv(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"metadata": json.dumps(row["metadata"])})
    return stream.getvalue()


SHAPES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "list.json": json.dumps,
    "indented.json": lambda rows: json.dumps(rows, indent=1),
    "lines.jsonl": lambda rows: "\n".join(json.dumps(row) for row in rows),
    "lines.json": lambda rows: "\n".join(json.dumps(row) for row in rows) + "\n",
    "one after another.json": lambda rows: "".join(
        json.dumps(row, indent=2) for row in rows
    ),
    "list of lines.json": lambda rows: (
        "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    ),
    "with a bom.json": lambda rows: "\ufeff" + json.dumps(rows),
    "table.csv": as_csv,
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("count", [1, 3])
def test_every_shape_of_export_gives_the_same_figures(
    write: Write, name: str, count: int
) -> None:
    rows = [ROW | {"request_id": f"r-{number}"} for number in range(count)]
    usage = read(write(SHAPES[name](rows), name))
    found = cell(usage)
    assert usage.quality.records == found["requests"] == count
    assert usage.quality.rejected == 0
    assert found["unsplit_cost"] == 225_000 * count
    assert found["cache_read_tokens"] == 6 * count


def test_a_single_object_is_a_ledger_of_one(write: Write) -> None:
    assert read(write(json.dumps(ROW), "a.json")).quality.records == 1
    assert read(write(json.dumps(ROW, indent=2), "b.json")).quality.records == 1


def test_every_field_comes_from_its_column(write: Write) -> None:
    found = cell(read(write(json.dumps([ROW]), "a.json")))
    assert {
        name: found[name]
        for name in ("org", "project", "user", "api_key", "deployment", "model")
    } == {
        "org": "org-1",
        "project": "project-1",
        "user": "u-1",
        "api_key": "88dc28d0",
        "deployment": "chat",
        "model": "gpt-4o",
    }
    assert found["cache_write_tokens"] == 2
    assert found["reasoning_tokens"] == 3


def test_names_in_the_metadata_are_labels_and_the_latest_counts(write: Write) -> None:
    """Ask 13: hashes and UUIDs instead of names."""
    named = ROW["metadata"] | {
        "user_api_key_org_alias": "Acme",
        "user_api_key_team_alias": "not of a project",
        "user_api_key_user_email": "a@b.c",
    }
    team = named | {
        "user_api_key_project_id": None,
        "user_api_key_team_alias": "Search",
    }
    later = {"startTime": "2026-02-23 10:00:00", "endTime": "2026-02-23 10:00:01"}
    rows = [
        ROW | later | {"request_id": "r-2", "metadata": named},
        ROW | {"metadata": named | {"user_api_key_org_alias": "Acne"}},
        ROW | {"request_id": "r-3", "metadata": team, "user": "", "end_user": "e-1"},
    ]
    usage = read(write(json.dumps(rows), "a.json"))
    assert usage.labels == {
        "org": {"org-1": "Acme"}, "project": {"team-1": "Search"},
        "user": {"u-1": "a@b.c"}, "api_key": {"88dc28d0": "ci"},
    }  # fmt: skip
    mine = read(write(json.dumps(rows), "a.json"), labels={"org": {"org-1": "Mine"}})
    assert mine.label("org", "org-1") == "Mine"
    assert mine.label("api_key", "88dc28d0") == "ci"


def test_a_key_that_gets_another_name_stays_one_key(write: Write) -> None:
    renamed = ROW | {
        "request_id": "r-2", "startTime": "2026-02-22 10:00:00.5",
        "metadata": ROW["metadata"] | {"user_api_key_alias": "ci-new"},
    }  # fmt: skip
    usage = read(write(json.dumps([renamed, ROW]), "a.json"))
    assert usage.user_cube is not None
    assert usage.user_cube.names["api_key"] == ["88dc28d0"]
    assert usage.label("api_key", "88dc28d0") == "ci-new"


def test_metadata_may_be_text(write: Write) -> None:
    row = ROW | {"metadata": json.dumps(ROW["metadata"])}
    found = cell(read(write(json.dumps([row]), "a.json")))
    assert (found["project"], found["api_key"]) == ("project-1", "88dc28d0")
    assert found["cache_read_tokens"] == 6


@pytest.mark.parametrize("metadata", [None, "", "{}", "not json", {}, "None", [1]])
def test_metadata_that_says_nothing_leaves_the_other_columns(
    write: Write, metadata: object
) -> None:
    row = ROW | {"metadata": metadata}
    found = cell(read(write(json.dumps([row]), "a.json")))
    assert found["project"] == "team-1"
    assert found["api_key"] == "88dc28d0"
    assert found["cache_read_reported"] == 0


@pytest.mark.parametrize("nothing", [None, "", "None", " "])
def test_what_is_not_reported_falls_back_to_the_next_column(
    write: Write, nothing: str | None
) -> None:
    row = ROW | {"user": nothing, "end_user": "customer", "model_group": nothing}
    row |= {"organization_id": nothing}
    found = cell(read(write(json.dumps([row]), "a.json")))
    assert (found["user"], found["deployment"]) == ("customer", "gpt-4o")
    assert found["org"] is None


@pytest.mark.parametrize(
    ("call", "route"),
    [("completion", "/v1/chat/completions"), ("acompletion", "/v1/chat/completions"),
     ("aembedding", "/v1/embeddings"), ("aresponses", "/v1/responses"),
     ("atext_completion", "/v1/completions"), ("anthropic_messages", "/v1/messages"),
     ("mcp_tool", "mcp_tool"), ("", None)],
)  # fmt: skip
def test_a_call_type_is_shown_as_its_route(
    write: Write, call: str, route: str | None
) -> None:
    found = cell(read(write(json.dumps([ROW | {"call_type": call}]), "a.json")))
    assert found["endpoint"] == route


def test_a_failure_is_a_request_that_cost_nothing(write: Write) -> None:
    failed = ROW | {"status": "failure", "spend": 0, "metadata": {}}
    found = cell(read(write(json.dumps([failed]), "a.json")))
    assert (found["requests"], found["priced"]) == (1, 1)
    assert found["input_cost"] + found["output_cost"] + found["unsplit_cost"] == 0


def test_an_answer_from_the_cache_is_free(write: Write) -> None:
    for hit in ("True", True):
        row = ROW | {"spend": 0, "cache_hit": hit}
        assert cell(read(write(json.dumps([row]), "a.json")))["priced"] == 1


def test_a_spend_of_zero_is_no_price_but_by_the_readers_rates(write: Write) -> None:
    path = write(json.dumps([ROW | {"spend": 0}]), "a.json")
    assert cell(read(path))["priced"] == 0
    mine = mw.PriceBook.parse([{"deployment": "chat", "input": "1", "output": "1"}])
    assert cell(read(path, prices=mine))["input_cost"] == 10_000


def test_a_request_that_is_there_twice_counts_once(write: Write) -> None:
    again = ROW | {"metadata": json.dumps(ROW["metadata"])}
    path = write(json.dumps([ROW, again, ROW | {"request_id": "r-2"}]), "a.json")
    usage = read(path)
    assert (usage.quality.records, usage.quality.duplicates) == (2, 1)


def test_its_clock_is_utc_whatever_zone_is_assumed(write: Write) -> None:
    usage = read(write(json.dumps([ROW]), "a.json"), tz="Asia/Tokyo")
    assert usage.start.isoformat() == "2026-02-22T10:00:00+00:00"
    assert not usage.quality.assumed_tz


def test_the_summarised_shape_is_refused_with_the_way_out(write: Write) -> None:
    days = [{"startTime": "2026-02-22", "spend": 1.5, "users": {"u": 1.5},
             "models": {"gpt-4o": 1.5}},
            {"startTime": "2026-02-23", "spend": 0, "users": {}, "models": {}}]  # fmt: skip
    for rows in (days, days[1:], days[:1]):
        with pytest.raises(LedgerError) as caught:
            read(write(json.dumps(rows), "a.json"))
        assert "a.json: this is the summarised shape" in str(caught.value)
        assert "ask for the rows with summarize=false" in str(caught.value)


def test_a_bad_row_names_its_record(write: Write) -> None:
    rows = [ROW, ROW | {"request_id": "r-2", "prompt_tokens": -1}]
    usage = read(write(json.dumps(rows), "a.json"))
    assert (
        "a.json, record 2: input_tokens is -1, a count cannot be negative"
        in (usage.quality.notes[0])
    )
