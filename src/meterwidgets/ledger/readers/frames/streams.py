"""Rows that come once: generators of records, and readers of Arrow batches.

They are kept in a file for as long as the frame that was read from them, which may be
read again at other prices.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.columnar.write_batches import write_batches

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1_000
NAME = "the table"


class Stream:
    """Rows that come once, kept in a file when they are read for the first time.

    Args:
        items: Records, answers of an API, dataframes, or Arrow batches.
    """

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self._spool = Spool()
        self._path: Path | None = None
        weakref.finalize(self, self._spool.close)

    def file(self, as_arrow: Callable[[Any], Any]) -> Path:
        """The file that holds the rows.

        Args:
            as_arrow: Makes an Arrow table of a dataframe.

        Raises:
            LedgerError: When there are none, or they are neither records nor batches.
        """
        if self._path is None:
            self._path = self._save(as_arrow)
        return self._path

    def _save(self, as_arrow: Callable[[Any], Any]) -> Path:
        if (schema := getattr(self._items, "schema", None)) is not None:
            return write_batches(self._spool, f"{NAME}.parquet", schema, self._items)
        first = next(self._items, None)
        if first is None:
            raise LedgerError(f"{NAME}: its iterator is empty; give it rows")
        items = chain([first], self._items)
        if is_record(first):
            return self._spool.save(f"{NAME}.jsonl", _lines(items))
        return _tables(self._spool, (as_arrow(item) for item in items))


def as_stream(ledger: Any) -> Any:
    """A `Stream` of what can be read only once; anything else is returned unchanged."""
    is_iterator = isinstance(ledger, Iterator) and not hasattr(
        ledger, "__arrow_c_stream__"
    )
    if is_iterator or hasattr(ledger, "read_next_batch"):
        return Stream(ledger)
    return ledger


def is_record(value: object) -> bool:
    """Whether a value is a dict, or an object of a client that becomes one."""
    return isinstance(value, Mapping) or callable(getattr(value, "model_dump", None))


def encode_lines(records: Iterable[Any]) -> bytes:
    """Records as lines of JSON."""
    import json

    import msgspec

    records = list(records)
    try:
        return msgspec.json.Encoder(enc_hook=_plain).encode_lines(records)
    except (TypeError, ValueError, msgspec.MsgspecError):  # keys that are no text
        lines = [json.dumps(each, default=str).encode() + b"\n" for each in records]
        return b"".join(lines)


def _plain(value: object) -> object:
    """A value of another library as one of Python's own, else its text."""
    for name in ("tolist", "model_dump"):  # of numpy, and of clients' answers
        own = getattr(value, name, None)
        if callable(own):
            return own()
    return str(value)


def _lines(records: Iterator[Any]) -> Iterator[bytes]:
    batch: list[Any] = []
    for record in records:
        if not is_record(record):
            kind = type(record).__name__
            raise LedgerError(
                f"{NAME}: expected only dicts as in its first row, got {kind}"
            )
        batch.append(record)
        if len(batch) == _BATCH:
            yield encode_lines(batch)
            batch = []
    yield encode_lines(batch)


def _tables(spool: Spool, tables: Iterable[pa.Table]) -> Path:
    """Arrow tables as one Parquet file; where types differ, the wider ones hold.

    A chunk of pandas has floats where one of its whole numbers is missing.
    """
    import duckdb

    groups: list[Path] = []
    remaining = iter(tables)
    pending = next(remaining, None)
    while pending is not None:
        schema, rest = pending.schema, _Alike(pending, remaining)
        groups.append(write_batches(spool, f"{NAME}.parquet", schema, rest))
        pending = rest.other
    if len(groups) == 1:
        return groups[0]
    merged = spool.place(f"{NAME}.parquet")
    files = ", ".join(literal(str(path)) for path in groups)
    with duckdb.connect() as con:
        try:
            con.execute(
                f"COPY (FROM read_parquet([{files}], union_by_name=true)) "
                f"TO {literal(str(merged))} (FORMAT parquet)"
            )
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise LedgerError(
                f"{NAME}: its batches differ ({reason}); give them the same columns"
            ) from None
    return merged


class _Alike:
    """The tables up to the first that has another schema, which is then ``other``."""

    def __init__(self, first: pa.Table, others: Iterator[pa.Table]) -> None:
        self._first, self._others = first, others
        self.other: pa.Table | None = None

    def __iter__(self) -> Iterator[pa.Table]:
        yield self._first
        for table in self._others:
            if not table.schema.equals(self._first.schema):
                self.other = table
                return
            yield table
