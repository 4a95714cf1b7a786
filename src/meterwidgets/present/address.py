"""The filters as the query of an address, so that a link, a reload and Back find them.

The names are those of the command line; a value is an id, and "(none)" what is not
reported. It is view state and never a right: what an address asks for is looked up in
the frame that the kernel has.
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

NONE = "(none)"
MOST = 1_000
"""So many parameters a server reads; a longer choice of values stays out."""


@dataclass
class Asked:
    """What an address asks for.

    Attributes:
        filters: What to select.
        others: Its other parameters; of several, the last.
        problems: Why parts of it could not be used, a sentence each.
    """

    filters: Filters
    others: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def query(filters: Filters, first: Filters, others: Mapping[str, str]) -> str:
    """The query that says how filters differ from what a page starts with.

    Args:
        filters: What is selected.
        first: What the page starts with.
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
    elif filters.preset != first.preset:
        pairs.append(("range", filters.preset))
    if filters.tz != first.tz:
        pairs.append(("tz", filters.tz))
    for dimension, values in filters.chosen.items():
        if len(pairs) + len(values) < MOST - 10:  # the others below fit, too
            pairs += [(dimension, NONE if v is None else v) for v in values]
    if filters.cost_type != first.cost_type:
        pairs.append(("cost-type", filters.cost_type))
    if filters.currency and filters.currency != first.currency:
        pairs.append(("currency", filters.currency))
    if filters.outliers != first.outliers:
        pairs.append(("outliers", filters.outliers))
    pairs += others.items()
    return urlencode(pairs, quote_via=quote, safe="/:,()")


def _range(filters: Filters) -> list[tuple[str, str]]:
    """Days where both sides are midnights, else instants."""
    ends = {"start": filters.start, "end": filters.end}
    known = [(name, at) for name, at in ends.items() if at is not None]
    if filters.start and filters.end:
        days = Window(filters.start, filters.end, filters.tz).days
        if days is not None:
            return [(name, day_of(at, filters.tz).isoformat()) for name, at in known]
    return [(name, _instant(at)) for name, at in known]


def _instant(at: datetime) -> str:
    """An instant in UTC, so that an hour that a clock shows twice stays one."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def parse(text: str, usage: UsageFrame, first: Filters) -> Asked:
    """What a query asks for; what can't be used is left out and said.

    Args:
        text: The query; hostile.
        usage: Where its values must be.
        first: What a page starts with.

    Examples:
        >>> import meterwidgets as mw
        >>> asked = parse("range=7d&org=Acme&org=Acmee&by=model", mw.demo_usage(),
        ...               Filters())
        >>> asked.filters, asked.others
        (Filters(preset='7d', orgs=('Acme',)), {'by': 'model'})
        >>> asked.problems
        ["org 'Acmee' not found; did you mean 'Acme'? orgs: Acme, Globex Research, \
Initech, Umbrella Health"]
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        return Asked(first, problems=["the address has too many parameters"])
    asked = Asked(first)
    filter_of = {each.name: each.plural for each in usage.dimensions.filters.values()}
    changes: dict[str, Any] = {}
    for name, value in pairs:
        if name in filter_of:
            try:
                ids = usage.ids(name, [value])
            except MeterError as error:
                asked.problems.append(str(error))
            else:
                chosen = filter_of[name]
                changes[chosen] = [*changes.get(chosen, []), *ids]
        elif name in _ONE:
            changes[_ONE[name]] = value
        else:
            asked.others[name] = value
    _apply(asked, changes, usage)
    return asked


_ONE = {
    "tz": "tz",
    "range": "preset",
    "start": "start",
    "end": "end",
    "cost-type": "cost_type",
    "currency": "currency",
    "outliers": "outliers",
}
"""Parameter -> filter, of those that take one value."""


def _apply(asked: Asked, changes: dict[str, Any], usage: UsageFrame) -> None:
    """Change the filters step by step, so that one bad value spoils no other."""
    ends: dict[str, Any] = {
        name: changes.pop(name) for name in ("start", "end") if name in changes
    }
    steps = [{name: changes[name]} for name in ("tz",) if name in changes]
    steps += [{"preset": "custom", **ends}] if ends else []
    taken = {"tz", "preset"} if ends else {"tz"}
    steps += [{name: changes[name]} for name in changes if name not in taken]
    for step in steps:
        try:
            changed = asked.filters.replace(**step)
            usage.select(changed)
        except MeterError as error:
            asked.problems.append(str(error))
        else:
            asked.filters = changed
