"""The rows that a ledger could not give: where they stand and what is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.csv_file import delimiter_of
from meterwidgets.ledger.readers.files import (
    LONGEST_LINE,
    READ_ERRORS,
    open_binary,
    read_chunks,
)
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa

KEPT = 10_000
"""So many rejected rows are kept in memory; the file of rejects holds all."""

_COLUMNS = (
    "file VARCHAR, line BIGINT, unit VARCHAR, field VARCHAR, value VARCHAR, "
    "reason VARCHAR"
)


def create(ws: Workspace) -> None:
    """Make the empty table ``rejects``."""
    ws.create_empty(ws.rejects, _COLUMNS)


def keep(ws: Workspace, plans: Sequence[Plan], *, bad: int) -> None:
    """Copy the bad rows of ``ledger`` to ``rejects``, by the lines of their files.

    Args:
        ws: A connection with ``ledger``.
        plans: The ledgers by the numbers of their files in ``ledger``.
        bad: How many bad rows there are.
    """
    torn = _torn(ws)
    if bad or torn:
        _keep(ws, plans, torn)


def _keep(ws: Workspace, plans: Sequence[Plan], torn: Mapping[str, _Torn]) -> None:
    numbers: dict[int, list[int]] = {}
    for file, number in ws.execute(
        f"SELECT file, n FROM {ws.reported} WHERE reject IS NOT NULL ORDER BY ALL"
    ).fetchall():
        numbers.setdefault(file, []).append(number)
    files = _columns("file", "name", "unit")
    lines = _columns("file", "n", "line")
    apart = _columns("file", "line", "value", "reason")
    for file, plan in enumerate(plans):
        name = plan.raw.name
        if file not in numbers and name not in torn:
            continue
        _extend(files, [(file, name, plan.unit)])
        try:
            pieces = _pieces(plan.raw, torn.get(name, {}))
            if plan.unit == "line":
                places = {line for line, *_ in pieces}
                found = _physical(_starts(plan.raw), numbers.get(file, []), places)
                _extend(lines, ((file, n, line) for n, line in found.items()))
        except READ_ERRORS as error:
            raise LedgerError(f"{name}: can't be read ({error})") from None
        _extend(apart, ((file, *piece) for piece in pieces))
    by_id = [str(file) for file, plan in enumerate(plans) if plan.raw.is_unordered]
    with (
        ws.registered(_table(files)) as names,
        ws.registered(_table(lines)) as line_numbers,
        ws.registered(_table(apart)) as malformed,
    ):
        ws.execute(
            f"INSERT INTO {ws.rejects} SELECT name, line, 'line', '', value, reason "
            f"FROM {malformed} JOIN {names} USING (file)"
        )
        ws.execute(
            f"INSERT INTO {ws.rejects} SELECT name, coalesce(line, n), unit, "
            "reject.field, reject.value, reject.reason || CASE WHEN "
            f"file IN ({', '.join(by_id) or 'NULL'}) "
            "THEN coalesce(' (' || record_id || ')', '') ELSE '' END "
            f"FROM {ws.reported} JOIN {names} USING (file) "
            f"LEFT JOIN {line_numbers} USING (file, n) WHERE reject IS NOT NULL"
        )


def count(ws: Workspace) -> int:
    """How many rows were rejected."""
    return ws.count(ws.rejects)


def rows(ws: Workspace) -> Iterator[Mapping[str, Any]]:
    """The rejected rows, in the order of the ledger."""
    found = ws.execute(f"SELECT * FROM {ws.rejects} ORDER BY file, line")
    names = [column[0] for column in found.description or ()]
    while batch := found.fetchmany(KEPT):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def line_of(ws: Workspace, raw: RawLedger, number: int) -> int:
    """The line, or else the number, of a row that could be taken apart."""
    if raw.path is None or raw.unit != "line":
        return number
    found = ws.execute(
        f"SELECT line FROM {ws.rejects} WHERE file = ? AND field = ''", [raw.name]
    ).fetchall()
    torn = {line for (line,) in found}
    return _physical(_starts(raw), [number], torn).get(number, number)


def _starts(raw: RawLedger) -> Iterator[int]:
    """The lines on which the rows of a file of lines begin."""
    path = raw.path or Path(raw.name)
    return _csv_rows(path) if raw.json_paths is None else _json_lines(path)


def _physical(
    starts: Iterator[int], numbers: Sequence[int], torn: set[int]
) -> dict[int, int]:
    """The lines of some numbered rows.

    Args:
        starts: The line on which each row begins.
        numbers: Numbers of rows that could be taken apart, from 1, ascending.
        torn: The lines of rows that could not; they have no number.
    """
    lines: dict[int, int] = {}
    whole = (line for line in starts if line not in torn)
    wanted = iter(numbers)
    next_one = next(wanted, None)
    for number, line in enumerate(whole, 1):
        if number == next_one:
            lines[number] = line
            next_one = next(wanted, None)
            if next_one is None:
                break
    return lines


def _json_lines(path: Path) -> Iterator[int]:
    """The lines that are not blank."""
    with open_binary(path) as binary:
        text = io.TextIOWrapper(binary, "utf-8", "replace")
        for number, line in enumerate(text, 1):
            if line.strip(" \t\r\n\ufeff"):
                yield number


def _csv_rows(path: Path) -> Iterator[int]:
    """The line on which each row below the header begins; blank ones are no rows."""
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        with open_binary(path) as binary:
            text = io.TextIOWrapper(binary, "utf-8-sig", "replace", newline="")
            above, header = 0, ""
            while not header.strip():
                header, above = next(text), above + 1
            table = csv.reader(chain([header], text), delimiter=delimiter_of(header))
            before = above - 1
            for place, row in enumerate(table):
                first, before = before + 1, above - 1 + table.line_num
                if row and place:
                    yield first
    except csv.Error:
        pass  # rows that Python can't take apart keep their numbers
    finally:
        csv.field_size_limit(limit)


_Torn = Mapping[int, tuple[str, str, str]]
"""The place of a row in its file -> the kind, text and message of what is wrong."""


def _torn(ws: Workspace) -> dict[str, dict[int, tuple[str, str, str]]]:
    """The rows that DuckDB could not take apart, by file."""
    try:
        found = ws.execute(
            "SELECT file_path, line_byte_position, CAST(error_type AS VARCHAR), "
            "first(csv_line), first(error_message) FROM reject_errors "
            "JOIN (SELECT DISTINCT scan_id, file_id, file_path FROM reject_scans) "
            "USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.CatalogException:  # it keeps them only where it reads such files
        return {}
    ws.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    torn: dict[str, dict[int, tuple[str, str, str]]] = {}
    for path, position, kind, text, message in found:
        torn.setdefault(path, {}).setdefault(position, (kind, text or "", message))
    return torn


def _pieces(raw: RawLedger, torn: _Torn) -> list[tuple[int, str | None, str]]:
    """Line, text and reason of the rows of a file that could not be taken apart."""
    if raw.path is None or not torn:
        return []
    lines = _lines_of(raw.path, sorted(torn))
    pieces = []
    for position, (kind, text, message) in torn.items():
        start = len(text) - len(text.lstrip("\r\n"))
        line = lines[position] + text[:start].count("\n")
        shown = text.strip()[:500] or None
        pieces.append((line, shown, _reason(kind, text.strip("\r\n"), message)))
    return pieces


def _reason(kind: str, text: str, message: str) -> str:
    counts = re.search(r"Columns: (\d+) Found: (\d+)", message)
    if counts and "COLUMNS" in kind:
        expected, came = counts.groups()
        many = "more than" if int(came) > int(expected) else "only"
        cells = expected if int(came) > int(expected) else came
        return f"has {many} {cells} cells, expected {expected}"
    if kind == "UNQUOTED VALUE":
        inside = text.count("\n")
        swallowed = f"; it takes in the next {inside:,} lines" if inside else ""
        return f"has a quote that is not closed, or text after one{swallowed}"
    if kind == "INVALID ENCODING":
        return "is not UTF-8; save the file as UTF-8"
    if kind == "LINE SIZE OVER MAXIMUM":
        return f"is longer than {LONGEST_LINE >> 20} MB"
    return message.strip().rstrip(".")


def _lines_of(path: Path, positions: Sequence[int]) -> dict[int, int]:
    """The lines in which some bytes stand, both counted from 1."""
    lines: dict[int, int] = {}
    read, line, waiting = 0, 1, list(positions)
    for piece in read_chunks(path) if waiting else ():
        newline = b"\n" if b"\n" in piece else b"\r"
        done = 0
        while waiting and waiting[0] <= read + len(piece):
            place = waiting.pop(0) - 1 - read
            line += piece.count(newline, done, place)
            done = place
            lines[place + read + 1] = line
        line += piece.count(newline, done)
        read += len(piece)
        if not waiting:
            break
    return lines


def _columns(*names: str) -> dict[str, list[Any]]:
    return {name: [] for name in names}


def _extend(columns: Mapping[str, list[Any]], rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        for values, value in zip(columns.values(), row, strict=True):
            values.append(value)


def _table(columns: Mapping[str, list[Any]]) -> pa.Table:
    import pyarrow as pa

    whole = {"file", "n", "line"}
    return pa.table({
        key: pa.array(values, pa.int64() if key in whole else pa.string())
        for key, values in columns.items()
    })  # fmt: skip
