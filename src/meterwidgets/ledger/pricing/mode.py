"""The two pricing modes: what the ledger recorded, or the prices of the book alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from meterwidgets.errors import MeterError


class PricingMode(Enum):
    """Which costs count."""

    RECORDED = "recorded"
    """Recorded costs; the book prices only what has none."""
    REPRICED = "repriced"
    """The prices of the book; recorded costs are ignored."""


@dataclass(frozen=True)
class Pricing:
    """How a ledger is priced.

    Attributes:
        mode: Which costs count.
        as_of: When repriced, the day whose rates apply to every record; None takes the
            day of each record.

    Raises:
        MeterError: When a day is given for recorded costs.

    Examples:
        >>> str(RECORDED), str(Pricing(PricingMode.REPRICED, date(2026, 1, 1)))
        ('recorded', 'repriced as of 2026-01-01')
    """

    mode: PricingMode = PricingMode.RECORDED
    as_of: date | None = None

    def __post_init__(self) -> None:
        if self.as_of is not None and not self.is_repriced:
            raise MeterError("recorded costs have no as_of day; reprice the ledger")

    @property
    def is_repriced(self) -> bool:
        """Whether recorded costs are ignored."""
        return self.mode is PricingMode.REPRICED

    def __str__(self) -> str:
        day = f" as of {self.as_of}" if self.as_of else ""
        return f"{self.mode.value}{day}"


RECORDED = Pricing()
"""The pricing of every ledger that was not repriced."""
