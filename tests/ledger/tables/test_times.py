"""Tables of the wild: how their times are written, and what their rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw

Write = Callable[..., Path]


def read(path: Path, **words: Any) -> mw.UsageFrame:
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(path, prices=book, rejects=None, **words)


def table(write: Write, header: str, times: Sequence[str]) -> Path:
    lines = [f'"{time}",{n + 1},{10 * (n + 1)},m' for n, time in enumerate(times)]
    return write(
        "\n".join([f"{header},cost,input_tokens,model", *lines]) + "\n", "a.csv"
    )


def starts(usage: mw.UsageFrame) -> list[datetime]:
    coverage = usage.coverage
    return [coverage.first, coverage.last]


@pytest.mark.parametrize(
    ("first", "last", "at"),
    [("03/04/2026", "25/04/2026", "2026-04-03"), ("03/04/2026", "03/25/2026", "2026-03-04"),
     ("3.4.2026", "5.4.2026", "2026-04-03"), ("03-04-26", "25-04-26", "2026-04-03"),
     ("20260403", "20260404", "2026-04-03"), ("46115", "46116", "2026-04-03"),
     ("Apr 3, 2026", "Apr 4, 2026", "2026-04-03"), ("3 April 2026", "4 April 2026", "2026-04-03"),
     ("03-Apr-2026", "04-Apr-2026", "2026-04-03"), ("2026.04.03", "2026.04.04", "2026-04-03")],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(
    write: Write, first: str, last: str, at: str
) -> None:
    usage = read(table(write, "date", [first, last]))
    assert usage.coverage.first.date().isoformat() == at
    found = usage.select().sums()
    assert (found["records"], found["requests_reported"]) == (2, 0)
    assert found["unsplit_cost"] == 3_000_000_000


@pytest.mark.parametrize(
    "text",
    ["2/22/2026 1:05 PM", "22/02/2026 13:05", "02/22/2026 13:05:00", "22.02.2026, 13:05:00",
     "Feb 22, 2026, 1:05:00\u202fPM", "Sun, 22 Feb 2026 13:05:00 GMT",
     "22/Feb/2026:13:05:00 +0000", "22/Feb/2026:15:05:00 +0200", "2026-02-22 13:05:00,000",
     "2026-02-22 1:05 PM", "20260222130500", "20260222T130500", "Sun Feb 22 13:05:00 2026",
     "1.7717655e+09", "1771765500.0", "46075.5451388889", "2026/02/22 13:05:00 UTC"],
)  # fmt: skip
def test_moments_are_read_as_they_are_written(write: Write, text: str) -> None:
    usage = read(table(write, "time", [text]))
    assert usage.select().sums()["requests"] == 1
    assert usage.coverage.last == datetime(2026, 2, 22, 13, 5, 1, tzinfo=UTC)


def test_of_dates_that_can_be_read_in_two_ways_the_shorter_ledger_is_taken_and_said(
    write: Write,
) -> None:
    usage = read(table(write, "date", ["03/04/2026", "05/04/2026", "06/04/2026"]))
    assert usage.coverage.first.date().isoformat() == "2026-04-03"
    assert any(
        "can be read as month/day/year and as day/month/year; it is read as "
        "day/month/year" in note
        for note in usage.quality.notes
    )
    american = read(table(write, "date", ["03/04/2026"]))
    assert american.coverage.first.date().isoformat() == "2026-03-04"


def test_a_time_that_no_form_reads_is_rejected_with_its_money(write: Write) -> None:
    usage = read(table(write, "date", ["21.02.2026", "22.02.2026", "soon"]))
    assert (usage.quality.records, usage.quality.rejected) == (2, 1)
    assert any(
        "3.00 USD recorded in rejected rows" in note for note in usage.quality.notes
    )
    assert usage.select().sums()["requests_reported"] == 0


@pytest.mark.parametrize(
    ("header", "times", "end"),
    [("month", ["2026-01", "2026-02"], "2026-03-01"), ("month", ["Jan 2026", "Feb 2026"], "2026-03-01"),
     ("month", ["2026-01-01", "2026-02-01"], "2026-03-01"), ("Month", ["01/2026", "02/2026"], "2026-03-01"),
     ("date", ["2025-12-01", "2026-01-01", "2026-02-01"], "2026-03-01"),
     ("week", ["2026-W08", "2026-W09"], "2026-03-02"), ("week", ["2026-02-16", "2026-02-23"], "2026-03-02"),
     ("date", ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"], "2026-03-02"),
     ("hour", ["2026-02-22T10:00:00Z", "2026-02-22T11:00:00Z"], "2026-02-22T12:00:00"),
     ("hour", ["2026-02-22 10:00", "2026-02-22 11:00"], "2026-02-22T12:00:00"),
     ("day", ["1771632000", "1771718400"], "2026-02-23")],
)  # fmt: skip
def test_a_table_of_hours_weeks_or_months_counts_no_requests(
    write: Write, header: str, times: list[str], end: str
) -> None:
    usage = read(table(write, header, times))
    found = usage.select().sums()
    assert (found["records"], found["requests_reported"]) == (len(times), 0)
    assert usage.coverage.last == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert any("the number of requests is unknown" in n for n in usage.quality.notes)


def test_days_that_count_their_requests_are_days_too(write: Write) -> None:
    usage = read(write(
        "date,model,requests,input_tokens\n2026-02-21,m,7,50\n2026-02-22,m,8,60\n"
    ))  # fmt: skip
    assert usage.select().sums()["requests"] == 15
    assert usage.bucket_s == 86_400
    assert not any("requests is unknown" in note for note in usage.quality.notes)


@pytest.mark.parametrize(
    ("text", "last", "requests"),
    [("date,time,cost\n2026-02-22,10:00:00,1\n2026-02-22,11:30:05,2\n", "2026-02-22T11:30:06", 2),
     ("Date;Time;cost\n22.02.2026;10:00;1\n22.02.2026;11:30;2\n", "2026-02-22T11:30:01", 2),
     ("date,hour,cost\n2026-02-22,9,1\n2026-02-22,11,2\n", "2026-02-22T12:00:00", 0),
     ("year,month,cost\n2026,1,1\n2026,2,2\n", "2026-03-01T00:00:00", 0),
     ("year,month,day,cost\n2026,2,1,1\n2026,2,22,2\n", "2026-02-23T00:00:00", 0)],
)  # fmt: skip
def test_a_time_may_stand_in_several_columns(
    write: Write, text: str, last: str, requests: int
) -> None:
    usage = read(write(text, "a.csv"))
    assert usage.coverage.last == datetime.fromisoformat(last).replace(tzinfo=UTC)
    found = usage.select().sums()
    assert found["unsplit_cost"] == 3_000_000_000
    assert found["requests"] == requests


def test_a_month_ends_where_it_ends_in_the_zone_of_the_ledger(write: Write) -> None:
    usage = read(
        table(write, "month", ["2026-02", "2026-03"]), tz="Europe/Berlin"
    )  # fmt: skip
    assert starts(usage) == [
        datetime(2026, 1, 31, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),
    ]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kathmandu"])
def test_the_zone_of_the_process_tells_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    usage = read(table(write, "date", ["2026-02-21", "2026-02-22"]))
    assert usage.select().sums()["requests_reported"] == 0


def test_requests_at_whole_hours_are_requests(write: Write) -> None:
    usage = read(table(write, "time", ["2026-02-22T10:00:00Z", "2026-02-22T11:00:00Z"]))
    assert usage.select().sums()["requests"] == 2
