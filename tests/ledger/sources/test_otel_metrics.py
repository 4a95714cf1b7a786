"""Counters of tokens and costs in OpenTelemetry: deltas, running totals, restarts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, nano, read, sums
from ledger.sources.test_otel_events import listed

Write = Callable[..., Path]
Point = tuple[str, str, int, int, int | float]
"""A metric, a type of tokens, the seconds of its start and end, and its value."""

TOKENS, COST = "claude_code.token.usage", "claude_code.cost.usage"
START = 1769335200
DELTA: list[Point] = [
    (TOKENS, "input", 0, 60, 100), (TOKENS, "output", 0, 60, 20),
    (TOKENS, "cacheRead", 0, 60, 50), (TOKENS, "cacheCreation", 0, 60, 30),
    (COST, "", 0, 60, 0.01), ("claude_code.session.count", "", 0, 60, 1),
    (TOKENS, "input", 60, 120, 200), (TOKENS, "output", 60, 120, 40),
    (COST, "", 60, 120, 0.02), ("claude_code.commit.count", "", 60, 120, 7),
]  # fmt: skip
CUMULATIVE: list[Point] = [
    *DELTA[:6],
    (TOKENS, "input", 0, 120, 300), (TOKENS, "output", 0, 120, 60),
    (TOKENS, "cacheRead", 0, 120, 50), (COST, "", 0, 120, 0.03),
]  # fmt: skip
RESTART: list[Point] = [
    (TOKENS, "input", 130, 180, 10), (COST, "", 130, 180, 0.001),
    (TOKENS, "input", 130, 240, 400),
]  # fmt: skip


def _attributes(kind: str) -> dict[str, Any]:
    named = {"type": kind} if kind else {}
    return {"model": "sonnet", "session.id": "s", "organization.id": "o", **named}


def otlp(points: Iterable[Point], temporality: object) -> str:
    def metric(name: str, kind: str, start: int, end: int, value: float) -> Any:
        number = (
            {"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}
        )
        point = {"attributes": listed(_attributes(kind)), **number,
                 "startTimeUnixNano": str((START + start) * 10**9),
                 "timeUnixNano": str((START + end) * 10**9)}  # fmt: skip
        return {"name": name, "sum": {"dataPoints": [point], "isMonotonic": True,
                                      "aggregationTemporality": temporality}}  # fmt: skip

    return lines(
        {"resourceMetrics": [{"resource": {"attributes": listed({"service.name": "a"})},
                              "scopeMetrics": [{"metrics": [metric(*point)]}]}]}
        for point in points
    )  # fmt: skip


def clickhouse(points: Iterable[Point], temporality: object) -> str:
    def time(second: int) -> str:
        return f"2026-01-25 10:{second // 60:02}:{second % 60:02}.000000000"

    return lines(
        {"MetricName": name, "ServiceName": "a", "Attributes": _attributes(kind),
         "StartTimeUnix": time(start), "TimeUnix": time(end), "Value": value,
         "AggregationTemporality": temporality}
        for name, kind, start, end, value in points
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        (otlp(DELTA, 1), (380, 60, 50, 30, "0.03")),
        (otlp(DELTA, "AGGREGATION_TEMPORALITY_DELTA"), (380, 60, 50, 30, "0.03")),
        (otlp(CUMULATIVE, 2), (380, 60, 50, 30, "0.03")),
        (otlp(CUMULATIVE * 2, 2), (380, 60, 50, 30, "0.03")),
        # a process that started anew begins at 0, whether or not it passes the old one
        (otlp(CUMULATIVE + RESTART, 2), (780, 60, 50, 30, "0.031")),
        (clickhouse(DELTA, 1), (380, 60, 50, 30, "0.03")),
        (clickhouse(CUMULATIVE + RESTART, 2), (780, 60, 50, 30, "0.031")),
    ],
)
def test_counters_add_up_to_what_was_used(
    write: Write, text: str, figures: tuple[int, int, int, int, str]
) -> None:
    usage = read(write(text))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == figures[:2]
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == figures[2:4]
    assert found["cost"] == nano(figures[4])
    assert by(usage, "org", "input_tokens") == {"o": figures[0]}
    assert not usage.quality.rejected


def test_a_counter_goes_on_in_the_next_file(write: Write) -> None:
    paths = [
        write(otlp(CUMULATIVE[:6], 2), "a.jsonl"),
        write(otlp(CUMULATIVE[6:], 2), "b.jsonl"),
    ]
    found = sums(read(paths))
    assert (found["input_tokens"], found["cost"]) == (380, nano("0.03"))


def test_events_tell_what_the_counters_of_one_file_repeat(write: Write) -> None:
    event = {"event.name": "api_request", "model": "sonnet", "input_tokens": 9}
    record = {"timeUnixNano": str(START * 10**9), "attributes": listed(event)}
    logs = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    found = sums(read(write(otlp(DELTA, 1) + logs + "\n")))
    assert (found["requests"], found["input_tokens"]) == (1, 9)
