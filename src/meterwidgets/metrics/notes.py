"""What users should know about a selection and its ledger, one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import buckets
from meterwidgets.metrics.bill_credits import selected_credits
from meterwidgets.metrics.text import formats
from meterwidgets.metrics.totals import totals

_HOUR_S = 3600
LEFT_OUT = (
    "notes with figures of the whole ledger are left out, since they count usage "
    "outside this selection; they are there without filters"
)

_FILE_NAMES = re.compile(r"^\S+( and [\d,]+ more)?: ")


def notes_of(selection: Selection) -> list[str]:
    """The notes of a selection, one sentence each: its own, the ledger's, of time."""
    return [
        *selection_notes(selection),
        *ledger_notes(selection),
        *selection.frame.coverage.notes,
    ]


def ledger_notes(selection: Selection) -> list[str]:
    """The notes about the whole ledger, which count and add up all of its rows.

    Of a part of the ledger they would say what the others use, so only those without
    figures are left.
    """
    frame = selection.frame
    notes = [*frame.quality.notes, *frame.coverage.file_notes]
    if not selection.filters.chosen:
        return notes
    general = [note for note in notes if not _has_figures(note)]
    return [*general, LEFT_OUT] if len(general) < len(notes) else general


def is_named_by_ledger(selection: Selection) -> bool:
    """Whether the ledger's own notes speak of this selection: it is all of the ledger.

    The frame of one user has no notes of the ledger.
    """
    return not selection.filters.chosen and bool(selection.frame.quality.notes)


def selection_notes(selection: Selection) -> Iterator[str]:
    """What the selection's spend holds or leaves out besides ordinary usage."""
    amounts, currency = totals(selection).amounts, selection.currency
    if amounts.cost_without_tokens:
        cost = formats.money(amounts.cost_without_tokens, currency)
        yield f"{cost} of the spend is for no known tokens and in no rate"
    if bucket := _cut_bucket(selection):
        yield (
            f"some rows of the ledger are of a whole {bucket} and count where it "
            f"begins; this window begins or ends inside a {bucket}, so it may lack a "
            "part of it, or hold all of it"
        )
    currencies = selection.frame.currencies
    if len(currencies) > 1 and amounts.unpriced_tokens:
        yield (
            f"{formats.count_exact(amounts.unpriced_tokens)} tokens have no price and "
            "so no currency; they are the same tokens beside each currency, to be "
            "counted once"
        )
    if is_named_by_ledger(selection):
        return  # corrections, credits, and what has no price
    if amounts.unpriced_tokens and len(currencies) < 2:
        tokens = formats.count_exact(amounts.unpriced_tokens)
        yield f"{tokens} tokens have no price and are in no spend"
    if amounts.negative_cost:
        cost = formats.money(amounts.negative_cost, currency)
        yield f"{cost} of the spend is negative: corrections, counted with their sign"
    if beside := selected_credits(selection):
        yield (
            f"credits, taxes and purchases of {formats.money(beside, currency)} are "
            "in no spend"
        )
    elif beside is None:
        yield (
            "credits, taxes and purchases are in no spend; a bill does not say how "
            "much of them belongs to this selection"
        )


def _cut_bucket(selection: Selection) -> str:
    """The hour, day, week or month of the ledger's rows that a window cuts, if any."""
    frame, window = selection.frame, selection.window
    if frame.bucket_s < _HOUR_S or window.end <= window.start:
        return ""
    bucket = buckets.not_finer_than_grain("hour", frame.bucket_s)
    edges = buckets.edges(window.start, window.end, bucket, frame.tz)
    coverage = frame.coverage
    is_cut = (edges[0] < window.start and coverage.first < window.start) or (
        window.end < edges[-1] and window.end < coverage.end
    )
    return bucket if is_cut and window.start < coverage.end else ""


def _has_figures(note: str) -> bool:
    """Whether a note holds a number, the name of its file apart.

    Examples:
        >>> _has_figures("a1.csv: guessed start <- time"), _has_figures("2 rows")
        (False, True)
        >>> _has_figures("a1.csv and 2 more: guessed start <- time")
        False
        >>> _has_figures("72 tokens are priced as input: no rate for a cache")
        True
    """
    return re.search(r"\d", _FILE_NAMES.sub("", note)) is not None
