"""CSV files, whatever separates their cells, as rows of text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.files import LONGEST_LINE, READ_FIRST
from meterwidgets.ledger.readers.raw_ledger import RawLedger, check_column_names
from meterwidgets.ledger.readers.sample import Sample

_LOOKED = 40
"""So many lines are looked at for the header."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_SEP = re.compile(r"sep=(.)", re.IGNORECASE)
"""The line in which Excel keeps what separates the cells."""


def delimiter_of(header: str) -> str:
    """What separates the cells of a CSV file, by its header.

    Examples:
        >>> delimiter_of("start;prompt_tokens;cost, total")
        ';'
    """
    return max(",;\t|", key=header.count)


@dataclass(frozen=True)
class _Header:
    """The header of a CSV file.

    Attributes:
        names: The columns; one without a name is called by its number.
        line: The line on which it stands, from 1; of two, the lower one.
        delimiter: What separates the cells.
    """

    names: tuple[str, ...]
    line: int
    delimiter: str


def open_csv(path: Path, head: str) -> RawLedger:
    """Open a CSV file by its header.

    Args:
        path: The file.
        head: Its beginning, which is not blank.

    Raises:
        LedgerError: When the header can't be used.
    """
    header = _header_of(head)
    check_column_names(header.names, f"{path}, line {header.line}")
    columns = ", ".join(f"c{index}: 'VARCHAR'" for index in range(len(header.names)))
    line_end = "\\r\\n" if "\r\n" in head else "\\n" if "\n" in head else "\\r"

    def select_rows(files: str, more: str = "") -> str:
        # The comment keeps files apart whose lines end differently: one statement
        # can't read both.
        return (
            f"SELECT file_index AS file, filename, * FROM read_csv({files}, "
            f"auto_detect=false, header=true, skip={header.line - 1}, "
            f"columns={{{columns}}}, delim={literal(header.delimiter)}, "
            "quote='\"', escape='\"', hive_partitioning=false, "
            f"store_rejects=true, max_line_size={LONGEST_LINE}{more}) /* {line_end} */"
        )

    return RawLedger(
        str(path),
        "line",
        select_rows,
        Sample(header.names),
        path=path,
        # to fill the usual buffer takes ten times as long
        select_first=partial(select_rows, more=READ_FIRST),
        header_line=header.line,
        delimiter=header.delimiter,
    )


def _header_of(head: str) -> _Header:
    """Where the header stands, below titles and comments, and what it says."""
    all_lines = _LINE_END.split(head)
    lines = all_lines[:_LOOKED]
    filled = [number for number, line in enumerate(lines) if line.strip()]
    first = next((n for n in filled if not _is_remark(lines, n)), filled[0])
    named = next((m[1] for line in lines[:first] if (m := _SEP.fullmatch(line))), "")
    first = _below_titles(lines, first, named)
    delimiter = named or delimiter_of(lines[first])
    text = io.StringIO("\n".join(all_lines[first:]), newline="")
    reader = csv.reader(text, delimiter=delimiter)
    names = [name.strip() for name in next(reader)]
    below = [[cell.strip() for cell in row] for row in _some_rows(reader)]
    if len(below) > 1 and _are_sides(names, below[0], below[1]):
        names = _joined(names, below[0])
        first += 1
        if [bool(cell) for cell in below[1]] == [True] + [False] * (len(names) - 1):
            names[0] = below[1][0]  # the name of a dataframe's index has its own line
            first += 1
    if any(names):
        names = [name or f"column {number}" for number, name in enumerate(names, 1)]
    return _Header(tuple(names), first + 1, delimiter)


def _is_remark(lines: Sequence[str], number: int) -> bool:
    """Whether a line is a comment, shorter than what follows, or names a delimiter."""
    line, below = lines[number], lines[number + 1 :]
    if _SEP.fullmatch(line):
        return True
    rest = [each for each in below if each.strip() and not each.startswith("#")]
    if not line.startswith("#") or not rest:
        return False
    return line.count(delimiter_of(rest[0])) < rest[0].count(delimiter_of(rest[0]))


def _some_rows(reader: Iterator[list[str]]) -> list[list[str]]:
    """Two rows below the header; none where Python can't parse them."""
    try:
        return list(islice(reader, 2))
    except csv.Error:
        return []


def _below_titles(lines: Sequence[str], first: int, delimiter: str) -> int:
    """The first line that has about as many cells as the rows: titles have fewer."""
    widths = [_filled(line, delimiter) for line in lines]
    widest = max(widths[first:])
    if widths[first] > 2 or widths[first] * 2 > widest:
        return first
    for number in range(first, len(lines)):
        if widths[number] * 5 >= widest * 3:
            cells = lines[number].split(delimiter or delimiter_of(lines[number]))
            return first if any(map(_is_value, cells)) else number
    return first


def _filled(line: str, delimiter: str) -> int:
    """The number of cells of a line that are not empty."""
    cells = line.split(delimiter or delimiter_of(line))
    return sum(bool(cell.strip(' "')) for cell in cells)


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a time rather than a name."""
    return bool(re.match(r"[\s\"]*[-$€]?\d", cell))


def _are_sides(top: Sequence[str], names: Sequence[str], values: Sequence[str]) -> bool:
    """Whether a line with gaps stands above the header: "Tokens" above two sides."""
    has_gaps = len(set(top)) < len(top)
    is_header = len(names) == len(top) and sum(map(bool, names)) >= len(top) - 1
    return (
        has_gaps
        and is_header
        and not any(map(_is_value, names))
        and (any(map(_is_value, values)) or sum(map(bool, values)) == 1)
    )


def _joined(top: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names below the word above them, which holds for the gaps to its right."""
    words, above = [], ""
    for word, name in zip(top, names, strict=True):
        above = word or above
        words.append(f"{above} {name}".strip())
    return words
