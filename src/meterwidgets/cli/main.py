"""The command line; each command is a module of this folder."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from meterwidgets import __version__
from meterwidgets.errors import MeterError
from meterwidgets.text import plain

_SUMMARIES = {
    "serve": "Serve the dashboards of a ledger.",
    "ingest": "Read ledgers into a store, each record once.",
    "report": "Print the figures of a ledger, without a browser.",
    "reconcile": "Compare what the gateway recorded with what its provider billed.",
    "sources": "List the formats that can be read, and what each can't tell.",
}
"""Command, which is also its module -> its line in ``--help``.

The lines stand here so that ``--help`` loads no command: some import the engine.
"""


class _NotCompared(click.ClickException):
    exit_code = 2  # 1 is the answer that lines differ


class _LazyGroup(click.Group):
    """Loads a command when it runs, and prints its errors without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _SUMMARIES:
            return None
        command: click.Command = import_module(f"meterwidgets.cli.{cmd_name}").command
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MeterError as error:
            failure = click.ClickException
            if ctx.invoked_subcommand == "reconcile":
                failure = _NotCompared
            raise failure(plain(str(error))) from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="meterwidgets")
def main() -> None:
    """See where an organisation's language-model tokens and money go."""
