"""The requested columns of an opened ledger, wherever its records lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.envelopes.nesting import unnest
from meterwidgets.ledger.readers.raw_ledger import RawLedger

FILE_COLUMN = "@file"
"""The column of every ledger that holds the name of its file."""


def select_values(
    ledger: RawLedger,
    files: str,
    columns: Sequence[str],
    *,
    levels: Sequence[Level] = (),
    typed: Collection[str] = (),
) -> str:
    """SQL text of the rows of some files, with their requested columns.

    Args:
        ledger: The opened ledger.
        files: SQL text of the list of files to read.
        columns: The requested columns; one that does not exist is null.
        levels: The levels of a nested ledger.
        typed: The columns that keep their type; the others become text.

    Returns:
        A SELECT of ``file``; ``n``, the number of a row in its file, or null;
        ``broken``, the reason why a row can't be taken apart, and its ``text``; and
        the values ``v0``, ``v1`` ....

    Raises:
        LedgerError: When a nested ledger is expected and this is a flat table.
    """
    rows = ledger.select_rows(files)
    if ledger.json_paths is None:
        if levels:
            raise LedgerError(
                f"{ledger.name}: is a table, expected the JSON of an answer with its "
                "nested records; name the file that the service gave"
            )
        values = "".join(
            f", {_cell(ledger, column, column in typed)} AS v{index}"
            for index, column in enumerate(columns)
        )
        number = "n" if ledger.is_numbered else "NULL::BIGINT AS n"
        readable = "NULL::VARCHAR AS broken, NULL::VARCHAR AS text"
        return f"SELECT file, {number}, {readable}{values} FROM ({rows})"
    nested = [column for column in columns if column != FILE_COLUMN]
    rows = unnest(rows, levels, nested, json_path=ledger.json_path)
    values = "".join(
        f", {'filename' if column == FILE_COLUMN else f'r.v{nested.index(column)}'} "
        f"AS v{index}"
        for index, column in enumerate(columns)
    )
    return f"SELECT file, NULL::BIGINT AS n, broken, text{values} FROM ({rows}) AS r"


def _cell(ledger: RawLedger, column: str, typed: bool) -> str:
    """SQL text of a column of a flat table."""
    if column in ledger.sample.columns:
        cell = f"c{ledger.sample.columns.index(column)}"
        return cell if typed else f"CAST({cell} AS VARCHAR)"
    return "filename" if column == FILE_COLUMN else "NULL::VARCHAR"
