"""One DuckDB engine per process, and a workspace of its own for each reading.

Starting an engine and defining its macros takes as long as reading a small ledger.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from typing import TYPE_CHECKING

from meterwidgets.ledger.engine.macros import MACROS
from meterwidgets.ledger.engine.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "1GB"
_numbers = count()
_engine_lock = Lock()


@contextmanager
def open_workspace() -> Iterator[Workspace]:
    """An empty database in memory, with the macros defined.

    What exceeds the memory limit of the process spills to the system's temporary
    folder, never to the current one. Everything in it is gone afterwards.

    Examples:
        >>> with open_workspace() as ws:
        ...     ws.execute("SELECT parse_count('1,234') AS n").fetchall()
        [(1234,)]
    """
    import duckdb

    name = f"workspace_{next(_numbers)}"
    with _engine_lock:
        engine = _engine(os.getpid())
        con = engine.cursor()
    try:
        con.execute(f"ATTACH ':memory:' AS {name}")
        con.execute(f"SET search_path = '{name}.main,memory.main'")
        con.execute("SET enable_progress_bar = false")  # else it prints in a notebook
        ws = Workspace(con)
        try:
            yield ws
        finally:
            ws.spool.close()
    finally:
        con.close()
        with _engine_lock:
            try:
                engine.execute(f"DETACH {name}")
            except duckdb.Error:  # a fatal error stops an engine for good: replace it
                _engine.cache_clear()


@cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """The engine of a process; a forked one needs its own, for threads don't fork."""
    import duckdb

    spill = str(Path(gettempdir()) / "meterwidgets")
    con = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": spill,
            # compressing what is read once takes longer than reading it
            "checkpoint_threshold": "1TB",
            # writing a store's months takes half the time with one row group each
            "partitioned_write_flush_threshold": 122_880,
        }
    )
    con.execute(MACROS)
    return con
