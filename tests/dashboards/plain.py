"""The figures of a page by going through all raw rows, in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .ledgers import Row

Figure = Fraction | None


def added(values: Iterable[Any]) -> Figure:
    """The sum of what is known; None where nothing is."""
    known = [Fraction(value) for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def over(part: Figure, whole: Figure) -> Figure:
    """A ratio; None where it is undefined."""
    return None if part is None or not whole else part / whole


@dataclass(frozen=True)
class Sums:
    """What some rows add up to, in currency units."""

    rows: Sequence[Row]

    @property
    def cost(self) -> Figure:
        return added(self._costs()) if self.rows else Fraction(0)

    def side(self, name: str) -> Figure:
        """The cost of "input" or "output"; None where only totals are known."""
        split = [row for row in self.rows if row["cost"] is None]
        return added(row[f"{name}_cost"] for row in split)

    @property
    def unsplit(self) -> Figure:
        return added(row["cost"] for row in self.rows)

    def tokens(self, *names: str) -> Figure:
        names = names or ("input", "output")
        if not self.rows:
            return Fraction(0)
        return added(row[f"{name}_tokens"] for row in self.rows for name in names)

    @property
    def priced(self) -> Sums:
        return Sums([row for row in self.rows if row["currency"]])

    @property
    def unpriced(self) -> Sums:
        return Sums([row for row in self.rows if not row["currency"]])

    @property
    def rate(self) -> Figure:
        cost = over(self.cost, self.priced.tokens()) if self.rows else None
        return None if cost is None else 1000 * cost

    @property
    def efficiency(self) -> Figure:
        return over(self.priced.tokens(), self.cost)

    def by(self, name: str) -> dict[str | None, Sums]:
        """The rows of each value."""
        found = defaultdict(list)
        for row in self.rows:
            found[row[name] or None].append(row)
        return {value: Sums(rows) for value, rows in found.items()}

    def ranked(self, name: str) -> list[tuple[str | None, Sums]]:
        """By cost, then tokens, then name."""

        def rank(item: tuple[str | None, Sums]) -> Any:
            value, sums = item
            shown = "(none)" if value is None else value
            return -(sums.cost or 0), -(sums.tokens() or 0), shown, value or ""

        return sorted(self.by(name).items(), key=rank)

    @property
    def figure(self) -> Callable[[Sums], Figure]:
        """What rows rank and are drawn by: cost, or tokens where nothing is priced."""
        by_cost = self.cost is not None
        return (lambda sums: sums.cost) if by_cost else (lambda sums: sums.tokens())

    def _costs(self) -> list[Any]:
        return [row[name] for row in self.rows for name in _COSTS]


_COSTS = ("input_cost", "output_cost", "cost")


def midnight(day: date, tz: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(tz)).astimezone(UTC)


@dataclass(frozen=True)
class Plain:
    """A ledger, and what a first window of it shows."""

    rows: Sequence[Row]
    tz: str
    currency: str | None = None

    def day(self, row: Row) -> date:
        return row["start"].astimezone(ZoneInfo(self.tz)).date()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the first window."""
        every = [self.day(row) for row in self.rows]
        first, last = min(every), max(every)
        return max(first, last - timedelta(days=29)) if self.long else first, last

    @property
    def long(self) -> bool:
        """Whether the ledger goes on for more than 30 days."""
        every = [self.day(row) for row in self.rows]
        return (max(every) - min(every)).days >= 30

    @property
    def unit(self) -> str | None:
        """The currency that is shown first: that of most records."""
        if self.currency:
            return self.currency
        used = Counter(row["currency"] for row in self.rows if row["currency"])
        return max(used, key=lambda name: used[name]) if used else None

    @property
    def elapsed(self) -> Fraction:
        """The days of the first window."""
        first, last = self.days
        end = midnight(last + timedelta(days=1), self.tz)
        return Fraction((end - midnight(first, self.tz)) // timedelta(seconds=1), 86400)

    @property
    def sums(self) -> Sums:
        """What the first window shows."""
        first, last = self.days
        return self.between(
            midnight(first, self.tz), midnight(last + timedelta(days=1), self.tz)
        )

    def between(self, start: datetime, end: datetime) -> Sums:
        """What a range of time shows, in one currency."""
        shown = (None, self.unit)
        return Sums(
            [
                row
                for row in self.rows
                if start <= row["start"] < end and row["currency"] in shown
            ]
        )

    def buckets(self, rows: Sequence[Row], bucket: str) -> dict[datetime, Sums]:
        """Rows by the wall clock at which their bucket begins."""
        found = defaultdict(list)
        for row in rows:
            found[self._begins(row["start"], bucket)].append(row)
        return {at: Sums(inside) for at, inside in found.items()}

    def _begins(self, at: datetime, bucket: str) -> datetime:
        """The wall clock at which the bucket of an instant begins."""
        here = at.astimezone(ZoneInfo(self.tz))
        if bucket in _MINUTES:  # hours are counted from midnight, however clocks move
            first = midnight(here.date(), self.tz)
            step = timedelta(minutes=_MINUTES[bucket])
            begins = first + (at - first) // step * step
            return begins.astimezone(ZoneInfo(self.tz)).replace(tzinfo=None)
        day = datetime(here.year, here.month, here.day)
        if bucket == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if bucket == "month" else day


_MINUTES = {"hour": 60, "15 minutes": 15, "minute": 1}
