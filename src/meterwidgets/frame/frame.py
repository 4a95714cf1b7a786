"""UsageFrame: one ledger rolled up, shared by every widget and every kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError, MeterError, unknown
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.labels import clean, told_apart
from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.book import RECORDED, PriceBook, Pricing
from meterwidgets.ledger.pricing.outliers import Outlier
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.schema import DIMENSIONS, Dimensions
from meterwidgets.zones import day_of, midnight

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from meterwidgets.frame.store.store import Stored

_KEPT = 16
"""So many selections are kept; a page asks for a handful at each change."""


@dataclass(frozen=True, repr=False)
class UsageFrame:
    """A ledger, rolled up into a cube.

    Made by ``read_usage``; every figure on every screen is a selection of it.

    Attributes:
        name: What the ledger is called on screens.
        cube: Usage by time and dimension.
        user_cube: The same with user and API key; None where no user is reported.
        last: The last moment with usage; the ledger covers that whole day.
        currencies: Those that occur, the most used first.
        quality: What went in, what did not, what was assumed.
        labels: Dimension -> id -> name to show.
        demo: Whether this is made-up data.
        tz: The zone that pages start with.
        bucket_s: Seconds of the longest bucket, where rows are buckets; else 0.
        outliers: The dearest requests of over 100 times their list price.
        stored: The store that holds the records behind it, if there is one.
        fed: Until when that store is known to be complete, while it is being fed.
        pricing: "recorded", or "repriced" and as of which day.
        again: Reads the ledger again, where that is possible.
        dimensions: What usage can be filtered and broken down by.
    """

    name: str
    cube: Cube
    user_cube: Cube | None
    last: datetime
    currencies: tuple[str, ...]
    quality: Quality
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    demo: bool = False
    tz: str = "UTC"
    bucket_s: int = 0
    outliers: tuple[Outlier, ...] = ()
    stored: Stored | None = None
    fed: datetime | None = None
    pricing: str = str(RECORDED)
    again: Callable[..., UsageFrame] | None = field(default=None, compare=False)
    dimensions: Dimensions = DIMENSIONS

    @property
    def repriced(self) -> bool:
        """Whether what the ledger recorded as costs counts for nothing here."""
        return self.pricing != str(RECORDED)

    @property
    def start(self) -> datetime:
        """The first instant of the first time bucket with usage."""
        return datetime.fromtimestamp(self.cube.first * self.cube.grain_s, UTC)

    def as_of(self, tz: str) -> datetime:
        """Until when the ledger goes: the end of the last day that it covers.

        That of a store that is being fed is when it was last looked after.

        Args:
            tz: The zone of the calendar.
        """
        if self.fed is not None:
            return max(self.fed, self.last + timedelta(microseconds=1))
        return midnight(day_of(self.last, tz) + timedelta(days=1), tz)

    def coverage(self, tz: str) -> datetime:
        """Since when the ledger goes: the start of its first day."""
        return midnight(day_of(self.start, tz), tz)

    def first_filters(self, tz: str | None = None) -> Filters:
        """The first window: everything up to 30 days, else the last 30 days."""
        tz = tz or self.tz
        days = (self.as_of(tz) - self.coverage(tz)) / timedelta(days=1)
        return Filters(preset="all" if days <= 30.1 else "30d", tz=tz)

    def select(self, filters: Filters | None = None) -> Selection:
        """The cells that filters choose; by default the whole ledger.

        The last few are kept with what was computed of them, so that going back to
        some filters costs nothing.

        Raises:
            MeterError: When a filter names what the ledger doesn't have.
        """
        return self._selected(filters or Filters(tz=self.tz))

    @cached_property
    def _selected(self) -> Callable[[Filters], Selection]:
        return lru_cache(_KEPT)(partial(Selection, self))

    def reprice(
        self, book: PriceBook | None = None, *, as_of: date | None = None
    ) -> UsageFrame:
        """The same usage at the prices of a book, whatever the ledger recorded.

        Reads the ledger again; this frame stays as it is.

        Args:
            book: The prices; by default those that the ledger was read with, of a
                store the catalogue. What it doesn't price is unpriced, and never costs
                what was recorded.
            as_of: The day whose rates hold for every record; by default each record
                costs what held on its own day.

        Returns:
            A frame whose ``pricing`` says so, wherever its figures appear.

        Raises:
            MeterError: When the ledger is no longer there, has changed, or was never
                read here.

        Examples:
            >>> import meterwidgets as mw
            >>> usage = mw.read_usage({"time": ["2026-02-22"], "model": ["qwen"],
            ...                        "input_tokens": [1000], "cost": ["0.10"]})
            >>> book = mw.PriceBook.parse([{"model": "qwen", "input": "2.00"}])
            >>> usage.reprice(book, as_of=date(2026, 1, 1))
            UsageFrame('table', 1 records, 2026-02-22 to 2026-02-22, USD, repriced as \
of 2026-01-01)
            >>> usage.reprice(book).select().sums()["input_cost"]
            2000000
        """
        if book is not None and not isinstance(book, PriceBook):
            raise MeterError(
                f"reprice got {type(book).__name__}; expected a PriceBook, such as "
                "PriceBook.load('prices.toml')"
            )
        if as_of is not None and type(as_of) is not date:
            raise MeterError(
                f"as_of is {as_of!r}; expected a day, such as date(2026, 1, 1)"
            )
        if self.again is None:
            raise MeterError(
                f"{self.name}: can't be repriced, for this frame holds sums and no "
                "records; reprice where the ledger is read: read_usage(...).reprice("
                "book), before of_user or save, or meterwidgets serve ... --reprice"
            )
        words = {} if book is None else {"prices": book}
        try:
            found = self.again(**words, pricing=Pricing(True, as_of))
        except LedgerError as error:
            raise MeterError(f"{self.name}: can't be read again ({error})") from error
        if not found.same_usage(self):
            raise MeterError(
                f"{self.name}: has changed since it was read, from "
                f"{self.quality.records:,} to {found.quality.records:,} records or in "
                "their tokens; read it again, then reprice it"
            )
        return replace(found, labels=self.labels)

    def same_usage(self, other: UsageFrame) -> bool:
        """Whether another frame is of the same usage, however it is priced."""

        def facts(frame: UsageFrame) -> tuple[object, ...]:
            counts = ("records", "requests", "input_tokens", "output_tokens")
            sums = (int(frame.cube.sums.total(name).sum()) for name in counts)
            return frame.cube.first, frame.cube.grain_s, frame.last, *sums

        return facts(self) == facts(other)

    def of_user(self, user: str) -> UsageFrame:
        """The usage of one user: a frame that holds nothing of anybody else.

        Args:
            user: As the ledger reports it.

        Returns:
            A frame over the same days; without usage where the ledger names no such
            user, so that an answer says nothing about who else there is.

        Examples:
            >>> import meterwidgets as mw
            >>> mw.demo_usage().of_user("u-1000").select().by("user").keys()
            dict_keys(['u-1000'])
        """
        cube = (self.user_cube or self.cube).only("user", user)
        seen = {name: set(values) for name, values in cube.names.items()}
        records = int(cube.sums.total("records").sum())
        currencies = [name for name in self.currencies if name in seen["currency"]]
        return replace(
            self,
            cube=cube,
            user_cube=cube if self.user_cube else None,
            currencies=tuple(currencies or self.currencies[:1]),
            quality=Quality(records=records, assumed_tz=self.quality.assumed_tz),
            outliers=tuple(each for each in self.outliers if each.user == user),
            stored=None,  # it holds the records of everybody
            again=None,
            labels={
                dimension: {i: n for i, n in names.items() if i in seen[dimension]}
                for dimension, names in self.labels.items()
                if dimension in seen
            },
        )

    def label(self, dimension: str, value: str | None) -> str:
        """The name to show for a value; see ``shown``."""
        return self.shown(dimension, [value])[0]

    def shown(self, dimension: str, values: Iterable[str | None]) -> list[str]:
        """The names to show for values; what is not reported is "(none)".

        A name that two values have gets a piece of the id, "Acme (a1b2)".
        """
        labels = self.labels.get(dimension)
        if labels and dimension not in self._shown:
            known = filter(None, self._values(dimension))
            self._shown[dimension] = told_apart(known, labels)
        shown = self._shown.get(dimension, {})
        return ["(none)" if each is None else shown.get(each, each) for each in values]

    @cached_property
    def _shown(self) -> dict[str, dict[str, str]]:
        """Dimension -> value -> what is shown for it, as far as it was asked for."""
        return {}

    @cached_property
    def _named(self) -> dict[str, dict[str, str | None]]:
        """Dimension -> id or name -> id, as far as it was asked for."""
        return {}

    def _values(self, dimension: str) -> Sequence[str | None]:
        cube = self.cube if dimension in self.cube.names else self.user_cube
        return cube.names.get(dimension, [None]) if cube is not None else [None]

    def ids(self, dimension: str, names: Iterable[str]) -> tuple[str | None, ...]:
        """The values that names stand for: ids, labels, or "(none)".

        Args:
            dimension: Such as ``"org"``.
            names: As a reader writes them.

        Raises:
            MeterError: When a name is not in the ledger, with the nearest ones.
        """
        if dimension not in self._named:
            values = self._values(dimension)
            known = {self.label(dimension, value): value for value in values}
            known |= {value: value for value in values if value is not None}
            self._named[dimension] = known
        known = self._named[dimension]
        found = []
        for name in names:
            if name not in known:
                raise MeterError(self._not_found(dimension, name, known))
            found.append(known[name])
        return tuple(found)

    def _not_found(self, dimension: str, name: str, known: Iterable[str]) -> str:
        labels = self.labels.get(dimension, {})
        alike = [
            self.label(dimension, value)
            for value in filter(None, self._values(dimension))
            if clean(labels.get(value, "")) == clean(name)
        ]
        if alike:
            return f"{dimension} {name!r} may be {' or '.join(alike)}; name one of them"
        return unknown(dimension, name, known)

    def to_arrow(self) -> pa.Table:
        """All cells as an Arrow table; see ``Selection.to_arrow``."""
        return self.select().to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """All cells as a dataframe; see ``Selection.to_arrow``."""
        return self.select().to_pandas()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        count = self.quality.records
        first, last = self.start, self.last
        return (
            f"UsageFrame({self.name!r}, {count:,} records, "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"{', '.join(self.currencies) or 'unpriced'}"
            f"{f', {self.pricing}' if self.repriced else ''})"
        )
