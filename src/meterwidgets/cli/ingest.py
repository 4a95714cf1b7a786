"""``meterwidgets ingest`` on a terminal: progress, a summary, and following."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import click

from meterwidgets import config as settings
from meterwidgets.errors import LedgerError
from meterwidgets.frame.store.ingest import Added, ingest
from meterwidgets.frame.store.store import FED
from meterwidgets.ledger.read import Done
from meterwidgets.text import counted, plain


class Ingesting:
    """Reads ledgers into a store and says what came of it.

    Args:
        ledgers: Files, folders or globs; empty takes those of the config.
        store: The folder of the store.
        source: The format, if it is not to be recognised.
        config: Prices, columns, labels and zone.
        folder: What the paths of the config are relative to.
    """

    def __init__(
        self,
        ledgers: Sequence[str],
        store: str,
        *,
        source: str | None,
        config: settings.Config,
        folder: Path,
    ) -> None:
        self._ledgers, self._store, self._source = ledgers, Path(store), source
        self._config, self._folder = config, folder
        self._said: tuple[str, ...] = ()

    def run(self, *, every: float | None = None) -> None:
        """Read once, or again and again until SIGINT or SIGTERM.

        Args:
            every: So many seconds between two looks; None looks once.

        Raises:
            LedgerError: When something could not be read; what could be is in.
        """
        added = self._once(following=every is not None)
        if every is None:
            if added.problems:
                raise LedgerError(_many(added.problems))
            return
        ended = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        click.echo(f"following; ends with Ctrl+C, looks every {every:g} s", err=True)
        while not ended.wait(every):
            self._once(following=True)

    def _once(self, *, following: bool) -> Added:
        try:
            added = self._ingest(quiet=following)
        except LedgerError as error:
            if not following:
                raise
            added = Added(problems=(str(error),))
        if following:
            if added.problems != self._said:  # not anew with every look
                for problem in added.problems:
                    click.secho(plain(problem), fg="yellow", err=True)
            self._said = added.problems
            if self._store.is_dir():
                (self._store / FED).touch()
        if added.read or not following:
            click.echo(self._summary(added))
        return added

    def _ingest(self, *, quiet: bool) -> Added:
        wanted = settings.requests(
            self._ledgers,
            config=self._config,
            folder=self._folder,
            source=self._source,
        )
        with _Bar(shown=sys.stderr.isatty() and not quiet) as bar:
            added = ingest(
                wanted,
                self._store,
                prices=settings.prices(self._config),
                tz=self._config.timezone,
                labels=self._config.labels,
                progress=bar.step,
                waiting=lambda: click.echo(
                    f"{self._store}: another ingest writes; waiting for it", err=True
                ),
            )
        for note in added.notes:
            click.echo(plain(note), err=True)
        return added

    def _summary(self, added: Added) -> str:
        """What an ingest did, in a line."""
        said = [f"{counted(added.records, 'record', 'records')} added"]
        for number, words in (
            (added.replaced, "replaced"),
            (added.duplicates, "there already"),
            (added.rejected, "rejected"),
        ):
            if number:
                said.append(f"{number:,} {words}")
        if added.unchanged:
            said.append(f"{counted(added.unchanged, 'file', 'files')} unchanged")
        return f"{self._store}: {', '.join(said)}"


def _many(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{problems[0]} (and {len(problems) - 1:,} more that can't be read)"


class _Bar:
    """A progress bar with rows a second and the time that is left."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._bar: Any = None
        self._began = time.monotonic()

    def __enter__(self) -> _Bar:
        return self

    def step(self, done: Done) -> None:
        """Show how far it is."""
        if not self._shown:
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=done.of, label="Reading", file=sys.stderr, show_pos=False,
                item_show_func=lambda item: item,
            )  # fmt: skip
            self._bar.__enter__()
        rate = done.rows / max(time.monotonic() - self._began, 1e-3)
        said = f"{rate:,.0f} rows/s  " if done.rows else ""  # not known yet
        self._bar.update(done.bytes - self._bar.pos, said + Path(done.name).name)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)
