"""Tables that are written a column at a time: a list, or an object of row numbers, each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ledger.figures import read, sums

Write = Callable[..., Path]

ROWS = {
    "time": ["2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z", None],
    "model": ["gpt-4o", None, "gpt-4o"],
    "input_tokens": [100, 200, 9],
    "output_tokens": [10, 20, 9],
    "cost": [0.1, 0.2, 9.0],
}
AS_ROWS = {"input_tokens": 300, "output_tokens": 30}
HOURS = [f"2026-01-05T{hour}:00:00+00:00" for hour in (10, 11)]
METRICS = {
    "MetricDataResults": [
        {"Id": "a", "Label": name, "Timestamps": HOURS, "Values": values}
        for name, values in {
            "InputTokenCount": [1000.0, 500.0],
            "OutputTokenCount": [200.0, 100.0],
            "Invocations": [3.0, 2.0],
            "InvocationLatency": [812.5, 640.0],
        }.items()
    ]
}


@pytest.mark.parametrize("orient", ["columns", "list", "split", "index", "records"])
def test_a_frame_that_pandas_wrote_means_what_its_rows_mean(
    write: Write, orient: str
) -> None:
    frame = pd.DataFrame(ROWS)
    text = (
        json.dumps(ROWS) if orient == "list" else frame.to_json(orient=orient)  # type: ignore[call-overload]
    )
    usage = read(write(text, "frame.json"))
    assert usage.quality.rejected == 1  # the row without a time
    found = sums(usage)
    assert {name: found[name] for name in AS_ROWS} == AS_ROWS
    assert found["unsplit_cost"] + found["input_cost"] + found["output_cost"] == (
        300_000_000
    )


def test_a_metric_of_cloudwatch_is_a_column_of_times_and_one_of_values(
    write: Write,
) -> None:
    usage = read(write(json.dumps(METRICS), "metrics.json"))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"], found["output_tokens"]) == (
        5, 1500, 300,
    )  # fmt: skip


def test_statistics_of_a_metric_of_cloudwatch_are_read_alike(write: Write) -> None:
    points = [
        {"Timestamp": at, "Sum": value, "Unit": "Count"}
        for at, value in zip(HOURS, [1000.0, 500.0], strict=True)
    ]
    answer = {"Label": "InputTokenCount", "Datapoints": points}
    assert sums(read(write(json.dumps(answer), "one.json")))["input_tokens"] == 1500


def test_usage_and_cost_by_side_are_no_columns(write: Write) -> None:
    row = {
        "time": HOURS[0],
        "usage": {"input": 100, "output": 20},
        "cost": {"input": 0.1, "output": 0.2},
    }
    found = sums(read(write(json.dumps(row) + "\n", "a.jsonl")))
    assert (found["requests"], found["input_tokens"]) == (1, 100)
