"""Recorded and repriced costs side by side, exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window
from meterwidgets.metrics.amounts import Amounts, ratio
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.text import formats
from meterwidgets.metrics.totals import totals

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class ComparedRow:
    """One value of a dimension, or the total, in both pricing modes.

    Attributes:
        id: The value as the ledger reports it; None means "not reported".
        name: The name to show.
        recorded: What it adds up to at recorded costs.
        repriced: What it adds up to at the other prices.
    """

    id: str | None
    name: str
    recorded: Amounts
    repriced: Amounts

    @property
    def difference(self) -> int | None:
        """Repriced - recorded cost; None where either is not known."""
        if self.recorded.cost is None or self.repriced.cost is None:
            return None
        return self.repriced.cost - self.recorded.cost

    @property
    def change(self) -> Fraction | None:
        """The difference as a fraction of the recorded cost; None where that is 0."""
        return ratio(self.difference, self.recorded.cost)

    @property
    def prices_same_tokens(self) -> bool:
        """Whether both modes price the same number of tokens."""
        return self.recorded.unpriced_tokens == self.repriced.unpriced_tokens


@dataclass(frozen=True, repr=False)
class Comparison:
    """Recorded and repriced costs by one dimension.

    Attributes:
        by: The dimension.
        recorded: The selection as recorded.
        repriced: The same selection as repriced.
        currency: The currency of every amount; None when nothing has a price.
        rows: By recorded cost, then tokens, then name; they add up to the total.
        total: The whole selection.
    """

    by: str
    recorded: Selection
    repriced: Selection
    currency: str | None
    rows: tuple[ComparedRow, ...]
    total: ComparedRow

    @property
    def pricing(self) -> str:
        """The words for how the other side is repriced."""
        return self.repriced.frame.pricing

    @property
    def window(self) -> Window:
        """The time range."""
        return self.recorded.window

    def to_arrow(self) -> pa.Table:
        """The rows as a table.

        Returns:
            The id, the name, the tokens, the costs and their difference in
            ``currency`` (decimals with nine digits, null where not known), and for
            each side the tokens without a price. The metadata name the pricing.
        """
        import pyarrow as pa

        money, count = pa.decimal128(38, 9), pa.int64()
        schema = pa.schema(
            [
                ("id", pa.string()), ("name", pa.string()), ("currency", pa.string()),
                ("tokens", count), ("recorded", money), ("repriced", money),
                ("difference", money), ("recorded_unpriced_tokens", count),
                ("repriced_unpriced_tokens", count),
            ],
            metadata={"pricing": self.pricing},
        )  # fmt: skip
        rows = [exact_values(self, row) for row in self.rows]
        for row in rows:
            for name in ("recorded", "repriced", "difference"):
                text = row[name]
                row[name] = None if text is None else Decimal(text)
        return pa.Table.from_pylist(rows, schema=schema)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a dataframe, money as decimals; see ``to_arrow``."""
        table = self.to_arrow().to_pandas()
        table.attrs["pricing"] = self.pricing
        return table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        total, unit = self.total, self.currency
        return (
            f"Comparison(by {self.by}: recorded "
            f"{formats.money_exact(total.recorded.cost, unit)}, {self.pricing} "
            f"{formats.money_exact(total.repriced.cost, unit)}, difference "
            f"{formats.money_exact(total.difference, unit)})"
        )


def compare(
    recorded: UsageFrame,
    repriced: UsageFrame,
    *,
    by: str = "model",
    filters: Filters | None = None,
) -> Comparison:
    """Compare recorded costs with those of a repriced frame of the same usage.

    Args:
        recorded: The frame as it was read.
        repriced: The result of ``recorded.reprice(...)``.
        by: The dimension of the rows.
        filters: The usage to compare, such as ``view.filters``; by default everything.

    Raises:
        MeterError: When the frames are not of the same usage, not one of each mode, or
            priced in different currencies.

    Examples:
        >>> import meterwidgets as mw
        >>> usage = mw.read_usage({"time": ["2026-02-22"], "model": ["qwen"],
        ...                        "input_tokens": [1000], "cost": ["0.10"]})
        >>> book = mw.PriceBook.parse([{"model": "qwen", "input": "2.00"}])
        >>> compare(usage, usage.reprice(book))
        Comparison(by model: recorded $0.10, repriced $0.002, difference -$0.098)
    """
    _check_frames(recorded, repriced)
    currencies = sorted({*recorded.currencies, *repriced.currencies})
    if len(currencies) > 1:
        raise MeterError(
            f"compare: the costs are in {' and '.join(currencies)}, which are never "
            "added or subtracted; reprice at rates in the currency of the ledger"
        )
    if filters is not None and [filters.currency] == currencies:
        filters = filters.replace(currency=None)  # one side may have no price at all
    at_recorded, at_repriced = recorded.select(filters), repriced.select(filters)
    new = {row.id: row.amounts for row in breakdown(at_repriced, by).rows}
    rows = tuple(
        ComparedRow(row.id, row.name, row.amounts, new[row.id])
        for row in breakdown(at_recorded, by).rows
    )
    total = ComparedRow(
        None, "Total", totals(at_recorded).amounts, totals(at_repriced).amounts
    )
    unit = next(iter(currencies), None)
    return Comparison(by, at_recorded, at_repriced, unit, rows, total)


def _check_frames(recorded: UsageFrame, repriced: UsageFrame) -> None:
    for name, frame in (("recorded", recorded), ("repriced", repriced)):
        if not isinstance(frame, UsageFrame):
            raise MeterError(
                f"compare: {name} is {type(frame).__name__}; expected a UsageFrame"
            )
    if recorded.repriced or not repriced.repriced:
        raise MeterError(
            f"compare got a frame that is {recorded.pricing} and one that is "
            f"{repriced.pricing}; expected a recorded one, then a repriced one: "
            "compare(usage, usage.reprice(book))"
        )
    if not recorded.same_usage(repriced):
        raise MeterError(
            f"compare: {recorded.name} and {repriced.name} are not the same usage; "
            "compare a frame with the result of its own reprice(...)"
        )


def exact_values(comparison: Comparison, row: ComparedRow) -> dict[str, Any]:
    """The exact values of a row; money is decimal text with nine decimals."""
    return {
        "id": row.id,
        "name": row.name,
        "currency": comparison.currency,
        "tokens": row.recorded.tokens,
        "recorded": formats.decimal_text(row.recorded.cost),
        "repriced": formats.decimal_text(row.repriced.cost),
        "difference": formats.decimal_text(row.difference),
        "recorded_unpriced_tokens": row.recorded.unpriced_tokens,
        "repriced_unpriced_tokens": row.repriced.unpriced_tokens,
    }
