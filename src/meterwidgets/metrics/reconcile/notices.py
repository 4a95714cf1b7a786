"""Sentences about what a reconciliation cannot show as an amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.ledger.records.quality import describe
from meterwidgets.metrics.reconcile.pairs import Pair
from meterwidgets.metrics.text import formats, percentages, times

_DAY_S = 86_400


def notices(
    ledger: UsageFrame,
    invoice: UsageFrame,
    unexplained: Sequence[Pair],
    last: int,
    *,
    month: bool,
    by_model: bool,
) -> tuple[str, ...]:
    """What a user must know to read the figures right.

    Args:
        ledger: The gateway's side.
        invoice: The provider's side.
        unexplained: The lines without a reason.
        last: The number of the last day, or month, that the ledger covers.
        month: Whether months are compared.
        by_model: Whether both sides name models.
    """
    sentences = [*_swapped_sides(ledger, invoice)]
    if month:
        sentences.append("a row spans more than a day, so months are compared")
    if not by_model:
        sentences.append(
            "the ledger or the invoice names no models, so each line is a whole "
            f"{'month' if month else 'day'}; group the cost report by line item "
            "(OpenAI) or description (Anthropic)"
        )
    sentences += _days_of_another_zone(ledger, invoice)
    sentences += _other_currencies(ledger, invoice)
    sentences += _excluded_rows(ledger, invoice)
    sentences += _lower_bound(unexplained)
    if any(pair.key.period == last and pair.difference > 0 for pair in unexplained):
        sentences += _unfinished_day(ledger)
    return tuple(sentences)


def _is_bill(frame: UsageFrame) -> bool:
    """Whether a frame has costs but no tokens and no requests."""
    sums = frame.select().sums()
    return not (
        sums["input_reported"] or sums["output_reported"] or sums["requests_reported"]
    )


def _swapped_sides(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    if _is_bill(ledger) and not _is_bill(invoice):
        yield (
            f"the ledger and the invoice look swapped: {ledger.name} has only costs, "
            f"like an invoice, and {invoice.name} has tokens or requests; give the "
            "ledger first"
        )


def _days_of_another_zone(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    """Days that begin at another hour cannot be divided into days of UTC."""
    for side, frame in (("ledger", ledger), ("invoice", invoice)):
        if frame.bucket_s < _DAY_S:
            continue
        starts = frame.cube.sums.buckets() * frame.cube.grain_s
        clocks = np.unique(starts % _DAY_S).tolist()
        if len(clocks) == 1 and clocks[0]:
            clock = times.clock(datetime.fromtimestamp(clocks[0], UTC))
            yield (
                f"the days of the {side} begin at {clock} UTC and are compared as the "
                "UTC days that they begin on; export UTC days"
            )


def _other_currencies(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    for side, frame, other in (
        ("ledger", ledger, invoice),
        ("invoice", invoice, ledger),
    ):
        extra = [code for code in frame.currencies if code not in other.currencies]
        if extra:
            yield f"amounts of the {side} in {' and '.join(extra)} are left out"


def _excluded_rows(ledger: UsageFrame, invoice: UsageFrame) -> Iterator[str]:
    for side, quality in (("ledger", ledger.quality), ("invoice", invoice.quality)):
        yield from (note for note in quality.notes if ": partial: " in note)
        rows_of_credits = sum(each.rows for each in quality.credits)
        if rows_of_credits:
            rows = formats.plural(rows_of_credits, "row")
            yield f"{rows} of credits, taxes or purchases in the {side}, in no total"
        if quality.duplicates:
            rows = formats.plural(quality.duplicates, "duplicate")
            yield f"{rows} in the {side}, counted once"
        if quality.rejected:
            rows = formats.plural(quality.rejected, "row")
            first = ""
            if quality.rejects:
                first = f"; the first: {describe(quality.rejects[0])}"
            yield f"{rows} of the {side} rejected and in no total{first}"


def _lower_bound(unexplained: Sequence[Pair]) -> Iterator[str]:
    """Unexplained lines in which the ledger's cost is a lower bound."""
    partly = [p.ledger for p in unexplained if p.ledger and p.ledger.unpriced]
    if partly:
        share = Fraction(
            sum(side.unpriced for side in partly), sum(side.tokens for side in partly)
        )
        yield (
            f"in {formats.plural(len(partly), 'unexplained line')} "
            f"{percentages.share(share)} of the ledger's tokens have no price, so its "
            "cost is a lower bound; add a [[price]] to meterwidgets.toml"
        )


def _unfinished_day(ledger: UsageFrame) -> Iterator[str]:
    """The ledger may have been exported before its last day was over."""
    day_end = ledger.last.replace(hour=23, minute=59)
    if day_end - ledger.last > timedelta(hours=1):
        yield (
            f"the ledger ends on {times.day(ledger.last)} at "
            f"{times.clock(ledger.last)} UTC, so that day may be incomplete; exclude "
            "it with --end"
        )
