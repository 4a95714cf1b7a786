"""Arrow batches, written to the spool as a Parquet file, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.raw_ledger import check_column_names

if TYPE_CHECKING:
    import pyarrow as pa


def write_batches(
    spool: Spool,
    name: str,
    schema: pa.Schema,
    batches: Iterable[Any],
    *,
    mtime_ns: int | None = None,
) -> Path:
    """Write batches to the spool, so that they can be read more than once.

    Args:
        spool: Where to write them.
        name: What they are, for the name of the file and for errors.
        schema: Their columns.
        batches: Arrow batches or tables.
        mtime_ns: When they were changed; now, if not given.

    Raises:
        LedgerError: When a batch can't be read, a column's type is unknown to Parquet,
            or two columns have one name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = spool.place(name)
    try:
        check_column_names(schema.names, name)
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for batch in batches:
                writer.write(batch)
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise LedgerError(
            f"{name}: can't be read ({reason}); write it again, or as Parquet or CSV"
        ) from None
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))
    return path
