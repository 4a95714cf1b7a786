"""Calls that two tools seem to have watched are said; nothing proves it, so all count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import meterwidgets as mw
from ledger.figures import lines, read

Write = Callable[..., Path]
START = 1_771_754_400_000_000_000  # 2026-02-22 10:00


def spans(*calls: tuple[str, int, int, int]) -> str:
    """A trace of calls: their span, nanoseconds, input and output."""
    found = [
        {"traceId": "a" * 32, "spanId": name, "startTimeUnixNano": str(START + at),
         "endTimeUnixNano": str(START + at + 10**9), "attributes": [
             {"key": f"gen_ai.usage.{side}_tokens", "value": {"intValue": str(count)}}
             for side, count in (("input", i), ("output", o))]}
        for name, at, i, o in calls
    ]  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": found}]}]})


def observation(name: str, second: int, tokens: int) -> dict[str, Any]:
    return {"id": name, "traceId": "t", "type": "GENERATION", "model": "m",
            "startTime": f"2026-02-22T10:00:0{second}.250Z", "totalCost": 0.5,
            "usageDetails": {"input": tokens, "output": 10}}  # fmt: skip


def notes(usage: mw.UsageFrame) -> list[str]:
    return [each for each in usage.quality.notes if "both are counted" in each]


def test_calls_that_two_tools_logged_are_said(write: Write) -> None:
    write(spans(("a" * 16, 10**8, 1000, 10), ("b" * 16, 3 * 10**9, 77, 9)), "l/a.json")
    rows = [observation("o1", 0, 1000), observation("o2", 7, 5)]
    usage = read(write(lines(rows), "l/b.jsonl").parent)
    assert usage.quality.records == 4
    assert notes(usage) == [
        "langfuse and otlp: 1 call has the same second and tokens in both (1,010 tokens "
        "and 0.500000000 USD), and both are counted; if they watch the same calls, read "
        "only one of them"
    ]


def test_tools_that_watch_other_calls_are_not(write: Write) -> None:
    write(spans(("a" * 16, 10**8, 1000, 10)), "l/a.json")
    rows = [observation(f"o{n}", 0, 900 + n) for n in range(3)]
    assert not notes(read(write(lines(rows), "l/b.jsonl").parent))


def test_two_instrumentations_of_one_call_are_said(write: Write) -> None:
    calls = spans(("a" * 16, 0, 1000, 10), ("b" * 16, 10**6, 1000, 10))
    assert notes(read(write(calls, "a.json"))) == [
        "otlp: 1 call equals another of the same trace in time and tokens (1,010 "
        "tokens), and both are counted; if two instrumentations watch the same calls, "
        "keep one"
    ]


def test_calls_of_a_trace_one_after_the_other_are_two(write: Write) -> None:
    calls = spans(("a" * 16, 0, 1000, 10), ("b" * 16, 10**9, 1000, 10))
    assert not notes(read(write(calls, "a.json")))


def test_an_export_by_user_and_one_by_team_are_said(write: Write) -> None:
    row = {"date": "2026-02-22", "api_key": "k", "model": "m", "model_group": "m",
           "custom_llm_provider": "p", "prompt_tokens": 1000, "completion_tokens": 100,
           "spend": 0.0035, "api_requests": 2, "successful_requests": 2,
           "failed_requests": 0, "cache_read_input_tokens": 0,
           "cache_creation_input_tokens": 0}  # fmt: skip
    write(json.dumps([row | {"id": "a", "user_id": "u"}]), "l/user.json")
    path = write(json.dumps([row | {"id": "b", "team_id": "t"}]), "l/team.json")
    assert notes(read(path.parent)) == [
        "litellm_daily: 1 bucket has the same sums by project, api_key, deployment, "
        "provider, model and by user, api_key, deployment, provider, model (1,100 tokens "
        "and 0.003500000 USD), and both are counted; they describe the same usage, so "
        "read only one of them"
    ]


def test_tables_by_user_and_by_team_are_said_and_others_are_not(write: Write) -> None:
    days = [f"2026-02-2{n},{{}},{n},{n * 10},{n}\n" for n in range(1, 5)]
    head = "date,{},requests,input_tokens,cost\n"

    def table(name: str, *values: str) -> str:
        rows = (day.format(value) for value in values for day in days)
        return head.format(name) + "".join(rows)

    write(table("user", "u1", "u2"), "l/a.csv")
    usage = read(write(table("team", "t1", "t2"), "l/b.csv").parent)
    assert "4 buckets have the same sums by project and by user" in notes(usage)[0]
    write(table("user", "u1", "u2"), "m/a.csv")
    assert not notes(read(write(table("team", "t1"), "m/b.csv").parent))


def test_requests_within_buckets_of_their_names_are_said(write: Write) -> None:
    write("date,model,requests,input_tokens\n2026-02-22,m,3,30\n2026-02-23,m,3,30\n", "l/d.csv")  # fmt: skip
    rows = "".join(f"2026-02-22 10:0{n}:05,m,10,1\n" for n in range(3))
    head = "timestamp,model,input_tokens,output_tokens\n"
    usage = read(write(head + rows, "l/r.csv").parent)
    assert (
        "table: 3 requests lie within buckets of the same names (33 tokens)"
        in (notes(usage)[0])
    )
    write(head + rows.replace(",m,", ",n,"), "l/r.csv")
    assert not notes(read(Path("l")))


def test_a_file_that_holds_an_export_twice_is_said(write: Write) -> None:
    rows = "".join(f"2026-02-22T10:{n:02}:17Z,m,{n + 5},7,0.01\n" for n in range(40))
    head = "ts,model,input_tokens,output_tokens,cost\n"
    usage = read(write(head + rows + rows))
    assert usage.quality.records == 80
    (note,) = [each for each in usage.quality.notes if "all are counted" in each]
    assert note.startswith(
        "table: 40 requests equal another row of the same file, to the second (1,260 "
        "tokens and 0.400000000 USD)"
    )
    whole_minutes = rows.replace(":17Z", ":00Z")
    again = read(write(head + whole_minutes + whole_minutes, "b.csv"))
    assert not any("all are counted" in each for each in again.quality.notes)


def test_two_logs_of_one_agent_are_said(write: Write) -> None:
    """Gemini CLI writes its sessions and its telemetry, each with ids of its own."""
    times = [f"2026-02-22T10:00:0{n}Z" for n in range(5)]
    session = [{"id": f"m{n}", "timestamp": at, "model": "g", "tokens": {"input": n + 1, "output": 7}} for n, at in enumerate(times)]  # fmt: skip
    telemetry = [{"response_id": f"r{n}", "time": at, "model": "g", "input_token_count": n + 1, "output_token_count": 7, "duration_ms": 5} for n, at in enumerate(times)]  # fmt: skip
    write(lines(session), "l/session.jsonl")
    usage = read(write(lines(telemetry), "l/telemetry.jsonl").parent)
    assert notes(usage) == [
        "table: 5 requests have the same second and tokens as one of another file (50 "
        "tokens), and both are counted; if both files log the same calls, read only one "
        "of them"
    ]
    write(lines([row | {"time": row["time"].replace("T10", "T11")} for row in telemetry]), "l/telemetry.jsonl")  # fmt: skip
    assert not notes(read(Path("l")))


def test_a_gateways_calls_beside_a_providers_days_are_said(write: Write) -> None:
    result = {"object": "organization.usage.completions.result", "input_tokens": 1000,
              "output_tokens": 100, "num_model_requests": 2, "model": "gpt-5-nano"}  # fmt: skip
    bucket = {"start_time": 1771718400, "end_time": 1771804800, "results": [result]}
    write(
        json.dumps({"object": "page", "data": [bucket], "has_more": False}), "l/a.json"
    )
    rows = [
        {"request_id": f"r{n}", "startTime": "2026-02-22T10:00:00Z", "spend": 0.5,
         "call_type": "acompletion", "model": "openai/gpt-5-nano", "prompt_tokens": 500,
         "completion_tokens": 50}
        for n in range(2)
    ]  # fmt: skip
    assert notes(read(write(json.dumps(rows), "l/b.json").parent)) == [
        "litellm and openai: 1 day of a model with the same tokens in both (1,100 tokens "
        "and 1.000000000 USD), and both are counted; if they report the same calls, read "
        "only one of them"
    ]
    write(json.dumps(rows[:1]), "l/b.json")
    assert not notes(read(Path("l")))


def routed(name: str, call: str, **words: Any) -> dict[str, Any]:
    return {"request_id": name, "call_type": call, "api_key": "k", "spend": 0.0035,
            "prompt_tokens": 1000, "completion_tokens": 100, "model": "claude-x",
            "startTime": "2026-02-22T10:00:00.250Z"} | words  # fmt: skip


def test_a_request_that_litellm_logged_by_two_routes_is_said(write: Write) -> None:
    """BerriAI/litellm#15740: /v1/responses of providers that have no such route."""
    rows = [routed("r", "aresponses"), routed("c", "acompletion")]
    assert notes(read(write(json.dumps(rows), "a.json"))) == [
        "litellm: 1 call equals one on another route in second, key, tokens and cost "
        "(1,100 tokens and 0.003500000 USD), and both are counted; LiteLLM may have "
        "logged one request twice"
    ]
    rows[1]["completion_tokens"] = 99
    assert not notes(read(write(json.dumps(rows), "b.json")))


def bill(cost: str, day: int = 1) -> str:
    return (
        "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,SkuId,"
        f"ServiceCategory\n2026-02-0{day}T00:00:00Z,2026-02-0{day + 1}T00:00:00Z,"
        f"{cost},USD,s-1,AI and Machine Learning\n"
    )


def test_a_bill_that_was_delivered_again_is_said(write: Write) -> None:
    write(bill("5.00"), "l/a.csv")
    folder = write(bill("12.00"), "l/b.csv").parent
    (said,) = (n for n in read(folder).quality.notes if "delivered again" in n)
    assert "1 line of a bill is in several files" in said
    assert "5.000000000 USD" in said
    write(bill("12.00", day=2), "l/b.csv")
    assert not any("delivered again" in note for note in read(folder).quality.notes)
