"""A frame as a folder of Arrow files that every kernel maps into its memory.

Uncompressed Arrow IPC: the files hold rows and running sums just as they are used, so
a kernel opens them in milliseconds and all kernels share one copy.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pyarrow as pa

from meterwidgets.errors import LedgerError
from meterwidgets.frame.coverage import Coverage
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.cube.running_sums import RunningSums
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.rollup.encoding import Integers, numbers
from meterwidgets.ledger.pricing.outliers import Outlier
from meterwidgets.ledger.records.quality import Credit, Quality
from meterwidgets.measures import MEASURES

_FORMAT = 5
_METADATA = "frame.json"


def save(
    frame: UsageFrame, folder: str | Path, *, arrays_of: Path | None = None
) -> Path:
    """Write a frame to a folder that does not exist yet, completely or not at all.

    Args:
        frame: What to write.
        folder: Where to write it.
        arrays_of: A saved frame with the same cubes, whose files are used again.

    Returns:
        The folder.

    Raises:
        LedgerError: When the folder exists already or can't be written.
    """
    folder = Path(folder)
    try:
        if folder.exists():
            raise LedgerError(f"{folder}: exists already; choose another folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise LedgerError(f"{folder}: can't be written ({error.strerror})") from None
    try:
        for path in arrays_of.glob("*.arrow") if arrays_of else ():
            os.link(path, temporary / path.name)
        for name, cube in {} if arrays_of else _cubes(frame).items():
            _save_cube(cube, temporary, name)
        (temporary / _METADATA).write_text(json.dumps(_metadata(frame)), "utf-8")
        temporary.rename(folder)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise LedgerError(f"{folder}: can't be written ({reason})") from None
        raise
    return folder


def _cubes(frame: UsageFrame) -> dict[str, Cube]:
    cubes = {"cube": frame.cube}
    return cubes if frame.user_cube is None else {**cubes, "user_cube": frame.user_cube}


def _metadata(frame: UsageFrame) -> dict[str, Any]:
    """All of a frame but the arrays of its cubes, as JSON."""
    quality = asdict(frame.quality)
    del quality["rejects"], quality["spans"]
    return {
        "format": _FORMAT,
        "name": frame.name,
        "last": frame.last.isoformat(),
        "coverage": _coverage_values(frame.coverage),
        "currencies": frame.currencies,
        "quality": quality,
        "labels": frame.labels,
        "demo": frame.demo,
        "tz": frame.tz,
        "bucket_s": frame.bucket_s,
        "pricing": frame.pricing,
        "outliers": [
            asdict(outlier) | {"start": outlier.start.isoformat()}
            for outlier in frame.outliers
        ],
        "cubes": {
            name: {
                "grain_s": cube.grain_s,
                "first": cube.first,
                "width": cube.width,
                "same": cube.sums.aliases,
            }
            for name, cube in _cubes(frame).items()
        },
    }


def open_frame(folder: str | Path, *, mapped: bool = True) -> UsageFrame:
    """A saved frame, mapped into memory or read into it.

    Args:
        folder: Where it is.
        mapped: Whether its arrays are those of the files. Whoever cuts off a file that
            is mapped ends every process that looks at it.

    Raises:
        LedgerError: When the folder is not a saved frame of this version.
    """
    folder = Path(folder)
    try:
        metadata = dict(json.loads((folder / _METADATA).read_text("utf-8")))
        if metadata.pop("format") != _FORMAT:
            raise LedgerError(
                f"{folder}: was saved by another version of meterwidgets, which sums "
                "other figures; read the ledger again and save that"
            )
        quality = metadata.pop("quality")
        quality["notes"] = tuple(quality["notes"])
        quality["unusable"] = tuple(quality.get("unusable", ()))
        quality["credits"] = tuple(
            Credit(**each) for each in quality.get("credits", ())
        )
        cubes = {
            name: _open_cube(folder, name, mapped=mapped, **shape)
            for name, shape in metadata.pop("cubes").items()
        }
        return UsageFrame(
            cube=cubes["cube"],
            user_cube=cubes.get("user_cube"),
            last=datetime.fromisoformat(metadata.pop("last")),
            coverage=_coverage(metadata.pop("coverage")),
            currencies=tuple(metadata.pop("currencies")),
            quality=Quality(**quality),
            outliers=tuple(map(_outlier, metadata.pop("outliers"))),
            **metadata,
        )
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException,
    ) as error:  # fmt: skip
        raise LedgerError(f"{folder}: is not a saved frame ({error})") from None


def _coverage_values(coverage: Coverage) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(coverage).items()
    }


def _coverage(values: dict[str, Any]) -> Coverage:
    instants = {
        name: datetime.fromisoformat(values[name])
        for name in ("written", "first", "last", "end")
    }
    notes = {name: tuple(values.get(name, ())) for name in ("notes", "file_notes")}
    return Coverage(**values | instants | notes)


def _outlier(fields: dict[str, Any]) -> Outlier:
    return Outlier(**fields | {"start": datetime.fromisoformat(fields["start"])})


def _save_cube(cube: Cube, folder: Path, name: str) -> None:
    sums = cube.sums
    rows = {"tuple": sums.tuple_of, "slot": sums.slot, **sums.values}
    write_table(folder / f"{name}.arrow", pa.table(rows))
    running = {measure: table.reshape(-1) for measure, table in sums.running.items()}
    write_table(folder / f"{name}_running.arrow", pa.table(running))
    marks = pa.table({"begins": sums.begins, "rows": sums.marks})
    write_table(folder / f"{name}_marks.arrow", marks)
    tuples = {
        dimension: pa.DictionaryArray.from_arrays(
            pa.array(codes), pa.array(cube.names[dimension], pa.string())
        )
        for dimension, codes in cube.codes.items()
    }
    write_table(folder / f"{name}_tuples.arrow", pa.table(tuples))


def _open_cube(
    folder: Path,
    name: str,
    *,
    mapped: bool,
    grain_s: int,
    first: int,
    width: int,
    same: dict[str, str],
) -> Cube:
    open_table = map_table if mapped else read_table
    rows = _arrays(open_table(folder / f"{name}.arrow"))
    marks = _arrays(open_table(folder / f"{name}_marks.arrow"))
    running = _arrays(open_table(folder / f"{name}_running.arrow"))
    tuples = open_table(folder / f"{name}_tuples.arrow")
    dictionaries = {d: tuples[d].combine_chunks() for d in tuples.column_names}
    sums = RunningSums(
        marks["begins"],
        marks["rows"],
        rows.pop("tuple"),
        rows.pop("slot"),
        rows,
        {measure: same[measure] for measure in MEASURES},
        {
            measure: table.reshape(len(marks["rows"]), tuples.num_rows)
            for measure, table in running.items()
        },
    )
    return Cube(
        grain_s,
        first,
        width,
        {d: array.dictionary.to_pylist() for d, array in dictionaries.items()},
        {d: numbers(array.indices) for d, array in dictionaries.items()},
        sums,
    )


def _arrays(table: pa.Table) -> dict[str, Integers]:
    """The columns of a table of numbers, without a copy."""
    return {
        name: numbers(column.chunk(0))
        if column.num_chunks
        else np.zeros(0, str(column.type))
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def write_table(path: Path, table: pa.Table) -> None:
    """Write an uncompressed Arrow file with a single record batch."""
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=table.num_rows or 1)


def map_table(path: Path) -> pa.Table:
    """The table in an Arrow file, mapped into memory."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def read_table(path: Path) -> pa.Table:
    """The table in an Arrow file, read into memory."""
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()
