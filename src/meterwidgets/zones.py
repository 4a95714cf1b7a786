"""Time zones: named calendars, and the instants at which their days begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
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
