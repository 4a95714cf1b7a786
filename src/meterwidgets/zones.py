"""Time zones: named calendars, and the instants at which their days begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from meterwidgets.errors import MeterError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_PLACE = {"localtime", "posixrules", "Factory"}


def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        MeterError: When there is no such zone.

    Examples:
        >>> zone("Mars/Olympus")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.MeterError: no time zone 'Mars/Olympus'; expected an IANA \
name such as Europe/Berlin
    """
    if not isinstance(name, str):
        raise MeterError(f"tz is {name!r}; expected an IANA name such as Europe/Berlin")
    try:
        if name in _NO_PLACE or name.startswith(("right/", "posix/")):
            raise KeyError(name)  # a file of the system's, but no place's calendar
        return ZoneInfo(name)  # it keeps those that it has read
    except (KeyError, ValueError, OSError, TypeError):
        raise MeterError(
            f"no time zone {name!r}; expected an IANA name such as Europe/Berlin"
        ) from None


def midnight(day: date, tz: str) -> datetime:
    """The first instant of a calendar day in a zone, in UTC.

    Examples:
        >>> midnight(date(2026, 2, 22), "Asia/Kolkata").isoformat()
        '2026-02-21T18:30:00+00:00'
    """
    return datetime.combine(day, time(0), zone(tz)).astimezone(UTC)


def day_of(instant: datetime, tz: str) -> date:
    """The calendar day of an instant in a zone."""
    return instant.astimezone(zone(tz)).date()


def parse_instant(name: str, given: Any, tz: str) -> datetime | None:
    """An instant in UTC, from a date, a date-time or its ISO text.

    Args:
        name: What errors call it.
        given: What a user gave; None stays None.
        tz: The zone of what names none; a date is its midnight.

    Raises:
        MeterError: When it is no date, or beyond what is plausible.

    Examples:
        >>> parse_instant("written", "2026-02-22T18:00", "Asia/Kolkata").isoformat()
        '2026-02-22T12:30:00+00:00'
    """
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise MeterError(
                f"{name} is {given!r}; expected an ISO date or date-time such "
                "as 2026-02-22 or 2026-02-22T18:00"
            ) from None
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime.combine(given, time(0))
    if not isinstance(given, datetime):
        raise MeterError(f"{name} is {given!r}; expected a date or a date-time")
    instant: datetime = given.replace(tzinfo=given.tzinfo or zone(tz))
    if 1900 < given.year < 2300:  # a year outside can overflow when it is converted
        instant = instant.astimezone(UTC)
    if not 1970 < instant.year < 2200:
        raise MeterError(f"{name} is in the year {instant.year}; expected 1971 to 2199")
    return instant


def iso_minute(instant: datetime, tz: str) -> str:
    """An instant as notes write it, in a zone.

    Examples:
        >>> iso_minute(datetime(2026, 2, 22, 17, 5, tzinfo=UTC), "Asia/Kolkata")
        '2026-02-22 22:35'
    """
    return f"{instant.astimezone(zone(tz)):%Y-%m-%d %H:%M}"


def is_skipped(day: date, tz: str) -> bool:
    """Whether a zone has no moment of a calendar day.

    Examples:
        >>> is_skipped(date(2011, 12, 30), "Pacific/Apia")  # it crossed the date line
        True
    """
    return midnight(day, tz) == midnight(day + timedelta(days=1), tz)


def day_before(instant: datetime, tz: str) -> date:
    """The calendar day that holds the last moment before an instant.

    Examples:
        >>> day_before(midnight(date(2011, 12, 31), "Pacific/Apia"), "Pacific/Apia")
        datetime.date(2011, 12, 29)
    """
    return day_of(instant - timedelta(microseconds=1), tz)


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
]


def month_name(day: date) -> str:
    """The English name of a month, whatever the locale of the process."""
    return _MONTHS[day.month - 1]


def weekday_name(day: date) -> str:
    """The English name of a weekday, whatever the locale of the process."""
    return _WEEKDAYS[day.weekday()]
