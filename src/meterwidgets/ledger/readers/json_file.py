"""JSON files as rows of JSON text: lines, the items of an array, or documents."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import duckdb

from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.readers.files import LONGEST_LINE, READ_FIRST
from meterwidgets.ledger.readers.json_layout import (
    json_paths,
    largest_object,
    parse_objects,
    sniff_json,
)
from meterwidgets.ledger.readers.raw_ledger import RawLedger, SelectRows
from meterwidgets.ledger.readers.sample import Sample


def open_json(path: Path, head: str, con: duckdb.DuckDBPyConnection) -> RawLedger:
    """Open a JSON file by its layout.

    Args:
        path: The file.
        head: Its beginning, which is not blank.
        con: The engine that samples its records.

    Raises:
        LedgerError: When nothing in it is readable as JSON.
    """
    layout, records = sniff_json(path, head, con)
    is_lines = layout == "newline_delimited"
    select = _select_documents(path, layout)
    if not records and _LISTS.match(head):
        select = partial(_select_items, select)
        items = con.execute(f"SELECT j FROM ({select(f'[{path_literal(path)}]')})")
        records = tuple(parse_objects([j for (j,) in items.fetchmany(_SAMPLED)]))
    paths = json_paths(records)
    return RawLedger(
        str(path),
        "line" if is_lines else "record",
        select_lines if is_lines else select,
        Sample(tuple(paths), records),
        json_paths=paths,
        path=path,
        select_first=partial(select_lines, more=READ_FIRST) if is_lines else None,
    )


_LISTS = re.compile(r"\s*\[\s*\[")
_SAMPLED = 200


def _select_items(select: SelectRows, files: str) -> str:
    """SQL text of the items of lists, such as the spans of Zipkin's traces."""
    return (
        "SELECT file, filename, unnest(coalesce(TRY(json_extract(j, '$[*]')::VARCHAR[])"
        f", [j])) AS j FROM ({select(files)})"
    )


def select_lines(files: str, more: str = "") -> str:
    """SQL text of the lines of files, but for those that are blank.

    Args:
        files: SQL text of their list.
        more: Further options of the reader of CSV, each after a comma.
    """
    # The CSV reader is used because it keeps the lines that it can't read. A separator
    # that occurs in no text makes each line one cell; it is lenient, since nothing is
    # quoted and lines may end in either way. Trimming a line takes longer than
    # extracting all of its values, so it is done only where no object begins.
    return (
        f"SELECT file_index AS file, filename, j FROM read_csv({files}, "
        "columns={'j': 'VARCHAR'}, auto_detect=false, header=false, "
        "delim='\x01\x02\x03\x04', quote='', escape='', strict_mode=false, "
        "hive_partitioning=false, store_rejects=true, "
        f"max_line_size={LONGEST_LINE}{more}) "
        "WHERE starts_with(j, '{') OR trim(j, ' \t\r\n') <> ''"
    )


def _select_documents(path: Path, layout: str) -> SelectRows:
    object_size = largest_object(path)
    return lambda files: (
        "SELECT file_index AS file, filename, json::VARCHAR AS j FROM "
        f"read_json_objects({files}, format='{layout}', "
        f"hive_partitioning=false, maximum_object_size={object_size})"
    )
