"""The filters as the query of an address: a link, a reload and Back find them again.

The parameters are those of the command line; a value is an id, and "(none)" means "not
reported". An address is view state and grants nothing: its values are looked up in the
frame that the kernel has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.window import Window
from meterwidgets.zones import day_of

_NONE = "(none)"
_MOST_PARAMETERS = 1_000
"""A server reads no more; a longer choice of values stays out of the address."""
_MOST_CHARACTERS = 6_000
"""Nor of text: it refuses longer addresses."""
_MOST_PROBLEMS = 1
"""Wrong names that are explained: readers see the first, and each takes some time."""
_SINGLE = {
    "tz": "tz",
    "range": "preset",
    "start": "start",
    "end": "end",
    "cost-type": "cost_type",
    "currency": "currency",
    "outliers": "outliers",
}
"""Parameter -> filter, of those that take one value."""


@dataclass
class ParsedQuery:
    """The meaning of a query.

    Attributes:
        filters: What to select.
        others: Its other parameters; of several, the last.
        problems: Why parts of it could not be used, a sentence each.
    """

    filters: Filters
    others: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def query(filters: Filters, initial: Filters, others: Mapping[str, str]) -> str:
    """The query that leads from the filters that a page starts with to others.

    Args:
        filters: What is selected.
        initial: What the page starts with.
        others: Further parameters.

    Returns:
        Text without the question mark; empty where nothing differs.

    Examples:
        >>> chosen = Filters(preset="7d", orgs=["A & B", None])
        >>> query(chosen, Filters(), {"by": "model"})
        'range=7d&org=A%20%26%20B&org=(none)&by=model'
        >>> query(Filters(start="2026-02-20", end="2026-02-22T18:00"), Filters(), {})
        'start=2026-02-20T00:00Z&end=2026-02-22T18:00Z'
    """
    pairs: list[tuple[str, str]] = []
    if filters.preset == "custom":
        pairs += _range(filters)
    elif filters.preset != initial.preset:
        pairs.append(("range", filters.preset))
    if filters.tz != initial.tz:
        pairs.append(("tz", filters.tz))
    for name, values in filters.chosen.items():
        chosen = [(name, _NONE if value is None else value) for value in values]
        is_short = len(_encoded([*pairs, *chosen])) < _MOST_CHARACTERS
        # Those below fit, too.
        if len(pairs) + len(values) < _MOST_PARAMETERS - 10 and is_short:
            pairs += chosen
    if filters.cost_type != initial.cost_type:
        pairs.append(("cost-type", filters.cost_type))
    if filters.currency and filters.currency != initial.currency:
        pairs.append(("currency", filters.currency))
    if filters.outliers != initial.outliers:
        pairs.append(("outliers", filters.outliers))
    pairs += others.items()
    return _encoded(pairs)


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, safe="/:,()")


def _range(filters: Filters) -> list[tuple[str, str]]:
    """Days where both sides are midnights, else instants."""
    sides = {"start": filters.start, "end": filters.end}
    given = [(name, at) for name, at in sides.items() if at is not None]
    if filters.start and filters.end:
        days = Window(filters.start, filters.end, filters.tz).days
        if days is not None:
            return [(name, day_of(at, filters.tz).isoformat()) for name, at in given]
    return [(name, _instant(at)) for name, at in given]


def _instant(at: datetime) -> str:
    """An instant in UTC: an hour that a clock shows twice stays one."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def parse(text: str, usage: UsageFrame, initial: Filters) -> ParsedQuery:
    """The meaning of a query; what can't be used is left out and named.

    Args:
        text: The query; hostile.
        usage: Where its values are looked up.
        initial: What a page starts with.

    Examples:
        >>> import meterwidgets as mw
        >>> parsed = parse("range=7d&org=Acme&org=Acmee&by=model", mw.demo_usage(),
        ...                Filters())
        >>> parsed.filters, parsed.others
        (Filters(preset='7d', orgs=('Acme',)), {'by': 'model'})
        >>> parsed.problems
        ["org 'Acmee' not found; did you mean 'Acme'? orgs: Acme, Globex Research, \
Initech, Umbrella Health"]
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return ParsedQuery(initial, problems=["the address has too many parameters"])
    parsed = ParsedQuery(initial)
    plurals = {each.name: each.plural for each in usage.dimensions.filters.values()}
    changes: dict[str, Any] = {}
    for name, value in pairs:
        if name in plurals:
            ids_by_name = usage.ids_by_name(name)
            if value in ids_by_name:
                changes.setdefault(plurals[name], []).append(ids_by_name[value])
            elif len(parsed.problems) < _MOST_PROBLEMS:
                parsed.problems.append(usage.not_found(name, value))
        elif name in _SINGLE:
            changes[_SINGLE[name]] = value
        else:
            parsed.others[name] = value
    _apply(parsed, changes, usage)
    return parsed


def _apply(parsed: ParsedQuery, changes: dict[str, Any], usage: UsageFrame) -> None:
    """Change the filters step by step: one bad value spoils no other."""
    sides: dict[str, Any] = {
        name: changes.pop(name) for name in ("start", "end") if name in changes
    }
    steps = [{name: changes[name]} for name in ("tz",) if name in changes]
    steps += [{"preset": "custom", **sides}] if sides else []
    done = {"tz", "preset"} if sides else {"tz"}
    steps += [{name: changes[name]} for name in changes if name not in done]
    for step in steps:
        try:
            filters = parsed.filters.replace(**step)
            usage.select(filters)
        except MeterError as error:
            parsed.problems.append(str(error))
        else:
            parsed.filters = filters
