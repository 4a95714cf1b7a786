"""Write the next generation of a store: its files, and the manifest that names them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

import msgspec

from meterwidgets.frame.store import index, parquet
from meterwidgets.frame.store.inputs import (
    PendingInput,
    read_inputs,
    with_earlier_rows,
)
from meterwidgets.frame.store.manifest import FORMAT, Input, Manifest
from meterwidgets.frame.store.merge import merge
from meterwidgets.frame.store.months import rebuild_month, write_months
from meterwidgets.frame.store.writer import StoreWriter
from meterwidgets.ledger.engine.progress import Steps
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.loading import parquet_view, rejects
from meterwidgets.ledger.read import collect, price_reported
from meterwidgets.ledger.records.labels import latest_names
from meterwidgets.ledger.records.quality import as_line, no_usage_error


@dataclass(frozen=True, kw_only=True)
class IngestResult:
    """What an ingest did.

    Attributes:
        records: Records that were added.
        duplicates: Rows that the store had already.
        replaced: Stored records that newer ones replaced.
        rejected: Rows that broke a rule; they are in the ``rejects`` of the store.
        read: Inputs that were read.
        unchanged: Inputs that were skipped because they had not changed.
        problems: Why inputs could not be read, one sentence each; they were not added.
        notes: What users should know about the inputs, one sentence each.
        rebuilt: Records of a store of an earlier version, which was rebuilt from them.
    """

    records: int = 0
    duplicates: int = 0
    replaced: int = 0
    rejected: int = 0
    read: int = 0
    unchanged: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rebuilt: int = 0

    def __add__(self, other: IngestResult) -> IngestResult:
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
        }
        return IngestResult(**sums | {"notes": tuple(dict.fromkeys(sums["notes"]))})


# long: the steps of a generation in order, each a call
def write_generation(
    ws: Workspace, writer: StoreWriter, batch: Sequence[PendingInput]
) -> tuple[Manifest, IngestResult]:
    """Read a batch of inputs and write the files of the generation that has them.

    Args:
        ws: An empty workspace.
        writer: Who writes.
        batch: The inputs.

    Returns:
        The manifest of the generation, not published yet, and what was added.

    Raises:
        LedgerError: When an input can't be read, or the store would hold no usage.
    """
    before = writer.manifest
    steps = Steps(writer.progress)
    steps.until(0.4)
    requests = [pending.request for pending in batch]
    gathered = collect(ws, requests, steps.progress, strict=True)
    steps.until(0.8)
    doubt_notes = gathered.doubts(ws)
    inputs = read_inputs(
        ws, before, batch, spans=gathered.spans, assumed_tz=gathered.assumed_tz
    )
    parts = {name: month.parts for name, month in before.months.items()}
    names = {each.name for each in before.inputs}
    known = [i for i, pending in enumerate(batch) if pending.name in names]
    merged = merge(ws, writer.folder, parts, known)
    inputs = with_earlier_rows(ws, before, batch, inputs)
    added = ws.count(ws.reported)
    rejected = sum(each.rejected for each in inputs)
    if not added and not before.months:
        first = rejects.first(ws)
        raise no_usage_error(gathered.names, rejected, first, gathered.notes)
    # cost rows that are stored already pay for usage that comes later
    stored = parquet.reported_records(writer.folder, before.parts)
    earlier = [stored] if before.parts else []
    rate_notes = price_reported(ws, writer.prices, stored=earlier)
    ids = [each.id for each in inputs]
    months, grain_s = write_months(ws, writer, merged, ids, steps)
    parquet_view.check(ws)
    notes = (*doubt_notes, *gathered.notes, *merged.notes)
    after = msgspec.structs.replace(
        before,
        generation=before.generation + 1,
        grain_s=grain_s,
        months=months,
        inputs=(*(each for each in before.inputs if each.id not in ids), *inputs),
        rejects=_write_rejects(ws, writer, inputs),
        credits=_write_credits(ws, writer, ids),
        notes=_updated_notes(before.notes, notes, ids),
        rate_notes=_updated_notes(before.rate_notes, rate_notes, ids),
    )
    after = _with_index(ws, writer, after)
    retired = {*before.files} - {*after.files}
    result = IngestResult(
        records=added,
        duplicates=merged.duplicates + gathered.repeated,
        replaced=merged.replaced,
        rejected=rejected,
        read=len(batch),
        notes=(*notes, *rate_notes),
    )
    return msgspec.structs.replace(after, retired=tuple(sorted(retired))), result


def rebuild_generation(ws: Workspace, writer: StoreWriter) -> Manifest:
    """Rewrite a store of an earlier version from its own records.

    Args:
        ws: An empty workspace.
        writer: Who writes.

    Returns:
        The manifest of a generation in the layout of this version, with the same
        records at the same costs, not published yet.
    """
    before = writer.manifest
    months = {name: rebuild_month(ws, writer, name) for name in before.months}
    after = msgspec.structs.replace(
        before,
        format=FORMAT,
        generation=before.generation + 1,
        months=months,
        index=writer.new_path("index", writer.number),
    )
    index.write_index(
        writer.folder,
        after,
        names=(index.ledger_names(writer.folder, before),),
        prices=writer.prices,
        display=writer.display,
    )
    retired = {*before.files} - {*after.files}
    return msgspec.structs.replace(after, retired=tuple(sorted(retired)))


def _updated_notes(
    before: Mapping[str, tuple[int, ...]], notes: Sequence[str], ids: Collection[int]
) -> dict[str, tuple[int, ...]]:
    """Note -> ids of inputs: those about other inputs, and those about these ones."""
    about_others = {
        note: inputs for note, inputs in before.items() if not {*inputs} <= {*ids}
    }
    return about_others | dict.fromkeys(notes, tuple(sorted(ids)))


def _write_rejects(ws: Workspace, writer: StoreWriter, inputs: Sequence[Input]) -> str:
    """Write the rejected rows of these inputs, and of the others as they were.

    Returns:
        The path of the file, or "" where no row was ever rejected.
    """
    before = writer.manifest.rejects
    if not before and not ws.has_rows(ws.rejects):
        return ""
    path = writer.new_path("rejects", f"{writer.number}.jsonl")
    read_again = {each.name for each in inputs}
    with (writer.folder / path).open("w", encoding="utf-8") as stream:
        if before:
            with (writer.folder / before).open(encoding="utf-8") as lines:
                stream.writelines(
                    line for line in lines if json.loads(line)["file"] not in read_again
                )
        for row in rejects.rows(ws):
            stream.write(as_line(row))
    return path


def _write_credits(ws: Workspace, writer: StoreWriter, ids: Sequence[int]) -> str:
    """Write the bill credits of these inputs, and of the others as they were.

    Returns:
        The path of the file, or "" where no input ever had any.
    """
    before = writer.manifest.credits
    if not before and not ws.has_rows(ws.credits):
        return ""
    path = writer.new_path("credits", f"{writer.number}.parquet")
    rows = (
        f"SELECT * EXCLUDE (file), CAST({list(ids)}[file + 1] AS INTEGER) AS input "
        f"FROM {ws.credits}"
    )
    if before:
        stored = f"read_parquet({path_literal(writer.folder / before)})"
        others = f"NOT list_contains({list(ids)}, input)"
        rows += f" UNION ALL BY NAME FROM {stored} WHERE {others}"
    parquet.write_part(ws, rows, writer.folder / path)
    return path


def _with_index(ws: Workspace, writer: StoreWriter, after: Manifest) -> Manifest:
    """A generation with an index; the one before stays if it would look the same."""
    before, names = writer.manifest, latest_names(ws)
    if _looks_the_same(before, after) and not index.changes_labels(
        writer.folder, before, names
    ):
        return msgspec.structs.replace(after, index=before.index)
    after = msgspec.structs.replace(
        after, index=writer.new_path("index", writer.number)
    )
    index.write_index(
        writer.folder,
        after,
        names=(index.ledger_names(writer.folder, before), names),
        prices=writer.prices,
        display=writer.display,
    )
    return after


def _looks_the_same(before: Manifest, after: Manifest) -> bool:
    """Whether the frame over a generation would be that of the one before."""

    def visible(manifest: Manifest) -> object:
        counts = sorted(
            (each.rows, each.rejected, each.assumed_tz) for each in manifest.inputs
        )
        notes = manifest.notes.keys(), manifest.rate_notes.keys()
        return manifest.months, notes, counts

    is_same = visible(before) == visible(after) and before.credits == after.credits
    return bool(before.index) and is_same
