"""The segments of a store, a month each, and the frame over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.labels import Named, latest, with_own
from meterwidgets.frame.read import grain_for
from meterwidgets.frame.rollup.accumulator import of_tables
from meterwidgets.frame.rollup.measures import MEASURES, rollup_again
from meterwidgets.frame.rollup.tables import compact, same_of, with_same
from meterwidgets.frame.saved import map_table, open_frame, save, write_table
from meterwidgets.frame.store import parquet
from meterwidgets.frame.store.manifest import Manifest, Month
from meterwidgets.ledger.engine.connection import workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.outliers import Outlier, dearest
from meterwidgets.ledger.records import notes
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.schema import DIMENSIONS
from meterwidgets.text import counted

if TYPE_CHECKING:
    import duckdb

Labels = Mapping[str, Mapping[str, str]]
_NAMES = "names.json"


def grain(before: int, months: Iterable[Month]) -> int:
    """Seconds of a time bucket for a store of some months.

    It only ever grows, for what was summed can't be taken apart.

    Args:
        before: What it was.
        months: What the store holds.
    """
    edges = [(each.first_us, each.last_us) for each in months if each.records]
    if not edges:
        return before
    first, last = min(first for first, _ in edges), max(last for _, last in edges)
    return max(before, grain_for(first, last))


def write_segment(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: pa.Table | None,
    new: str,
    *,
    old: tuple[str, int] | None,
) -> None:
    """Write the rows of the cube of one month; what is 0 in all of them is left out.

    Args:
        con: A connection.
        folder: The store.
        rows: Those to add, if there are any; see ``compact``.
        new: The segment to write.
        old: The segment to add them to and how many of its buckets make one, or None.
    """
    if old is not None:
        path, factor = old
        con.register("segment", _whole(map_table(folder / path)))
        before = rollup_again("segment", DIMENSIONS.personal_keys, factor)
        if rows is not None:
            con.register("added", _whole(rows))
            before = f"{before} UNION ALL BY NAME FROM added"
        both = con.sql(rollup_again(f"({before})", DIMENSIONS.personal_keys))
        rows = compact(both.to_arrow_table(), {})
        con.unregister("segment")
        con.unregister("added")
    assert rows is not None  # there is a segment, or what makes one
    same = {name: of for name, of in same_of(rows).items() if pc.max(rows[of]).as_py()}
    keys = {name: _key(rows[name]) for name in DIMENSIONS.personal_keys}
    columns = {"bucket": rows["bucket"], **keys}
    columns |= {name: rows[name] for name in same.values()}
    table = pa.table(columns).unify_dictionaries().combine_chunks()
    write_table(folder / new, with_same(table, same))


def _whole(rows: pa.Table) -> pa.Table:
    """Rows of the cube with a column for every measure.

    Args:
        rows: See ``compact``.
    """
    same, nothing = same_of(rows), pa.array(np.zeros(len(rows), np.int64))
    columns = {name: rows[name] for name in ("bucket", *DIMENSIONS.personal_keys)}
    for name in MEASURES:
        columns[name] = rows[same[name]] if name in same else nothing
    return pa.table(columns)


def _key(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A dimension as dictionaries of one type."""
    if not pa.types.is_dictionary(column.type):
        return column.dictionary_encode()
    coded = [
        pa.DictionaryArray.from_arrays(each.indices.cast(pa.int32()), each.dictionary)
        for each in column.chunks
    ]
    return pa.chunked_array(coded, pa.dictionary(pa.int32(), pa.string()))


def write(
    folder: Path,
    now: Manifest,
    *,
    named: Sequence[Named],
    book: PriceBook,
    tz: str,
    labels: Labels,
    name: str,
) -> None:
    """Write the frame over all months to the index of a generation.

    Args:
        folder: The store.
        now: Its generation, whose segments are there.
        named: The names that its ledgers have for ids: those of before, and what came.
        book: What priced its records.
        tz: The zone that pages start with.
        labels: Dimension -> id -> name to show, over those.
        name: What the store is called on screens.
    """
    months = now.months.values()
    segments = [map_table(folder / month.segment) for month in months]
    users = any(
        rows[key].null_count < len(rows)
        for rows in segments
        for key in ("user", "api_key")
    )
    dimensions = DIMENSIONS.personal_keys if users else DIMENSIONS.shared_keys
    cube = Cube.of(of_tables(segments, dimensions), now.grain_s, tz=tz)
    user_cube = cube if users else None
    cube = cube.over(DIMENSIONS.shared_keys, tz=tz) if users else cube
    with workspace() as con:
        said = _families(con, folder, now)
        outliers = _outliers(con, folder, now)
    last = max(month.last_us for month in months)
    frame = UsageFrame(
        name=name,
        cube=cube,
        user_cube=user_cube,
        last=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last),
        currencies=_currencies(now.tallies),
        quality=_quality(now, [*said, *notes.of_tallies(now.tallies, book)]),
        tz=tz,
        bucket_s=max(month.bucket_us for month in months) // 1_000_000,
        outliers=outliers,
    )
    kept = latest(*named, cubes=[frame.cube, frame.user_cube])
    save(replace(frame, labels=with_own(kept, labels)), folder / now.index)
    text = json.dumps(kept, ensure_ascii=False)
    (folder / now.index / _NAMES).write_text(text, "utf-8")


def names(folder: Path, now: Manifest) -> Named:
    """The names that the ledgers of a generation have for ids, and since when."""
    path = folder / now.index / _NAMES
    if not now.index or not path.is_file():
        return {}
    found: Named = json.loads(path.read_text("utf-8"))
    return found


def renames(folder: Path, now: Manifest, came: Named) -> bool:
    """Whether names that came change what a generation shows."""
    if not came or not now.index:
        return False
    frame, known = open_frame(folder / now.index), names(folder, now)
    after = latest(known, came, cubes=[frame.cube, frame.user_cube])
    return with_own(after, {}) != with_own(known, {})


def _currencies(tallies: Iterable[notes.Tally]) -> tuple[str, ...]:
    """Those that occur, the most used first."""
    counts: dict[str, int] = {}
    for each in tallies:
        if each.currency is not None:
            counts[each.currency] = counts.get(each.currency, 0) + each.records
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _quality(now: Manifest, said: Iterable[str]) -> Quality:
    records = sum(month.records for month in now.months.values())
    rows = sum(each.rows for each in now.inputs)
    rejected = sum(each.rejected for each in now.inputs)
    words = [*now.notes, *now.rates, *said]
    if rejected:
        count = counted(rejected, "row", "rows")
        words.insert(0, f"{count} rejected; they are in {now.rejects} of the store")
    return Quality(
        records,
        rejected,
        rows - rejected - records,
        any(each.assumed_tz for each in now.inputs),
        tuple(dict.fromkeys(words)),
    )


def _outliers(
    con: duckdb.DuckDBPyConnection, folder: Path, now: Manifest
) -> tuple[Outlier, ...]:
    """The dearest flagged requests; only months that have some are read for them."""
    paths: list[str] = []
    for month in now.months.values():
        flags = map_table(folder / month.segment)["outlier"]
        paths += month.parts if flags.null_count < len(flags) else ()
    return dearest(con, parquet.records(folder, paths)) if paths else ()


def _families(con: duckdb.DuckDBPyConnection, folder: Path, now: Manifest) -> list[str]:
    """What is said of sources that tell of the same usage, if there are any."""
    names = {tally.source for tally in now.tallies}
    if not notes.may_repeat(names):
        return []
    paths = [part for month in now.months.values() for part in month.parts]
    return notes.of_families(con, parquet.records(folder, paths))
