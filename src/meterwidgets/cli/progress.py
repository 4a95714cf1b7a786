"""The progress bar of a terminal, while ledgers are read."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Self

import click

from meterwidgets.ledger.engine.progress import Done, Progress


class ProgressBar:
    """Shows the bytes read, the rows a second and the file on the error stream.

    Args:
        enabled: Whether to show it; it appears on a terminal only.
        further: Is told of the progress, too.
    """

    def __init__(
        self, *, enabled: bool = True, further: Progress | None = None
    ) -> None:
        self._further = further
        self._enabled = enabled and sys.stderr.isatty()
        self._bar: Any = None
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def update(self, done: Done) -> None:
        """Move the bar to what has been read so far."""
        if self._further is not None:
            self._further(done)
        if not self._enabled:
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=done.of, label="Reading", file=sys.stderr, show_pos=False,
                item_show_func=lambda item: item,
            )  # fmt: skip
            self._bar.__enter__()
        rate = done.rows / max(time.monotonic() - self._started, 1e-3)
        speed = f"{rate:,.0f} rows/s  " if done.rows else ""
        self._bar.update(done.bytes - self._bar.pos, speed + Path(done.name).name)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            if error[0] is None:
                self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(*error)
