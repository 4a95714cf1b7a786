"""What a reconciliation can't put into an amount of its own, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.ledger.records.quality import Quality, describe
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.reconcile.pairs import Pair

_DAY_S = 86_400
_CREDIT = "a cost cannot be negative"


def credits_of(quality: Quality) -> int | None:
    """The sum of the negative amounts that the reader left out, in nano-units.

    Examples:
        >>> row = {"field": "cost", "value": "-12.50", "reason": _CREDIT}
        >>> credits_of(Quality(rejected=1, rejects=(row,)))
        -12500000000
    """
    amounts = [
        _amount(str(row["value"]))
        for row in quality.rejects
        if row["reason"] == _CREDIT and row["field"] == "cost"
    ]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _amount(text: str) -> int | None:
    digits = "".join(letter for letter in text if letter not in "$, ")
    try:
        return round(Decimal(digits) * formats.NANO)
    except (InvalidOperation, ValueError, OverflowError):
        return None


def notices(
    ledger: UsageFrame,
    invoice: UsageFrame,
    unexplained: Sequence[Pair],
    last: int,
    *,
    month: bool,
    by_model: bool,
) -> tuple[str, ...]:
    """What must be known to read the figures right.

    Args:
        ledger: The gateway's side.
        invoice: The provider's side.
        unexplained: The lines that nothing explains.
        last: The last day, or month, that the ledger covers.
        month: Whether months are compared.
        by_model: Whether both sides name models.
    """
    said = [*_swapped(ledger, invoice)]
    if month:
        said.append("a row spans more than a day, so that months are compared")
    if not by_model:
        said.append(
            "the ledger or the invoice names no models, so that a line is a whole "
            f"{'month' if month else 'day'}; group the cost report by line item "
            "(OpenAI) or description (Anthropic)"
        )
    said += _begun(ledger, invoice)
    said += _others(ledger, invoice)
    said += _left_out(ledger, invoice)
    said += _lower_bound(unexplained)
    if any(row.key.step == last and row.difference > 0 for row in unexplained):
        said += _not_over(ledger)
    return tuple(said)


def _is_bill(frame: UsageFrame) -> bool:
    """Whether a frame has costs only: no tokens and no requests."""
    sums = frame.select().sums()
    return not (
        sums["input_reported"] or sums["output_reported"] or sums["requests_reported"]
    )


def _swapped(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    if _is_bill(ledger) and not _is_bill(invoice):
        yield (
            f"the two look swapped: {ledger.name} has costs only, as an invoice has, "
            f"and {invoice.name} has tokens or requests; the ledger comes first"
        )


def _begun(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    """Days of another zone, which no day of UTC can be cut out of."""
    for word, frame in (("ledger", ledger), ("invoice", invoice)):
        if frame.bucket_s < _DAY_S:
            continue
        starts = frame.cube.sums.buckets() * frame.cube.grain_s
        clocks = np.unique(starts % _DAY_S).tolist()
        if len(clocks) == 1 and clocks[0]:
            clock = times.clock(datetime.fromtimestamp(clocks[0], UTC))
            yield (
                f"the days of the {word} begin at {clock} UTC and are compared as the "
                "days of UTC that they begin on; export days of UTC"
            )


def _others(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    for word, frame, other in (
        ("ledger", ledger, invoice),
        ("invoice", invoice, ledger),
    ):
        alone = [each for each in frame.currencies if each not in other.currencies]
        if alone:
            yield f"amounts of the {word} in {' and '.join(alone)} are left out"


def _left_out(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    for word, quality in (("ledger", ledger.quality), ("invoice", invoice.quality)):
        yield from (note for note in quality.notes if ": partial: " in note)
        if quality.duplicates:
            rows = formats.plural(quality.duplicates, "duplicate")
            yield f"{rows} in the {word}, counted once"
        if quality.rejected:
            rows = formats.plural(quality.rejected, "row")
            first = f", the first: {describe(quality.rejects[0])}" * bool(
                quality.rejects
            )
            yield f"{rows} of the {word} rejected and in no total{first}"


def _lower_bound(unexplained: Sequence[Pair]) -> Iterator[str]:
    """Unexplained lines whose ledger is a lower bound."""
    partly = [row.ledger for row in unexplained if row.ledger and row.ledger.unpriced]
    if partly:
        part = Fraction(
            sum(cell.unpriced for cell in partly), sum(cell.tokens for cell in partly)
        )
        yield (
            f"in {formats.plural(len(partly), 'unexplained line')} "
            f"{percentages.share(part)} of the ledger's tokens have no price: its cost "
            "is a lower bound; add a [[price]] to meterwidgets.toml"
        )


def _not_over(ledger: UsageFrame) -> Iterator[str]:
    """A last day of the ledger that may not be over when it was exported."""
    midnight = ledger.last.replace(hour=23, minute=59)
    if midnight - ledger.last > timedelta(hours=1):
        yield (
            f"the ledger ends on {times.day(ledger.last)} at "
            f"{times.clock(ledger.last)} UTC: that day may not be over; leave it out "
            "with --end"
        )
