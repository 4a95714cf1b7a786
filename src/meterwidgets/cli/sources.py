"""``meterwidgets sources``."""

from __future__ import annotations

import click

from meterwidgets.cli.ledgers import load_config
from meterwidgets.config.read import requests_for
from meterwidgets.ledger.explain import as_text, explain
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.vocabulary.reference import reference
from meterwidgets.ledger.sources.vocabulary.template import of_source
from meterwidgets.text import counted


@click.command("sources")
@click.argument("name", required=False)
@click.option(
    "--explain",
    "file",
    metavar="FILE",
    help="Say what is recognised in a file, column by column, and what is unread.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="How the list is printed.",
)
def command(name: str | None, file: str | None, form: str) -> None:
    """List the formats that can be read, and what each can't tell.

    With a NAME, print it as a [[source]] of meterwidgets.toml, to start your own from.
    """
    if file is not None:
        _explain(file, name)
        return
    if name is not None:
        click.echo(of_source(registry.find(name), registry.declaration(name)))
        return
    for problem in registry.package_problems():
        click.secho(problem, fg="yellow", err=True)
    if form == "markdown":
        click.echo(reference(registry.SOURCES), nl=False)
        return
    registry.load_packages()
    for source in registry.all_sources():
        click.echo(f"{click.style(source.name, bold=True)}  {source.title}")
        documented = source.documented_columns
        width = max(map(len, documented))
        for field, columns in documented.items():
            click.echo(f"  {field:<{width}}  <- {columns}")
        click.echo(f"  can't tell: {'; '.join(source.cannot_tell)}\n")


def _explain(file: str, source: str | None) -> None:
    config, folder = load_config(None, with_warnings=False)
    specs = requests_for([file], config=config, folder=folder, source=source)
    (ledger,) = specs[0].inputs
    click.echo(as_text(explain(ledger, specs[0])))
    if len(specs) > 1:
        others = counted(len(specs) - 1, "other file", "other files")
        click.echo(f"{others} of {file} not looked at", err=True)
