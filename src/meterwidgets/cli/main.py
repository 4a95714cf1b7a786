"""The command line: serve, ingest, report, reconcile, sources."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meterwidgets import __version__
from meterwidgets.cli import reprice as repricing
from meterwidgets.errors import ConfigError, MeterError

if TYPE_CHECKING:
    from datetime import datetime

    from meterwidgets.config import Config
    from meterwidgets.frame.frame import UsageFrame
    from meterwidgets.ledger.read import Done, Progress

_Command = Callable[..., Any]


class _Group(click.Group):
    """Commands whose errors are one clear line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MeterError as error:
            from meterwidgets.text import plain

            differs = ctx.invoked_subcommand == "reconcile"  # there 1 says so
            failure = _NotCompared if differs else click.ClickException
            raise failure(plain(str(error))) from None


class _NotCompared(click.ClickException):
    exit_code = 2


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="meterwidgets")
def main() -> None:
    """See where an organisation's language-model tokens and money go."""


_CONFIG = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Prices, columns, labels, zone; else meterwidgets.toml here.",
)


def _reading(command: _Command) -> _Command:
    """The options of commands that read ledgers."""
    options = [
        click.argument("ledgers", metavar="[SOURCE]...", nargs=-1),
        _CONFIG,
        click.option(
            "--rejects",
            metavar="FILE",
            default="rejects.jsonl",
            show_default=True,
            help="Where rows that break a rule are kept.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@_reading
@repricing.options
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8866, show_default=True, type=click.IntRange(0, 65535))
@click.option("--open", "open_browser", is_flag=True, help="Open a browser.")
@click.option("--user", default="", metavar="NAME", help="Whose usage /my-usage shows.")
def serve(
    ledgers: tuple[str, ...],
    config_file: str | None,
    rejects: str,
    reprice: str | None,
    as_of: datetime | None,
    host: str,
    port: int,
    open_browser: bool,
    user: str,
) -> None:
    """Serve the dashboards of a ledger: files, folders, globs, a database or a store.

    Without a SOURCE and a config, of the demo ledger.
    """
    from tempfile import TemporaryDirectory

    from meterwidgets.frame.saved import save
    from meterwidgets.serve.app import serve as run

    anew = repricing.chosen(reprice, as_of, config_file)
    usage = _usage(ledgers, config_file, rejects, anew)
    with TemporaryDirectory(prefix="meterwidgets-") as folder:
        if usage.stored is not None:  # its pages follow it while it is fed
            frame_dir = usage.stored.folder
        else:
            frame_dir = save(usage, Path(folder) / "frame")
        del usage
        run(
            frame_dir,
            host=host,
            port=port,
            open_browser=open_browser,
            user=user,
            log=click.echo,
        )


@main.command()
@_reading
@repricing.options
@click.option(
    "--beside", is_flag=True, help="Recorded, repriced and difference, a model a row."
)
@click.option("--start", metavar="TIME", help="ISO date or date-time, in --tz.")
@click.option("--end", metavar="TIME", help="Exclusive; a date is its midnight.")
@click.option("--tz", metavar="ZONE", help="IANA zone; else the config's, else UTC.")
@click.option("--org", multiple=True, metavar="NAME")
@click.option("--project", multiple=True, metavar="NAME")
@click.option("--deployment", multiple=True, metavar="NAME")
@click.option("--endpoint", multiple=True, metavar="NAME")
@click.option("--model", multiple=True, metavar="NAME")
@click.option("--user", multiple=True, metavar="NAME")
@click.option(
    "--cost-type", type=click.Choice(["both", "input", "output"]), default="both"
)
@click.option("--currency", metavar="CODE", help="Of a ledger with several.")
@click.option(
    "--without-outliers",
    is_flag=True,
    help="Leave out requests that cost more than 100 times their list price.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "html"]),
    default="text",
    show_default=True,
)
def report(
    ledgers: tuple[str, ...],
    config_file: str | None,
    rejects: str,
    reprice: str | None,
    as_of: datetime | None,
    beside: bool,
    start: str | None,
    end: str | None,
    tz: str | None,
    cost_type: Any,
    currency: str | None,
    without_outliers: bool,
    form: str,
    **chosen: tuple[str, ...],
) -> None:
    """The figures of a ledger without a browser.

    Of the whole ledger, or of what the options choose; NAME is the name or the id,
    and "(none)" what is not reported.
    """
    from importlib import import_module

    from meterwidgets.frame.filters import Filters

    anew = repricing.chosen(reprice, as_of, config_file)
    if beside and (anew is None or form == "html"):
        raise ConfigError(
            "--beside sets repriced costs beside recorded ones, as text, json or csv; "
            "it needs --reprice, and another --format than html"
        )
    usage = _usage(ledgers, config_file, rejects, None if beside else anew)
    wanted = None if beside else _currency(usage, currency)
    filters = Filters(
        preset="custom" if start or end else "all",
        start=start,  # type: ignore[arg-type]
        end=end,  # type: ignore[arg-type]
        tz=tz or usage.tz,
        cost_type=cost_type,
        currency=wanted,
        outliers="without" if without_outliers else "with",
        **{
            usage.dimensions.named(name).plural: usage.ids(name, values)
            for name, values in chosen.items()
        },
    )
    if beside and anew is not None:
        text = anew.beside(usage, filters, form)
    else:
        text = import_module(f"meterwidgets.report.{form}").dumps(usage.select(filters))
    click.echo(text, nl=not text.endswith("\n"))


def _currency(usage: UsageFrame, named: str | None) -> str | None:
    have = usage.currencies
    if named is None:
        if len(have) > 1:
            raise MeterError(
                f"the ledger holds {' and '.join(have)}, which are never added; choose "
                f"one with --currency {have[0]}"
            )
        return None
    if named.upper() not in have:
        there = f"currencies: {', '.join(have)}" if have else "nothing here has a price"
        raise MeterError(f"currency {named!r} not found; {there}")
    return named.upper()


@main.command()
@click.argument("ledgers", metavar="[SOURCE]...", nargs=-1)
@click.option("--store", required=True, metavar="DIR", help="Made if it is not there.")
@click.option("--source", metavar="NAME", help="The format, if not to be recognised.")
@_CONFIG
@click.option("--follow", is_flag=True, help="Keep looking for more, until ended.")
@click.option(
    "--every",
    default=5.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="How often --follow looks.",
)
def ingest(
    ledgers: tuple[str, ...],
    store: str,
    source: str | None,
    config_file: str | None,
    follow: bool,
    every: float,
) -> None:
    """Read ledgers into a store: files, folders or globs, each record once.

    What has been read already changes nothing, so it may be run again at any time, also
    while the store is served. Without a SOURCE, the ledgers of the config.
    """
    from meterwidgets.cli.ingest import Ingesting

    config, folder = _config(config_file)
    Ingesting(ledgers, store, source=source, config=config, folder=folder).run(
        every=every if follow else None
    )


@main.command()
@click.argument("ledgers", metavar="LEDGER...", nargs=-1, required=True)
@click.argument("invoice")
@_CONFIG
@click.option("--source", metavar="NAME", help="The ledger's format; else recognised.")
@click.option("--invoice-source", metavar="NAME", help="The invoice's, likewise.")
@click.option("--start", metavar="DATE", help="The first day, of UTC.")
@click.option("--end", metavar="DATE", help="The day after the last one.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only these.")
@click.option("--currency", metavar="CODE", help="Where both have several.")
@click.option(
    "--tolerance",
    default="0.005",
    show_default=True,
    metavar="AMOUNT",
    help="In currency units: up to which a line, a day and model, agrees.",
)
@click.option(
    "--rejects",
    metavar="FILE",
    default="rejects.jsonl",
    show_default=True,
    help="Where the ledger's rejected rows are kept; the invoice's beside it.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
def reconcile(
    ledgers: tuple[str, ...],
    invoice: str,
    config_file: str | None,
    source: str | None,
    invoice_source: str | None,
    rejects: str,
    form: str,
    **chosen: Any,
) -> None:
    """What the gateway wrote against what its provider billed.

    LEDGER is what report reads, INVOICE the provider's cost report: OpenAI's costs
    pages, Anthropic's cost report, FOCUS, OpenRouter, or a table with costs; of
    several pages their folder, or a glob in quotes. They are compared per day of UTC
    and model, per month where the invoice has only months, and the difference is
    explained as far as the two can prove it.

    Exit code: 0 when no line differs by more than the tolerance, 1 when some do,
    explained or not, 2 when they can't be compared.
    """
    from meterwidgets.config import of_invoice
    from meterwidgets.metrics.reconcile.reconcile import reconcile as compared
    from meterwidgets.report import reconciliation

    config, folder = _config(config_file)
    ours = _read(ledgers, config, folder, rejects, source)
    beside = str(Path(rejects).with_name(f"invoice_{Path(rejects).name}"))
    theirs = _read((invoice,), of_invoice(config), folder, beside, invoice_source)
    found = compared(ours, theirs, **chosen)
    text = getattr(reconciliation, form)(found)
    click.echo(text, nl=not text.endswith("\n"))
    click.get_current_context().exit(0 if found.agrees else 1)


@main.command()
def sources() -> None:
    """The formats that are read, and what each can't tell."""
    from meterwidgets.ledger.sources import ALL

    for source in ALL:
        click.echo(f"{click.style(source.name, bold=True)}  {source.title}")
        width = max(map(len, source.columns))
        for field, columns in source.columns.items():
            click.echo(f"  {field:<{width}}  <- {columns}")
        click.echo(f"  can't tell: {'; '.join(source.cannot_tell)}\n")


def _usage(
    ledgers: tuple[str, ...],
    config_file: str | None,
    rejects: str,
    anew: repricing.Repricing | None,
) -> UsageFrame:
    """The usage that was named, or that of the config, else the demo."""
    from meterwidgets.context import demo_usage

    config, folder = _config(config_file)
    if ledgers or config.source:
        return _read(ledgers, config, folder, rejects, anew=anew)
    if config_file is None:
        return anew.of(demo_usage()) if anew else demo_usage()
    raise ConfigError(f"{config_file}: names no [[source]]; add one, or name a ledger")


def _read(
    ledgers: tuple[str, ...],
    config: Config,
    folder: Path,
    rejects: str,
    source: str | None = None,
    anew: repricing.Repricing | None = None,
) -> UsageFrame:
    """Read what was named, with progress and a summary on the error stream."""
    from meterwidgets import config as settings
    from meterwidgets.text import plain

    with _Reading() as progress:
        usage = settings.read(
            ledgers,
            config=config,
            folder=folder,
            source=source,
            rejects=rejects,
            progress=progress,
        )
    if anew is not None:
        usage = anew.of(usage)
    for note in usage.quality.notes:
        click.echo(plain(note), err=True)
    rejected = usage.quality.rejected
    if rejected:
        rows = "row is" if rejected == 1 else "rows are"
        said = f"{rejected:,} rejected {rows} kept in {rejects}"
        click.secho(said, fg="yellow", err=True)
    return usage


def _config(config_file: str | None) -> tuple[Config, Path]:
    """The config that is named, or lies here, and what its paths are relative to."""
    from meterwidgets import config as settings

    path = Path(config_file or settings.NAME)
    if config_file is None and not path.is_file():
        return settings.Config(), Path()
    config = settings.load(path)
    for warning in settings.warnings(config):
        click.secho(f"{path}: {warning}", fg="yellow", err=True)
    return config, path.parent


class _Reading:
    """A progress bar over files, on a terminal only."""

    def __enter__(self) -> Progress | None:
        self._bar: Any = None
        return self._step if sys.stderr.isatty() else None

    def _step(self, done: Done) -> None:
        if self._bar is None:
            self._bar = click.progressbar(
                length=done.of, label="Reading", file=sys.stderr,
                item_show_func=lambda item: item and Path(item).name,
            )  # fmt: skip
            self._bar.__enter__()
        self._bar.update(done.bytes - self._bar.pos, done.name)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            if error[0] is None:
                self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(*error)
