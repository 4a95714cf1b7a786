"""The UTC days, or months, that a ledger and an invoice are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.zones import day_before, day_of, midnight

_DAY = timedelta(days=1)


def is_by_month(ledger: UsageFrame, invoice: UsageFrame) -> bool:
    """Whether a row of either side spans more than a day, so months are compared."""
    return max(ledger.bucket_s, invoice.bucket_s) > _DAY.total_seconds()


def whole_day(name: str, given: date | str | None) -> date | None:
    """A given UTC day; an invoice has no hours.

    Args:
        name: The name of the argument, for the error.
        given: A date, its ISO text, or None.

    Raises:
        MeterError: When it is not a whole day.
    """
    if given is None:
        return None
    instant = Filters(start=given).start
    if instant is None or instant != midnight(instant.date(), "UTC"):
        raise MeterError(
            f"{name} is {given}; invoices have whole UTC days, so give a date such as "
            "2026-02-22"
        )
    return instant.date()


def period_edges(
    ledger: UsageFrame,
    invoice: UsageFrame,
    start: date | None,
    end: date | None,
    *,
    by_month: bool,
) -> list[datetime]:
    """The n + 1 midnights around the n days, or months, that are compared.

    Args:
        ledger: The gateway's side.
        invoice: The provider's side.
        start: The first day; None means the first that either side covers.
        end: The day after the last; None means the last that either side covers.
        by_month: Whether months are compared.

    Raises:
        MeterError: When the two have no day in common, or nothing is in the range.
    """
    ledger_days, invoice_days = _covered_days(ledger), _covered_days(invoice)
    covered = (
        f"the ledger goes from {ledger_days[0]} to {ledger_days[1] - _DAY}, the "
        f"invoice from {invoice_days[0]} to {invoice_days[1] - _DAY}"
    )
    if max(ledger_days[0], invoice_days[0]) >= min(ledger_days[1], invoice_days[1]):
        raise MeterError(f"no day in common: {covered}; export both for the same days")
    first = max(min(ledger_days[0], invoice_days[0]), start or date.min)
    last = min(max(ledger_days[1], invoice_days[1]), end or date.max)
    if first >= last:
        raise MeterError(f"nothing from {start or first} to {end or last}; {covered}")
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    if by_month:
        days = sorted({day.replace(day=1) for day in days})
        last = (days[-1] + timedelta(days=31)).replace(day=1)
    return [midnight(day, "UTC") for day in (*days, last)]


def covered_periods(frame: UsageFrame, edges: Sequence[datetime]) -> list[bool]:
    """Whether a frame covers each period, at least in part."""
    first, end = (midnight(day, "UTC") for day in _covered_days(frame))
    return [start < end and stop > first for start, stop in pairwise(edges)]


def _covered_days(frame: UsageFrame) -> tuple[date, date]:
    """The first UTC day that a frame covers, and the day after the last."""
    # The data of a store may end during a day.
    return day_of(frame.start, "UTC"), day_before(frame.coverage.now, "UTC") + _DAY
