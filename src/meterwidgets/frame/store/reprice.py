"""Price the records of a store by other prices, without changing the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.build import build_cubes, currencies_of
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.rollup.stats import STATS_COLUMNS, record_stats
from meterwidgets.frame.store import manifest, parquet
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing import price_notes
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.costs import price
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.records import bill_credits, notes
from meterwidgets.ledger.records.quality import Credit


def reprice(
    frame: UsageFrame,
    folder: Path,
    paths: Sequence[Path],
    *,
    pricing: Pricing,
    prices: PriceBook | None = None,
) -> UsageFrame:
    """The usage of a store at the prices of a book; see `UsageFrame.reprice`.

    Args:
        frame: The frame over the store.
        folder: The store.
        paths: The Parquet files of its records.
        pricing: The mode.
        prices: The book; by default the catalogue.

    Raises:
        LedgerError: When the files are gone, because the store has changed.
    """
    import duckdb

    book = prices or PriceBook()
    try:
        with open_workspace() as ws:
            _view_stored_records(ws, paths)
            price(ws, book, pricing)
            sentences = _notes(ws, folder, book, pricing, frame.quality.credits)
            grain_s, users = frame.cube.grain_s, frame.user_cube is not None
            cube, user_cube = build_cubes(
                ws, record_stats(ws), grain_s, users, tz=frame.tz
            )
            return replace(
                frame,
                cube=cube,
                user_cube=user_cube,
                currencies=currencies_of(cube),
                quality=replace(frame.quality, notes=sentences),
                pricing=str(pricing),
                outliers=(),  # repriced records cost exactly their list price
                store=None,  # the stored records have the recorded costs
                reread=partial(reprice, frame, folder, paths),
            )
    except duckdb.IOException as error:
        raise LedgerError(
            f"{folder}: has changed since it was opened; open it again "
            f"({str(error).splitlines()[0]})"
        ) from None


def _view_stored_records(ws: Workspace, paths: Iterable[Path]) -> None:
    """Make the records of a store the reported ones of a workspace."""
    stored_records = parquet.reported_records(Path(), map(str, paths))
    reported = (
        "SELECT *, NULL::BOOLEAN AS recorded_zero, part AS file, "
        f"file_row_number AS n FROM {stored_records}"
    )
    ws.create(ws.reported, reported, view=True)


def _notes(
    ws: Workspace,
    folder: Path,
    book: PriceBook,
    pricing: Pricing,
    credited: Iterable[Credit],
) -> tuple[str, ...]:
    """The notes about the inputs and about these prices."""
    current = manifest.load(folder)
    sentences = [*(current.notes if current else ())]
    sentences += price_notes.of_mode(ws, pricing)
    sentences += price_notes.of_rates(ws, pricing)
    tallies = notes.tally(ws, only=price_notes.PRICEABLE, extra_sums=STATS_COLUMNS)
    sentences += notes.of_families(ws)
    sentences += notes.of_tallies(tallies, book)
    sentences += bill_credits.notes(credited)
    return tuple(dict.fromkeys(sentences))
