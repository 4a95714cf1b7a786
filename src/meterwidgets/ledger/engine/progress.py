"""Progress of reading: between ledgers, and inside a large one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_INTERVAL_S = 0.2
LARGE = 4 << 20
"""Inputs of this many bytes report progress while they are read."""


@dataclass(frozen=True)
class Done:
    """What has been read so far.

    Attributes:
        name: The input that is being read.
        bytes: Bytes of all inputs read so far.
        of: Bytes of all inputs.
        rows: Rows read so far.
    """

    name: str
    bytes: int
    of: int
    rows: int


Progress = Callable[[Done], None]
"""Called now and then with what has been read so far."""


class Steps:
    """The progress of several steps as one, from nothing to all bytes.

    Args:
        progress: Called with it; None for nobody.

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
        """Begin the next step, which ends at this share of the work."""
        self._from, self._to = self._to, share

    @property
    def progress(self) -> Progress | None:
        """What to call with the progress of this step; None if nobody listens."""
        return None if self._progress is None else self._report

    @property
    def tell(self) -> Callable[[float], None] | None:
        """What to call with the completed part of this step; None if it is quick."""
        last = self._last
        if self._progress is None or last.of < LARGE:
            return None
        return lambda part: self._report(replace(last, bytes=round(part * last.of)))

    def _report(self, done: Done) -> None:
        self._last = done
        if self._progress is not None:
            part = self._from * done.of + (self._to - self._from) * done.bytes
            self._progress(replace(done, bytes=round(part)))

    def end(self) -> None:
        """Report that everything is done."""
        self._from, self._to = 0, 1
        self._report(replace(self._last, bytes=self._last.of))


def run(
    con: duckdb.DuckDBPyConnection,
    statement: str,
    tell: Callable[[float], None] | None,
) -> tuple[Any, ...] | None:
    """Run a statement that may take long, and return its first row.

    Args:
        con: A connection that nobody else uses.
        statement: SQL text.
        tell: Called now and then, in the calling thread, with the completed part;
            None is quicker for a short statement.
    """
    if tell is None:
        return con.execute(statement).fetchone()
    con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    con.execute("SET progress_bar_time = 0")
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: con.execute(statement).fetchone())
        try:
            part = 0.0
            while not wait([running], _INTERVAL_S).done:
                # at the end no statement is running, and its progress is -1
                part = max(part, con.query_progress() / 100)
                tell(part)
        except BaseException:
            con.interrupt()
            raise
        return running.result()
