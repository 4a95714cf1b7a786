"""The index of a store: the saved frame over the segments of all months."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.labels import LedgerNames, merge_labels, newest_names
from meterwidgets.frame.rollup.accumulator import accumulate_tables
from meterwidgets.frame.saved import map_table, open_frame, save
from meterwidgets.frame.store import parquet
from meterwidgets.frame.store.manifest import Manifest, store_coverage
from meterwidgets.frame.store.writer import DisplayOptions
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.outliers import Outlier, dearest
from meterwidgets.ledger.records import bill_credits, notes
from meterwidgets.ledger.records.quality import Credit, Quality
from meterwidgets.schema import DIMENSIONS
from meterwidgets.text import counted
from meterwidgets.zones import EPOCH

_LEDGER_NAMES = "names.json"


def write_index(
    folder: Path,
    manifest: Manifest,
    *,
    names: Sequence[LedgerNames],
    prices: PriceBook,
    display: DisplayOptions,
) -> None:
    """Write the frame over all months to the index folder of a generation.

    Args:
        folder: The store.
        manifest: The generation, whose segments are written already.
        names: The names that ledgers have for ids: the stored ones, and the new ones.
        prices: What priced the new records.
        display: How the store appears on screens.
    """
    months = manifest.months.values()
    segments = [map_table(folder / month.segment) for month in months]
    cube, user_cube = _cubes(segments, manifest.grain_s, display.tz)
    with open_workspace() as ws:
        overlaps = _overlap_notes(ws, folder, manifest)
        outliers = _outliers(ws, folder, manifest)
        credited = _credits(ws, folder, manifest)
    found = [*overlaps, *notes.of_tallies(manifest.tallies, prices)]
    found += bill_credits.notes(credited)
    frame = UsageFrame(
        name=display.name,
        cube=cube,
        user_cube=user_cube,
        last=EPOCH + timedelta(microseconds=max(month.last_us for month in months)),
        currencies=_currencies(manifest.tallies),
        coverage=store_coverage(manifest, display.tz),
        quality=replace(_quality(manifest, found), credits=credited),
        tz=display.tz,
        bucket_s=max(month.bucket_us for month in months) // 1_000_000,
        outliers=outliers,
    )
    latest_names = newest_names(*names, cubes=[frame.cube, frame.user_cube])
    labels = merge_labels(latest_names, display.labels)
    save(replace(frame, labels=labels), folder / manifest.index)
    content = json.dumps(latest_names, ensure_ascii=False)
    (folder / manifest.index / _LEDGER_NAMES).write_text(content, "utf-8")


def _cubes(segments: list[pa.Table], grain_s: int, tz: str) -> tuple[Cube, Cube | None]:
    """The shared cube and, where users or API keys are reported, the personal one."""
    has_users = any(
        rows[name].null_count < len(rows)
        for rows in segments
        for name in ("user", "api_key")
    )
    if not has_users:
        rows = accumulate_tables(segments, DIMENSIONS.shared_keys)
        return Cube.from_accumulator(rows, grain_s, tz=tz), None
    user_cube = Cube.from_accumulator(
        accumulate_tables(segments, DIMENSIONS.personal_keys), grain_s, tz=tz
    )
    return user_cube.roll_up(DIMENSIONS.shared_keys, tz=tz), user_cube


def ledger_names(folder: Path, manifest: Manifest) -> LedgerNames:
    """The names that the ledgers of a generation have for ids, and since when."""
    path = folder / manifest.index / _LEDGER_NAMES
    if not manifest.index or not path.is_file():
        return {}
    names: LedgerNames = json.loads(path.read_text("utf-8"))
    return names


def changes_labels(folder: Path, manifest: Manifest, names: LedgerNames) -> bool:
    """Whether new names of ledgers change the labels of a generation."""
    if not names or not manifest.index:
        return False
    frame = open_frame(folder / manifest.index)
    stored = ledger_names(folder, manifest)
    merged = newest_names(stored, names, cubes=[frame.cube, frame.user_cube])
    return merge_labels(merged, {}) != merge_labels(stored, {})


def _currencies(tallies: Iterable[notes.Tally]) -> tuple[str, ...]:
    """The currencies of the records, the most used first."""
    counts: Counter[str] = Counter()
    for tally in tallies:
        if tally.currency is not None:
            counts[tally.currency] += tally.records
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _quality(manifest: Manifest, further_notes: Iterable[str]) -> Quality:
    records = sum(month.records for month in manifest.months.values())
    rows = sum(each.rows for each in manifest.inputs)
    rejected = sum(each.rejected for each in manifest.inputs)
    sentences = [*manifest.notes, *manifest.rate_notes, *further_notes]
    if rejected:
        count = counted(rejected, "row", "rows")
        sentences.insert(
            0, f"{count} rejected; they are in {manifest.rejects} of the store"
        )
    return Quality(
        records=records,
        rejected=rejected,
        duplicates=rows - rejected - records,
        assumed_tz=any(each.assumed_tz for each in manifest.inputs),
        notes=tuple(dict.fromkeys(sentences)),
    )


def _credits(ws: Workspace, folder: Path, manifest: Manifest) -> tuple[Credit, ...]:
    """The credits, taxes and purchases of all inputs, each row once."""
    if not manifest.credits:
        return ()
    path = path_literal(folder / manifest.credits)
    return bill_credits.summed(ws, f"read_parquet({path})")


def _outliers(ws: Workspace, folder: Path, manifest: Manifest) -> tuple[Outlier, ...]:
    """The most expensive outliers; only months that have some are read for them."""
    parts: list[str] = []
    for month in manifest.months.values():
        flags = map_table(folder / month.segment)["outlier"]
        if flags.null_count < len(flags):
            parts += month.parts
    return dearest(ws, parquet.priced_records(folder, parts)) if parts else ()


def _overlap_notes(ws: Workspace, folder: Path, manifest: Manifest) -> list[str]:
    """Notes on sources that may report the same usage, if the store has such."""
    if not notes.may_repeat({tally.source for tally in manifest.tallies}):
        return []
    return notes.of_families(ws, parquet.priced_records(folder, manifest.parts))
