"""Days, times of day and ranges of time as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from meterwidgets.frame.data import FrameData
from meterwidgets.frame.window import Window
from meterwidgets.metrics.text.formats import plural, rounded
from meterwidgets.zones import midnight, month_name, weekday_name


def duration(span: timedelta) -> str:
    """A length of time in days, or in hours or minutes where it is shorter.

    Examples:
        >>> duration(timedelta(days=1)), duration(timedelta(days=29, hours=19))
        ('1 day', '29.8 days')
        >>> duration(timedelta(hours=6)), duration(timedelta(minutes=30))
        ('6 hours', '30 minutes')
    """
    hours = Fraction(int(span.total_seconds()), 3600)
    if hours < 1:
        return plural(int(hours * 60), "minute")
    number, unit = (hours, "hour") if hours < 24 else (hours / 24, "day")
    text = f"{rounded(number, 1):f}".removesuffix(".0")
    return f"{text} {unit}{'' if text == '1' else 's'}"


def previous_period(span: timedelta) -> str:
    """The equal length of time directly before.

    Examples:
        >>> previous_period(timedelta(days=1)), previous_period(timedelta(days=30))
        ('the day before', 'the 30 days before')
    """
    return f"the {duration(span).removeprefix('1 ')} before"


def earlier_period(earlier: Window, preset: str) -> str:
    """The span of time that a change is measured against.

    Examples:
        >>> from datetime import UTC
        >>> from meterwidgets.frame.window import Window
        >>> def utc(*at): return datetime(*at, tzinfo=UTC)
        >>> earlier_period(Window(utc(2026, 2, 20), utc(2026, 2, 21), "UTC"), "today")
        'the day before'
        >>> part = Window(utc(2026, 2, 20), utc(2026, 2, 20, 10), "UTC")
        >>> earlier_period(part, "today"), earlier_period(part, "custom")
        ('Feb 20, 2026, 12:00 AM – 10:00 AM', 'the 10 hours before')
    """
    rolls = preset in ("1h", "24h", "custom")
    if rolls or (earlier.days is not None and preset != "mtd"):
        return previous_period(earlier.end - earlier.start)
    return window(earlier)


def elapsed(covered: timedelta, whole: timedelta) -> str:
    """The covered part of a range of time, which daily figures divide by.

    Args:
        covered: How much of the range is covered.
        whole: The length of the range.

    Examples:
        >>> elapsed(timedelta(days=30), timedelta(days=30))
        '30 days'
        >>> elapsed(timedelta(days=29, hours=19), timedelta(days=30))
        '29.8 days'
        >>> elapsed(timedelta(days=10), timedelta(days=30))
        '10 of 30 days'
        >>> elapsed(timedelta(hours=11, minutes=56), timedelta(days=1))
        '11.9 hours'
    """
    text, of = duration(covered), duration(whole)
    amount, _, unit = text.partition(" ")
    is_much_shorter = whole - covered >= timedelta(days=1)
    if is_much_shorter and unit.rstrip("s") == of.partition(" ")[2].rstrip("s"):
        return f"{amount} of {of}"
    return f"{text} of {of}" if is_much_shorter else text


def day(value: date, *, year: bool = True) -> str:
    """A calendar day.

    Examples:
        >>> day(date(2026, 2, 2)), day(date(2026, 2, 2), year=False)
        ('Feb 2, 2026', 'Feb 2')
    """
    text = f"{month_name(value)[:3]} {value.day}"
    return f"{text}, {value.year}" if year else text


def clock(value: datetime) -> str:
    """A time of day, with its zone in an hour that the clock repeats.

    Examples:
        >>> clock(datetime(2026, 2, 2, 18, 5))
        '6:05 PM'
        >>> clock(datetime(2025, 11, 2, 1, tzinfo=ZoneInfo("America/New_York"), fold=1))
        '1:00 AM EST'
    """
    text = f"{value.hour % 12 or 12}:{value:%M} {_half_of_day(value)}"
    other = value.replace(fold=1 - value.fold)  # the repeated hour's other pass
    return f"{text} {value:%Z}" if value.utcoffset() != other.utcoffset() else text


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
    start = value.start.astimezone(ZoneInfo(value.tz))
    end = value.end.astimezone(ZoneInfo(value.tz))
    if start.date() == end.date():
        return f"{day(start)}, {clock(start)} – {clock(end)}"
    last, end_clock = end.date(), f", {clock(end)}"
    if (end.hour, end.minute) == (0, 0):  # the midnight that ends the day before
        last, end_clock = last - timedelta(days=1), ""
        if last == start.date():
            return f"{day(start)}, {clock(start)} – midnight"
    first_day = day(start, year=start.year != last.year)
    return f"{first_day}, {clock(start)} – {day(last)}{end_clock}"


def data_until(as_of: datetime, tz: str) -> str:
    """The end of the data, in a zone; a whole day is named without its clock.

    Examples:
        >>> from datetime import UTC
        >>> data_until(datetime(2026, 2, 23, tzinfo=UTC), "UTC")
        'Data until Feb 22, 2026'
    """
    local = as_of.astimezone(ZoneInfo(tz))
    # Not 0 o'clock: where clocks skip it, the day starts at 1 AM.
    if as_of == midnight(local.date(), tz):
        return f"Data until {day(local.date() - timedelta(days=1))}"
    return f"Data until {day(local)}, {clock(local)}"


def data_status(frame: FrameData, tz: str) -> str:
    """The end of a ledger's data, and its pricing where that is not as recorded.

    Examples:
        >>> import meterwidgets as mw
        >>> usage = mw.read_usage({"time": ["2026-02-22"], "input_tokens": [1]})
        >>> data_status(usage, "UTC")
        'Data until Feb 22, 2026'
        >>> data_status(usage.reprice(as_of=date(2026, 1, 1)), "UTC")
        'Data until Feb 22, 2026 · Repriced as of 2026-01-01'
    """
    text = data_until(frame.coverage.end, tz)
    return f"{text} · {frame.pricing.capitalize()}" if frame.repriced else text


def bucket_label(start: datetime, bucket: str, tz: str) -> str:
    """A bucket of time, as the heading of a tooltip.

    Args:
        start: Its first instant.
        bucket: Its length, such as "day".
        tz: The zone of the calendar.

    Examples:
        >>> from datetime import UTC
        >>> at = datetime(2026, 2, 11, 16, 15, tzinfo=UTC)
        >>> [bucket_label(at, name, "UTC") for name in ("day", "15 minutes", "hour")]
        ['Wed, Feb 11, 2026', 'Feb 11, 4:15 PM', 'Feb 11, 4:15 PM']
        >>> [bucket_label(at, name, "UTC") for name in ("week", "month")]
        ['Week of Feb 11, 2026', 'Feb 2026']
    """
    local = start.astimezone(ZoneInfo(tz))
    if bucket == "month":
        return _month(local)
    if bucket == "week":
        return f"Week of {day(local)}"
    if bucket == "day":
        return f"{weekday_name(local)[:3]}, {day(local)}"
    return f"{day(local, year=False)}, {clock(local)}"


def unfinished_until(end: datetime, bucket: str, tz: str) -> str:
    """The end of an unfinished bucket, as its note names it.

    Args:
        end: Where the data or the window end inside the bucket.
        bucket: Its length, such as "day".
        tz: The zone of the calendar.

    Examples:
        >>> from datetime import UTC
        >>> unfinished_until(datetime(2026, 2, 22, 18, tzinfo=UTC), "day", "UTC")
        'Feb 22 until 6:00 PM'
        >>> unfinished_until(datetime(2026, 2, 22, tzinfo=UTC), "week", "UTC")
        'last week until Feb 21'
    """
    if bucket in ("week", "month"):
        last = (end - timedelta(microseconds=1)).astimezone(ZoneInfo(tz))
        return f"last {bucket} until {day(last, year=False)}"
    local = end.astimezone(ZoneInfo(tz))
    return f"{day(local, year=False)} until {clock(local)}"


def begun_from(start: datetime, bucket: str, tz: str) -> str:
    """The start of the covered part of a first bucket; see ``unfinished_until``.

    Examples:
        >>> from datetime import UTC
        >>> start = datetime(2026, 2, 4, 9, tzinfo=UTC)
        >>> begun_from(start, "day", "UTC"), begun_from(start, "week", "UTC")
        ('Feb 4 from 9:00 AM', 'first week from Feb 4')
    """
    local = start.astimezone(ZoneInfo(tz))
    if bucket in ("week", "month"):
        return f"first {bucket} from {day(local, year=False)}"
    return f"{day(local, year=False)} from {clock(local)}"


def axis_labels(
    starts: Sequence[datetime], bucket: str, tz: str
) -> list[tuple[int, str]]:
    """The labels of an axis of time, and the buckets that they stand at.

    Args:
        starts: The first instant of each bucket.
        bucket: Their length, such as "day".
        tz: The zone of the calendar.

    Returns:
        The index of a bucket and its label. Buckets shorter than a day have labels at
        full hours or midnights; a midnight and the first label name their day.

    Examples:
        >>> from datetime import UTC
        >>> hours = [datetime(2026, 2, 22, hour, tzinfo=UTC) for hour in range(10)]
        >>> axis_labels(hours, "hour", "UTC")
        [(0, 'Feb 22'), (3, '3 AM'), (6, '6 AM'), (9, '9 AM')]
        >>> axis_labels(hours[:1], "day", "UTC")
        [(0, 'Feb 22')]
    """
    local = [start.astimezone(ZoneInfo(tz)) for start in starts]
    if bucket == "month":
        return [(index, _month(start)) for index, start in enumerate(local)]
    if bucket in ("week", "day"):
        return [(index, day(start, year=False)) for index, start in enumerate(local)]
    hours = (starts[-1] - starts[0]) / timedelta(hours=1)
    step = next((s for s in _HOUR_STEPS if hours / s <= _MAX_LABELS), _HOUR_STEPS[-1])
    labels = [
        (index, _hour_label(start))
        for index, start in enumerate(local)
        if (start.hour + Fraction(start.minute, 60)) % Fraction(step) == 0
    ]
    if not labels:
        labels = [(0, _hour_label(local[0]))]
    index, text = labels[0]
    if local[index].hour or local[index].minute:
        text = f"{day(local[index], year=False)}, {text}"
    return [(index, text), *labels[1:]]


def _month(start: datetime) -> str:
    return f"{month_name(start)[:3]} {start.year}"


def _half_of_day(value: datetime) -> str:
    """Not %p, which is empty in most locales."""
    return "AM" if value.hour < 12 else "PM"


_HOUR_STEPS = (0.25, 0.5, 1, 3, 6, 12, 24)
_MAX_LABELS = 8


def _hour_label(start: datetime) -> str:
    if not start.hour and not start.minute:
        return day(start, year=False)
    minute = f":{start:%M}" if start.minute else ""
    return f"{start.hour % 12 or 12}{minute} {_half_of_day(start)}"
