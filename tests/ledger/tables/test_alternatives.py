"""Logs of several providers: one count under two names, row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.figures import lines, read, sums

Write = Callable[..., Path]


def test_rows_of_two_providers_tell_their_tokens_under_either_name(
    write: Write,
) -> None:
    one = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    other = {"input_tokens": 30, "output_tokens": 7, "cache_read_input_tokens": 50}
    rows = [
        {"timestamp": "2026-01-25T10:00:00Z", "model": "m", "usage": usage}
        for usage in (one, other)
    ]
    found = sums(read(write(lines(rows))))
    assert (found["requests"], found["input_tokens"]) == (2, 180)
    assert (found["output_tokens"], found["cache_read_tokens"]) == (27, 50)


def test_a_second_count_that_rows_have_besides_is_not_added(write: Write) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "input_tokens": 90}
    rows = [
        {"timestamp": "2026-01-25T10:00:00Z", "model": "m", "usage": usage},
        {"timestamp": "2026-01-25T10:01:00Z", "model": "m", "usage": {
            "input_tokens": 5}},
    ]  # fmt: skip
    # input_tokens is in every row
    assert sums(read(write(lines(rows))))["input_tokens"] == 95
