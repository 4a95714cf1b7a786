"""The gateway's figures against the provider's invoice, per day and model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats
from meterwidgets.metrics.reconcile.model_names import Match
from meterwidgets.metrics.reconcile.notices import credits_of, notices
from meterwidgets.metrics.reconcile.pairs import Key, Pair, Pairs, costs, pairs
from meterwidgets.metrics.reconcile.reasons import AGREES, Why, explained, facts_of
from meterwidgets.metrics.reconcile.results import Line, Reason, Reconciliation
from meterwidgets.metrics.reconcile.words import advice, title
from meterwidgets.zones import midnight

TOLERANCE = "0.005"
"""Half a cent: what an invoice in cents may round a line by."""

_DAY = timedelta(days=1)


def reconcile(
    ledger: UsageFrame,
    invoice: UsageFrame,
    *,
    tolerance: str | int | float | Decimal = TOLERANCE,
    start: date | str | None = None,
    end: date | str | None = None,
    models: Sequence[str] = (),
    currency: str | None = None,
) -> Reconciliation:
    """Compare what a gateway wrote with what its provider billed.

    Args:
        ledger: What the gateway wrote.
        invoice: The provider's cost report; read it with
            ``prices=PriceBook(catalogue=False)``, so that only what was billed counts.
        tolerance: In currency units: up to which a line agrees.
        start: The first day, of UTC; by default the first one that either covers.
        end: The day after the last one.
        models: Only these, by any name that the ledger or the invoice uses.
        currency: Which one, where both have several.

    Returns:
        The lines, the reasons with their exact amounts, and what stays unexplained.

    Raises:
        MeterError: When the two can't be compared: no cost, no common day, no common
            currency.

    Examples:
        >>> import meterwidgets as mw
        >>> def one(cost): return mw.read_usage({"time": ["2026-02-22"],
        ...     "model": ["m"], "cost": [cost]}, rejects=None)
        >>> mw.reconcile(one("1.00"), one("1.25"))
        Reconciliation(ledger $1.00, invoice $1.25, difference $0.25, unexplained \
$0.25 in 1 line)
        >>> mw.reconcile(one("1.00"), one("1.25"), tolerance="0.25").agrees
        True
    """
    for word, given in (("ledger", ledger), ("invoice", invoice)):
        if not isinstance(given, UsageFrame):
            raise MeterError(
                f"the {word} is {type(given).__name__}; expected a frame, such as "
                "read_usage gives"
            )
        if given.repriced:
            raise MeterError(
                f"the {word} is {given.pricing}; expected what was recorded or billed"
            )
    allowed = _nano(tolerance)
    currency = _currency(ledger, invoice, currency)
    left, right = (
        each.select(Filters(tz="UTC", currency=currency)) for each in (ledger, invoice)
    )
    _check_days(ledger, invoice)
    month = max(ledger.bucket_s, invoice.bucket_s) > _DAY.total_seconds()
    edges = _edges(ledger, invoice, _day("start", start), _day("end", end), month)
    found = pairs(left, right, edges)
    rows = _chosen(found, models)
    covered = [_covered(each, edges) for each in (ledger, invoice)]
    facts = facts_of(
        found.rows,
        tolerance=allowed,
        covered=covered,
        shifted=None if month else _shifted(left, edges, found),
    )
    why = explained(rows, facts)
    lines = tuple(sorted((_line(row, edges, why) for row in rows), key=_rank))
    unexplained = [row for row in rows if row.key not in why]
    return Reconciliation(
        ledger_name=ledger.name,
        invoice_name=invoice.name,
        currency=currency,
        start=edges[0].date(),
        end=edges[-1].date(),
        step="month" if month else "day",
        by_model=found.by_model,
        tolerance=allowed,
        lines=lines,
        reasons=_reasons(rows, why),
        matches=tuple(m for m in found.matches if _is_shown(m, rows)),
        credits=credits_of(invoice.quality),
        notices=notices(
            ledger,
            invoice,
            unexplained,
            _last(covered[0]),
            month=month,
            by_model=found.by_model,
        ),
    )


def _nano(tolerance: str | int | float | Decimal) -> int:
    try:
        amount = Decimal(str(tolerance))
        if amount.is_finite() and 0 <= amount < 10**9:
            return int(amount * formats.NANO)
    except InvalidOperation:
        pass
    raise MeterError(
        f"tolerance is {tolerance!r}; expected an amount from 0 on, such as 0.01"
    )


def _currency(ledger: UsageFrame, invoice: UsageFrame, named: str | None) -> str:
    if not ledger.currencies:
        raise MeterError(
            f"the ledger {ledger.name}: no record has a cost; add a [[price]] to "
            "meterwidgets.toml, or name a ledger with costs"
        )
    if not invoice.currencies:
        raise MeterError(
            f"the invoice {invoice.name}: no record has a cost; name the provider's "
            "cost report (OpenAI: the costs pages, Anthropic: the cost report), not "
            "its usage report"
        )
    both = [each for each in ledger.currencies if each in invoice.currencies]
    if named is not None and named.upper() not in both:
        raise MeterError(unknown("currency", named, both))
    if not both:
        raise MeterError(
            f"the ledger is in {' and '.join(ledger.currencies)}, the invoice in "
            f"{' and '.join(invoice.currencies)}, which are never compared; get the "
            f"invoice in {ledger.currencies[0]}, or price the ledger in "
            f"{invoice.currencies[0]}: [[price]] in meterwidgets.toml"
        )
    if named is None and len(both) > 1:
        raise MeterError(
            f"both hold {' and '.join(both)}, which are never added; choose one with "
            f"--currency {both[0]}"
        )
    return named.upper() if named else both[0]


def _days(frame: UsageFrame) -> tuple[date, date]:
    """The first day of UTC that a frame covers, and the one after the last."""
    until = frame.as_of("UTC") - timedelta(microseconds=1)  # of a store, during a day
    return frame.coverage("UTC").date(), until.date() + _DAY


def _check_days(ledger: UsageFrame, invoice: UsageFrame) -> None:
    ours, theirs = _days(ledger), _days(invoice)
    if max(ours[0], theirs[0]) >= min(ours[1], theirs[1]):
        raise MeterError(
            f"no day in common: the ledger goes from {ours[0]} to {ours[1] - _DAY}, "
            f"the invoice from {theirs[0]} to {theirs[1] - _DAY}; export both for the "
            "same days"
        )


def _day(name: str, given: date | str | None) -> date | None:
    """A given day of UTC, since an invoice has no hours."""
    if given is None:
        return None
    instant = Filters(start=given).start
    if instant is None or instant != midnight(instant.date(), "UTC"):
        raise MeterError(
            f"{name} is {given}; invoices have whole days of UTC, so give a date such "
            "as 2026-02-22"
        )
    return instant.date()


def _edges(
    ledger: UsageFrame,
    invoice: UsageFrame,
    start: date | None,
    end: date | None,
    month: bool,
) -> list[datetime]:
    """The midnights around the days, or months, that are compared."""
    ours, theirs = _days(ledger), _days(invoice)
    first = max(min(ours[0], theirs[0]), start or date.min)
    last = min(max(ours[1], theirs[1]), end or date.max)
    if first >= last:
        raise MeterError(
            f"nothing from {start or first} to {end or last}; the ledger goes from "
            f"{ours[0]} to {ours[1] - _DAY}, the invoice from {theirs[0]} to "
            f"{theirs[1] - _DAY}"
        )
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    if month:
        days = sorted({day.replace(day=1) for day in days})
        last = (days[-1] + timedelta(days=31)).replace(day=1)
    return [midnight(day, "UTC") for day in (*days, last)]


def _covered(frame: UsageFrame, edges: Sequence[datetime]) -> list[bool]:
    first, end = (midnight(day, "UTC") for day in _days(frame))
    return [low < end and high > first for low, high in pairwise(edges)]


def _last(covered: Sequence[bool]) -> int:
    return max((step for step, there in enumerate(covered) if there), default=-1)


def _shifted(
    ledger: Selection, edges: Sequence[datetime], found: Pairs
) -> Callable[[int], Mapping[Key, int]] | None:
    """The ledger's days as if its clock was some hours ahead, if it has hours."""
    if ledger.frame.bucket_s > 3600:
        return None

    def shifted(hours: int) -> Mapping[Key, int]:
        moved = [edge + timedelta(hours=hours) for edge in edges]
        return costs(ledger, moved, found.ours)

    return shifted


def _chosen(found: Pairs, models: Sequence[str]) -> Sequence[Pair]:
    """The lines of some models, by any of their names."""
    if not models:
        return found.rows
    if not found.by_model:
        raise MeterError(
            "the lines can't be cut to a model: the ledger or the invoice names none; "
            "leave out --model, or group the cost report by line item"
        )
    names = {row.key.model or "(none)": row.key.model for row in found.rows}
    for match in found.matches:
        names |= dict.fromkeys((*match.ledger, *match.invoice), match.model)
    for model in models:
        if model not in names:
            raise MeterError(unknown("model", model, names))
    wanted = {names[model] for model in models}
    return [row for row in found.rows if row.key.model in wanted]


def _is_shown(match: Match, rows: Sequence[Pair]) -> bool:
    return any(row.key.model == match.model for row in rows)


def _line(row: Pair, edges: Sequence[datetime], why: Mapping[Key, Why]) -> Line:
    ours, theirs = row.ledger, row.invoice
    return Line(
        day=edges[row.key.step].date(),
        model=row.key.model,
        ledger=ours.cost if ours and ours.priced else None,
        invoice=theirs.cost if theirs and theirs.priced else None,
        difference=row.difference,
        reason=why[row.key][0] if row.key in why else None,
    )


def _rank(line: Line) -> tuple[bool, bool, int, date, str]:
    """What is unexplained first, the largest difference first."""
    agrees, size = line.reason == AGREES, -abs(line.difference)
    return line.reason is not None, agrees, size, line.day, line.model or ""


def _reasons(rows: Sequence[Pair], why: Mapping[Key, Why]) -> tuple[Reason, ...]:
    """The reasons with the exact sums of their lines, largest first."""
    groups: dict[tuple[str, Fraction | None], list[int]] = defaultdict(list)
    for row in rows:
        if row.key in why:
            groups[why[row.key]].append(row.difference)
    found = [
        Reason(kind, title(kind, by), advice(kind), sum(amounts), len(amounts))
        for (kind, by), amounts in groups.items()
        if any(amounts)
    ]
    return tuple(sorted(found, key=lambda each: (-abs(each.amount), each.title)))
