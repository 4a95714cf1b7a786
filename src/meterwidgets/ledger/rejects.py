"""The rows that a ledger could not give: where they stand and what is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.files import UNREADABLE, chunks, literal, opened
from meterwidgets.ledger.raw import LONGEST_LINE, Raw, delimiter

KEPT = 10_000
"""So many rejected rows are kept in memory; the file of rejects holds all."""

_COLUMNS = (
    "file VARCHAR, line BIGINT, unit VARCHAR, field VARCHAR, value VARCHAR, "
    "reason VARCHAR"
)


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table ``rejects``."""
    con.execute(f"CREATE TABLE rejects ({_COLUMNS})")


def keep(con: duckdb.DuckDBPyConnection, raw: Raw, unit: str) -> None:
    """Move the bad rows of ``parsed`` to ``rejects``, by the lines of the file.

    Args:
        con: A connection with ``parsed``.
        raw: The ledger.
        unit: What the numbers in ``parsed`` count, if not the rows of the ledger.
    """
    line, join, reason = "n", "", "reject.reason"
    if raw.by_id:
        reason += " || coalesce(' (' || record_id || ')', '')"
    if raw.unit == "line" and raw.path is not None:
        try:
            torn = _torn(con, raw.path)
            places = {place for place, *_ in torn}
            lines = _bad_lines(con, raw, places) if unit == "line" else {}
        except UNREADABLE as error:
            raise LedgerError(f"{raw.name}: can't be read ({error})") from None
        _insert(con, "torn", {
            "file": [raw.name] * len(torn),
            "line": [line for line, *_ in torn],
            "value": [text for _, text, _ in torn],
            "reason": [reason for *_, reason in torn],
        })  # fmt: skip
        _insert(con, "physical", {"n": list(lines), "line": list(lines.values())})
        con.execute(
            "INSERT INTO rejects SELECT file, CAST(line AS BIGINT), 'line', '', "
            "CAST(value AS VARCHAR), reason FROM torn"
        )
        line, join = "coalesce(line, n)", "LEFT JOIN physical USING (n)"
    con.execute(
        f"INSERT INTO rejects SELECT {literal(raw.name)}, {line}, '{unit}', "
        f"reject.field, reject.value, {reason} "
        f"FROM parsed {join} WHERE reject IS NOT NULL"
    )


def count(con: duckdb.DuckDBPyConnection) -> int:
    """How many rows were rejected."""
    (found,) = con.execute("SELECT count(*) FROM rejects").fetchone() or (0,)
    return int(found)


def rows(con: duckdb.DuckDBPyConnection) -> Iterator[Mapping[str, Any]]:
    """The rejected rows, in the order of the ledger."""
    found = con.execute("SELECT * FROM rejects ORDER BY file, line")
    names = [column[0] for column in found.description or ()]
    while batch := found.fetchmany(KEPT):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def line_of(con: duckdb.DuckDBPyConnection, raw: Raw, number: int) -> int:
    """The line, or else the number, of a row that could be taken apart."""
    if raw.path is None or raw.unit != "line":
        return number
    found = con.execute(
        "SELECT line FROM rejects WHERE file = ? AND field = ''", [raw.name]
    ).fetchall()
    starts = _csv_rows(raw.path) if raw.paths is None else _json_lines(raw.path)
    torn = {line for (line,) in found}
    return _physical(starts, [number], torn).get(number, number)


def _bad_lines(
    con: duckdb.DuckDBPyConnection, raw: Raw, torn: set[int]
) -> dict[int, int]:
    """The lines of the bad rows of ``parsed``, by their numbers."""
    found = con.execute("SELECT n FROM parsed WHERE reject IS NOT NULL ORDER BY n")
    numbers = [n for (n,) in found.fetchall()]
    if raw.path is None or not numbers:
        return {}
    starts = _csv_rows(raw.path) if raw.paths is None else _json_lines(raw.path)
    return _physical(starts, numbers, torn)


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
    with opened(path) as binary:
        text = io.TextIOWrapper(binary, "utf-8", "replace")
        for number, line in enumerate(text, 1):
            if line.strip(" \t\r\n\ufeff"):
                yield number


def _csv_rows(path: Path) -> Iterator[int]:
    """The line on which each row below the header begins; blank ones are no rows."""
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        with opened(path) as binary:
            text = io.TextIOWrapper(binary, "utf-8-sig", "replace", newline="")
            above, header = 0, ""
            while not header.strip():
                header, above = next(text), above + 1
            table = csv.reader(chain([header], text), delimiter=delimiter(header))
            before = above - 1
            for place, row in enumerate(table):
                first, before = before + 1, above - 1 + table.line_num
                if row and place:
                    yield first
    except csv.Error:
        pass  # rows that Python can't take apart keep their numbers
    finally:
        csv.field_size_limit(limit)


def _torn(
    con: duckdb.DuckDBPyConnection, path: Path
) -> list[tuple[int, str | None, str]]:
    """Line, text and reason of the rows that DuckDB could not take apart."""
    found = con.execute(
        "SELECT line_byte_position, CAST(error_type AS VARCHAR), first(csv_line), "
        "first(error_message) FROM reject_errors GROUP BY ALL ORDER BY 1"
    ).fetchall()
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    first: dict[int, tuple[str, str, str]] = {}
    for position, kind, text, message in found:
        first.setdefault(position, (kind, text or "", message))
    lines = _lines_of(path, sorted(first))
    torn = []
    for position, (kind, text, message) in first.items():
        start = len(text) - len(text.lstrip("\r\n"))
        line = lines[position] + text[:start].count("\n")
        shown = text.strip()[:500] or None
        torn.append((line, shown, _reason(kind, text.strip("\r\n"), message)))
    return torn


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
    for piece in chunks(path) if waiting else ():
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


def _insert(
    con: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, list[Any]]
) -> None:
    """Register a small table; ``con`` keeps it under its name."""
    import pyarrow as pa

    kinds = {"n": pa.int64(), "line": pa.int64()}
    arrays = {
        key: pa.array(values, kinds.get(key, pa.string()))
        for key, values in columns.items()
    }
    con.register(name, pa.table(arrays))
