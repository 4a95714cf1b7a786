"""What users should know about a selection and its ledger, one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.bill_credits import selected_credits
from meterwidgets.metrics.text import formats
from meterwidgets.metrics.totals import totals

LEFT_OUT = (
    "notes with figures of the whole ledger are left out, since they count usage "
    "outside this selection; a report without filters has them"
)


def notes_of(selection: Selection) -> list[str]:
    """The notes of a selection, one sentence each.

    Those about the whole ledger count and add up all of its rows. Of a part of the
    ledger they would say what the others use, so only those without figures are left.
    """
    notes = list(_amounts_apart(selection))
    ledger = selection.frame.quality.notes
    coverage = selection.frame.coverage.notes
    if not selection.filters.chosen:
        return [*notes, *ledger, *coverage]
    general = [note for note in ledger if not _has_figures(note)]
    if len(general) < len(ledger):
        general.append(LEFT_OUT)
    return [*notes, *general, *coverage]


def _amounts_apart(selection: Selection) -> Iterator[str]:
    """What the selection's spend holds or leaves out besides ordinary usage."""
    amounts, currency = totals(selection).amounts, selection.currency
    if amounts.cost_without_tokens:
        cost = formats.money(amounts.cost_without_tokens, currency)
        yield f"{cost} of the spend is for no known tokens and in no rate"
    currencies = selection.frame.currencies
    if len(currencies) > 1 and amounts.unpriced_tokens:
        yield (
            f"{formats.count_exact(amounts.unpriced_tokens)} tokens have no price and "
            "so no currency; they are the same tokens beside each currency, to be "
            "counted once"
        )
    if not selection.filters.chosen:
        return  # the ledger's own notes name the corrections and credits
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


def _has_figures(note: str) -> bool:
    """Whether a note holds a number, the name of its file apart.

    Examples:
        >>> _has_figures("a1.csv: guessed start <- time"), _has_figures("2 rows")
        (False, True)
    """
    _, colon, text = note.partition(": ")
    return re.search(r"\d", text if colon else note) is not None
