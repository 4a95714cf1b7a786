"""Lengths and ranges of time as text, and where the data end."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import meterwidgets as mw
from meterwidgets.frame.window import Window
from meterwidgets.metrics.text import times
from meterwidgets.zones import midnight, month_name


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=29, hours=19), "29.8 days"),
        (timedelta(days=30), "30 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=1, minutes=30), "1.5 hours"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(0), "0 minutes"),
    ],
)
def test_lengths_of_time(span: timedelta, text: str) -> None:
    assert times.duration(span) == text


def test_whole_days_print_inclusively_and_never_as_a_midnight() -> None:
    def of(first: date, end: date, tz: str = "UTC") -> str:
        return times.window(Window(midnight(first, tz), midnight(end, tz), tz))

    assert of(date(2026, 2, 22), date(2026, 2, 23)) == "Feb 22, 2026"
    assert of(date(2026, 1, 24), date(2026, 2, 23)) == "Jan 24 – Feb 22, 2026"
    assert of(date(2025, 12, 30), date(2026, 1, 2)) == "Dec 30, 2025 – Jan 1, 2026"
    kolkata = of(date(2026, 2, 22), date(2026, 2, 23), "Asia/Kolkata")
    assert kolkata == "Feb 22, 2026"


def test_other_windows_print_their_times() -> None:
    def utc(*at: int) -> datetime:
        return datetime(*at, tzinfo=UTC)  # type: ignore[arg-type, misc]

    here = Window(utc(2026, 2, 22, 5), utc(2026, 2, 23, 4, 30), "America/New_York")
    assert times.window(here) == "Feb 22, 2026, 12:00 AM – 11:30 PM"
    longer = Window(utc(2026, 2, 22, 12), utc(2026, 2, 24), "UTC")
    assert times.window(longer) == "Feb 22, 12:00 PM – Feb 23, 2026"
    evening = Window(utc(2026, 2, 22, 12), utc(2026, 2, 23), "UTC")
    assert times.window(evening) == "Feb 22, 2026, 12:00 PM – midnight"


@pytest.mark.parametrize(
    ("tz", "day"),
    [
        ("UTC", date(2026, 2, 22)),
        ("America/New_York", date(2026, 3, 7)),
        # on the next day there, the clock goes from 11:59 PM to 1:00 AM
        ("America/Santiago", date(2026, 9, 5)),
        ("Africa/Cairo", date(2026, 4, 23)),
        # there, midnight comes twice
        ("America/Havana", date(2026, 10, 31)),
    ],
)
def test_data_until_the_end_of_a_day_names_that_day(tz: str, day: date) -> None:
    as_of = midnight(day + timedelta(days=1), tz)
    assert times.data_until(as_of, tz) == f"Data until {times.day(day)}"


def test_data_until_a_moment_names_it() -> None:
    as_of = datetime(2026, 2, 22, 17, 5, tzinfo=UTC)
    assert (
        times.data_until(as_of, "America/New_York")
        == "Data until Feb 22, 2026, 12:05 PM"
    )


def test_times_do_not_follow_the_locale_of_the_process() -> None:
    """No strftime code that a locale answers is left, and months are English."""
    source = Path(mw.__file__).parent
    codes = re.compile(r"%[-#]?[aAbBcpxXhr](?![a-zA-Z0-9_{])")
    found = [
        f"{path.name}: {line.strip()}"
        for path in source.rglob("*.py")
        if path.name != "time_forms.py"  # it reads: DuckDB knows no locale
        for line in path.read_text("utf-8").splitlines()
        if codes.search(line) and re.search(r"strftime|\{[^{}]*:%", line)
    ]
    assert found == []
    names = {month_name(date(2026, month, 1)) for month in range(1, 13)}
    assert "March" in names
    assert len(names) == 12


@pytest.mark.parametrize(
    ("covered", "whole", "text"),
    [
        (timedelta(days=1), timedelta(days=1), "1 day"),
        (timedelta(days=10), timedelta(days=30), "10 of 30 days"),
        (timedelta(days=29, hours=19), timedelta(days=30), "29.8 days"),
        (timedelta(hours=10), timedelta(days=1), "10 hours"),
        (timedelta(hours=11, minutes=56), timedelta(days=1), "11.9 hours"),
        (timedelta(hours=5), timedelta(days=7), "5 hours of 7 days"),
        (timedelta(minutes=45), timedelta(hours=1), "45 minutes"),
    ],
)
def test_daily_figures_say_what_they_divide_by(
    covered: timedelta, whole: timedelta, text: str
) -> None:
    assert times.elapsed(covered, whole) == text
