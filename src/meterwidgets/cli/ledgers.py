"""The config and the ledgers that a command names, read with notes on stderr."""

from __future__ import annotations

from pathlib import Path

import click

from meterwidgets.cli.progress import ProgressBar
from meterwidgets.cli.reprice import Repricing
from meterwidgets.config import config as settings
from meterwidgets.config.read import read_with_config
from meterwidgets.context import demo_usage
from meterwidgets.errors import ConfigError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.ledger.engine.progress import Progress
from meterwidgets.text import counted, plain


def load_config(
    config_file: str | None, *, with_warnings: bool = True
) -> tuple[settings.Config, Path]:
    """The config, and the folder that its paths are relative to.

    Args:
        config_file: None takes ``meterwidgets.toml`` here, or the defaults.
        with_warnings: Whether what it says in vain goes to the error stream.

    Raises:
        ConfigError: When the config can't be used.
    """
    path = Path(config_file or settings.NAME)
    if config_file is None and not path.is_file():
        return settings.Config(), Path()
    config = settings.load(path)
    for warning in settings.warnings(config) if with_warnings else ():
        click.secho(f"{path}: {warning}", fg="yellow", err=True)
    return config, path.parent


def read_ledgers(
    ledgers: tuple[str, ...],
    config: settings.Config,
    *,
    folder: Path,
    rejects: str,
    source: str | None = None,
    written: str | None = None,
    repricing: Repricing | None = None,
    with_notes: bool = True,
    progress: Progress | None = None,
) -> UsageFrame:
    """Read ledgers; progress, notes and rejects go to the error stream.

    Args:
        ledgers: What to read; none takes the ledgers of the config.
        config: Prices, labels, zone, columns.
        folder: What the paths of the config are relative to.
        rejects: The file for rejected rows.
        source: The format; None recognises it.
        written: When the ledgers were written; None asks the files.
        repricing: Other prices than those of the ledger.
        with_notes: Whether the notes about the whole ledger go there, too.
        progress: Called with what has been read so far, besides.

    Raises:
        MeterError: When there is nothing to read, or something can't be read.
    """
    with ProgressBar(further=progress) as bar:
        usage = read_with_config(
            ledgers,
            config=config,
            folder=folder,
            source=source,
            written=written,
            rejects=rejects,
            progress=bar.update,
        )
    if repricing is not None:
        usage = repricing.apply(usage)
    unusable = usage.quality.unusable
    for note in unusable:
        click.secho(plain(note), fg="yellow", err=True)
    for note in usage.quality.notes if with_notes else ():
        if note not in unusable:
            click.echo(plain(note), err=True)
    rejected = usage.quality.rejected
    if rejected:
        rows = counted(rejected, "rejected row is", "rejected rows are")
        click.secho(f"{rows} kept in {rejects}", fg="yellow", err=True)
    return usage


def read_ledgers_or_demo(
    ledgers: tuple[str, ...],
    config_file: str | None,
    *,
    rejects: str,
    repricing: Repricing | None,
    with_notes: bool = True,
    written: str | None = None,
    progress: Progress | None = None,
) -> UsageFrame:
    """Read the ledgers that are named, else those of the config, else the demo.

    Raises:
        MeterError: When a config is named without a ledger, or something can't be
            read.
    """
    config, folder = load_config(config_file)
    if ledgers or config.source:
        return read_ledgers(
            ledgers,
            config,
            folder=folder,
            rejects=rejects,
            repricing=repricing,
            with_notes=with_notes,
            written=written,
            progress=progress,
        )
    if config_file is not None:
        raise ConfigError(
            f"{config_file}: names no [[source]]; add one, or name a ledger"
        )
    return repricing.apply(demo_usage()) if repricing else demo_usage()
