"""The buckets that trends choose, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics.buckets import edges
from meterwidgets.metrics.trend import trend
from meterwidgets.zones import midnight

from .ledgers import request, selected, usage_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days_of(*amounts: str | None, first: str = "2026-01-01", **more: Any) -> list[Any]:
    """A request at noon of each day, with a recorded cost."""
    start = date.fromisoformat(first)
    return [
        request(str(start + timedelta(days=n)), cost=cost, **more)
        for n, cost in enumerate(amounts)
    ]


@pytest.mark.parametrize(
    ("length", "bucket"),
    [
        (2 * HOUR, "minute"),
        (2 * HOUR + timedelta(minutes=1), "15 minutes"),
        (12 * HOUR, "15 minutes"),
        (13 * HOUR, "hour"),
        (DAY, "hour"),
    ],
)
def test_the_bucket_follows_from_the_span(
    golden: UsageFrame, length: timedelta, bucket: str
) -> None:
    start = datetime(2026, 2, 22, tzinfo=UTC)
    assert trend(selected(golden, start=start, end=start + length)).bucket == bucket


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (12, "hour"), (13, "day"), (300, "day"), (301, "week"), (1800, "week"),
        (1900, "month"),
    ],
)  # fmt: skip
def test_the_bucket_of_long_spans(days: int, bucket: str) -> None:
    start = date(2020, 1, 1)
    ends = [request(str(start)), request(str(start + timedelta(days=days - 1)))]
    drawn = trend(usage_of(ends).select())
    assert (drawn.bucket, len(drawn.start) <= 300) == (bucket, True)


def test_a_chosen_bucket_draws_at_most_300_points() -> None:
    usage = usage_of(days_of(*["1"] * 40))
    for asked, got in [("hour", "day"), ("day", "day"), ("week", "week")]:
        drawn = trend(usage.select(), bucket=asked)
        assert drawn.bucket == got
        assert len(drawn.start) <= 300
        assert sum(p.cost or 0 for p in drawn.series[0].points) == 40 * 10**9
    some = selected(usage, start="2026-01-05", end="2026-01-09")
    assert trend(some, bucket="hour").bucket == "hour"


def test_a_span_that_cuts_days_still_draws_at_most_300_points() -> None:
    start = datetime(2025, 1, 1, 12, tzinfo=UTC)
    rows = [request((start + timedelta(days=n)).isoformat()[:19]) for n in range(300)]
    rows.append(request((start + 300 * DAY - HOUR).isoformat()[:19]))
    drawn = trend(selected(usage_of(rows), start=start, end=start + 300 * DAY))
    assert len(drawn.start) <= 300
    assert drawn.bucket == "week"
    assert sum(p.requests or 0 for p in drawn.series[0].points) == 301


def test_an_unknown_bucket_is_refused_with_the_choices() -> None:
    from meterwidgets.errors import MeterError

    with pytest.raises(MeterError, match="bucket 'days' not found; did you mean 'day'"):
        trend(usage_of(days_of("1")).select(), bucket="days")


@pytest.mark.parametrize(
    ("tz", "skipped"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
        ("Pacific/Enderbury", date(1994, 12, 31)),
    ],
)
@pytest.mark.parametrize("bucket", ["hour", "day", "week", "month"])
def test_a_day_that_a_zone_skipped_has_no_bucket(
    tz: str, skipped: date, bucket: str
) -> None:
    start = midnight(skipped - timedelta(days=3), tz)
    found = edges(start, start + timedelta(days=6), bucket, tz)
    assert found == sorted(set(found))
