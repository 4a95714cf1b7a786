"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from meterwidgets.schema import DIMENSIONS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

ledgers = click.argument("ledgers", metavar="[SOURCE]...", nargs=-1)
config_file = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Prices, columns, labels and time zone; default: meterwidgets.toml here.",
)

written = click.option(
    "--written",
    metavar="TIME",
    help="When the ledgers were written, as an ISO date or date-time in the config's "
    "zone; default: when their files were changed.",
)


def rejects(help_text: str = "Where rejected rows are written.") -> Decorator:
    """``--rejects``, the file of the rows that break a rule."""
    return click.option(
        "--rejects",
        metavar="FILE",
        default="rejects.jsonl",
        show_default=True,
        help=help_text,
    )


def output_format(*choices: str) -> Decorator:
    """``--format``; the first choice is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
    )


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """One repeatable option per filter, such as ``--org``, named as its dimension."""
    for dimension in reversed(list(DIMENSIONS.filters.values())):
        flag = f"--{dimension.name.replace('_', '-')}"
        option = click.option(flag, dimension.name, multiple=True, metavar="NAME")
        command = option(command)
    return command
