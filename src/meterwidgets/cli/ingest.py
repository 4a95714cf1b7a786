"""``meterwidgets ingest`` on a terminal: progress, a summary, and following."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import click

from meterwidgets.cli import options
from meterwidgets.cli.ledgers import load_config
from meterwidgets.cli.progress import ProgressBar
from meterwidgets.config import config as settings
from meterwidgets.config.read import requests_for
from meterwidgets.errors import LedgerError
from meterwidgets.frame.store.generation import IngestResult
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.frame.store.store import touch_heartbeat
from meterwidgets.text import counted, plain


@click.command("ingest")
@options.ledgers
@click.option("--store", required=True, metavar="DIR", help="Created if missing.")
@click.option("--source", metavar="NAME", help="The format; default: recognised.")
@options.config_file
@click.option("--follow", is_flag=True, help="Keep looking for more until stopped.")
@click.option(
    "--every",
    default=5.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="How often --follow looks.",
)
def command(
    ledgers: tuple[str, ...],
    store: str,
    source: str | None,
    config_file: str | None,
    follow: bool,
    every: float,
) -> None:
    """Read ledgers into a store, each record once.

    SOURCE is a file, a folder or a glob; without one, the ledgers of the config are
    read. Reading the same ledger again adds nothing, so this may run at any time, even
    while the store is served.
    """
    config, folder = load_config(config_file)
    Ingesting(ledgers, store, source=source, config=config, folder=folder).run(
        every=every if follow else None
    )


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

    def _once(self, *, following: bool) -> IngestResult:
        try:
            added = self._ingest(quiet=following)
        except LedgerError as error:
            if not following:
                raise
            added = IngestResult(problems=(str(error),))
        if following:
            if added.problems != self._said:  # not anew with every look
                for problem in added.problems:
                    click.secho(plain(problem), fg="yellow", err=True)
            self._said = added.problems
            touch_heartbeat(self._store)
        if added.read or not following:
            click.echo(self._summary(added))
        return added

    def _ingest(self, *, quiet: bool) -> IngestResult:
        wanted = requests_for(
            self._ledgers,
            config=self._config,
            folder=self._folder,
            source=self._source,
        )
        with ProgressBar(enabled=not quiet) as bar:
            added = ingest(
                wanted,
                self._store,
                prices=settings.prices(self._config),
                tz=self._config.timezone,
                labels=self._config.labels,
                progress=bar.update,
                on_wait=lambda: click.echo(
                    f"{self._store}: another ingest writes; waiting for it", err=True
                ),
            )
        for note in added.notes:
            click.echo(plain(note), err=True)
        return added

    def _summary(self, added: IngestResult) -> str:
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
