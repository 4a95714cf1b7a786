"""The manifest of a store: the one small file that names all the others.

A generation of a store is its manifest. Readers open the manifest first. A writer
creates new files beside the old ones and replaces the manifest last, in one atomic
step, so a reader sees the generation before or the one after and nothing in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import Any

import msgspec

from meterwidgets.errors import LedgerError
from meterwidgets.frame.coverage import Coverage, coverage_of
from meterwidgets.ledger.readers.files import MANIFEST
from meterwidgets.ledger.records.notes import Tally
from meterwidgets.ledger.records.spans import LedgerSpan
from meterwidgets.zones import EPOCH

FORMAT = 3
EARLIER = 2
"""The format whose stores are rebuilt from their own records when they are written."""
FOLDERS = ("records", "cube", "index", "rejects", "credits")
"""The folders of a store; each file in them carries the number of its generation."""


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A file, a database or a table that was read into the store.

    Attributes:
        id: The number that its records carry.
        name: Its path or address.
        size: Its bytes when it was last read; None for what is not a file.
        mtime_ns: Its modification time when it was last read.
        rows: Records and rejected rows in it when it was last read.
        rejected: Rows that broke a rule.
        assumed_tz: Whether its timestamps were read in an assumed zone.
        last_start_us: The start of its last record. A database is asked only for what
            began a day before that or later, and its ``rows`` count all readings.
        span: The times of its usage, and when it was written; unset without usage.
    """

    id: int
    name: str
    size: int | None = None
    mtime_ns: int | None = None
    rows: int = 0
    rejected: int = 0
    assumed_tz: bool = False
    last_start_us: int | None = msgspec.field(default=None, name="until_us")
    span: LedgerSpan | msgspec.UnsetType = msgspec.UNSET


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar month of UTC.

    Attributes:
        parts: The Parquet files of its records.
        segment: The Arrow file of its rows in the cube.
        tallies: Counts and sums of its records of each kind.
        first_us: The start of its first record.
        last_us: The last moment with usage.
        bucket_us: The length of its longest bucket; 0 where each row is a request.
    """

    parts: tuple[str, ...]
    segment: str
    tallies: tuple[Tally, ...]
    first_us: int
    last_us: int
    bucket_us: int = 0

    @property
    def records(self) -> int:
        """The number of its records."""
        return sum(tally.records for tally in self.tallies)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a store; paths are relative to its folder.

    Attributes:
        format: The version of the layout.
        generation: Its number, from 1; 0 is a store without a generation yet.
        grain_s: Seconds of a time bucket in the segments.
        months: Month, such as "2026-02" -> its files.
        inputs: What was read.
        index: The folder of the saved frame over all segments.
        rejects: The file of rejected rows of all inputs, as they were last read.
        credits: The Parquet file of the credits, taxes and purchases of all inputs.
        notes: Note about inputs -> the ids of those inputs.
        rate_notes: Note about how prices were found -> the ids of the inputs.
        retired: Files of the generation before, kept for its remaining readers.
    """

    format: int = FORMAT
    generation: int = 0
    grain_s: int = 60
    months: dict[str, Month] = {}
    inputs: tuple[Input, ...] = ()
    index: str = ""
    rejects: str = ""
    credits: str = ""
    notes: dict[str, tuple[int, ...]] = {}
    rate_notes: dict[str, tuple[int, ...]] = msgspec.field(
        default_factory=dict, name="rates"
    )
    retired: tuple[str, ...] = ()

    @property
    def tallies(self) -> list[Tally]:
        """Counts and sums of the records of each kind, month by month."""
        return [tally for month in self.months.values() for tally in month.tallies]

    @property
    def parts(self) -> list[str]:
        """The Parquet files of all records."""
        return [part for month in self.months.values() for part in month.parts]

    @property
    def files(self) -> Iterator[str]:
        """Every file of this generation, and the folder of its index."""
        for month in self.months.values():
            yield from (*month.parts, month.segment)
        yield from filter(None, (self.index, self.rejects, self.credits))


def store_coverage(
    manifest: Manifest, tz: str, *, last_read: datetime | None = None
) -> Coverage:
    """The time that a store can speak of.

    Args:
        manifest: Its generation.
        tz: Its own zone.
        last_read: When somebody who follows its ledgers last read them all.
    """
    first_us = min(month.first_us for month in manifest.months.values())
    spans = [
        each.span or _undated_span(each, first_us)
        for each in manifest.inputs
        if each.span or each.last_start_us is not None
    ]
    if not spans:
        last_us = max(month.last_us for month in manifest.months.values())
        whole = Input(id=0, name="the store", last_start_us=last_us)
        spans = [_undated_span(whole, first_us)]
    return coverage_of(spans, tz, is_store=True, last_read=last_read)


def _undated_span(read: Input, first_us: int) -> LedgerSpan:
    """The span of an input that an earlier version read: what is known of it."""
    last_us = (read.last_start_us or 0) + 1
    return LedgerSpan(
        name=read.name,
        source="",
        written=EPOCH + timedelta(microseconds=(read.mtime_ns or 0) // 1000),
        first_us=min(first_us, last_us),
        last_us=last_us,
    ).trusted()


def load(folder: Path, *, to_write: bool = False) -> Manifest | None:
    """The manifest of a store, or None where there is no store.

    Args:
        folder: The store.
        to_write: Whether one of the earlier format is good, too, since it is rebuilt
            before anything else is written; it has no tallies.

    Raises:
        LedgerError: When it can't be read or belongs to another version.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LedgerError(f"{path}: can't be read ({error.strerror})") from None
    try:
        layout = msgspec.json.decode(content, type=_Layout).format
        if layout == FORMAT:
            return msgspec.json.decode(content, type=Manifest)
        if layout == EARLIER and to_write:
            return _of_earlier(content)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"{path}: is not the manifest of a store ({error})") from None
    if layout == EARLIER:
        command = f"meterwidgets ingest --store {quote(str(folder))}"
        raise LedgerError(
            f"{folder}: was written by an earlier version of meterwidgets; rebuild it "
            f"from its own records with: {command}"
        )
    raise LedgerError(
        f"{folder}: is a store of format {layout}, expected {FORMAT}; ingest its "
        "ledgers into a new store with this version"
    )


def is_of_earlier(folder: Path) -> bool:
    """Whether a folder is a store of the earlier format."""
    stored = load(folder, to_write=True)
    return stored is not None and stored.format == EARLIER


class _Layout(msgspec.Struct):
    """The part of a manifest that says how to read the rest."""

    format: int = FORMAT


def _of_earlier(content: bytes) -> Manifest:
    """The manifest of a store of the earlier format, without its tallies."""
    fields = msgspec.json.decode(content, type=dict[str, Any])
    for month in fields["months"].values():
        month["tallies"] = ()
    return msgspec.convert(fields, Manifest)


def publish(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a store atomically, safe against a power cut."""
    temporary = folder / f".{MANIFEST}"
    with temporary.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / MANIFEST)
    with suppress(OSError):  # published by now, even if a power cut may still undo it
        sync(folder)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # systems that refuse to open folders sync their names
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
