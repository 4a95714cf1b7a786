"""The engine: one DuckDB a process, with a workspace of its own for each reading.

To start an engine and to teach it the rules takes as long as to read a small ledger.
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

MEMORY = "1GB"
_numbers = count()
_alone = Lock()


@contextmanager
def open_workspace() -> Iterator[Workspace]:
    """An empty database in memory that knows the rules of ``normalise``.

    What does not fit into the limit of the process goes to the system's temporary
    folder, not to the reader's. All that was made in it is gone afterwards.

    Examples:
        >>> with open_workspace() as ws:
        ...     ws.execute("SELECT parse_count('1,234') AS n").fetchall()
        [(1234,)]
    """
    import duckdb

    name = f"workspace_{next(_numbers)}"
    with _alone:
        engine = _engine(os.getpid())
        con = engine.cursor()
    try:
        con.execute(f"ATTACH ':memory:' AS {name}")
        con.execute(f"SET search_path = '{name}.main,memory.main'")
        con.execute("SET enable_progress_bar = false")  # else it prints in a notebook
        yield Workspace(con)
    finally:
        con.close()
        with _alone:
            try:
                engine.execute(f"DETACH {name}")
            except duckdb.Error:  # one that broke down refuses all work: start another
                _engine.cache_clear()


@cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """The engine of a process: the threads of another one do not outlive a fork."""
    import duckdb

    spill = str(Path(gettempdir()) / "meterwidgets")
    con = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": spill,
            # to press what is read once takes longer than to read it
            "checkpoint_threshold": "1TB",
            # a store's months take half the time if they wait for one row group only
            "partitioned_write_flush_threshold": 122_880,
        }
    )
    con.execute(MACROS)
    return con
