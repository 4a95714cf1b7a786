"""LiteLLM by the day: daily tables, pages of daily activity, the UI's CSV."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw
from ledger.figures import by, lines, nano, read, sums
from meterwidgets.errors import LedgerError

Write = Callable[..., Path]
Shared = Callable[[str], Path]

ROW = {
    "id": "row-1", "date": "2026-01-02", "user_id": "u-1",
    "api_key": "88dc28d0f030c55e", "model": "gpt-4o", "model_group": "chat",
    "custom_llm_provider": "openai", "endpoint": "/chat/completions",
    "prompt_tokens": 100, "completion_tokens": 20, "cache_read_input_tokens": 60,
    "cache_creation_input_tokens": 5, "spend": 0.00022500000000000002,
    "api_requests": 7, "successful_requests": 6, "failed_requests": 1,
}  # fmt: skip


def metrics(tokens: int, spend: object = "0.5") -> dict[str, Any]:
    return {
        "spend": spend, "prompt_tokens": tokens, "completion_tokens": tokens // 2,
        "cache_read_input_tokens": tokens // 4, "cache_creation_input_tokens": 0,
        "total_tokens": tokens + tokens // 2, "api_requests": 3,
        "successful_requests": 3, "failed_requests": 0,
    }  # fmt: skip


def part(tokens: int, **more: Any) -> dict[str, Any]:
    return {"metrics": metrics(tokens), "metadata": {}, "api_key_breakdown": {}} | more


def page(*days: dict[str, Any], number: int = 1, total: int = 1) -> str:
    about = {"page": number, "total_pages": total, "has_more": number < total}
    return json.dumps({"results": list(days), "metadata": about}, indent=1)


def as_csv(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@pytest.mark.parametrize("shape", ["json", "jsonl", "csv", "parquet", "table"])
def test_the_daily_table_is_read_in_every_shape(
    write: Write, tmp_path: Path, shape: str
) -> None:
    rows = [ROW, ROW | {"id": "row-2", "user_id": "u-2", "model": "o3"}]
    ledger: Any = tmp_path / "daily.parquet"
    if shape == "json":
        ledger = write(json.dumps(rows), "a.json")
    elif shape == "jsonl":
        ledger = write(lines(rows), "a.jsonl")
    elif shape == "csv":
        ledger = write(as_csv(rows), "a.csv")
    elif shape == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), ledger)
    else:
        ledger = pa.Table.from_pylist(rows)
    usage = read(ledger, **({"source": "litellm_daily"} if shape == "table" else {}))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (14, 200)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (120, 10)
    assert found["cost"] == 2 * 225_000
    assert by(usage, "user", "requests") == {"u-1": 7, "u-2": 7}
    assert by(usage, "api_key", "requests") == {"88dc28d0": 14}
    assert by(usage, "deployment", "requests") == {"chat": 14}
    assert not usage.quality.assumed_tz
    assert any("a whole day of UTC" in note for note in usage.quality.notes)


def test_the_teams_table_has_teams(write: Write) -> None:
    row = {key: value for key, value in ROW.items() if key != "user_id"}
    usage = read(write(json.dumps([row | {"team_id": "t-1"}]), "a.json"))
    assert by(usage, "project", "requests") == {"t-1": 7}


def test_a_day_that_was_exported_twice_counts_once(write: Write) -> None:
    write(json.dumps([ROW]), "l/a.json")
    usage = read(write(json.dumps([ROW, ROW | {"id": "row-2"}]), "l/b.json").parent)
    assert (usage.quality.records, usage.quality.duplicates) == (2, 1)


def test_the_real_activity_is_read_by_entity(shared: Shared) -> None:
    usage = read(shared("litellm/daily_activity_entities_fixture.json"))
    found = sums(usage)
    assert found["cost"] == 46_000_000_000
    assert (found["requests"], found["input_tokens"]) == (450, 2700)
    assert found["output_tokens"] == 1800
    assert by(usage, "user", "requests") == {"entity1": 250, "entity2": 200}


def test_breakdowns_are_alternatives_and_never_added(write: Write) -> None:
    """Ask 11: breakdown does not add up to the headline."""
    keys = {"sk-1234567890": {"metrics": metrics(100), "metadata": {
                "key_alias": "ci", "team_id": "t-1", "user_email": "a@b.c"}},
            "sk-abcdefghij": {"metrics": metrics(20), "metadata": {}}}  # fmt: skip
    day = {
        "date": "2026-01-02",
        "metrics": metrics(120),
        "breakdown": {
            "providers": {"openai": part(120)},
            "models": {"gpt-4o": part(120, api_key_breakdown=keys)},
            "model_groups": {"chat": part(120)},
            "entities": {"u-1": part(120)},
        },
    }
    usage = read(write(page(day), "a.json"))
    assert sums(usage)["input_tokens"] == 120
    assert by(usage, "deployment", "input_tokens") == {"gpt-4o": 120}
    assert by(usage, "api_key", "input_tokens") == {"sk-12345": 100, "sk-abcde": 20}
    assert usage.labels == {"api_key": {"sk-12345": "ci"}}
    assert by(usage, "project", "input_tokens") == {"t-1": 100, None: 20}
    assert by(usage, "user", "input_tokens") == {"a@b.c": 100, None: 20}


@pytest.mark.parametrize(
    ("axis", "field"),
    [("models", "deployment"), ("model_groups", "deployment"), ("entities", "user"),
     ("providers", "provider"), ("endpoints", "endpoint"), ("api_keys", "api_key")],
)  # fmt: skip
def test_each_breakdown_fills_its_field(write: Write, axis: str, field: str) -> None:
    day = {"date": "2026-01-02", "breakdown": {axis: {"a": part(8), "b": part(4)}}}
    usage = read(write(page(day), "a.json"))
    assert sums(usage)["input_tokens"] == 12
    if field != "provider":
        assert by(usage, field, "input_tokens") == {"a": 8, "b": 4}


def test_a_teams_view_gives_projects(write: Write) -> None:
    named = {"t-1": part(8, metadata={"team_alias": "Search"})}
    day = {"date": "2026-01-02", "breakdown": {"entities": named}}
    usage = read(write(page(day), "a.json"))
    assert by(usage, "project", "input_tokens") == {"t-1": 8}
    assert usage.labels == {"project": {"t-1": "Search"}}
    assert usage.user_cube is None


def test_a_day_without_a_breakdown_stands_for_itself(write: Write) -> None:
    day = {"date": "2026-01-02", "metrics": metrics(8), "breakdown": {"models": {}}}
    assert sums(read(write(page(day), "a.json")))["input_tokens"] == 8


def test_missing_pages_are_said_by_number(write: Write) -> None:
    """Ask 4: totals of the first page of results only."""
    day = {"date": "2026-01-02", "breakdown": {"models": {"m": part(8)}}}
    first = write(page(day, number=1, total=4), "l/1.json")
    note = "litellm_activity: partial: page 1 of 4 (1.json); fetch the others too"
    assert note in read(first).quality.notes
    write(page(day | {"date": "2026-01-03"}, number=3, total=4), "l/3.json")
    notes = read(first.parent).quality.notes
    assert any("partial: pages 1, 3 of 4" in each for each in notes)
    for number in (2, 4):
        text = page(day | {"date": f"2026-02-0{number}"}, number=number, total=4)
        write(text, f"l/{number}.json")
    notes = read(first.parent).quality.notes
    assert not any("partial" in each for each in notes)


UI = (
    "Date,Team,Team ID,Spend ($),Requests,Successful Requests,Failed Requests,"
    "Total Tokens,Prompt Tokens,Completion Tokens\n"
)


def test_the_real_header_alone_holds_no_usage(shared: Shared) -> None:
    with pytest.raises(LedgerError, match="holds no usage"):
        read(shared("litellm/ui_export_daily_header.csv"))


def test_the_uis_text_numbers_are_numbers(write: Write, shared: Shared) -> None:
    header = shared("litellm/ui_export_daily_header.csv").read_text()
    assert header.strip() == UI.strip()
    text = UI + '2026-01-02,Search,t-1,"1,234.5678","1,200",1200,0,"3,000","2,000",'
    usage = read(write(text + '"1,000"\n2026-01-03,,,0.0001,1,1,0,2,1,1\n'))
    found = sums(usage)
    assert found["cost"] == nano("1234.5679")
    assert (found["requests"], found["input_tokens"]) == (1201, 2001)
    assert found["output_tokens"] == 1001
    assert by(usage, "project", "requests") == {"t-1": 1200, None: 1}
    assert found["cache_read_reported"] == 0


def test_what_the_ui_calls_an_id_is_its_label(write: Write) -> None:
    usage = read(write(UI + "2026-01-02,Search,t-1,1,1,1,0,2,1,1\n"))
    assert usage.labels == {"project": {"t-1": "Search"}}
    users = UI + "2026-01-02,,c-1,1,1,1,0,2,1,1\n2026-01-02,Zoë,,1,1,1,0,2,1,1\n"
    named = read(write(users.replace("Team", "User"), "users.csv"))
    assert by(named, "user", "requests") == {"c-1": 1, "Zoë": 1}
    assert named.labels == {}


def test_a_user_of_an_activity_page_is_an_id_with_a_name(write: Write) -> None:
    keys = {"sk-1234567890": {"metrics": metrics(8), "metadata": {
                "user_email": "key@b.c", "key_alias": "ci"}}}  # fmt: skip
    entity = part(8, metadata={"user_email": "a@b.c"}, api_key_breakdown=keys)
    day = {"date": "2026-01-02", "breakdown": {"entities": {"u-1": entity}}}
    usage = read(write(page(day), "a.json"))
    assert by(usage, "user", "input_tokens") == {"u-1": 8}
    assert usage.labels == {"user": {"u-1": "a@b.c"}, "api_key": {"sk-12345": "ci"}}


@pytest.mark.parametrize("text", ["1,23", "12,34", ",123", "1,234.5", "-1,234"])
def test_a_count_with_stray_commas_is_unknown(write: Write, text: str) -> None:
    rows = f'2026-01-02,S,t,1,1,1,0,2,"{text}",1\n2026-01-02,S,t,1,1,1,0,2,1,1\n'
    usage = read(write(UI + rows))
    assert (usage.quality.records, usage.quality.rejected) == (2, 0)
    assert (sums(usage)["input_tokens"], sums(usage)["output_tokens"]) == (1, 2)
    assert "input_tokens is unknown in 1 record, of which 1.00 USD" in str(
        usage.quality.notes
    )


def test_a_spend_of_zero_is_no_price_unless_nothing_succeeded(write: Write) -> None:
    """Ask 7: an unpriced model shows as $0.00."""
    rows = "2026-01-02,S,t,0,1,1,0,2,1,1\n2026-01-03,S,t,0,4,0,4,0,0,0\n"
    assert sums(read(write(UI + rows)))["priced"] == 1


def test_two_exports_of_one_proxy_are_said_to_tell_of_the_same(write: Write) -> None:
    write(json.dumps([ROW]), "l/table.json")
    usage = read(write(UI + "2026-01-02,S,t,1,1,1,0,2,1,1\n", "l/ui.csv").parent)
    assert (
        "litellm_daily and litellm_ui both cover 1 day, and both are counted; if they "
        "are from one proxy they are the same usage, so read only one of them"
    ) in usage.quality.notes


def test_large_activity_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(7)
    tokens: Counter[str] = Counter()
    cost, days = 0, []
    for number in range(90):
        models = {}
        for model in made.sample([f"m-{n}.x/y z'" for n in range(40)], 25):
            keys = {}
            for key in range(made.randrange(4)):
                spend = f"{made.random():.11f}"
                each = metrics(made.randrange(10**6), spend)
                keys[f"sk-{key}"] = {"metrics": each, "metadata": {}}
                tokens[model] += each["prompt_tokens"]
                cost += nano(spend)
            whole = part(sum(k["metrics"]["prompt_tokens"] for k in keys.values()))
            if not keys:
                cost += nano(whole["metrics"]["spend"])
                tokens[model] += 0
            models[model] = whole | {"api_key_breakdown": keys}
        date = f"2026-{1 + number // 28:02}-{1 + number % 28:02}"
        days.append({"date": date, "breakdown": {"models": models,
                     "providers": {"p": part(10**9)}}})  # fmt: skip
    paths = [
        write(page(*days[start : start + 30], number=1 + start // 30, total=3),
              f"l/{start}.json")
        for start in (0, 30, 60)
    ]  # fmt: skip
    usage = read(paths[0].parent)
    assert by(usage, "deployment", "input_tokens") == dict(tokens)
    assert sums(usage)["cost"] == cost
    assert usage.quality.rejected == 0
    assert not any("partial" in each for each in usage.quality.notes)


def test_a_large_table_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(8)
    rows = [
        ROW | {"id": f"row-{n}", "date": f"2026-01-{1 + n % 31:02}",
               "prompt_tokens": 10**6 + made.randrange(10**6),
               "spend": f"{made.random() * 1000:.12f}"}
        for n in range(20_000)
    ]  # fmt: skip
    usage: mw.UsageFrame = read(write(as_csv(rows)))
    found = sums(usage)
    assert found["input_tokens"] == sum(int(row["prompt_tokens"]) for row in rows)
    assert found["cost"] == sum(nano(str(row["spend"])) for row in rows)
    assert found["requests"] == 140_000


def test_a_table_by_tag_says_that_its_rows_overlap(write: Write) -> None:
    """BerriAI/litellm#21894: a request has a row, and its spend, for each of its tags."""
    rows = [ROW | {"id": tag, "tag": tag} for tag in ("team:a", "env:prod")]
    usage = read(write(as_csv(rows), "a.csv"))
    assert any("a request counts once for every tag" in n for n in usage.quality.notes)
    plain = read(write(as_csv([ROW]), "b.csv"))
    assert not any("tag" in note for note in plain.quality.notes)
