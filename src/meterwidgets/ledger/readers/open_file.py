"""Open one file by its content: Parquet, JSON, JSON Lines, a log or CSV."""

from __future__ import annotations

from pathlib import Path

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers.containers import unreadable
from meterwidgets.ledger.readers.csv_file import open_csv
from meterwidgets.ledger.readers.files import (
    LONGEST_LINE,
    READ_ERRORS,
    format_suffix,
    open_binary,
)
from meterwidgets.ledger.readers.json_file import open_json
from meterwidgets.ledger.readers.json_layout import HEAD_BYTES
from meterwidgets.ledger.readers.log_lines import check_header, is_log, open_log
from meterwidgets.ledger.readers.parquet_file import open_parquet
from meterwidgets.ledger.readers.raw_ledger import RawLedger


def open_file(path: Path, con: duckdb.DuckDBPyConnection) -> RawLedger:
    """Open one file by its content.

    Args:
        path: The file.
        con: The engine that looks into it.

    Raises:
        LedgerError: When the file can't be read, holds nothing, or its header can't
            be used.
    """
    try:
        with open_binary(path) as stream:
            head = stream.read(HEAD_BYTES)
            if len(head) == HEAD_BYTES and b"\n" not in head:  # a long first line
                head += stream.read(LONGEST_LINE)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    if head.startswith(b"PAR1"):
        return open_parquet(path, con)
    if problem := unreadable(head):
        raise LedgerError(f"{path}: {problem}")
    text = head.decode("utf-8-sig", "replace")
    if not text.strip():
        raise LedgerError(f"{path}: is empty; name a ledger that has rows")
    if is_log(text):
        return open_log(path, text)
    is_json = format_suffix(path) in {".json", ".jsonl", ".ndjson"}
    if is_json or text.lstrip()[0] in "[{":
        return open_json(path, text, con)
    check_header(path, text)
    return open_csv(path, text)
