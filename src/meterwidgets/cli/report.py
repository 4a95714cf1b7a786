"""``meterwidgets report``."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

import click

from meterwidgets.cli import options
from meterwidgets.cli import reprice as repricing
from meterwidgets.cli.ledgers import read_ledgers_or_demo
from meterwidgets.errors import ConfigError, MeterError
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.schema import DIMENSIONS


@click.command("report")
@options.ledgers
@options.config_file
@options.rejects()
@options.written
@repricing.options
@click.option(
    "--beside", is_flag=True, help="Recorded, repriced and difference, a model a row."
)
@click.option("--start", metavar="TIME", help="ISO date or date-time, in --tz.")
@click.option("--end", metavar="TIME", help="Exclusive; a date is its midnight.")
@click.option("--tz", metavar="ZONE", help="IANA zone; else the config's, else UTC.")
@options.filters
@click.option(
    "--cost-type", type=click.Choice(["both", "input", "output"]), default="both"
)
@click.option("--currency", metavar="CODE", help="Of a ledger with several.")
@click.option(
    "--without-outliers",
    is_flag=True,
    help="Leave out requests that cost more than 100 times their list price.",
)
@options.output_format("text", "json", "csv", "html")
def command(
    ledgers: tuple[str, ...],
    config_file: str | None,
    rejects: str,
    written: str | None,
    reprice: str | None,
    as_of: datetime | None,
    beside: bool,
    currency: str | None,
    output_format: str,
    **selected: Any,
) -> None:
    """Print the figures of a ledger, without a browser.

    Without options, of the whole ledger. NAME is a name or an id; "(none)" selects
    what the ledger does not report.
    """
    new_prices = repricing.chosen(reprice, as_of, config_file)
    if beside and (new_prices is None or output_format == "html"):
        raise ConfigError(
            "--beside sets repriced costs beside recorded ones, as text, json or csv; "
            "it needs --reprice, and another --format than html"
        )
    usage = read_ledgers_or_demo(
        ledgers,
        config_file,
        rejects=rejects,
        written=written,
        repricing=None if beside else new_prices,
        # of a part of the ledger, the report has the notes that are about it
        with_notes=not any(selected[each.name] for each in DIMENSIONS.filters.values()),
    )
    if beside and new_prices is not None:  # it has a row for each currency
        filters = _filters(usage, currency=None, **selected)
        text = new_prices.compare(usage, filters, output_format)
    else:
        code = _checked_currency(usage, currency)
        selection = usage.select(_filters(usage, currency=code, **selected))
        text = import_module(f"meterwidgets.report.{output_format}").dumps(selection)
    click.echo(text, nl=not text.endswith("\n"))


def _filters(
    usage: UsageFrame,
    *,
    start: str | None,
    end: str | None,
    tz: str | None,
    cost_type: Any,
    currency: str | None,
    without_outliers: bool,
    **names: tuple[str, ...],
) -> Filters:
    """The filters that the options ask for; ``names`` are by dimension."""
    return Filters(
        preset="custom" if start or end else "all",
        start=start,
        end=end,
        tz=tz or usage.tz,
        cost_type=cost_type,
        currency=currency,
        outliers="without" if without_outliers else "with",
        **{
            usage.dimensions.named(dimension).plural: usage.ids(dimension, values)
            for dimension, values in names.items()
        },
    )


def _checked_currency(usage: UsageFrame, code: str | None) -> str | None:
    """The currency to report: the one named, or None for the only one there is.

    Raises:
        MeterError: When the ledger lacks it, or has several and none is named.
    """
    present = usage.currencies
    if code is None:
        if len(present) > 1:
            raise MeterError(
                f"the ledger holds {' and '.join(present)}, which are never added; "
                f"choose one with --currency {present[0]}"
            )
        return None
    if code.upper() not in present:
        hint = f"currencies: {', '.join(present)}" if present else "no row has a price"
        raise MeterError(f"currency {code!r} not found; {hint}")
    return code.upper()
