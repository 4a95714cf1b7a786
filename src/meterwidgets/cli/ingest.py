"""``meterwidgets ingest`` on a terminal: progress, a summary, and following."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from datetime import UTC, datetime
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
from meterwidgets.frame.store.manifest import is_of_earlier
from meterwidgets.frame.store.store import touch_heartbeat
from meterwidgets.ledger.readers.remote import standard_input
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.text import counted, plain


@click.command("ingest")
@options.ledgers
@click.option("--store", required=True, metavar="DIR", help="Created if missing.")
@click.option("--source", metavar="NAME", help="The format, or a TOML file of yours.")
@options.config_file
@options.written
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
    written: str | None,
    follow: bool,
    every: float,
) -> None:
    """Read ledgers into a store, each record once.

    SOURCE is a file, a folder or a glob; without one, the ledgers of the config are
    read. Reading the same ledger again adds nothing, so this may run at any time, even
    while the store is served. A store of an earlier version is rebuilt first, from its
    own records; for that it needs no SOURCE.
    """
    config, folder = load_config(config_file)
    ingester = Ingester(
        ledgers, store, source=source, written=written, config=config, folder=folder
    )
    if follow:
        ingester.follow(every)
    else:
        ingester.run()


class Ingester:
    """Reads ledgers into a store and prints what was added.

    Args:
        ledgers: Files, folders or globs; empty takes those of the config.
        store: The folder of the store.
        source: The format, if it is not to be recognised.
        written: When the ledgers were written; None asks the files.
        config: Prices, columns, labels and zone.
        folder: What the paths of the config are relative to.
    """

    def __init__(
        self,
        ledgers: Sequence[str],
        store: str,
        *,
        source: str | None,
        written: str | None = None,
        config: settings.Config,
        folder: Path,
    ) -> None:
        self._ledgers, self._store, self._source = ledgers, Path(store), source
        self._config, self._folder, self._written = config, folder, written

    def run(self) -> None:
        """Read the ledgers once.

        Raises:
            LedgerError: When something could not be read; the rest was added.
        """
        result = self._ingest()
        click.echo(self._summary(result))
        if result.problems:
            raise LedgerError(_joined(result.problems))

    def follow(self, every: float) -> None:
        """Read the ledgers again and again until SIGINT or SIGTERM.

        Args:
            every: Seconds between two readings.
        """
        if standard_input.NAME in self._ledgers:
            raise LedgerError("standard input ends, so it can't be followed")
        stopped = Event()
        problems = self._follow_once(())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        click.echo(f"following; ends with Ctrl+C, looks every {every:g} s", err=True)
        while not stopped.wait(every):
            problems = self._follow_once(problems)

    def _follow_once(self, known_problems: tuple[str, ...]) -> tuple[str, ...]:
        """Read the ledgers, and print problems unless they are known already."""
        started = datetime.now(UTC)
        try:
            result = self._ingest(quiet=True)
        except LedgerError as error:
            result = IngestResult(problems=(str(error),))
        if result.problems != known_problems:
            for problem in result.problems:
                click.secho(plain(problem), fg="yellow", err=True)
        if not result.problems:  # else nobody knows what came since
            touch_heartbeat(self._store, started)
        if result.read:
            click.echo(self._summary(result))
        return result.problems

    def _ingest(self, *, quiet: bool = False) -> IngestResult:
        requests: Sequence[LedgerSpec] = ()
        if self._ledgers or self._config.source or not is_of_earlier(self._store):
            requests = requests_for(
                self._ledgers,
                config=self._config,
                folder=self._folder,
                source=self._source,
                written=self._written,
            )
        with ProgressBar(enabled=not quiet) as bar:
            result = ingest(
                requests,
                self._store,
                prices=settings.prices(self._config),
                tz=self._config.timezone,
                labels=self._config.labels,
                progress=bar.update,
                on_wait=lambda: click.echo(
                    f"{self._store}: another ingest is writing; waiting for it",
                    err=True,
                ),
            )
        for note in result.notes:
            click.echo(plain(note), err=True)
        return result

    def _summary(self, result: IngestResult) -> str:
        """What an ingest did, in one line."""
        parts = [f"{counted(result.records, 'record', 'records')} added"]
        if result.rebuilt:
            rebuilt = counted(result.rebuilt, "record", "records")
            parts.insert(0, f"{rebuilt} of an earlier version rebuilt")
        for number, word in (
            (result.replaced, "replaced"),
            (result.duplicates, "there already"),
            (result.rejected, "rejected"),
        ):
            if number:
                parts.append(f"{number:,} {word}")
        if result.unchanged:
            parts.append(f"{counted(result.unchanged, 'file', 'files')} unchanged")
        return f"{self._store}: {', '.join(parts)}"


def _joined(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{problems[0]} (and {len(problems) - 1:,} more that can't be read)"
