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
