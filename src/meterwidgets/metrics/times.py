"""Days, clocks and ranges as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from meterwidgets.metrics.formats import plural, rounded

if TYPE_CHECKING:
    from meterwidgets.frame.data import FrameData
    from meterwidgets.frame.window import Window


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
    """A time of day; of an hour that clocks go through twice, which of them it is.

    Examples:
        >>> clock(datetime(2026, 2, 2, 18, 5))
        '6:05 PM'
        >>> clock(datetime(2025, 11, 2, 1, tzinfo=ZoneInfo("America/New_York"), fold=1))
        '1:00 AM EST'
    """
    text = f"{value.hour % 12 or 12}:{value:%M %p}"
    twice = value.utcoffset() != value.replace(fold=1 - value.fold).utcoffset()
    return f"{text} {value:%Z}" if twice else text


def window(value: Window) -> str:
    """A range of time in its zone; whole days print inclusively.

    Examples:
        >>> from datetime import UTC
        >>> from meterwidgets.frame.window import Window
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


def standing(frame: FrameData, tz: str) -> str:
    """Until when a ledger goes, and how it is priced where that is not as recorded.

    Examples:
        >>> import meterwidgets as mw
        >>> usage = mw.read_usage({"time": ["2026-02-22"], "input_tokens": [1]})
        >>> standing(usage, "UTC")
        'Data until Feb 22, 2026'
        >>> standing(usage.reprice(as_of=date(2026, 1, 1)), "UTC")
        'Data until Feb 22, 2026 · Repriced as of 2026-01-01'
    """
    said = until(frame.as_of(tz), tz)
    return f"{said} · {frame.pricing.capitalize()}" if frame.repriced else said


def bucket(start: datetime, name: str, tz: str) -> str:
    """A bucket of time, as a tooltip heads it.

    Args:
        start: Its first instant.
        name: What kind it is, such as "day".
        tz: The zone of the calendar.

    Examples:
        >>> from datetime import UTC
        >>> at = datetime(2026, 2, 11, 16, 15, tzinfo=UTC)
        >>> [bucket(at, name, "UTC") for name in ("day", "15 minutes", "hour")]
        ['Wed, Feb 11, 2026', 'Feb 11, 4:15 PM', 'Feb 11, 4:15 PM']
        >>> [bucket(at, name, "UTC") for name in ("week", "month")]
        ['Week of Feb 11, 2026', 'Feb 2026']
    """
    here = start.astimezone(ZoneInfo(tz))
    if name == "month":
        return f"{here:%b %Y}"
    if name == "week":
        return f"Week of {day(here)}"
    if name == "day":
        return f"{here:%a}, {day(here)}"
    return f"{day(here, year=False)}, {clock(here)}"


def ticks(starts: Sequence[datetime], name: str, tz: str) -> list[tuple[int, str]]:
    """Where an axis of buckets may have a label, and what it says there.

    Args:
        starts: The first instant of each bucket.
        name: What kind they are, such as "day".
        tz: The zone of the calendar.

    Returns:
        Places and texts: full hours or midnights where buckets are shorter than a day;
        a midnight, and the first label, name their day.

    Examples:
        >>> from datetime import UTC
        >>> hours = [datetime(2026, 2, 22, hour, tzinfo=UTC) for hour in range(10)]
        >>> ticks(hours, "hour", "UTC")
        [(0, 'Feb 22'), (3, '3 AM'), (6, '6 AM'), (9, '9 AM')]
        >>> ticks(hours[:1], "day", "UTC")
        [(0, 'Feb 22')]
    """
    here = [start.astimezone(ZoneInfo(tz)) for start in starts]
    if name == "month":
        return [(place, f"{at:%b %Y}") for place, at in enumerate(here)]
    if name in ("week", "day"):
        return [(place, day(at, year=False)) for place, at in enumerate(here)]
    hours = (starts[-1] - starts[0]) / timedelta(hours=1)
    steps = (0.25, 0.5, 1, 3, 6, 12, 24)
    step = next((each for each in steps if hours / each <= _TICKS), steps[-1])
    found = [
        (place, _clock_tick(at))
        for place, at in enumerate(here)
        if (at.hour + Fraction(at.minute, 60)) % Fraction(step) == 0
    ]
    if not found:
        found = [(0, _clock_tick(here[0]))]
    place, text = found[0]
    if here[place].hour or here[place].minute:
        text = f"{day(here[place], year=False)}, {text}"
    return [(place, text), *found[1:]]


_TICKS = 8


def _clock_tick(at: datetime) -> str:
    if not at.hour and not at.minute:
        return day(at, year=False)
    return f"{at.hour % 12 or 12}{f':{at:%M}' if at.minute else ''} {at:%p}"


def cut_short(end: datetime, name: str, tz: str) -> str:
    """Until when an unfinished bucket goes, as its note says.

    Args:
        end: Where the data or the window end inside the bucket.
        name: What kind of bucket it is.
        tz: The zone of the calendar.

    Examples:
        >>> from datetime import UTC
        >>> cut_short(datetime(2026, 2, 22, 18, tzinfo=UTC), "day", "UTC")
        'Feb 22 until 6:00 PM'
        >>> cut_short(datetime(2026, 2, 22, tzinfo=UTC), "week", "UTC")
        'last week until Feb 21'
    """
    here = end.astimezone(ZoneInfo(tz))
    if name in ("week", "month"):
        last = (end - timedelta(microseconds=1)).astimezone(ZoneInfo(tz))
        return f"last {name} until {day(last, year=False)}"
    return f"{day(here, year=False)} until {clock(here)}"
