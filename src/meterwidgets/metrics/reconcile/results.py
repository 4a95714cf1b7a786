"""The results of a reconciliation, exact and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from meterwidgets.metrics import formats
from meterwidgets.metrics.reconcile.model_names import Match

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Line:
    """A day and model of both sides; money in nano-units.

    Attributes:
        day: The day of UTC, or the first of the month.
        model: The model, or an item of the invoice that is none; None: not reported.
        ledger: Its cost in the ledger; None where that has no record or no price.
        invoice: Its cost in the invoice; None likewise.
        difference: Invoice - ledger.
        reason: The kind of the reason, "agrees" within the tolerance; None where the
            two frames don't tell.
    """

    day: date
    model: str | None
    ledger: int | None
    invoice: int | None
    difference: int
    reason: str | None


@dataclass(frozen=True)
class Reason:
    """What explains a part of the difference.

    Attributes:
        kind: A word for programs, such as "half".
        title: What it is.
        advice: What to do.
        amount: The exact part of the difference, in nano-units.
        lines: How many lines it explains.
    """

    kind: str
    title: str
    advice: str
    amount: int
    lines: int


@dataclass(frozen=True, repr=False)
class Reconciliation:
    """A ledger and an invoice, compared.

    The amounts of the reasons and ``unexplained`` add up to ``difference``, exactly.

    Attributes:
        ledger_name: What the ledger is called.
        invoice_name: What the invoice is called.
        currency: Of all amounts, which are nano-units.
        start: The first day that is compared.
        end: The day after the last one.
        step: "day", or "month" for an invoice of longer buckets.
        by_model: Whether both sides name models; else a line is a day.
        tolerance: Up to which a line agrees.
        lines: What is unexplained first, then what has a reason, then what agrees;
            the largest difference first.
        reasons: The largest amount first.
        matches: Different names that were taken for one model.
        credits: Negative amounts of the invoice, which are in no total; None where
            there are none.
        notices: What else must be known to read the figures right.
    """

    ledger_name: str
    invoice_name: str
    currency: str
    start: date
    end: date
    step: str
    by_model: bool
    tolerance: int
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    matches: tuple[Match, ...]
    credits: int | None
    notices: tuple[str, ...]

    @property
    def ledger(self) -> int:
        """What the ledger costs."""
        return sum(line.ledger or 0 for line in self.lines)

    @property
    def invoice(self) -> int:
        """What the invoice costs."""
        return sum(line.invoice or 0 for line in self.lines)

    @property
    def difference(self) -> int:
        """Invoice - ledger."""
        return sum(line.difference for line in self.lines)

    @property
    def explained(self) -> int:
        """The part of the difference that has a reason."""
        return sum(reason.amount for reason in self.reasons)

    @property
    def unexplained(self) -> int:
        """The part of the difference that has none."""
        return self.difference - self.explained

    @property
    def differing(self) -> tuple[Line, ...]:
        """The lines that differ by more than the tolerance, explained or not."""
        return tuple(
            line for line in self.lines if abs(line.difference) > self.tolerance
        )

    @property
    def open_lines(self) -> int:
        """How many lines nothing explains."""
        return sum(line.reason is None for line in self.lines)

    @property
    def agrees(self) -> bool:
        """Whether no line differs by more than the tolerance."""
        return not self.differing

    def to_arrow(self) -> pa.Table:
        """The lines as an Arrow table; money is int64 in nano-units."""
        import pyarrow as pa

        kinds = {"day": pa.date32(), "model": pa.string(), "reason": pa.string()}
        names = ("day", "model", "ledger", "invoice", "difference", "reason")
        return pa.table(
            {
                name: pa.array(
                    [getattr(line, name) for line in self.lines],
                    kinds.get(name, pa.int64()),
                )
                for name in names
            }
        )

    def to_pandas(self) -> pd.DataFrame:
        """The lines as a dataframe; see ``to_arrow``."""
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        whole = (self.ledger, self.invoice, self.difference, self.unexplained)
        shown = formats.money_column(whole, self.currency)
        return (
            f"Reconciliation(ledger {shown[0]}, invoice {shown[1]}, difference "
            f"{shown[2]}, unexplained {shown[3]} in "
            f"{formats.plural(self.open_lines, 'line')})"
        )
