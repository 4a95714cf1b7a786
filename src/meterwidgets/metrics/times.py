"""Days, clocks and ranges as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from meterwidgets.metrics.formats import plural, rounded

if TYPE_CHECKING:
    from meterwidgets.frame.filters import Window


def days(span: timedelta) -> str:
    """A length of time in days, as it is.

    Examples:
        >>> days(timedelta(days=1)), days(timedelta(days=29, hours=19))
        ('1 day', '29.8 days')
        >>> days(timedelta(hours=6)), days(timedelta(minutes=30))
        ('6 hours', '30 minutes')
    """
    hours = Fraction(int(span.total_seconds()), 3600)
    if hours < 1:
        return plural(int(hours * 60), "minute")
    if hours < 24:
        text = f"{rounded(hours, 1):f}".removesuffix(".0")
        return f"{text} {'hour' if text == '1' else 'hours'}"
    text = f"{rounded(hours / 24, 1):f}".removesuffix(".0")
    return f"{text} {'day' if text == '1' else 'days'}"


def before(span: timedelta) -> str:
    """The equal length of time directly before.

    Examples:
        >>> before(timedelta(days=1)), before(timedelta(days=30))
        ('the day before', 'the 30 days before')
    """
    return f"the {days(span).removeprefix('1 ')} before"


def day(value: date, *, year: bool = True) -> str:
    """A calendar day.

    Examples:
        >>> day(date(2026, 2, 2)), day(date(2026, 2, 2), year=False)
        ('Feb 2, 2026', 'Feb 2')
    """
    text = f"{value:%b} {value.day}"
    return f"{text}, {value.year}" if year else text


def clock(value: datetime) -> str:
    """A time of day.

    Examples:
        >>> clock(datetime(2026, 2, 2, 18, 5))
        '6:05 PM'
    """
    return f"{value.hour % 12 or 12}:{value:%M %p}"


def window(value: Window) -> str:
    """A range of time in its zone; whole days print inclusively.

    Examples:
        >>> from datetime import UTC
        >>> from meterwidgets.frame.filters import Window
        >>> def utc(*at): return datetime(*at, tzinfo=UTC)
        >>> window(Window(utc(2026, 1, 24), utc(2026, 2, 23), "UTC"))
        'Jan 24 – Feb 22, 2026'
        >>> window(Window(utc(2026, 2, 22), utc(2026, 2, 22, 18), "UTC"))
        'Feb 22, 2026, 12:00 AM – 6:00 PM'
        >>> window(Window(utc(2026, 2, 21, 6), utc(2026, 2, 23), "UTC"))
        'Feb 21, 6:00 AM – Feb 22, 2026'
    """
    if value.days is not None:
        first, last = value.days
        if first == last:
            return day(last)
        return f"{day(first, year=first.year != last.year)} – {day(last)}"
    here = ZoneInfo(value.tz)
    start, end = value.start.astimezone(here), value.end.astimezone(here)
    if start.date() == end.date():
        return f"{day(start)}, {clock(start)} – {clock(end)}"
    last, until_clock = end.date(), f", {clock(end)}"
    if (end.hour, end.minute) == (0, 0):  # the midnight that ends the day before
        last, until_clock = last - timedelta(days=1), ""
        if last == start.date():
            return f"{day(start)}, {clock(start)} – midnight"
    both = start.year != last.year
    return f"{day(start, year=both)}, {clock(start)} – {day(last)}{until_clock}"


def until(as_of: datetime, tz: str) -> str:
    """Until when there is data, in a zone: a whole day prints as that day.

    Examples:
        >>> from datetime import UTC
        >>> until(datetime(2026, 2, 23, tzinfo=UTC), "UTC")
        'Data until Feb 22, 2026'
    """
    here = as_of.astimezone(ZoneInfo(tz))
    midnight = datetime.combine(here.date(), time(0), ZoneInfo(tz))
    if as_of == midnight.astimezone(UTC):  # where clocks skip it, the day starts at 1
        return f"Data until {day(here.date() - timedelta(days=1))}"
    return f"Data until {day(here)}, {clock(here)}"
