"""What a reader can choose: a time range in a zone, values of dimensions, a side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from meterwidgets.errors import MeterError, unknown
from meterwidgets.schema import DIMENSIONS
from meterwidgets.zones import EPOCH, day_of, midnight, zone

CostType = Literal["both", "input", "output"]
COST_TYPES = ("both", "input", "output")
Outliers = Literal["with", "without"]
OUTLIERS = ("with", "without")

PRESETS = {
    "1h": "1h",
    "24h": "24h",
    "today": "Today",
    "7d": "7d",
    "30d": "30d",
    "90d": "90d",
    "mtd": "MTD",
    "all": "All",
}
"""The named ranges and their words; 1h and 24h roll, the others are calendar days."""


@dataclass(frozen=True)
class Filters:
    """One selection; immutable, so that a change is always a new one.

    Attributes:
        preset: A key of ``PRESETS``, or "custom" when start or end are given.
        start: First instant, for "custom"; None is the start of the ledger. Without
            a zone it is in ``tz``.
        end: First instant that is out, for "custom"; None is the end of the ledger.
        tz: The IANA zone of days and clocks.
        orgs: Chosen values; empty is all, None stands for "not reported".
        projects: As ``orgs``.
        deployments: As ``orgs``.
        endpoints: As ``orgs``.
        models: As ``orgs``.
        users: As ``orgs``.
        cost_type: Which side money and tokens are narrowed to.
        currency: The currency that is shown, of a ledger with several.
        outliers: Whether requests that cost more than 100 times their list price
            count: "with" or "without" them.

    Examples:
        >>> Filters().replace(orgs=["Acme"])
        Filters(orgs=('Acme',))
        >>> Filters().replace(organisations=["Acme"])
        Traceback (most recent call last):
        ...
        meterwidgets.errors.MeterError: filter 'organisations' not found; filters: \
preset, start, end, tz, orgs, projects, deployments, endpoints, models, users, \
cost_type, currency, outliers
    """

    preset: str = "all"
    start: datetime | None = None
    end: datetime | None = None
    tz: str = "UTC"
    orgs: tuple[str | None, ...] = ()
    projects: tuple[str | None, ...] = ()
    deployments: tuple[str | None, ...] = ()
    endpoints: tuple[str | None, ...] = ()
    models: tuple[str | None, ...] = ()
    users: tuple[str | None, ...] = ()
    cost_type: CostType = "both"
    currency: str | None = None
    outliers: Outliers = "with"

    def __post_init__(self) -> None:
        for name in DIMENSIONS.filters:
            object.__setattr__(self, name, _values(name, getattr(self, name)))
        for name in ("start", "end"):
            given = getattr(self, name)
            object.__setattr__(self, name, _instant(name, given, self.tz))
        if self.start or self.end:
            object.__setattr__(self, "preset", "custom")
        elif self.preset == "custom":  # open on both sides
            object.__setattr__(self, "preset", "all")
        if self.preset not in {*PRESETS, "custom"}:
            raise MeterError(unknown("preset", str(self.preset), [*PRESETS, "custom"]))
        if self.cost_type not in COST_TYPES:
            raise MeterError(unknown("cost type", str(self.cost_type), COST_TYPES))
        if self.outliers not in OUTLIERS:
            raise MeterError(unknown("outlier setting", str(self.outliers), OUTLIERS))
        if self.start and self.end and self.start >= self.end:
            raise MeterError(
                f"the range ends at {self.end:%Y-%m-%d %H:%M}, which is not after its "
                f"start {self.start:%Y-%m-%d %H:%M}; choose a later end"
            )
        zone(self.tz)

    def replace(self, **changes: Any) -> Filters:
        """The same filters with some changed.

        A new preset drops start and end.

        Raises:
            MeterError: When a filter or a value is not known.
        """
        known = [each.name for each in fields(self)]
        for name in changes:
            if name not in known:
                raise MeterError(unknown("filter", name, known))
        if "preset" in changes and changes["preset"] != "custom":
            changes = {"start": None, "end": None} | changes
        return replace(self, **changes)

    def without(self, name: str) -> Filters:
        """The same filters without one of those on dimensions.

        Args:
            name: The filter, such as ``"orgs"``.
        """
        if name not in DIMENSIONS.filters:
            raise MeterError(unknown("filter", name, DIMENSIONS.filters))
        return self.choose(DIMENSIONS.filters[name].name)

    def choose(self, dimension: str, values: Iterable[str | None] = ()) -> Filters:
        """The same filters with other values of one dimension.

        Args:
            dimension: Such as ``"org"``.
            values: The values to keep; None of them means all.

        Raises:
            MeterError: When no filter chooses values of this dimension.

        Examples:
            >>> Filters().choose("org", ["Acme"])
            Filters(orgs=('Acme',))
        """
        return self.replace(**{DIMENSIONS.named(dimension).plural: values})

    @property
    def chosen(self) -> dict[str, tuple[str | None, ...]]:
        """Dimension -> the values chosen of it, where there is a choice.

        Examples:
            >>> Filters(orgs=["Acme", None]).chosen
            {'org': ('Acme', None)}
        """
        return {
            dimension.name: values
            for name, dimension in DIMENSIONS.filters.items()
            if (values := getattr(self, name))
        }

    def __repr__(self) -> str:
        said = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if getattr(self, each.name) != each.default
        ]
        return f"Filters({', '.join(said)})"


@dataclass(frozen=True)
class Window:
    """A continuous range of time; the end is exclusive. Both are in UTC.

    Attributes:
        start: First instant.
        end: First instant that is out.
        tz: The zone in which it was asked for and is shown.
    """

    start: datetime
    end: datetime
    tz: str

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last calendar day, when the window is whole days; else None."""
        here = zone(self.tz)
        first, end = (
            self.start.astimezone(here).date(),
            self.end.astimezone(here).date(),
        )
        # where the clocks change at midnight, a day begins at one
        edges = midnight(first, self.tz), midnight(end, self.tz)
        if edges != (self.start, self.end) or end <= first:
            return None
        return first, end - timedelta(days=1)


def resolve(filters: Filters, start: datetime, as_of: datetime) -> Window:
    """The range that filters mean for a ledger.

    Args:
        filters: The preset, or start and end, and the zone.
        start: The first instant of the ledger.
        as_of: Until when the ledger goes.

    Returns:
        The window. Calendar presets end with the day that holds the last moment
        before ``as_of``; rolling ones end at ``as_of``.
    """
    tz = filters.tz
    today = day_of(as_of - timedelta(microseconds=1), tz)
    first, end = (
        midnight(day_of(start, tz), tz),
        midnight(today + timedelta(days=1), tz),
    )
    if filters.preset == "custom":
        # an open side that lies beyond the other one makes an empty range
        begin = filters.start or min(first, filters.end or first)
        return Window(begin, filters.end or max(end, begin), tz)
    if filters.preset in {"1h", "24h"}:
        hours = timedelta(hours=int(filters.preset[:-1]))
        return Window(as_of - hours, as_of, tz)
    back = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "mtd": today.day}
    if filters.preset in back:
        first = midnight(today - timedelta(days=back[filters.preset] - 1), tz)
    return Window(first, end, tz)


def snap(window: Window, grain_s: int) -> Window:
    """The window on the grain of the cube: the end and start are moved outwards.

    Examples:
        >>> asked = Window(datetime(2026, 1, 1, 0, 7, tzinfo=UTC),
        ...                datetime(2026, 1, 1, 1, tzinfo=UTC), "UTC")
        >>> snap(asked, 900).start.isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    grain = timedelta(seconds=grain_s)
    first = (window.start - EPOCH) // grain
    beyond = (EPOCH - window.end) // grain
    return Window(EPOCH + first * grain, EPOCH - beyond * grain, window.tz)


def _values(name: str, given: Any) -> tuple[str | None, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise MeterError(f"{name} is {given!r}; expected a list of names")
    values = tuple(dict.fromkeys(given))
    for value in values:
        if value is not None and not isinstance(value, str):
            raise MeterError(f"{name} holds {value!r}; expected names, or None")
    return values


def _instant(name: str, given: Any, tz: str) -> datetime | None:
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise MeterError(
                f"{name} is {given!r}; expected an ISO date or date-time such as "
                "2026-02-22 or 2026-02-22T18:00"
            ) from None
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime.combine(given, time(0))
    if not isinstance(given, datetime):
        raise MeterError(f"{name} is {given!r}; expected a date or a date-time")
    instant: datetime = given.replace(tzinfo=given.tzinfo or zone(tz))
    if 1900 < given.year < 2300:  # in UTC, so that it may be given again as it is
        instant = instant.astimezone(UTC)
    if not 1970 < instant.year < 2200:
        raise MeterError(f"{name} is in the year {instant.year}; expected 1971 to 2199")
    return instant
