"""The results of a reconciliation, exact and immutable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from meterwidgets.metrics.reconcile.model_names import Match
from meterwidgets.metrics.reconcile.reason_texts import ReasonKind
from meterwidgets.metrics.text import formats

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Line:
    """A day and model of both sides; money in nano-units.

    Attributes:
        day: The UTC day, or the first of the month.
        model: The model, or an item of the invoice that is not a model; None means
            "not reported".
        ledger: Its cost in the ledger; None without a record or a price.
        invoice: Its cost in the invoice; None without a record or a price.
        difference: Invoice - ledger.
        reason: The kind of the reason, "agrees" within the tolerance; None where the
            line is unexplained.
    """

    day: date
    model: str | None
    ledger: int | None
    invoice: int | None
    difference: int
    reason: ReasonKind | None


@dataclass(frozen=True)
class Reason:
    """A reason for a part of the difference.

    Attributes:
        kind: Its kind, such as "half".
        title: What it is.
        advice: What to do about it.
        amount: The exact part of the difference, in nano-units.
        lines: The number of lines that it explains.
    """

    kind: ReasonKind
    title: str
    advice: str
    amount: int
    lines: int


@dataclass(frozen=True, repr=False)
class Reconciliation:
    """A ledger and an invoice, compared.

    The amounts of the reasons and ``unexplained`` add up to ``difference``, exactly.

    Attributes:
        ledger_name: The name of the ledger.
        invoice_name: The name of the invoice.
        currency: The currency of all amounts, which are in nano-units.
        start: The first day that is compared.
        end: The day after the last.
        step: "day", or "month" for an invoice with longer buckets.
        by_model: Whether both sides name models; else a line is a whole day or month.
        tolerance: A line agrees up to this difference.
        lines: Unexplained lines first, then explained ones, then those that agree; the
            largest difference first.
        reasons: The largest amount first.
        matches: Different names that are treated as one model.
        credits: The sum of the invoice's credits, taxes and purchases, which are in no
            total; None without any.
        notices: What else a user must know to read the figures right.
    """

    ledger_name: str
    invoice_name: str
    currency: str
    start: date
    end: date
    step: Literal["day", "month"]
    by_model: bool
    tolerance: int
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    matches: tuple[Match, ...]
    credits: int | None
    notices: tuple[str, ...]

    @property
    def ledger(self) -> int:
        """The cost in the ledger."""
        return sum(line.ledger or 0 for line in self.lines)

    @property
    def invoice(self) -> int:
        """The cost in the invoice."""
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
        """The part of the difference that has no reason."""
        return self.difference - self.explained

    @property
    def differing(self) -> tuple[Line, ...]:
        """The lines that differ by more than the tolerance, explained or not."""
        return tuple(
            line for line in self.lines if abs(line.difference) > self.tolerance
        )

    @property
    def unexplained_lines(self) -> int:
        """The number of lines without a reason."""
        return sum(line.reason is None for line in self.lines)

    @property
    def agrees(self) -> bool:
        """Whether no line differs by more than the tolerance."""
        return not self.differing

    def to_arrow(self) -> pa.Table:
        """The lines as an Arrow table; money is int64 in nano-units."""
        import pyarrow as pa

        money = pa.int64()
        schema = pa.schema(
            [
                ("day", pa.date32()), ("model", pa.string()), ("ledger", money),
                ("invoice", money), ("difference", money), ("reason", pa.string()),
            ]
        )  # fmt: skip
        return pa.Table.from_pylist([asdict(line) for line in self.lines], schema)

    def to_pandas(self) -> pd.DataFrame:
        """The lines as a dataframe; see ``to_arrow``."""
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        amounts = (self.ledger, self.invoice, self.difference, self.unexplained)
        texts = formats.money_column(amounts, self.currency)
        return (
            f"Reconciliation(ledger {texts[0]}, invoice {texts[1]}, difference "
            f"{texts[2]}, unexplained {texts[3]} in "
            f"{formats.plural(self.unexplained_lines, 'line')})"
        )
