"""Arrow files and streams, which Feather is the name of, too, and ORC files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.columnar.write_batches import write_batches

if TYPE_CHECKING:
    import pyarrow as pa


def copy_arrow(path: Path, spool: Spool) -> Path:
    """An Arrow file or stream as Parquet in the spool.

    Raises:
        LedgerError: When it is broken.
    """
    import pyarrow as pa

    with pa.OSFile(str(path)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        try:
            opened = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        except (pa.ArrowException, OSError) as error:
            raise _broken(path, "Arrow", error) from None
        return _copy(path, opened.schema, _batches(opened, is_file), spool)


def _batches(opened: Any, is_file: bool) -> Iterator[pa.RecordBatch]:
    if not is_file:
        yield from opened
        return
    for number in range(opened.num_record_batches):
        yield opened.get_batch(number)


def copy_orc(path: Path, spool: Spool) -> Path:
    """An ORC file as Parquet in the spool.

    Raises:
        LedgerError: When it is broken.
    """
    import pyarrow as pa
    from pyarrow import orc

    try:
        opened = orc.ORCFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _broken(path, "ORC", error) from None
    stripes = (opened.read_stripe(number) for number in range(opened.nstripes))
    return _copy(path, opened.schema, stripes, spool)


def _copy(path: Path, schema: pa.Schema, batches: Iterator[Any], spool: Spool) -> Path:
    changed = path.stat().st_mtime_ns
    return write_batches(spool, str(path), schema, batches, mtime_ns=changed)


def _broken(path: Path, kind: str, error: Exception) -> LedgerError:
    reason = str(error).splitlines()[0]
    return LedgerError(
        f"{path}: begins as {kind} and can't be read ({reason}); it may be cut off, so "
        "write it again"
    )
