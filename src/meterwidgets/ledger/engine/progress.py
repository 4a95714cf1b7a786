"""How far reading is: between ledgers, and inside a large one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_EVERY_S = 0.2
LARGE = 4 << 20
"""Of so many bytes it is said how far they are while they are read."""


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


class Steps:
    """How far a work of several steps is, as one way from nothing to all of it.

    Args:
        progress: Told of it; None is told nothing.

    Examples:
        >>> steps = Steps(lambda done: print(done.bytes))
        >>> steps.until(0.5)
        >>> steps.progress(Done("a.csv", 8 << 20, 8 << 20, 1000))
        4194304
        >>> steps.until(1)
        >>> steps.tell(0.25)
        5242880
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._from = self._to = 0.0
        self._last = Done("", 0, 0, 0)

    def until(self, share: float) -> None:
        """Begin the next step, with which so much of the work is done."""
        self._from, self._to = self._to, share

    @property
    def progress(self) -> Progress | None:
        """Says how far the step is; None where nobody is told."""
        return None if self._progress is None else self._say

    @property
    def tell(self) -> Callable[[float], None] | None:
        """Says which part of the step is done; None where nobody would wait for it."""
        last = self._last
        if self._progress is None or last.of < LARGE:
            return None
        return lambda part: self._say(replace(last, bytes=round(part * last.of)))

    def _say(self, done: Done) -> None:
        self._last = done
        if self._progress is not None:
            part = self._from * done.of + (self._to - self._from) * done.bytes
            self._progress(replace(done, bytes=round(part)))

    def end(self) -> None:
        """Say that all of it is done."""
        self._from, self._to = 0, 1
        self._say(replace(self._last, bytes=self._last.of))


def run(
    con: duckdb.DuckDBPyConnection,
    statement: str,
    tell: Callable[[float], None] | None,
) -> tuple[Any, ...] | None:
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
