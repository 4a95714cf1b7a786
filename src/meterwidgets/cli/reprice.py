"""The options that reprice a ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meterwidgets.errors import ConfigError

if TYPE_CHECKING:
    from meterwidgets.frame.filters import Filters
    from meterwidgets.frame.frame import UsageFrame
    from meterwidgets.ledger.pricing.book import PriceBook


@dataclass(frozen=True)
class Repricing:
    """The prices to apply, and their day.

    Attributes:
        book: The prices; None means those that the ledger was read with.
        as_of: The day of the prices; None means each record's own day.
    """

    book: PriceBook | None
    as_of: date | None

    def apply(self, usage: UsageFrame) -> UsageFrame:
        """The usage at these prices."""
        return usage.reprice(self.book, as_of=self.as_of)

    def compare(self, usage: UsageFrame, filters: Filters, output_format: str) -> str:
        """Recorded costs beside these, as text, json or csv."""
        from meterwidgets.metrics.compare import compare
        from meterwidgets.report import beside

        comparison = compare(usage, self.apply(usage), filters=filters)
        write = {"text": beside.text, "json": beside.as_json, "csv": beside.as_csv}
        return write[output_format](comparison)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--reprice`` and ``--as-of`` of a command."""
    reprice = click.option(
        "--reprice",
        metavar="[FILE]",
        is_flag=False,
        flag_value="",
        help="Reprice everything by the [[price]] entries of a TOML FILE, else of the "
        "config; recorded costs are ignored.",
    )
    as_of = click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="Reprice by the rates of this day; by default, of each record's own day.",
    )
    return reprice(as_of(command))


def chosen(
    reprice: str | None, as_of: datetime | None, config_file: str | None
) -> Repricing | None:
    """The repricing that the options ask for; None leaves costs as recorded.

    Args:
        reprice: The file with prices; "" means the config.
        as_of: The day of the prices.
        config_file: The config.

    Raises:
        ConfigError: When the options can't be combined, or the file can't be read.
    """
    from meterwidgets.config import config as settings

    if reprice is None:
        if as_of is not None:
            raise ConfigError("--as-of is a day for repricing; add --reprice")
        return None
    if reprice and Path(reprice).suffix != ".toml":
        raise ConfigError(
            f"--reprice {reprice}: expected a TOML file with [[price]] entries; put "
            "the ledger before --reprice"
        )
    path = Path(reprice or config_file or settings.NAME)
    has_prices = bool(reprice or config_file) or path.is_file()
    book = settings.prices(settings.load(path)) if has_prices else None
    return Repricing(book, as_of.date() if as_of else None)
