"""Windows that a ledger covers in part, or cuts: what is divided, and what is said."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

import meterwidgets as mw
from meterwidgets.metrics.notes import notes_of
from meterwidgets.metrics.totals import compared, totals

Write = Callable[..., Path]
WRITTEN = datetime(2026, 2, 25, tzinfo=UTC).timestamp()


def read(write: Write, header: str, *times: str, tz: str = "UTC") -> mw.UsageFrame:
    rows = [f"{time},m,10,1" for time in times]
    path = write(
        "\n".join([f"{header},model,input_tokens,cost", *rows]) + "\n", "a.csv"
    )
    os.utime(path, (WRITTEN, WRITTEN))
    return mw.read_usage(path, rejects=None, tz=tz)


def cut(usage: mw.UsageFrame, start: str, end: str) -> list[str]:
    filters = mw.Filters(preset="custom", start=start, end=end)
    notes = notes_of(usage.select(filters))
    return [note for note in notes if "inside a" in note]


def test_usage_dated_in_the_future_is_in_no_run_rate(write: Write) -> None:
    usage = read(
        write, "time", "2026-02-20T10:00:00Z", "2026-02-21T10:00:00Z", "2099-01-01T00:00:00Z"
    )  # fmt: skip
    headline = totals(usage.select(mw.Filters(preset="all")))
    assert headline.amounts.cost == 3 * 10**9
    assert headline.run_rate == Fraction(10**9)
    assert headline.tokens_per_day == 10
    assert headline.requests_per_day == 1


def test_a_ledger_with_future_usage_only_says_that_its_dates_are_believed(
    write: Write,
) -> None:
    usage = read(write, "time", "2030-01-01T00:00:00Z", "2030-01-01T10:00:00Z")
    (note,) = usage.coverage.file_notes
    assert "2 records are dated after it was written" in note
    assert note.endswith("; all records are, so their dates are taken as right")


def test_future_usage_of_many_files_is_said_once_a_format(write: Write) -> None:
    for name in "abc":
        path = write(f"time,cost\n2026-02-20T10:00:00Z,1\n2030-01-01T0{ord(name) - 96}:00Z,1\n",
                     f"in/{name}.csv")  # fmt: skip
        os.utime(path, (WRITTEN, WRITTEN))
    (note,) = mw.read_usage(path.parent, rejects=None).coverage.file_notes
    assert "a.csv and 2 more files: 3 records are dated after it was written" in note
    assert "up to 2030-01-01 03:00" in note


@pytest.mark.parametrize(
    ("header", "times", "unit"),
    [("month", ("2025-12", "2026-01", "2026-02"), "month"),
     ("week", ("2026-W05", "2026-W06", "2026-W07"), "week"),
     ("date", ("2026-02-01", "2026-02-05", "2026-02-22"), "day")],
)  # fmt: skip
def test_a_window_that_cuts_a_row_of_the_ledger_says_so(
    write: Write, header: str, times: tuple[str, ...], unit: str
) -> None:
    usage = read(write, header, *times)
    (note,) = cut(usage, "2026-02-03T06:00", "2026-02-11T06:00")
    assert f"of a whole {unit} and count where it begins" in note
    assert not cut(usage, "2025-12-01", "2026-03-30") or unit == "week"
    assert not cut(usage, "2027-01-03", "2027-01-05")


def test_a_window_of_whole_days_cuts_no_day_in_the_zone_of_the_ledger(
    write: Write,
) -> None:
    usage = read(write, "date", "2026-02-01", "2026-02-05", tz="Europe/Berlin")
    filters = mw.Filters(
        preset="custom", start="2026-02-02", end="2026-02-04", tz="Europe/Berlin"
    )
    notes = notes_of(usage.select(filters))
    assert not [note for note in notes if "inside a" in note]


def test_a_day_that_is_not_over_is_compared_with_no_whole_one(write: Write) -> None:
    days = [f"2026-02-{day:02}" for day in range(1, 23)]
    usage = mw.read_usage(
        write(
            "\n".join(["date,requests,cost", *(f"{day},50,1" for day in days)]) + "\n"
        ),
        written="2026-02-22T12:00",
        rejects=None,
    )
    assert compared(usage.select(mw.Filters(preset="today"))) is None
    week = compared(usage.select(mw.Filters(preset="7d")))
    assert week is not None
    assert (week.current.amounts.cost, week.previous.amounts.cost) == (6e9, 6e9)
    whole = mw.read_usage(
        write(
            "\n".join(["date,requests,cost", *(f"{day},50,1" for day in days)]) + "\n"
        ),
        written="2026-02-23",
        rejects=None,
    )
    today = compared(whole.select(mw.Filters(preset="today")))
    assert today is not None
    assert today.previous.amounts.cost == 10**9


def test_a_month_that_is_not_over_is_compared_with_no_whole_one(write: Write) -> None:
    usage = mw.read_usage(
        write("month,requests,cost\n2025-12,50,1\n2026-01,50,1\n2026-02,50,1\n"),
        written="2026-02-15",
        rejects=None,
    )
    assert compared(usage.select(mw.Filters(preset="mtd"))) is None


def test_requests_are_cut_by_no_window(write: Write) -> None:
    usage = read(write, "time", "2026-02-20T10:07:00Z", "2026-02-21T10:00:00Z")
    assert not cut(usage, "2026-02-20T10:15", "2026-02-21T06:30")
