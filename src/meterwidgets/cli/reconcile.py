"""``meterwidgets reconcile``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from meterwidgets.cli import options
from meterwidgets.cli.ledgers import load_config, read_ledgers
from meterwidgets.config.config import for_invoice
from meterwidgets.metrics.reconcile.reconcile import reconcile
from meterwidgets.report import reconciliation as reports


@click.command("reconcile")
@click.argument("ledgers", metavar="LEDGER...", nargs=-1, required=True)
@click.argument("invoice")
@options.config_file
@options.written
@click.option(
    "--source", metavar="NAME", help="The ledger's format, or a TOML file of yours."
)
@click.option("--invoice-source", metavar="NAME", help="The invoice's, likewise.")
@click.option("--start", metavar="DATE", help="The first day, in UTC.")
@click.option("--end", metavar="DATE", help="The day after the last one.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only these.")
@click.option("--currency", metavar="CODE", help="Where both have several.")
@click.option(
    "--tolerance",
    default="0.005",
    show_default=True,
    metavar="AMOUNT",
    help="The largest difference, in currency units, at which a line (a day and "
    "model) still agrees.",
)
@options.rejects(
    "Where the ledger's rejected rows are written; the invoice's go beside it."
)
@options.output_format("text", "json", "csv")
def command(
    ledgers: tuple[str, ...],
    invoice: str,
    config_file: str | None,
    written: str | None,
    source: str | None,
    invoice_source: str | None,
    rejects: str,
    output_format: str,
    **selected: Any,
) -> None:
    """Compare what the gateway recorded with what its provider billed.

    LEDGER is whatever report reads. INVOICE is the provider's cost report: OpenAI's
    costs pages, Anthropic's cost report, FOCUS, OpenRouter, or a table with costs; for
    several pages name their folder, or a glob in quotes. The two are compared per UTC
    day and model, or per month where the invoice has only months, and the difference
    is explained as far as they can prove it.

    Exit code: 0 when no line differs by more than the tolerance, 1 when some do,
    explained or not, 2 when they can't be compared.
    """
    config, folder = load_config(config_file)
    ledger = read_ledgers(
        ledgers,
        config,
        folder=folder,
        rejects=rejects,
        source=source,
        written=written,
    )
    bill = read_ledgers(
        (invoice,),
        for_invoice(config),
        folder=folder,
        rejects=str(Path(rejects).with_name(f"invoice_{Path(rejects).name}")),
        source=invoice_source,
        written=written,
    )
    result = reconcile(ledger, bill, **selected)
    write = {"text": reports.text, "json": reports.as_json, "csv": reports.as_csv}
    text = write[output_format](result)
    click.echo(text, nl=not text.endswith("\n"))
    click.get_current_context().exit(0 if result.agrees else 1)
