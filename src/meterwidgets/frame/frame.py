"""UsageFrame: one ledger rolled up, shared by every widget and every kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from meterwidgets.errors import LedgerError, MeterError
from meterwidgets.frame.data import FrameData
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.scope import Scope, cut
from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing, PricingMode

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_CACHED_SELECTIONS = 16
"""A page asks for a handful of selections at each change."""


class Reread(Protocol):
    """Reads a ledger again, at other prices."""

    def __call__(self, *, pricing: Pricing, prices: PriceBook = ...) -> UsageFrame:
        """The frame, with its costs as the pricing mode says.

        Raises:
            LedgerError: When the ledger can't be read any more.
        """


@dataclass(frozen=True, kw_only=True, repr=False)
class UsageFrame(FrameData):
    """A ledger, rolled up into a cube.

    Made by ``read_usage``; every figure on every screen is a selection of it. For its
    attributes see ``FrameData``.

    Attributes:
        reread: Reads the ledger again, where that is possible.
    """

    reread: Reread | None = field(default=None, compare=False)

    def first_filters(self, tz: str | None = None) -> Filters:
        """The first window: everything up to 30 days, else the last 30 days."""
        tz = tz or self.tz
        days = (self.coverage.end - self.coverage.first) / timedelta(days=1)
        # All has even usage that is dated in the future.
        is_all = days <= 30.1 and self.last < max(self.coverage.end, self.coverage.last)
        return Filters(preset="all" if is_all else "30d", tz=tz)

    def select(self, filters: Filters | None = None) -> Selection:
        """The cells that filters choose; by default the whole ledger.

        The last few selections are kept with what was computed of them, so going back
        to earlier filters costs nothing.

        Raises:
            MeterError: When a filter names what the ledger doesn't have.
        """
        return self._select(filters or Filters(tz=self.tz))

    @cached_property
    def _select(self) -> Callable[[Filters], Selection]:
        @lru_cache(_CACHED_SELECTIONS)
        def select(filters: Filters) -> Selection:
            return Selection(self, filters, select)

        return select

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
        if self.reread is None:
            raise MeterError(
                f"{self.name}: can't be repriced, for this frame holds sums and no "
                "records; reprice where the ledger is read: read_usage(...).reprice("
                "book), before of_user or save, or meterwidgets serve ... --reprice"
            )
        prices = {} if book is None else {"prices": book}
        try:
            repriced = self.reread(
                pricing=Pricing(PricingMode.REPRICED, as_of), **prices
            )
        except LedgerError as error:
            raise MeterError(f"{self.name}: can't be read again ({error})") from error
        if not repriced.same_usage(self):
            raise MeterError(
                f"{self.name}: has changed since it was read, from "
                f"{self.quality.records:,} to {repriced.quality.records:,} records or "
                "in their tokens; read it again, then reprice it"
            )
        return replace(repriced, labels=self.labels)

    def same_usage(self, other: UsageFrame) -> bool:
        """Whether another frame is of the same usage, however it is priced."""

        def fingerprint(frame: UsageFrame) -> tuple[object, ...]:
            counts = ("records", "requests", "input_tokens", "output_tokens")
            totals = (int(frame.cube.sums.total(name).sum()) for name in counts)
            return frame.cube.first, frame.cube.grain_s, frame.last, *totals

        return fingerprint(self) == fingerprint(other)

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
        return self.scoped(Scope({"user": (user,)}))

    def scoped(self, scope: Scope) -> UsageFrame:
        """The usage in a scope: a frame that holds nothing of anybody else.

        Args:
            scope: What may be seen.

        Returns:
            A frame over the same days: its rows, names, labels, notes and counts are
            those of the scope. This very frame where everything may be seen.
        """
        if scope.is_all:
            return self
        return replace(self, reread=None, **cut(self, scope))

    def to_arrow(self) -> pa.Table:
        """All cells as an Arrow table; see ``Selection.to_arrow``."""
        return self.select().to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """All cells as a dataframe; see ``Selection.to_arrow``."""
        return self.select().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return (
            f"UsageFrame({self.name!r}, {self.quality.records:,} records, "
            f"{self.start:%Y-%m-%d} to {self.last:%Y-%m-%d}, "
            f"{', '.join(self.currencies) or 'unpriced'}"
            f"{f', {self.pricing}' if self.repriced else ''})"
        )
