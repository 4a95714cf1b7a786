"""What a selection is chosen by: a time range in a zone, names, one side of costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, get_args

from meterwidgets.errors import MeterError, unknown
from meterwidgets.schema import DIMENSIONS
from meterwidgets.zones import parse_instant, zone

if TYPE_CHECKING:
    from meterwidgets.frame.cube.cube import KeptValues

Preset = Literal["1h", "24h", "today", "7d", "30d", "90d", "mtd", "all", "custom"]
CostType = Literal["both", "input", "output"]
Outliers = Literal["with", "without"]

PRESETS: Mapping[Preset, str] = {
    "1h": "1h",
    "24h": "24h",
    "today": "Today",
    "7d": "7d",
    "30d": "30d",
    "90d": "90d",
    "mtd": "MTD",
    "all": "All",
}
"""Preset -> its label; 1h and 24h roll, the others are calendar days."""

_CHOICES = {
    "preset": ("preset", get_args(Preset)),
    "cost_type": ("cost type", get_args(CostType)),
    "outliers": ("outlier setting", get_args(Outliers)),
}
"""Filter -> what errors call it, and the values that it takes."""


class FilterValues(TypedDict, total=False):
    """The keywords of ``Filters`` and ``Filters.replace``, and what each accepts."""

    preset: Preset
    start: datetime | date | str | None
    end: datetime | date | str | None
    tz: str
    orgs: Iterable[str | None]
    projects: Iterable[str | None]
    deployments: Iterable[str | None]
    endpoints: Iterable[str | None]
    models: Iterable[str | None]
    users: Iterable[str | None]
    cost_type: CostType
    currency: str | None
    outliers: Outliers


@dataclass(frozen=True, init=False, repr=False)
class Filters:
    """What is selected of a ledger; immutable, so every change makes a new one.

    Attributes:
        preset: A key of ``PRESETS``, or "custom" when start or end are given.
        start: First instant, for "custom"; None is the start of the ledger. An ISO
            text, a date or a date-time; without a zone it is in ``tz``.
        end: First instant after the range, for "custom"; None is the end of the
            ledger.
        tz: The IANA zone of days and clocks.
        orgs: Values to keep; empty keeps all, None stands for "not reported".
        projects: As ``orgs``.
        deployments: As ``orgs``.
        endpoints: As ``orgs``.
        models: As ``orgs``.
        users: As ``orgs``.
        cost_type: The side that money and tokens are narrowed to.
        currency: The currency to show, of a ledger with several.
        outliers: Whether requests that cost more than 100 times their list price
            count: "with" or "without" them.

    Raises:
        MeterError: When a filter or a value is not known.

    Examples:
        >>> Filters(orgs=["Acme"])
        Filters(orgs=('Acme',))
        >>> Filters(organisations=["Acme"])
        Traceback (most recent call last):
        ...
        meterwidgets.errors.MeterError: filter 'organisations' not found; filters: \
preset, start, end, tz, orgs, projects, deployments, endpoints, models, users, \
cost_type, currency, outliers
    """

    preset: Preset = "all"
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

    def __init__(self, **values: Unpack[FilterValues]) -> None:
        checked: dict[str, Any] = {each.name: each.default for each in fields(self)}
        for name in values:
            if name not in checked:
                raise MeterError(unknown("filter", name, checked))
        checked |= values
        for name in DIMENSIONS.filters:
            checked[name] = _names(name, checked[name])
        for name in ("start", "end"):
            checked[name] = parse_instant(name, checked[name], checked["tz"])
        start, end = checked["start"], checked["end"]
        if start or end:
            checked["preset"] = "custom"
        elif checked["preset"] == "custom":  # open on both sides
            checked["preset"] = "all"
        for name, (label, choices) in _CHOICES.items():
            if checked[name] not in choices:
                raise MeterError(unknown(label, str(checked[name]), choices))
        if start and end and start >= end:
            raise MeterError(
                f"the range ends at {end:%Y-%m-%d %H:%M}, which is not after its "
                f"start {start:%Y-%m-%d %H:%M}; choose a later end"
            )
        zone(checked["tz"])
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def replace(self, **changes: Unpack[FilterValues]) -> Filters:
        """The same filters with some changed; a new preset drops start and end.

        Raises:
            MeterError: When a filter or a value is not known.

        Examples:
            >>> Filters(start="2026-02-22", orgs=["Acme"]).replace(preset="7d")
            Filters(preset='7d', orgs=('Acme',))
        """
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        if changes.get("preset", "custom") != "custom":
            values |= {"start": None, "end": None}
        return Filters(**{**values, **changes})

    def without(self, name: str) -> Filters:
        """The same filters without one of those on dimensions.

        Args:
            name: The filter, such as ``"orgs"``.

        Raises:
            MeterError: When there is no such filter.
        """
        if name not in DIMENSIONS.filters:
            raise MeterError(unknown("filter", name, DIMENSIONS.filters))
        return self.choose(DIMENSIONS.filters[name].name)

    def choose(self, dimension: str, values: Iterable[str | None] = ()) -> Filters:
        """The same filters with other values of one dimension.

        Args:
            dimension: Such as ``"org"``.
            values: The values to keep; empty keeps all.

        Raises:
            MeterError: When no filter chooses values of this dimension.

        Examples:
            >>> Filters().choose("org", ["Acme"])
            Filters(orgs=('Acme',))
        """
        keyword: dict[str, Any] = {DIMENSIONS.named(dimension).plural: values}
        return self.replace(**keyword)

    @property
    def chosen(self) -> dict[str, tuple[str | None, ...]]:
        """Dimension -> the values to keep of it, where there is a choice.

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
        changed = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if getattr(self, each.name) != each.default
        ]
        return f"Filters({', '.join(changed)})"


def kept_values(
    filters: Filters, currency: str | None, *, excluded: str | None = None
) -> KeptValues:
    """The values of each dimension that filters leave.

    Args:
        filters: The filters.
        currency: The currency of every amount; None where nothing is priced.
        excluded: A dimension whose filter does not apply.
    """
    kept = [("currency", frozenset([None, currency]))]
    if filters.outliers == "without":
        kept.append(("outlier", frozenset([None])))
    kept += [
        (dimension, frozenset(values))
        for dimension, values in filters.chosen.items()
        if dimension != excluded
    ]
    return tuple(kept)


def _names(filter_name: str, given: Any) -> tuple[str | None, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise MeterError(f"{filter_name} is {given!r}; expected a list of names")
    names = tuple(dict.fromkeys(given))
    for name in names:
        if name is not None and not isinstance(name, str):
            raise MeterError(f"{filter_name} holds {name!r}; expected names, or None")
    return names
