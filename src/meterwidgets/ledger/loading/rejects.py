"""Rejected rows and doubtful fields: where they stand and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.loading.line_numbers import lines_of_bytes, lines_of_rows
from meterwidgets.ledger.readers.files import LONGEST_LINE, READ_ERRORS
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records.doubts import REPORTED_COST
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.ledger.records.raw_fields import PART_STEP

if TYPE_CHECKING:
    import pyarrow as pa

KEPT = 10_000
"""Rejected rows kept in memory; the file of rejects has all of them."""


def create(ws: Workspace) -> None:
    """Create the empty table ``rejects``."""
    ws.create_empty(
        ws.rejects,
        "file VARCHAR, line BIGINT, unit VARCHAR, field VARCHAR, value VARCHAR, "
        "reason VARCHAR, kept BOOLEAN, nano BIGINT, currency VARCHAR, "
        "number BIGINT, n BIGINT",
    )


def collect(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int], *, count: int
) -> None:
    """Copy the bad rows and doubts of ``reported`` to ``rejects``, with their lines.

    Args:
        ws: A workspace with ``reported``.
        plans: The ledgers as they were given.
        order: The numbers of the ledgers by the numbers of their files in ``reported``.
        count: How many such rows there are, besides malformed ones.
    """
    malformed = _malformed_rows(ws)
    if not count and not malformed:
        return
    numbers: dict[int, list[int]] = {}
    for file, number in ws.execute(
        f"SELECT DISTINCT file, n % {PART_STEP} AS n FROM {ws.reported} "
        "WHERE reject IS NOT NULL OR doubts IS NOT NULL ORDER BY ALL"
    ).fetchall():
        numbers.setdefault(file, []).append(number)
    files = _columns("file", "name", "unit", "number")
    lines = _columns("file", "n", "line")
    unparsed = _columns("file", "line", "value", "reason")
    for file, plan in enumerate(plans[number] for number in order):
        name = plan.raw.name
        unparsed_rows = malformed.get(str(plan.raw.path), {})
        if file not in numbers and not unparsed_rows:
            continue
        _extend(files, [(file, name, plan.unit, order[file])])
        try:
            rows = _described(plan.raw, unparsed_rows)
            if plan.unit == "line":
                of_file = numbers.get(file, [])
                found = lines_of_rows(plan.raw, of_file, {line for line, *_ in rows})
                _extend(lines, ((file, n, line) for n, line in found.items()))
        except READ_ERRORS as error:
            raise LedgerError(f"{name}: can't be read ({error})") from None
        _extend(unparsed, ((file, *row) for row in rows))
    by_id = [
        str(file) for file, each in enumerate(order) if plans[each].raw.is_unordered
    ]
    _insert(ws, files, lines, unparsed, by_id)


_Columns = dict[str, list[Any]]


def _insert(
    ws: Workspace,
    files: _Columns,
    lines: _Columns,
    unparsed: _Columns,
    by_id: Sequence[str],
) -> None:
    """Fill ``rejects``.

    Args:
        ws: A workspace with ``reported``.
        files: The number, name and unit of files with bad rows.
        lines: The line of each numbered row, where it is known.
        unparsed: The rows that have no number.
        by_id: The files whose rows are found by their ids, not their numbers.
    """
    with (
        ws.registered(_table(files)) as names,
        ws.registered(_table(lines)) as line_numbers,
        ws.registered(_table(unparsed)) as malformed,
    ):
        ws.execute(
            f"INSERT INTO {ws.rejects} BY NAME SELECT name AS file, line, 'line' AS "
            "unit, '' AS field, value, reason, false AS kept "
            f"FROM {malformed} JOIN {names} USING (file)"
        )
        reason = (
            f"bad.reason || CASE WHEN b.file IN ({', '.join(by_id) or 'NULL'}) "
            "THEN coalesce(' (' || record_id || ')', '') ELSE '' END"
        )
        ws.execute(
            f"INSERT INTO {ws.rejects} BY NAME SELECT name AS file, "
            f"coalesce(line, b.n % {PART_STEP}) AS line, unit, "
            "bad.field AS field, bad.value AS value, "
            f"{reason} AS reason, kept, nano, currency, number, b.n AS n "
            f"FROM ({_BAD}) AS b JOIN {names} USING (file) "
            f"LEFT JOIN {line_numbers} AS l "
            f"ON l.file = b.file AND l.n = b.n % {PART_STEP}"
        )


_BAD = f"""
SELECT file, n, record_id, reject IS NULL AS kept,
  {REPORTED_COST} AS nano,
  reported_currency AS currency,
  unnest(CASE WHEN reject IS NULL THEN doubts ELSE [reject] END) AS bad
FROM {Workspace.reported} WHERE reject IS NOT NULL OR doubts IS NOT NULL
"""
"""SQL text of the rejected rows, and of each doubtful field of the others.

``nano`` is the money that was recorded in the row, in ``currency``, which is null where
there is none.
"""


def count(ws: Workspace) -> int:
    """The number of rejected rows."""
    return ws.count(f"{ws.rejects} WHERE NOT kept")


def rows(ws: Workspace) -> Iterator[Mapping[str, Any]]:
    """The rejected rows and the doubtful fields, in the order of the ledger."""
    found = ws.execute(
        "SELECT file, line, unit, field, value, reason, kept "
        f"FROM {ws.rejects} ORDER BY file, line, field"
    )
    names = [column[0] for column in found.description or ()]
    while batch := found.fetchmany(KEPT):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def first(ws: Workspace) -> tuple[Mapping[str, Any], ...]:
    """The first rejected row, where there is one."""
    return tuple(islice((row for row in rows(ws) if not row["kept"]), 1))


def line_of(ws: Workspace, raw: RawLedger, number: int) -> int:
    """The line of a numbered row, or its number where rows are no lines."""
    if raw.path is None or raw.unit != "line":
        return number
    found = ws.execute(
        f"SELECT line FROM {ws.rejects} WHERE file = ? AND field = ''", [raw.name]
    ).fetchall()
    malformed = {line for (line,) in found}
    return lines_of_rows(raw, [number], malformed).get(number, number)


class _ParseError(NamedTuple):
    """Why DuckDB could not parse a row: the kind of error, the row, the message."""

    kind: str
    text: str
    message: str


def _malformed_rows(ws: Workspace) -> dict[str, dict[int, _ParseError]]:
    """The rows that DuckDB could not parse: file -> position of the row -> why."""
    try:
        found = ws.execute(
            "SELECT file_path, line_byte_position, CAST(error_type AS VARCHAR), "
            "first(csv_line), first(error_message) FROM reject_errors "
            "JOIN (SELECT DISTINCT scan_id, file_id, file_path FROM reject_scans) "
            "USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.CatalogException:  # DuckDB's tables, made where it reads text files
        return {}
    ws.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    malformed: dict[str, dict[int, _ParseError]] = {}
    for path, position, kind, text, message in found:
        error = _ParseError(kind, text or "", message)
        malformed.setdefault(path, {}).setdefault(position, error)
    return malformed


def _described(
    raw: RawLedger, malformed: Mapping[int, _ParseError]
) -> list[tuple[int, str | None, str]]:
    """Line, text and reason of the malformed rows of a file."""
    if raw.path is None or not malformed:
        return []
    lines = lines_of_bytes(raw.path, sorted(malformed))
    described = []
    for position, error in malformed.items():
        blank = len(error.text) - len(error.text.lstrip("\r\n"))
        line = lines[position] + error.text[:blank].count("\n")
        described.append((line, error.text.strip()[:500] or None, _reason(error)))
    return described


def _reason(error: _ParseError) -> str:
    counts = re.search(r"Columns: (\d+) Found: (\d+)", error.message)
    if counts and "COLUMNS" in error.kind:
        expected, found = counts.groups()
        if int(found) > int(expected):
            return f"has more than {expected} cells, expected {expected}"
        return f"has only {found} cells, expected {expected}"
    if error.kind == "UNQUOTED VALUE":
        inside = error.text.strip("\r\n").count("\n")
        swallowed = f"; it takes in the next {inside:,} lines" if inside else ""
        return f"has a quote that is not closed, or text after one{swallowed}"
    if error.kind == "INVALID ENCODING":
        return "is not UTF-8; save the file as UTF-8"
    if error.kind == "LINE SIZE OVER MAXIMUM":
        return f"is longer than {LONGEST_LINE >> 20} MB"
    return error.message.strip().rstrip(".")


def _columns(*names: str) -> _Columns:
    return {name: [] for name in names}


def _extend(columns: _Columns, rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        for values, value in zip(columns.values(), row, strict=True):
            values.append(value)


def _table(columns: _Columns) -> pa.Table:
    import pyarrow as pa

    integers = {"file", "n", "line", "number"}
    return pa.table({
        name: pa.array(values, pa.int64() if name in integers else pa.string())
        for name, values in columns.items()
    })  # fmt: skip
