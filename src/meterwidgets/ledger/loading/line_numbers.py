"""The lines of a file on which its rows stand, to say where a bad one is.

DuckDB numbers the rows that it could parse; blank lines, quoted line breaks and rows
that it could not parse have no number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from meterwidgets.ledger.readers.files import LONGEST_LINE, open_binary, read_chunks
from meterwidgets.ledger.readers.raw_ledger import RawLedger


def lines_of_rows(
    raw: RawLedger, numbers: Sequence[int], malformed: set[int]
) -> dict[int, int]:
    """The lines on which some rows begin.

    Args:
        raw: A file of lines: CSV or JSON lines.
        numbers: The numbers of the rows, from 1, ascending.
        malformed: The lines of rows that have no number.
    """
    path = raw.path or Path(raw.name)
    is_csv = raw.json_paths is None
    first_lines = _csv_rows(path, raw) if is_csv else _json_lines(path)
    lines: dict[int, int] = {}
    numbered = (line for line in first_lines if line not in malformed)
    wanted = iter(numbers)
    next_number = next(wanted, None)
    for number, line in enumerate(numbered, 1):
        if number == next_number:
            lines[number] = line
            next_number = next(wanted, None)
            if next_number is None:
                break
    return lines


def _json_lines(path: Path) -> Iterator[int]:
    """The lines that are not blank."""
    with open_binary(path) as binary:
        text = io.TextIOWrapper(binary, "utf-8", "replace")
        for number, line in enumerate(text, 1):
            if line.strip(" \t\r\n\ufeff"):
                yield number


def _csv_rows(path: Path, raw: RawLedger) -> Iterator[int]:
    """The line on which each row below the header begins; a blank line is no row."""
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        with open_binary(path) as binary:
            text = io.TextIOWrapper(binary, "utf-8-sig", "replace", newline="")
            above = raw.header_line
            below = islice(text, above - 1, None)
            table = csv.reader(below, delimiter=raw.delimiter)
            end = above - 1
            for number, row in enumerate(table):
                start, end = end + 1, above - 1 + table.line_num
                if row and number:
                    yield start
    except csv.Error:
        pass  # rows that Python can't parse keep their numbers
    finally:
        csv.field_size_limit(limit)


def lines_of_bytes(path: Path, positions: Sequence[int]) -> dict[int, int]:
    """The lines in which some bytes stand, both counted from 1.

    Args:
        path: The file.
        positions: The positions of the bytes, ascending.
    """
    lines: dict[int, int] = {}
    read, line, remaining = 0, 1, list(positions)
    for chunk in read_chunks(path) if remaining else ():
        newline = b"\n" if b"\n" in chunk else b"\r"
        counted = 0
        while remaining and remaining[0] <= read + len(chunk):
            place = remaining.pop(0) - 1 - read
            line += chunk.count(newline, counted, place)
            counted = place
            lines[place + read + 1] = line
        line += chunk.count(newline, counted)
        read += len(chunk)
        if not remaining:
            break
    return lines
