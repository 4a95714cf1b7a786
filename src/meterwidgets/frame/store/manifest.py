"""What a store holds: the one small file that says which others count.

A generation of a store is its manifest. Whoever reads opens the manifest first; a
writer makes new files beside the old ones and replaces the manifest last, in one step,
so that a reader sees the generation before or the one after and nothing between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers.files import MANIFEST
from meterwidgets.ledger.records.notes import Tally

FORMAT = 2
FOLDERS = ("records", "cube", "index", "rejects")
"""Where the files of a store lie; each carries the number of its generation."""


class Input(msgspec.Struct, frozen=True):
    """A file, or something else, that was read into the store.

    Attributes:
        id: The number that its records carry.
        name: Its path, or what it is called.
        size: Bytes when it was last read; None where it has none.
        mtime_ns: When it was last changed, then.
        rows: Records and rejected rows that it held, then.
        rejected: Rows that broke a rule, then.
        assumed_tz: Whether its timestamps were read in an assumed zone.
        until_us: The start of its last record. Of a database only what began a day
            before or later is asked for again, and ``rows`` are those of all times.
    """

    id: int
    name: str
    size: int | None = None
    mtime_ns: int | None = None
    rows: int = 0
    rejected: int = 0
    assumed_tz: bool = False
    until_us: int | None = None


class Month(msgspec.Struct, frozen=True):
    """One calendar month of UTC.

    Attributes:
        parts: The Parquet files of its records.
        segment: The Arrow file of its rows in the cube.
        tallies: Its records by kind.
        first_us: Its first moment with usage.
        last_us: Its last one.
        bucket_us: The longest bucket in it, where rows are buckets; else 0.
    """

    parts: tuple[str, ...]
    segment: str
    tallies: tuple[Tally, ...]
    first_us: int
    last_us: int
    bucket_us: int = 0

    @property
    def records(self) -> int:
        """How many records it holds."""
        return sum(tally.records for tally in self.tallies)


class Manifest(msgspec.Struct, frozen=True):
    """One generation of a store; paths are relative to its folder.

    Attributes:
        format: The version of the layout.
        generation: Its number, from 1.
        grain_s: Seconds of a time bucket in the segments.
        months: "2026-02" -> what it holds.
        inputs: What was read.
        index: The folder of the frame over all segments.
        rejects: The file of rejected rows, of all inputs as they were last read.
        notes: What was said of inputs -> the ids of those that it was said of.
        rates: The same of how prices were found.
        retired: Files of the generation before, kept for those that still read it.
    """

    format: int = FORMAT
    generation: int = 0
    grain_s: int = 60
    months: dict[str, Month] = {}
    inputs: tuple[Input, ...] = ()
    index: str = ""
    rejects: str = ""
    notes: dict[str, tuple[int, ...]] = {}
    rates: dict[str, tuple[int, ...]] = {}
    retired: tuple[str, ...] = ()

    @property
    def tallies(self) -> list[Tally]:
        """The records of all months by kind."""
        return [tally for month in self.months.values() for tally in month.tallies]

    @property
    def files(self) -> Iterator[str]:
        """Every file, and the folder of the index, that this generation is made of."""
        for month in self.months.values():
            yield from (*month.parts, month.segment)
        yield from filter(None, (self.index, self.rejects))


def load(folder: Path) -> Manifest | None:
    """The manifest of a store, or None where there is no store.

    Raises:
        LedgerError: When it can't be read or is of another version.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LedgerError(f"{path}: can't be read ({error.strerror})") from None
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"{path}: is no manifest of a store ({error})") from None
    if found.format != FORMAT:
        raise LedgerError(
            f"{folder}: is a store of format {found.format}, expected {FORMAT}; ingest "
            "its ledgers into a new store with this version"
        )
    return found


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a generation the one that counts, in one step that survives a power cut."""
    temporary = folder / f".{MANIFEST}"
    with temporary.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / MANIFEST)
    with suppress(OSError):  # it counts by now, whether or not a power cut may undo it
        sync(folder)


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, reach the disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # where a folder can't be opened, names are safe already
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
