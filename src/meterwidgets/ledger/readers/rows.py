"""Open a ledger of any shape as one SQL relation of numbered rows.

Files are read by DuckDB. A row keeps its number, so that an error can name the line;
values stay text until ``normalise`` checks them, so that money given as text never
passes a float.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.envelopes.nesting import unnested
from meterwidgets.ledger.readers.files import READ_ERRORS, format_suffix, open_binary
from meterwidgets.ledger.readers.json_sample import (
    HEAD,
    Json,
    json_paths,
    largest_object,
    look,
)
from meterwidgets.ledger.sources.base import Level, Sample

__all__ = ["LONGEST_LINE", "Raw", "delimiter", "open_file", "open_table"]

LONGEST_LINE = 16 << 20
FILE = "@file"
"""The column of every ledger that holds the name of its file."""


Reader = Callable[[str], str]
"""From SQL text of a list of files to that of their rows.

A row has the place of its ``file`` in the list, the ``filename``, and ``c0``, ``c1``
..., or the JSON text ``j``.
"""


@dataclass(frozen=True)
class Raw:
    """One opened ledger.

    Attributes:
        name: The file, or what to call a table in messages.
        unit: What the number of a row counts: line, record or row.
        reader: How its rows are read, and those of other files that are like it.
        sample: The columns and first records, to recognise the format by.
        kinds: The types of the columns of a typed table.
        paths: Column -> its path in the JSON, where the rows are JSON; else None.
        path: The file, where there is one.
        notes: What its reader should know, one sentence each.
        by_id: Whether a row is found by its id, since its number means nothing.
        numbered: Whether its rows come with their numbers ``n``.
    """

    name: str
    unit: str
    reader: Reader
    sample: Sample
    kinds: tuple[str, ...] = ()
    paths: Mapping[str, tuple[str, ...]] | None = field(default=None, repr=False)
    path: Path | None = None
    notes: tuple[str, ...] = ()
    by_id: bool = False
    numbered: bool = False

    @property
    def files(self) -> str:
        """SQL text of the list of this one file."""
        return f"[{path_literal(self.path)}]" if self.path else "[]"

    def kind(self, name: str) -> str:
        """The type of a column."""
        if self.kinds and name in self.sample.columns:
            return self.kinds[self.sample.columns.index(name)]
        return "VARCHAR"

    def relation(
        self,
        files: str,
        names: Sequence[str],
        levels: Sequence[Level] = (),
        typed: Collection[str] = (),
    ) -> str:
        """SQL text of the rows: ``file``, ``n``, ``broken``, ``text`` and the values.

        Args:
            files: SQL text of the list of files to read.
            names: The columns that are asked for; one that is not there is null.
            levels: The levels of a nested ledger.
            typed: The columns that keep their type; the others become text.

        Returns:
            A SELECT in which ``n`` is the number of a row in its file or null,
            ``broken`` the reason why it can't be taken apart, ``text`` is that row, and
            ``v0``, ``v1`` ... are the values.

        Raises:
            LedgerError: When a nested ledger is asked for and this is a flat table.
        """
        if self.paths is None and levels:
            raise LedgerError(
                f"{self.name}: is a table, expected the JSON of an answer with its "
                "nested records; name the file that the service gave"
            )
        rows = self.reader(files)
        if self.paths is None:
            values = "".join(
                f", {self._cell(name, name in typed)} AS v{place}"
                for place, name in enumerate(names)
            )
            nothing = "NULL::VARCHAR AS broken, NULL::VARCHAR AS text"
            number = "n" if self.numbered else "NULL::BIGINT AS n"
            return f"SELECT file, {number}, {nothing}{values} FROM ({rows})"
        inner = [name for name in names if name != FILE]
        rows = unnested(rows, levels, inner, path=self._json_path)
        values = "".join(
            f", {'filename' if name == FILE else f'i.v{inner.index(name)}'} AS v{place}"
            for place, name in enumerate(names)
        )
        return (
            f"SELECT file, NULL::BIGINT AS n, broken, text{values} FROM ({rows}) AS i"
        )

    def _cell(self, name: str, typed: bool) -> str:
        """SQL text of a column of a flat table."""
        if name in self.sample.columns:
            column = f"c{self.sample.columns.index(name)}"
            return column if typed else f"CAST({column} AS VARCHAR)"
        return "filename" if name == FILE else "NULL::VARCHAR"

    def has(self, name: str, con: duckdb.DuckDBPyConnection) -> bool:
        """Whether a column occurs, if only after the sample."""
        if name in self.sample.columns:
            return True
        if self.paths is None or any(part in name for part in '"*'):
            return False
        found = con.execute(
            f"SELECT 1 FROM ({self.reader(self.files)}) "
            f"WHERE TRY(json_exists(j, {self._json_path(name)})) LIMIT 1"
        )
        return found.fetchone() is not None

    def _json_path(self, name: str) -> str:
        parts = (self.paths or {}).get(name) or name.split(".")
        return literal("$" + "".join(f'."{part}"' for part in parts))


def open_file(path: Path, con: duckdb.DuckDBPyConnection) -> Raw:
    """Open one file by what is in it: Parquet, JSON, JSONL or CSV.

    Args:
        path: The file.
        con: What to look into it with.

    Raises:
        LedgerError: When the file can't be read, holds nothing, or its header can't
            be used.
    """
    try:
        with open_binary(path) as stream:
            head = stream.read(HEAD)
            if len(head) == HEAD and b"\n" not in head:  # a long first line
                head += stream.read(LONGEST_LINE)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    if head.startswith(b"PAR1"):
        return _parquet(path, con)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LedgerError(f"{path}: is UTF-16; save it as UTF-8")
    text = head.decode("utf-8-sig", "replace")
    if not text.strip():
        raise LedgerError(f"{path}: is empty; name a ledger that has rows")
    if text.lstrip()[0] in "[{" or format_suffix(path) in {
        ".json",
        ".jsonl",
        ".ndjson",
    }:
        return _nested(path, look(path, text, con))
    return _csv(path, text)


def open_table(table: Any, con: duckdb.DuckDBPyConnection, name: str) -> Raw:
    """Open a dataframe: anything with ``__arrow_c_stream__`` (PyCapsule interface).

    Raises:
        LedgerError: When the object can't hand out Arrow.
    """
    import pyarrow as pa

    try:
        arrow = pa.table(table)
    except (TypeError, ValueError, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowException) or hasattr(table, "columns"):
            raise LedgerError(
                f"the table: a column can't be taken as Arrow ({error}); give each "
                "column one type"
            ) from None
        raise LedgerError(
            f"expected a path or a dataframe (pandas, polars, pyarrow, DuckDB), got "
            f"{type(table).__name__}"
        ) from None
    names = tuple(str(each) for each in arrow.column_names)
    _check_names(names, "the table")
    con.register(name, arrow.rename_columns([f"c{i}" for i in range(len(names))]))
    rows = f"SELECT 0 AS file, 'the table' AS filename, * FROM {name}"
    kinds = _kinds(con, f"SELECT * FROM {name}")
    return Raw("the table", "row", lambda _: rows, Sample(names), kinds)


def delimiter(header: str) -> str:
    """What separates the cells of a CSV file, by its header.

    Examples:
        >>> delimiter("start;prompt_tokens;cost, total")
        ';'
    """
    return max(",;\t|", key=header.count)


def _check_names(names: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen or not name.strip():
            twice = f"column {name!r} stands there twice"
            what = twice if name.strip() else "a column has no name"
            raise LedgerError(f"{where}: {what}; give every column its own name")
        seen.add(name)


def _kinds(con: duckdb.DuckDBPyConnection, rows: str) -> tuple[str, ...]:
    return tuple(str(kind) for kind in con.sql(rows).types)


def _csv(path: Path, text: str) -> Raw:
    blank = len(text) - len(text.lstrip("\r\n"))
    first = text[:blank].count("\n") or text[:blank].count("\r")
    cut = delimiter(text[blank:].splitlines()[0])
    names = next(csv.reader(io.StringIO(text[blank:], newline=""), delimiter=cut))
    names = [name.strip() for name in names]
    _check_names(names, f"{path}, line {first + 1}")
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(names)))
    ends = "\\r\\n" if "\r\n" in text else "\\n" if "\n" in text else "\\r"

    def reader(files: str) -> str:
        return (
            f"SELECT file_index AS file, filename, * FROM read_csv({files}, "
            f"auto_detect=false, header=true, skip={first}, columns={{{columns}}}, "
            f"delim={literal(cut)}, quote='\"', escape='\"', hive_partitioning=false, "
            f"store_rejects=true, max_line_size={LONGEST_LINE}) /* {ends} */"
        )

    return Raw(str(path), "line", reader, Sample(tuple(names)), path=path)


def _nested(path: Path, found: Json) -> Raw:
    paths = json_paths(found.rows)
    return Raw(
        str(path),
        "line" if found.lines else "record",
        _json_lines if found.lines else _documents(path, found.format),
        Sample(tuple(paths), found.rows),
        paths=paths,
        path=path,
    )


def _json_lines(files: str) -> str:
    # a separator that no text holds makes a line one cell; lenient, since nothing
    # is quoted and lines may end in either way; to trim a line takes longer than all
    # that is taken out of it, so it is only done where no object begins
    return (
        f"SELECT file_index AS file, filename, j FROM read_csv({files}, "
        "columns={'j': 'VARCHAR'}, auto_detect=false, header=false, "
        "delim='\x01\x02\x03\x04', quote='', escape='', strict_mode=false, "
        "hive_partitioning=false, store_rejects=true, "
        f"max_line_size={LONGEST_LINE}) "
        "WHERE starts_with(j, '{') OR trim(j, ' \t\r\n') <> ''"
    )


def _documents(path: Path, layout: str) -> Reader:
    largest = largest_object(path)
    return lambda files: (
        "SELECT file_index AS file, filename, json::VARCHAR AS j FROM "
        f"read_json_objects({files}, format='{layout}', "
        f"hive_partitioning=false, maximum_object_size={largest})"
    )


def _parquet(path: Path, con: duckdb.DuckDBPyConnection) -> Raw:
    try:
        described = con.sql(f"SELECT * FROM read_parquet({path_literal(path)})")
        names, kinds = described.columns, [str(kind) for kind in described.types]
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    # what is nested becomes JSON, as it is in the other formats
    cells = ", ".join(
        f"to_json(c{place})::VARCHAR AS c{place}"
        if kind.startswith(("MAP(", "STRUCT(")) or kind.endswith("]")
        else f"c{place}"
        for place, kind in enumerate(kinds)
    )
    aliases = ", ".join(f"c{place}" for place in range(len(kinds)))
    alike = " ".join(map(repr, zip(names, kinds, strict=True))).replace("*/", "")

    def reader(files: str) -> str:
        return (
            "SELECT file_index AS file, filename, file_row_number + 1 AS n, "
            f"{cells} FROM read_parquet({files}, hive_partitioning=false) "
            f"AS t({aliases}) /* {alike} */"
        )

    sample = Sample(tuple(names))
    return Raw(str(path), "row", reader, sample, tuple(kinds), path=path, numbered=True)
