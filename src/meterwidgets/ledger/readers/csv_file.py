"""CSV files, whatever separates their cells, as rows of text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.files import LONGEST_LINE
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample


def delimiter_of(header: str) -> str:
    """What separates the cells of a CSV file, by its header.

    Examples:
        >>> delimiter_of("start;prompt_tokens;cost, total")
        ';'
    """
    return max(",;\t|", key=header.count)


def open_csv(path: Path, head: str) -> RawLedger:
    """Open a CSV file by its header.

    Args:
        path: The file.
        head: Its beginning, which is not blank.

    Raises:
        LedgerError: When the header can't be used.
    """
    blank = len(head) - len(head.lstrip("\r\n"))
    blank_lines = head[:blank].count("\n") or head[:blank].count("\r")
    text = head[blank:]
    delimiter = delimiter_of(text.splitlines()[0])
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = [name.strip() for name in header]
    check_column_names(names, f"{path}, line {blank_lines + 1}")
    columns = ", ".join(f"c{index}: 'VARCHAR'" for index in range(len(names)))
    line_end = "\\r\\n" if "\r\n" in head else "\\n" if "\n" in head else "\\r"

    def select_rows(files: str) -> str:
        # The comment keeps files apart whose lines end differently: one statement
        # can't read both.
        return (
            f"SELECT file_index AS file, filename, * FROM read_csv({files}, "
            f"auto_detect=false, header=true, skip={blank_lines}, "
            f"columns={{{columns}}}, delim={literal(delimiter)}, "
            "quote='\"', escape='\"', hive_partitioning=false, "
            f"store_rejects=true, max_line_size={LONGEST_LINE}) /* {line_end} */"
        )

    return RawLedger(str(path), "line", select_rows, Sample(tuple(names)), path=path)
