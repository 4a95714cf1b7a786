"""Buckets that hold each other, a day and its hours, count their usage once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import nano, read, sums
from ledger.sources import test_openai

Write = Callable[..., Path]
Bucket = tuple[str, str, int | None, str | None]
HEAD = "window_start,window_end,org,model,requests,input_tokens,cost\n"


def table(*buckets: Bucket, org: str = "Acme", model: str = "m") -> str:
    """Buckets as a CSV: start, end, tokens, cost."""
    rows = [
        f"{start},{end},{org},{model},{'' if tokens is None else 1},"
        f"{'' if tokens is None else tokens},{cost or ''}\n"
        for start, end, tokens, cost in buckets
    ]
    return HEAD + "".join(rows)


def hours(count: int, tokens: int, cost: str | None = None) -> Iterable[Bucket]:
    for hour in range(count):
        start, end = (f"2026-02-22T{h:02}:00:00Z" for h in (hour, hour + 1))
        yield start, end, tokens, cost


def day(tokens: int | None, cost: str | None = None) -> Bucket:
    return "2026-02-22T00:00:00Z", "2026-02-23T00:00:00Z", tokens, cost


def nested_notes(usage: Any) -> list[str]:
    return [note for note in usage.quality.notes if "a day and its hours" in note]


def test_of_a_day_and_its_hours_the_hours_count(write: Write) -> None:
    usage = read(write(table(day(200, "2"), *hours(20, 10, "0.1"))))
    assert (usage.quality.records, usage.quality.duplicates) == (20, 1)
    assert (sums(usage)["input_tokens"], sums(usage)["cost"]) == (200, nano("2"))
    (note,) = nested_notes(usage)
    assert "table: 1 duplicate left out (200 tokens and 2.000000000 USD)" in note


def test_a_day_and_its_hours_of_two_files_count_once(write: Write) -> None:
    write(table(day(200)), "l/days.csv")
    usage = read(write(table(*hours(20, 10)), "l/hours.csv").parent)
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (20, 200)


def test_the_side_that_counts_more_is_kept(write: Write) -> None:
    usage = read(write(table(day(200), *hours(5, 10))))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (1, 200)
    assert "5 duplicates left out (50 tokens)" in nested_notes(usage)[0]
    usage = read(write(table(day(30), *hours(5, 10)), "b.csv"))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (5, 50)


def test_a_cost_that_only_the_day_has_is_kept_with_its_day(write: Write) -> None:
    usage = read(write(table(day(200, "3"), *hours(20, 10))))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (1, 200)
    assert sums(usage)["cost"] == nano("3")


def test_costs_of_days_and_tokens_of_hours_are_both_kept(write: Write) -> None:
    """Nothing is priced again that the day's cost pays for."""
    import meterwidgets as mw

    book = mw.PriceBook.parse([{"model": "m", "input": "1000000"}], catalogue=False)
    path = write(table(day(None, "3"), *hours(20, 10)))
    usage = read(path, prices=book)
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (21, 200)
    assert sums(usage)["cost"] == nano("3")
    assert any(
        "without tokens pay for 20 buckets" in note for note in usage.quality.notes
    )


def test_what_the_side_that_is_left_out_has_more_is_said(write: Write) -> None:
    usage = read(write(table(day(100, "3"), *hours(20, 10))))
    assert (usage.quality.records, sums(usage)["cost"]) == (1, nano("3"))
    assert (
        "table: for 1 bucket the side that was left out reports more than the one that "
        "is kept, by 100 tokens"
    ) in usage.quality.notes


def test_a_month_its_days_and_their_hours_are_one_usage(write: Write) -> None:
    month = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
    second = "2026-02-23T00:00:00Z", "2026-02-24T00:00:00Z"
    rows = [(*month, 500, "5"), day(200, "2"), (*second, 300, "3")]
    usage = read(write(table(*rows, *hours(20, 10, "0.1"))))
    assert (usage.quality.records, sums(usage)["cost"]) == (21, nano("5"))
    larger = [(*month, 900, "9"), *rows[1:]]
    usage = read(write(table(*larger, *hours(20, 10, "0.1")), "b.csv"))
    assert (usage.quality.records, sums(usage)["cost"]) == (1, nano("9"))


@pytest.mark.parametrize("other", [{"org": "Beta"}, {"model": "n"}])
def test_buckets_of_other_names_are_other_usage(
    write: Write, other: dict[str, str]
) -> None:
    write(table(day(200)), "l/days.csv")
    usage = read(write(table(*hours(20, 10), **other), "l/hours.csv").parent)
    assert sums(usage)["input_tokens"] == 400
    assert not nested_notes(usage)


def test_sessions_within_each_other_are_no_buckets(write: Write) -> None:
    """Two runs of one user may overlap; their ends are of no clock."""
    head = "start,end,user,requests,input_tokens\n"
    rows = "2026-02-22T10:00:07Z,2026-02-22T11:00:31Z,u,3,100\n"
    rows += "2026-02-22T10:05:00Z,2026-02-22T10:12:20Z,u,2,50\n"
    usage = read(write(head + rows))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (2, 150)


def test_a_page_of_days_and_one_of_hours_count_once(write: Write) -> None:
    result = test_openai.RESULT | {"input_tokens": 240, "input_cached_tokens": 0}
    hourly = []
    for hour in range(24):
        bucket = test_openai.bucket(
            0, result | {"input_tokens": 10, "output_tokens": 50}
        )
        bucket["start_time"] += hour * 3600
        bucket["end_time"] = bucket["start_time"] + 3600
        hourly.append(bucket)
    whole = test_openai.page(test_openai.bucket(0, result))
    write(json.dumps(whole), "l/days.json")
    usage = read(write(json.dumps(test_openai.page(*hourly)), "l/hours.json").parent)
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (24, 240)
    assert sums(usage)["output_tokens"] == 1200
    assert not any("counted twice" in note for note in usage.quality.notes)


def test_buckets_without_an_end_are_days_and_hours_by_their_times(write: Write) -> None:
    days = "date,model,requests,input_tokens\n2026-02-22,m,20,200\n2026-02-23,m,5,50\n"
    by_hour = "".join(f"2026-02-22 {hour:02}:00,m,1,10\n" for hour in range(20))
    write(days, "l/days.csv")
    usage = read(
        write("hour,model,requests,input_tokens\n" + by_hour, "l/h.csv").parent
    )
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (21, 250)
