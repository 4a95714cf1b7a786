"""Calendar buckets of a trend, in a named zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from meterwidgets.errors import MeterError, unknown
from meterwidgets.zones import midnight

_SECONDS = {"minute": 60, "15 minutes": 900, "hour": 3600}
BUCKETS = (*_SECONDS, "day", "week", "month")
MAX_POINTS = 300
"""The most points that a trend has."""

_LONGEST_SPANS = (
    (timedelta(hours=2), "minute"),
    (timedelta(hours=12), "15 minutes"),
    (timedelta(days=12), "hour"),
    (timedelta(days=300), "day"),
    (timedelta(days=5 * 366), "week"),
)
_LONGEST_S = _SECONDS | {"day": 25 * 3600, "week": 7 * 86_400 + 3600}
"""Bucket -> the most seconds that it has; a month has any number."""
_LENGTHS = {name: timedelta(seconds=s) for name, s in _SECONDS.items()} | {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}


def bucket_for(span: timedelta, grain_s: int, max_points: int = MAX_POINTS) -> str:
    """The bucket that suits a span of time; never finer than the grain.

    Args:
        span: The length of time to draw.
        grain_s: The grain of the cube, in seconds.
        max_points: The most buckets that the span may have.

    Source: METRICS, "Time".

    Examples:
        >>> [bucket_for(timedelta(days=d), 900) for d in (0.05, 1, 30, 400, 3000)]
        ['15 minutes', 'hour', 'day', 'week', 'month']
        >>> bucket_for(timedelta(days=10), 900, max_points=60)
        'day'
    """
    usual = next((name for longest, name in _LONGEST_SPANS if span <= longest), "month")
    for bucket in BUCKETS[BUCKETS.index(not_finer_than_grain(usual, grain_s)) :]:
        if span <= max_points * _LENGTHS[bucket]:
            return bucket
    return "month"


def not_finer_than_grain(bucket: str, grain_s: int) -> str:
    """The bucket itself, or the finest that a grain allows.

    Raises:
        MeterError: When there is no such bucket.

    Examples:
        >>> not_finer_than_grain("minute", 900), not_finer_than_grain("day", 900)
        ('15 minutes', 'day')
        >>> day_s = 86_400
        >>> [not_finer_than_grain("hour", n * day_s) for n in (1, 7, 31)]
        ['day', 'week', 'month']
    """
    if bucket not in BUCKETS:
        raise MeterError(unknown("bucket", bucket, BUCKETS))
    coarser = BUCKETS[BUCKETS.index(bucket) :]
    long_enough = (name for name in coarser if _LONGEST_S.get(name, grain_s) >= grain_s)
    return next(long_enough)


def bucket_edges(
    start: datetime, end: datetime, bucket: str, tz: str, max_points: int = MAX_POINTS
) -> tuple[str, list[datetime]]:
    """A bucket, or the next coarser one that makes few enough points, and its edges."""
    for name in BUCKETS[BUCKETS.index(bucket) :]:
        if end - start <= max_points * _LENGTHS[name] or name == BUCKETS[-1]:
            instants = edges(start, end, name, tz)
            if len(instants) <= max_points + 1:
                break
    return name, instants


def edges(start: datetime, end: datetime, bucket: str, tz: str) -> list[datetime]:
    """The edges of the buckets that hold a range of time.

    Args:
        start: The first instant.
        end: The first instant after the range; later than ``start``.
        bucket: One of ``BUCKETS``.
        tz: The zone of the calendar.

    Returns:
        n + 1 instants in UTC, the first at or before ``start``, the last at or after
        ``end``. Hours begin at full hours of the local clock; on a day when the clock
        moves by half an hour, they are counted from its midnight.

    Examples:
        >>> days = edges(datetime(2026, 3, 28, 23, tzinfo=UTC),
        ...              datetime(2026, 3, 29, 22, tzinfo=UTC), "day", "Europe/Berlin")
        >>> (days[1] - days[0]) / timedelta(hours=1)  # the clock went forward
        23.0
    """
    day = _period_start(start.astimezone(ZoneInfo(tz)).date(), bucket)
    instants = [midnight(day, tz)]
    while instants[-1] < end:
        day = _next_period(day, bucket)
        day_end = midnight(day, tz)
        if bucket in _SECONDS:
            step = timedelta(seconds=_SECONDS[bucket])
            while instants[-1] + step < day_end:
                instants.append(instants[-1] + step)
        if instants[-1] < day_end:  # else the zone skipped that day
            instants.append(day_end)
    first = max(index for index, edge in enumerate(instants) if edge <= start)
    last = min(index for index, edge in enumerate(instants) if edge >= end)
    return [edge.astimezone(UTC) for edge in instants[first : last + 1]]


def _period_start(day: date, bucket: str) -> date:
    if bucket == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket == "month" else day


def _next_period(day: date, bucket: str) -> date:
    if bucket == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if bucket == "week" else 1)
