"""Compare a gateway's ledger with its provider's invoice, by day and model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.bill_credits import credits_in
from meterwidgets.metrics.reconcile.notices import notices
from meterwidgets.metrics.reconcile.pairs import (
    LineKey,
    Pair,
    Pairing,
    ledger_costs,
    pair_sides,
)
from meterwidgets.metrics.reconcile.periods import (
    covered_periods,
    is_by_month,
    period_edges,
    whole_day,
)
from meterwidgets.metrics.reconcile.reason_texts import advice, title
from meterwidgets.metrics.reconcile.reasons import (
    CostsByShift,
    Explanation,
    explain,
    gather_evidence,
)
from meterwidgets.metrics.reconcile.results import Line, Reason, Reconciliation
from meterwidgets.metrics.text import formats

TOLERANCE = "0.005"
"""Half a cent: an invoice in cents may round a line by this much."""


# long: one argument a line
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
    """Compare a gateway's ledger with its provider's invoice.

    Args:
        ledger: The gateway's ledger.
        invoice: The provider's cost report; read it with
            ``prices=PriceBook(catalogue=False)``, so that only billed costs count.
        tolerance: A line agrees up to this difference, in currency units.
        start: The first day, in UTC; by default the first that either side covers.
        end: The day after the last.
        models: Compare only these, by any name that the ledger or the invoice uses.
        currency: The currency to compare, where both sides have several.

    Returns:
        The lines, the reasons with their exact amounts, and the unexplained rest.

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
    _check_frames(ledger, invoice)
    allowed = _tolerance_nano(tolerance)
    currency = _common_currency(ledger, invoice, currency)
    by_month = is_by_month(ledger, invoice)
    first, after = whole_day("start", start), whole_day("end", end)
    edges = period_edges(ledger, invoice, first, after, by_month=by_month)
    filters = Filters(tz="UTC", currency=currency)
    selected = ledger.select(filters)
    pairing = pair_sides(selected, invoice.select(filters), edges)
    pairs = _of_models(pairing, models)
    in_ledger = covered_periods(ledger, edges)
    # Evidence comes from all lines, also where only some models are shown.
    evidence = gather_evidence(
        pairing.pairs,
        tolerance=allowed,
        in_ledger=in_ledger,
        in_invoice=covered_periods(invoice, edges),
        costs_by_shift=None if by_month else _costs_by_shift(selected, edges, pairing),
    )
    explanations = explain(pairs, evidence)
    lines = [_line(pair, edges, explanations.get(pair.key)) for pair in pairs]
    shown_models = {pair.key.model for pair in pairs}
    last_covered = max((p for p, is_in in enumerate(in_ledger) if is_in), default=-1)
    return Reconciliation(
        ledger_name=ledger.name,
        invoice_name=invoice.name,
        currency=currency,
        start=edges[0].date(),
        end=edges[-1].date(),
        step="month" if by_month else "day",
        by_model=pairing.by_model,
        tolerance=allowed,
        lines=tuple(sorted(lines, key=_rank)),
        reasons=_reasons(pairs, explanations),
        matches=tuple(m for m in pairing.matches if m.model in shown_models),
        credits=credits_in(invoice.quality, currency),
        notices=notices(
            ledger,
            invoice,
            [pair for pair in pairs if pair.key not in explanations],
            last_covered,
            month=by_month,
            by_model=pairing.by_model,
        ),
    )


def _check_frames(ledger: UsageFrame, invoice: UsageFrame) -> None:
    for side, given in (("ledger", ledger), ("invoice", invoice)):
        if not isinstance(given, UsageFrame):
            raise MeterError(
                f"the {side} is {type(given).__name__}; expected a frame, such as "
                "read_usage gives"
            )
        if given.repriced:
            raise MeterError(
                f"the {side} is {given.pricing}; expected what was recorded or billed"
            )


def _tolerance_nano(tolerance: str | int | float | Decimal) -> int:
    """The tolerance in nano-units."""
    try:
        amount = Decimal(str(tolerance))
        if amount.is_finite() and 0 <= amount < 10**9:
            return int(amount * formats.NANO)
    except InvalidOperation:
        pass
    raise MeterError(
        f"tolerance is {tolerance!r}; expected an amount of 0 or more, such as 0.01"
    )


def _common_currency(
    ledger: UsageFrame, invoice: UsageFrame, chosen: str | None
) -> str:
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
    both = [code for code in ledger.currencies if code in invoice.currencies]
    if chosen is not None and chosen.upper() not in both:
        raise MeterError(unknown("currency", chosen, both))
    if not both:
        raise MeterError(
            f"the ledger is in {' and '.join(ledger.currencies)}, the invoice in "
            f"{' and '.join(invoice.currencies)}, which are never compared; get the "
            f"invoice in {ledger.currencies[0]}, or price the ledger in "
            f"{invoice.currencies[0]}: [[price]] in meterwidgets.toml"
        )
    if chosen is None and len(both) > 1:
        raise MeterError(
            f"both sides have {' and '.join(both)}, which are never added; choose one "
            f"with --currency {both[0]}"
        )
    return chosen.upper() if chosen else both[0]


def _costs_by_shift(
    ledger: Selection, edges: Sequence[datetime], pairing: Pairing
) -> CostsByShift | None:
    """The ledger's costs if its clock were off by some hours; None without hours."""
    if ledger.frame.bucket_s > 3600:
        return None

    def shifted(hours: int) -> Mapping[LineKey, int]:
        moved = [edge + timedelta(hours=hours) for edge in edges]
        return ledger_costs(ledger, moved, pairing.ledger_names)

    return shifted


def _of_models(pairing: Pairing, models: Sequence[str]) -> Sequence[Pair]:
    """The lines of some models, by any of their names."""
    if not models:
        return pairing.pairs
    if not pairing.by_model:
        raise MeterError(
            "cannot choose models: the ledger or the invoice names none; leave out "
            "--model, or group the cost report by line item"
        )
    model_of = {pair.key.model or "(none)": pair.key.model for pair in pairing.pairs}
    for match in pairing.matches:
        model_of |= dict.fromkeys((*match.ledger, *match.invoice), match.model)
    for name in models:
        if name not in model_of:
            raise MeterError(unknown("model", name, model_of))
    chosen = {model_of[name] for name in models}
    return [pair for pair in pairing.pairs if pair.key.model in chosen]


def _line(
    pair: Pair, edges: Sequence[datetime], explanation: Explanation | None
) -> Line:
    ledger, invoice = pair.ledger, pair.invoice
    return Line(
        day=edges[pair.key.period].date(),
        model=pair.key.model,
        ledger=ledger.cost if ledger and ledger.priced else None,
        invoice=invoice.cost if invoice and invoice.priced else None,
        difference=pair.difference,
        reason=explanation.kind if explanation else None,
    )


def _rank(line: Line) -> tuple[bool, bool, int, date, str]:
    """Unexplained lines first, then the largest difference."""
    is_explained, agrees = line.reason is not None, line.reason == "agrees"
    return is_explained, agrees, -abs(line.difference), line.day, line.model or ""


def _reasons(
    pairs: Sequence[Pair], explanations: Mapping[LineKey, Explanation]
) -> tuple[Reason, ...]:
    """The reasons with the exact sums of their lines, largest first."""
    differences: dict[Explanation, list[int]] = defaultdict(list)
    for pair in pairs:
        if pair.key in explanations:
            differences[explanations[pair.key]].append(pair.difference)
    found = [
        Reason(
            kind=kind,
            title=title(kind, detail),
            advice=advice(kind),
            amount=sum(amounts),
            lines=len(amounts),
        )
        for (kind, detail), amounts in differences.items()
        if any(amounts)
    ]
    return tuple(sorted(found, key=lambda reason: (-abs(reason.amount), reason.title)))
