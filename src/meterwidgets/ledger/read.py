"""Read ledgers into one relation of priced usage records, and say how good they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.duplicates import containment, provider_costs
from meterwidgets.ledger.duplicates.dedupe import deduplicate
from meterwidgets.ledger.engine.progress import Done, Progress, Steps
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes import pages
from meterwidgets.ledger.loading import rejects
from meterwidgets.ledger.loading.bad_rows import remove_bad_rows
from meterwidgets.ledger.loading.loader import Loader, batches
from meterwidgets.ledger.open_ledger import open_ledger, parts_of
from meterwidgets.ledger.pricing import price_notes
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.costs import price
from meterwidgets.ledger.pricing.mode import RECORDED, Pricing
from meterwidgets.ledger.readers.find_files import size_of
from meterwidgets.ledger.readers.stored_file import StoredFile, fetch_remote
from meterwidgets.ledger.records import (
    bill_credits,
    doubts,
    format_notes,
    labels,
    notes,
)
from meterwidgets.ledger.records.plan import LedgerSpec, Plan
from meterwidgets.ledger.records.planner import plan
from meterwidgets.ledger.records.quality import Quality, describe, no_usage_error
from meterwidgets.ledger.records.spans import LedgerSpan, collect_spans
from meterwidgets.text import counted

SaveRejects = Callable[[Iterable[Mapping[str, Any]]], None]
"""Saves rejected rows and doubtful fields: file, line, field, value, reason, kept."""


@dataclass(frozen=True)
class Collected:
    """What was read into ``reported`` and ``rejects``, before it is priced.

    Attributes:
        names: The files and tables, in their order.
        assumed_tz: Whether timestamps without a zone were read in an assumed one.
        notes: What users should know about each, one sentence each.
        unused: How many rows are no usage.
        repeated: How many records were left out since others report their usage.
        spans: The times of each; None for one without usage.
        has_added_tokens: Whether ``reported`` has the column that `doubts.notes` needs.
        has_corrections: Whether some records take money back.
        unusable: The notes on files that could not be used.
    """

    names: tuple[str, ...]
    assumed_tz: bool
    notes: tuple[str, ...]
    unused: int
    repeated: int
    spans: tuple[LedgerSpan | None, ...]
    has_added_tokens: bool
    has_corrections: bool
    unusable: tuple[str, ...] = ()

    def doubts(self, ws: Workspace) -> list[str]:
        """The notes on doubts; see `doubts.notes`."""
        return doubts.notes(
            ws, added=self.has_added_tokens, corrections=self.has_corrections
        )


# long: the stages of reading, one after the other
def read_ledgers(
    ws: Workspace,
    specs: Sequence[LedgerSpec],
    book: PriceBook,
    steps: Steps | None = None,
    save_rejects: SaveRejects | None = None,
    pricing: Pricing = RECORDED,
    extra_sums: Sequence[str] = (),
) -> Quality:
    """Fill the ``records`` of a workspace from files and tables.

    Args:
        ws: An empty workspace.
        specs: What to read; all of it is one ledger, without duplicates.
        book: Prices for what the ledgers did not price.
        steps: Told about progress; its next step is what is done with the records.
        save_rejects: Called once with all rejected rows and doubts, if any, when every
            input has been read.
        pricing: The pricing mode.
        extra_sums: SQL text of further columns of ``tallies``.

    Returns:
        The counts, the first rejects and the notes.

    Raises:
        LedgerError: When an input can't be read or nothing in it is usage.
    """
    steps = steps or Steps(None)
    steps.until(0.6)
    collected = collect(ws, specs, steps.progress)
    steps.until(0.8)
    overlaps = containment.overlap_notes(ws)
    duplicates = deduplicate(ws)
    rejected = rejects.count(ws)
    all_rejects = tuple(islice(rejects.rows(ws), rejects.KEPT))
    first_rejects = rejects.first(ws) if rejected else ()
    if all_rejects and save_rejects is not None:
        save_rejects(rejects.rows(ws))
    doubt_notes = collected.doubts(ws)
    count = ws.count(ws.reported)
    if not count:
        raise no_usage_error(collected.names, rejected, first_rejects, collected.notes)
    rate_notes = price_reported(ws, book, pricing)
    only = price_notes.PRICEABLE if pricing.is_repriced else "true"
    tallies = notes.tally(ws, only=only, extra_sums=extra_sums, tell=steps.tell)
    steps.until(1)
    all_notes = [
        *doubt_notes,
        *collected.notes,
        *duplicates.notes,
        *rate_notes,
        *notes.of_families(ws),
        *overlaps,
    ]
    all_notes += notes.of_tallies(tallies, book)
    credited = bill_credits.summed(ws)
    all_notes += bill_credits.notes(credited)
    if first_rejects:
        rows = counted(rejected, "row", "rows")
        all_notes.insert(0, f"{rows} rejected, the first: {describe(first_rejects[0])}")
    return Quality(
        records=count,
        rejected=rejected,
        duplicates=collected.repeated + duplicates.rows,
        assumed_tz=collected.assumed_tz,
        notes=tuple(dict.fromkeys(all_notes)),
        credits=credited,
        rejects=all_rejects,
        spans=tuple(filter(None, collected.spans)),
        unusable=collected.unusable,
    )


def collect(
    ws: Workspace,
    specs: Sequence[LedgerSpec],
    progress: Progress | None = None,
    *,
    strict: bool = False,
) -> Collected:
    """Fill ``reported``, ``rejects``, ``labels`` and ``pages`` from files and tables.

    The rows are checked, neither deduplicated nor priced. ``strict`` makes one file
    that can't be used an error. For other arguments and errors see `read_ledgers`.
    """
    rejects.create(ws)
    bill_credits.create(ws)
    pages.create(ws)
    labels.create(ws)
    read_at = datetime.now(UTC)
    with ExitStack() as opened:
        plans, failed = _open_all(ws, specs, progress, opened, strict=strict)
        numbers = batches(plans)
        loader = Loader(ws, sum(plan.size for plan in plans), progress)
        loader.load([[plans[number] for number in batch] for batch in numbers])
    order = [number for batch in numbers for number in batch]
    spans = collect_spans(ws, plans, order, read_at)
    checked = remove_bad_rows(ws, plans, order)
    failed += loader.failed
    if len(loader.failed) == len(plans):
        raise failed[0][1]
    unusable = tuple(format_notes.of_failures(failed))
    file_notes = [*unusable, *checked.notes]
    return Collected(
        names=tuple(plan.raw.name for plan in plans),
        assumed_tz=checked.assumed_tz,
        notes=tuple(dict.fromkeys([*file_notes, *pages.missing(ws)])),
        unused=checked.unused,
        repeated=checked.repeated,
        spans=spans,
        has_added_tokens=checked.has_added_tokens,
        has_corrections=checked.has_corrections,
        unusable=unusable,
    )


def price_reported(
    ws: Workspace,
    book: PriceBook,
    pricing: Pricing = RECORDED,
    *,
    stored: Sequence[str] = (),
) -> list[str]:
    """Price ``reported``, without duplicates, as ``records``.

    Args:
        ws: A workspace with ``reported``.
        book: Prices for what the ledgers did not price.
        pricing: The pricing mode; where it reprices, provider costs pay for nothing.
        stored: SQL text of earlier records whose provider costs may pay for this usage.

    Returns:
        What users should know about how prices were found, one sentence each.
    """
    provider_costs.find_billed_days(ws, ws.reported, *stored)
    if not pricing.is_repriced:
        provider_costs.mark_billed(ws)
    price(ws, book, pricing)
    return price_notes.of_prices(ws, pricing)


def _open_all(
    ws: Workspace,
    specs: Sequence[LedgerSpec],
    progress: Progress | None,
    opened: ExitStack,
    *,
    strict: bool,
) -> tuple[list[Plan], list[tuple[str, LedgerError]]]:
    """Open every ledger, and plan how it is read; ``opened`` closes the databases.

    Returns:
        The plans, and the files that can't be used, of several, with the reasons.
    """
    inputs = [
        (spec, part)
        for spec in specs
        for ledger in spec.inputs
        for part in parts_of(ledger)
    ]
    if not inputs:
        raise LedgerError("no ledger was named; name a file, a folder or a dataframe")
    fetch_remote((ledger for _, ledger in inputs), ws.spool)
    total = sum(map(size_of, (ledger for _, ledger in inputs)))
    plans: list[Plan] = []
    failed: list[tuple[str, LedgerError]] = []
    for spec, ledger in inputs:
        is_file = isinstance(ledger, Path | StoredFile)
        may_fail = is_file and len(inputs) > 1 and not strict
        if progress is not None and is_file:
            progress(Done(str(ledger), 0, total, 0))
        try:
            raw = open_ledger(ws, spec, ledger, opened)
            plans.append(
                replace(plan(raw, spec, ws), may_fail=may_fail, written=spec.written)
            )
        except LedgerError as error:
            if not may_fail:
                raise
            failed.append((str(ledger), error))
    if not plans:
        (_, first), *others = failed
        more = counted(len(others), "other file", "other files")
        raise LedgerError(f"{first}; {more} can't be read, too" if others else first)
    return plans, failed
