"""The time range of a selection: from a preset or two instants to whole buckets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from meterwidgets.frame.coverage import Coverage
from meterwidgets.frame.filters import Filters
from meterwidgets.zones import EPOCH, day_before, day_of, midnight, zone


@dataclass(frozen=True)
class Window:
    """A continuous range of time; the end is exclusive. Both are in UTC.

    Attributes:
        start: First instant inside.
        end: First instant after it.
        tz: The zone in which it was chosen and is displayed.
    """

    start: datetime
    end: datetime
    tz: str

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last calendar day, when the window is whole days; else None."""
        local = zone(self.tz)
        first = self.start.astimezone(local).date()
        end = self.end.astimezone(local).date()
        # Where the clocks change at midnight, a day begins at one.
        edges = midnight(first, self.tz), midnight(end, self.tz)
        if edges != (self.start, self.end) or end <= first:
            return None
        return first, day_before(self.end, self.tz)


_HOURS = {"1h": 1, "24h": 24}
_DAYS = {"today": 1, "7d": 7, "30d": 30, "90d": 90}


def is_shorter(preset: str, known_bucket_s: int) -> bool:
    """Whether a preset is shorter than the time by which usage is known.

    Examples:
        >>> is_shorter("1h", 86_400), is_shorter("today", 86_400)
        (True, False)
    """
    days = _DAYS.get(preset, 31)
    return _HOURS.get(preset, 24 * days) * 3600 < known_bucket_s


def resolve(
    filters: Filters,
    coverage: Coverage,
    *,
    start: datetime,
    last: datetime,
    grain_s: int,
) -> Window:
    """The range that filters mean for a ledger.

    Args:
        filters: The preset, or start and end, and the zone.
        coverage: The time that the ledger can speak of.
        start: The first instant with usage.
        last: The last one, whatever its date.
        grain_s: Seconds of a time bucket of the cube.

    Returns:
        The window. Calendar presets end with the day that holds the last moment with
        usage, rolling ones at the end of its time bucket. In a live store the last
        read takes the place of that moment, and the time bucket in which it was is
        left out. Only "all" includes usage that is dated in the future.
    """
    tz = filters.tz
    today = day_before(coverage.now, tz)
    first = midnight(day_of(start, tz), tz)
    end = midnight(today + timedelta(days=1), tz)
    # Usage that is dated in the future.
    latest = max(end, midnight(day_of(last, tz) + timedelta(days=1), tz))
    if filters.preset == "custom":
        # An open side that lies beyond the other one makes an empty range.
        begin = filters.start or min(first, filters.end or first)
        return Window(begin, filters.end or max(latest, begin), tz)
    if filters.preset in _HOURS:
        moment = EPOCH + _to_grain(coverage.now, grain_s, up=not coverage.is_live)
        return Window(moment - timedelta(hours=_HOURS[filters.preset]), moment, tz)
    if filters.preset == "all":
        return Window(first, latest, tz)
    if filters.preset == "mtd":
        return Window(midnight(today.replace(day=1), tz), end, tz)
    days = _DAYS[filters.preset]
    return Window(midnight(today - timedelta(days=days - 1), tz), end, tz)


def comparable(
    filters: Filters, window: Window, coverage: Coverage, grain_s: int
) -> tuple[Window, Window] | None:
    """A window and the equal time before it, of which every moment was seen.

    Args:
        filters: The preset, which says how far before.
        window: The window.
        coverage: The time that the ledger can speak of.
        grain_s: Seconds of a time bucket of the cube.

    Returns:
        The window up to the last record, cut down to whole time buckets, and the same
        clock times one period earlier: for calendar presets days or a month, else its
        own length. None where either is not wholly covered, or a month before has no
        such day.

    Source: METRICS, "Coverage", like with like.
    """
    tz = window.tz
    # A time bucket counts when all of it was seen.
    seen = EPOCH + _to_grain(coverage.now, grain_s, up=True)
    if seen > coverage.end:
        seen = EPOCH + _to_grain(coverage.now, grain_s, up=False)
    end = min(window.end, seen)
    if end <= window.start:
        return None
    start_before: datetime | None
    if filters.preset in _DAYS:
        back = timedelta(days=_DAYS[filters.preset])
        start_before = _same_clock(window.start, tz, lambda day: day - back)
        end_before = _same_clock(end, tz, lambda day: day - back)
    elif filters.preset == "mtd":
        start_before = _same_clock(window.start, tz, _first_of_month_before)
        end_before = _same_clock(end, tz, _month_before)
    else:
        start_before, end_before = window.start - (end - window.start), window.start
    if start_before is None or end_before is None:
        return None
    end_before = EPOCH + _to_grain(end_before, grain_s, up=False)
    if end_before <= start_before or not coverage.contains(start_before, end):
        return None
    return Window(window.start, end, tz), Window(start_before, end_before, tz)


def _same_clock(
    instant: datetime, tz: str, to_day: Callable[[date], date | None]
) -> datetime | None:
    """The clock time of an instant on another day; a midnight ends its day."""
    midnight_after = midnight(day_of(instant, tz), tz) == instant
    day = to_day(day_before(instant, tz) if midnight_after else day_of(instant, tz))
    if day is None:
        return None
    if midnight_after:
        return midnight(day + timedelta(days=1), tz)
    clock = instant.astimezone(zone(tz)).time()
    return datetime.combine(day, clock, zone(tz)).astimezone(UTC)


def _first_of_month_before(day: date) -> date:
    """Of the last day before a month, the last day before the month before."""
    return day.replace(day=1) - timedelta(days=1)


def _month_before(day: date) -> date | None:
    """The same day of the month before, where it has one."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=day.day) if day.day <= last.day else None


def _to_grain(instant: datetime, grain_s: int, *, up: bool) -> timedelta:
    """The time since 1970 to the time bucket's edge before or after an instant."""
    grain = timedelta(seconds=grain_s)
    if up:
        return -((EPOCH - instant) // grain * grain)
    return (instant - EPOCH) // grain * grain


def snap(window: Window, grain_s: int) -> Window:
    """The smallest window of whole time buckets that contains a window.

    Args:
        window: The window.
        grain_s: Seconds of a time bucket of the cube.

    Examples:
        >>> from datetime import UTC
        >>> chosen = Window(datetime(2026, 1, 1, 0, 7, tzinfo=UTC),
        ...                 datetime(2026, 1, 1, 1, tzinfo=UTC), "UTC")
        >>> snap(chosen, 900).start.isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    start = EPOCH + _to_grain(window.start, grain_s, up=False)
    return Window(start, EPOCH + _to_grain(window.end, grain_s, up=True), window.tz)
