"""How far reading is: between ledgers, and inside a large one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import duckdb

_EVERY_S = 0.2


@dataclass(frozen=True)
class Done:
    """How far reading is.

    Attributes:
        name: What it is that is being read.
        bytes: How much of the inputs has been read.
        of: How much there is to read.
        rows: Rows that were read.
    """

    name: str
    bytes: int
    of: int
    rows: int


Progress = Callable[[Done], None]
"""Told now and then how far it is."""


def run(
    con: duckdb.DuckDBPyConnection,
    statement: str,
    tell: Callable[[float], None] | None,
) -> Any:
    """Run a statement that may take long; give its first row.

    Args:
        con: A connection of one's own.
        statement: SQL text.
        tell: Called now and then, by the thread that asked, with the part that is
            done; None is quicker for what is small.
    """
    if tell is None:
        return con.execute(statement).fetchone()
    con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    con.execute("SET progress_bar_time = 0")
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(lambda: con.execute(statement).fetchone())
        try:
            part = 0.0
            while not wait([running], _EVERY_S).done:
                # at its end the engine knows of no statement, and says -1
                part = max(part, con.query_progress() / 100)
                tell(part)
        except BaseException:
            con.interrupt()
            raise
        return running.result()
