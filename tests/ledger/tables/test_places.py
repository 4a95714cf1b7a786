"""Usage in places where a table has it seldom: keyed by model, as text, in lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import by, lines, nano, read, sums
from meterwidgets.errors import LedgerError

Write = Callable[..., Path]
AT = "2026-02-22T10:00:00Z"
CALL = {"model": "m", "prompt_tokens": 1000, "completion_tokens": 100, "cost": 0.0035}


def assert_one_call(usage: mw.UsageFrame) -> None:
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (1, 1000)
    assert found["output_tokens"] == 100


def weave(name: str, parent: str | None, **usage: dict[str, int]) -> dict[str, Any]:
    """A call of Weave: its usage is that of the calls below it, too."""
    return {"id": name, "trace_id": "t", "parent_id": parent, "started_at": AT,
            "summary": {"usage": usage, "status": "success"}}  # fmt: skip


def of(tokens: int) -> dict[str, int]:
    return {"requests": 1, "prompt_tokens": tokens, "completion_tokens": 10}


def test_usage_that_is_keyed_by_model_is_a_record_a_model(write: Write) -> None:
    call = weave("a", None, **{"gpt-4o": of(100), "o3": of(50), "claude-x": of(25)})
    usage = read(write(lines([call, weave("b", None)]), "a.jsonl"))
    assert by(usage, "model", "input_tokens") == {
        "gpt-4o": 100,
        "o3": 50,
        "claude-x": 25,
    }


def test_a_call_repeats_the_usage_of_the_calls_below_it(write: Write) -> None:
    calls = [weave("a", None, **{"gpt-4o": of(100)}), weave("b", "a", **{"gpt-4o": of(100)})]  # fmt: skip
    usage = read(write(lines(calls), "a.jsonl"))
    assert by(usage, "model", "input_tokens") == {"gpt-4o": 100}
    assert any("1 record repeats the usage" in note for note in usage.quality.notes)


def test_a_chain_of_messages_is_no_tree_of_calls(write: Write) -> None:
    rows = [CALL | {"time": AT, "id": "a", "parent_id": None},
            CALL | {"time": AT, "id": "b", "parent_id": "a"}]  # fmt: skip
    assert sums(read(write(lines(rows), "a.jsonl")))["requests"] == 2


def test_what_cohere_billed_is_not_keyed_by_model(write: Write) -> None:
    units = {"billed_units": {"input_tokens": 20, "output_tokens": 10},
             "tokens": {"input_tokens": 86, "output_tokens": 12}}  # fmt: skip
    row = {"timestamp": AT, "model": "command-r", "usage": units}
    assert sums(read(write(lines([row]), "a.jsonl")))["input_tokens"] == 20


@pytest.mark.parametrize("name", ["message", "log", "text", "line"])
def test_json_that_is_text_in_a_field_is_read(write: Write, name: str) -> None:
    rows = [{"timestamp": AT, name: text} for text in ("started", json.dumps(CALL))]
    usage = read(write(lines(rows), "a.jsonl"))
    assert_one_call(usage)
    assert sums(usage)["cost"] == nano("0.0035")


def test_text_that_has_no_tokens_is_an_error_that_names_its_columns(
    write: Write,
) -> None:
    rows = [{"timestamp": AT, "message": json.dumps({"level": "info", "n": 5})}]
    with pytest.raises(LedgerError, match=r"no column for tokens.*timestamp, message"):
        read(write(lines(rows), "a.jsonl"))


def test_money_in_a_text_keeps_all_its_digits(write: Write) -> None:
    text = '{"model": "m", "cost": 1234567.123456789}'
    rows = [{"timestamp": AT, "message": text}]
    assert sums(read(write(lines(rows), "a.jsonl")))["cost"] == 1_234_567_123_456_789


def test_calls_in_a_trace_say_more_than_the_trace(write: Write) -> None:
    observation = {
        "id": "o1", "traceId": "t1", "type": "GENERATION", "model": "m",
        "startTime": AT, "usageDetails": {"input": 1000, "output": 100, "total": 1100},
        "costDetails": {"total": 0.0035},
    }  # fmt: skip
    trace = {"id": "t1", "timestamp": AT, "totalCost": 0.0035}
    answer = {"data": [trace | {"observations": [observation]}],
              "meta": {"page": 1, "totalPages": 1}}  # fmt: skip
    usage = read(write(json.dumps(answer), "a.json"))
    assert_one_call(usage)
    assert by(usage, "model", "requests") == {"m": 1}


def test_the_usage_of_all_steps_counts_and_not_that_of_the_last(write: Write) -> None:
    row = {"timestamp": AT, "usage": {"inputTokens": 9, "outputTokens": 1},
           "totalUsage": {"inputTokens": 1000, "outputTokens": 100}}  # fmt: skip
    assert_one_call(read(write(lines([row]), "a.jsonl")))


def test_running_totals_are_never_added_up(write: Write) -> None:
    rows = [
        {"time": f"2026-02-22T10:0{n}:00Z", "prompt_tokens": 500, "completion_tokens": 50,
         "metrics": {"accumulated_usage": {"prompt_tokens": 500 * n}},
         "cumulative_cost": n}
        for n in (1, 2)
    ]  # fmt: skip
    usage = read(write(lines(rows), "a.jsonl"))
    assert (sums(usage)["input_tokens"], sums(usage)["cost"]) == (1000, 0)
    (note,) = [each for each in usage.quality.notes if "not read" in each]
    assert "metrics.accumulated_usage.prompt_tokens" in note
    assert "cumulative_cost" in note


@pytest.mark.parametrize(
    "row",
    [
        {"tokensIn": 10, "tokensOut": 100, "cacheReads": 490, "cacheWrites": 500},
        {"tokens": {"input": 10, "output": 100, "cache": {"read": 490, "write": 500}}},
        {"usage": {"input": 10, "output": 100, "cacheRead": 490, "cacheWrite": 500,
                   "totalTokens": 1100}},
    ],
)  # fmt: skip
def test_cached_tokens_in_the_words_of_agents_are_beside_the_input(
    write: Write, row: dict[str, Any]
) -> None:
    usage = read(write(lines([row | {"ts": AT}]), "a.jsonl"))
    assert_one_call(usage)
    found = sums(usage)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (490, 500)


def test_a_field_that_says_whether_the_cache_was_hit_is_no_count(write: Write) -> None:
    row = CALL | {"time": AT, "cache_hit": 1, "cached": True}
    assert sums(read(write(lines([row]), "a.jsonl")))["cache_read_tokens"] == 0


def test_usage_by_day_and_model_is_a_record_each(write: Write) -> None:
    days = {
        "2026-02-21": {"gpt-4o": of(100), "o3": of(50)},
        "2026-02-22": {"o3": of(7)},
    }
    usage = read(write(json.dumps(days), "a.json"))
    assert by(usage, "model", "input_tokens") == {"gpt-4o": 100, "o3": 57}
    assert usage.start.day == 21


def test_usage_by_id_is_a_request_each_of_no_such_model(write: Write) -> None:
    ids = {"5f3b9e0c-3d57-4a53-9b5e-0f6f3a1e9c11": of(1), "6f3b9e0c-3d57-4a53-9b5e-0f6f3a1e9c12": of(2)}  # fmt: skip
    thread = {"updated_at": AT, "model": "m", "request_token_usage": ids}
    usage = read(write(json.dumps(thread), "a.json"))
    assert by(usage, "model", "input_tokens") == {"m": 3}


@pytest.mark.parametrize("place", ["steps", "results", "calls"])
def test_calls_in_a_list_have_the_time_and_names_around_it(
    write: Write, place: str
) -> None:
    call = {"usage": {"prompt_tokens": 500, "completion_tokens": 50}}
    rows = [{"timestamp": AT, "model": "m", place: [call, call]}, {"timestamp": AT}]
    usage = read(write(lines(rows), "a.jsonl"))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (2, 1000)
    assert by(usage, "model", "output_tokens") == {"m": 100}


@pytest.mark.parametrize("name", ["received_at", "processed_time", "completedAt"])
def test_a_later_time_is_read_where_there_is_no_other(write: Write, name: str) -> None:
    assert_one_call(read(write(lines([CALL | {name: AT}]), "a.jsonl")))
    row = CALL | {name: "2026-02-23T10:00:00Z", "requested_at": AT}
    assert read(write(lines([row]), "b.jsonl")).start.day == 22


def test_an_event_that_was_delivered_twice_is_said(write: Write) -> None:
    rows = [CALL | {"event_id": "e", "received_at": f"2026-02-22T10:0{n}:00Z"}
            for n in (1, 2)]  # fmt: skip
    (note,) = [n for n in read(write(lines(rows), "a.jsonl")).quality.notes if "share an id" in n]  # fmt: skip
    assert note.startswith("table: 2 records (2,200 tokens and 0.007000000")


def test_a_file_of_which_nothing_is_read_says_what_it_was_taken_for(
    write: Write,
) -> None:
    line = {"type": "user", "sessionId": "s", "timestamp": AT, "message": {}}
    with pytest.raises(LedgerError) as caught:
        read(write(lines([line, line]), "a.jsonl"))
    assert str(caught.value).split("a.jsonl: ")[1] == (
        "holds no usage (taken for claude_code: 2 rows hold no usage, left out); name a "
        "ledger that has rows, or with source='table' and columns= what counts in this one"
    )


def test_a_request_with_limits_by_model_counts_once(write: Write) -> None:
    limits = {"gpt-4o": {"total_tokens": 10**6}, "o3": {"total_tokens": 10**5}}
    usage = read(write(lines([CALL | {"time": AT, "limits": limits}]), "a.jsonl"))
    assert_one_call(usage)
    assert sums(usage)["cost"] == nano("0.0035")


def test_usage_around_a_list_of_events_is_not_that_of_each(write: Write) -> None:
    events = [{"timestamp": AT, "kind": kind} for kind in ("start", "end")]
    row = {"usage": {"prompt_tokens": 1000, "completion_tokens": 100}, "events": events}
    with pytest.raises(LedgerError, match="no column for 'start'"):
        read(write(lines([row]), "a.jsonl"))


def test_the_models_of_a_day_say_more_than_its_cost(write: Write) -> None:
    """Langfuse's daily metrics: a total cost, and beside it a list of usage by model."""
    models = [
        {"model": "gpt-4o", "inputUsage": 1000, "outputUsage": 200, "totalCost": 0.3},
        {"model": "gpt-5", "inputUsage": 2000, "outputUsage": 300, "totalCost": 0.2},
    ]
    day = {"date": "2026-02-19", "countTraces": 9, "totalCost": 0.5, "usage": models}
    usage = read(write(json.dumps({"data": [day]}), "a.json"))
    assert by(usage, "model", "input_tokens") == {"gpt-4o": 1000, "gpt-5": 2000}
    assert sums(usage)["cost"] == nano("0.5")


def test_a_list_that_is_another_cost_leaves_the_cost_beside_it(write: Write) -> None:
    day = {"date": "2026-02-19", "totalCost": 9.0, "usage": [CALL]}
    assert sums(read(write(json.dumps({"data": [day]}), "a.json")))["cost"] == nano(9)


def test_a_record_with_a_number_as_usage_is_read(write: Write) -> None:
    row = CALL | {"time": AT, "usage": 0.0035, "by": {"m-1": {"usage": 1}}}
    assert_one_call(read(write(json.dumps({"data": row}), "a.json")))


@pytest.mark.parametrize("other", ["estimated_usage", "previous", "session_totals"])
def test_the_usage_of_a_record_is_its_own(write: Write, other: str) -> None:
    counts = {"input_tokens": 900, "output_tokens": 90}
    own = {"input_tokens": 1000, "output_tokens": 100}
    row = {"time": AT, "model": "m", other: {"usage": counts} | counts, "usage": own}
    assert_one_call(read(write(lines([row]), "a.jsonl")))


def test_usage_by_model_counts_where_it_adds_up_to_the_cost_beside_it(
    write: Write,
) -> None:
    """The result of a run of Claude Code: one cost, and the usage of each model."""
    usage = {
        name: {"inputTokens": tokens, "outputTokens": 5, "costUSD": cost}
        for name, tokens, cost in (("claude-x-4", 100, 0.2), ("claude-y-5", 10, 0.3))
    }
    row = {"timestamp": AT, "total_cost_usd": 0.5, "modelUsage": usage}
    found = read(write(lines([row]), "a.jsonl"))
    assert by(found, "model", "input_tokens") == {"claude-x-4": 100, "claude-y-5": 10}
    assert sums(found)["cost"] == nano("0.5")
