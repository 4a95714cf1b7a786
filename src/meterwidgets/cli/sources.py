"""``meterwidgets sources``."""

from __future__ import annotations

import click

from meterwidgets.ledger.sources.registry import SOURCES


@click.command("sources")
def command() -> None:
    """List the formats that can be read, and what each can't tell."""
    for source in SOURCES:
        click.echo(f"{click.style(source.name, bold=True)}  {source.title}")
        documented = source.documented_columns
        width = max(map(len, documented))
        for field, columns in documented.items():
            click.echo(f"  {field:<{width}}  <- {columns}")
        click.echo(f"  can't tell: {'; '.join(source.cannot_tell)}\n")
