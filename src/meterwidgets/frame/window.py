"""The time range of a selection: from a preset or two instants to whole buckets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meterwidgets.frame.filters import Filters
from meterwidgets.zones import EPOCH, day_of, midnight, zone


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
        return first, end - timedelta(days=1)


def resolve(filters: Filters, start: datetime, as_of: datetime) -> Window:
    """The range that filters mean for a ledger.

    Args:
        filters: The preset, or start and end, and the zone.
        start: The first instant of the ledger.
        as_of: The end of what the ledger covers.

    Returns:
        The window. Calendar presets end with the day that holds the last moment
        before ``as_of``; rolling ones end at ``as_of``.
    """
    tz = filters.tz
    today = day_of(as_of - timedelta(microseconds=1), tz)
    first = midnight(day_of(start, tz), tz)
    end = midnight(today + timedelta(days=1), tz)
    if filters.preset == "custom":
        # An open side that lies beyond the other one makes an empty range.
        begin = filters.start or min(first, filters.end or first)
        return Window(begin, filters.end or max(end, begin), tz)
    hours = {"1h": 1, "24h": 24}
    if filters.preset in hours:
        return Window(as_of - timedelta(hours=hours[filters.preset]), as_of, tz)
    days = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "mtd": today.day}
    if filters.preset in days:
        first = midnight(today - timedelta(days=days[filters.preset] - 1), tz)
    return Window(first, end, tz)


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
    grain = timedelta(seconds=grain_s)
    first = (window.start - EPOCH) // grain
    from_end = (EPOCH - window.end) // grain  # floor of the negative: rounds up
    return Window(EPOCH + first * grain, EPOCH - from_end * grain, window.tz)
