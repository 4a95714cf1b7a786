"""Calendar buckets of a trend, in a named zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from meterwidgets.errors import MeterError, unknown
from meterwidgets.zones import midnight

_SECONDS = {"minute": 60, "15 minutes": 900, "hour": 3600}
BUCKETS = (*_SECONDS, "day", "week", "month")
POINTS = 300
"""So many points are drawn at the most."""

_UP_TO = (
    (timedelta(hours=2), "minute"),
    (timedelta(hours=12), "15 minutes"),
    (timedelta(days=12), "hour"),
    (timedelta(days=300), "day"),
    (timedelta(days=5 * 366), "week"),
)
_LENGTHS = {name: timedelta(seconds=s) for name, s in _SECONDS.items()} | {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}


def bucket_for(span: timedelta, grain_s: int, points: int = POINTS) -> str:
    """The bucket that suits a span of time; never finer than the grain.

    Args:
        span: The length of time to draw.
        grain_s: Seconds of the finest bucket there is.
        points: How many may be drawn at the most.

    Source: METRICS, "Time".

    Examples:
        >>> [bucket_for(timedelta(days=d), 900) for d in (0.05, 1, 30, 400, 3000)]
        ['15 minutes', 'hour', 'day', 'week', 'month']
        >>> bucket_for(timedelta(days=10), 900, points=60)
        'day'
    """
    named = next((bucket for limit, bucket in _UP_TO if span <= limit), "month")
    for name in BUCKETS[BUCKETS.index(finest(named, grain_s)) :]:
        if span <= points * _LENGTHS[name]:
            return name
    return "month"


def finest(bucket: str, grain_s: int) -> str:
    """A bucket, or the finest that is not finer than the grain.

    Raises:
        MeterError: When there is no such bucket.

    Examples:
        >>> finest("minute", 900), finest("day", 900)
        ('15 minutes', 'day')
    """
    if bucket not in BUCKETS:
        raise MeterError(unknown("bucket", bucket, BUCKETS))
    following = BUCKETS[BUCKETS.index(bucket) :]
    return next(name for name in following if _SECONDS.get(name, grain_s) >= grain_s)


def drawn(
    start: datetime, end: datetime, bucket: str, tz: str, points: int = POINTS
) -> tuple[str, list[datetime]]:
    """A bucket, or the next one that makes few enough points, and its edges."""
    coarser = BUCKETS[BUCKETS.index(bucket) :]
    for name in coarser:
        if end - start <= points * _LENGTHS[name] or name == coarser[-1]:
            marks = edges(start, end, name, tz)
            if len(marks) <= points + 1:
                return name, marks
    return name, marks


def edges(start: datetime, end: datetime, bucket: str, tz: str) -> list[datetime]:
    """The edges of the buckets that hold a range of time.

    Args:
        start: First instant.
        end: First instant that is out; after ``start``.
        bucket: One of ``BUCKETS``.
        tz: The zone of the calendar.

    Returns:
        n + 1 instants in UTC, the first at or before ``start``, the last at or after
        ``end``. Hours begin at full hours of the local clock; where that
        moves by half an hour, they go on from the midnight before until the next.

    Examples:
        >>> marks = edges(datetime(2026, 3, 28, 23, tzinfo=UTC),
        ...               datetime(2026, 3, 29, 22, tzinfo=UTC), "day", "Europe/Berlin")
        >>> (marks[1] - marks[0]) / timedelta(hours=1)  # the clock went forward
        23.0
    """
    day = _floor(start.astimezone(ZoneInfo(tz)).date(), bucket)
    marks = [midnight(day, tz)]
    while marks[-1] < end:
        following = _after(day, bucket)
        close = midnight(following, tz)
        if bucket in _SECONDS:
            step = timedelta(seconds=_SECONDS[bucket])
            while marks[-1] + step < close:
                marks.append(marks[-1] + step)
        marks.append(close)
        day = following
    first = max(place for place, mark in enumerate(marks) if mark <= start)
    last = min(place for place, mark in enumerate(marks) if mark >= end)
    return [mark.astimezone(UTC) for mark in marks[first : last + 1]]


def _floor(day: date, bucket: str) -> date:
    if bucket == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket == "month" else day


def _after(day: date, bucket: str) -> date:
    if bucket == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if bucket == "week" else 1)
