"""``meterwidgets sources``."""

from __future__ import annotations

import click

from meterwidgets.ledger.sources import ALL


@click.command("sources")
def command() -> None:
    """List the formats that can be read, and what each can't tell."""
    for source in ALL:
        click.echo(f"{click.style(source.name, bold=True)}  {source.title}")
        width = max(map(len, source.columns))
        for field, columns in source.columns.items():
            click.echo(f"  {field:<{width}}  <- {columns}")
        click.echo(f"  can't tell: {'; '.join(source.cannot_tell)}\n")
