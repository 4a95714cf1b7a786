"""A table or a query that somebody names behind a database file: usage.db?table=x."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool
from meterwidgets.ledger.readers.databases import sqlite_file
from meterwidgets.ledger.readers.databases.duckdb_file import open_duckdb
from meterwidgets.ledger.readers.databases.sqlite_file import open_sqlite
from meterwidgets.ledger.readers.databases.tables import copy_named
from meterwidgets.ledger.readers.stored_file import StoredFile


def named_rows(
    source: str, state_of: Callable[[Path], tuple[int, int]]
) -> StoredFile | None:
    """The rows that a table or a query behind a database file names.

    Args:
        source: What a user named; None is returned where it names no such rows.
        state_of: The size and state of a file.

    Raises:
        LedgerError: When the file is not there.
    """
    scheme = re.match(r"(sqlite|duckdb):(///)?", source, re.IGNORECASE)
    rest = source[scheme.end() :] if scheme else source
    path_text, _, option = rest.partition("?")
    kind, _, text = option.partition("=")
    if not scheme and (kind not in ("table", "query") or not text):
        return None
    path = Path(unquote(path_text) if scheme else path_text).expanduser()
    if not path.is_file():
        raise LedgerError(f"no file {path_text!r}; check the path before the ?")
    size, changed = state_of(path)
    name = f"{path}?{option}" if option else str(path)
    if option and (kind not in ("table", "query") or not text):
        raise LedgerError(
            f"{path}: expected ?table=NAME or ?query=SELECT ... behind it"
        )
    if not option:
        return StoredFile(name, size, changed, fetch=lambda _: path)
    words = {kind: unquote(text) if scheme else text}
    return StoredFile(name, size, changed, fetch=partial(_copy, path, words))


def _copy(path: Path, words: dict[str, str], spool: Spool) -> Path:
    table, query = words.get("table", ""), words.get("query", "")
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(sqlite_file.MAGIC):
        with open_sqlite(path, spool) as database:
            return copy_named(database, path, table, query)
    if head[8:12] != b"DUCK":
        raise LedgerError(f"{path}: is no database, so it has no table or query")
    with duckdb.connect() as con, open_duckdb(path, con, spool) as attached:
        return copy_named(attached, path, table, query)
