"""The options that reprice: what they say, and what they do to a ledger."""

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
    """By which prices to reprice, and as of which day.

    Attributes:
        book: None takes the prices that the ledger was read with.
        as_of: None takes each record's own day.
    """

    book: PriceBook | None
    as_of: date | None

    def of(self, usage: UsageFrame) -> UsageFrame:
        """The usage at these prices."""
        return usage.reprice(self.book, as_of=self.as_of)

    def beside(self, usage: UsageFrame, filters: Filters, form: str) -> str:
        """Recorded costs beside these, as text, json or csv."""
        from meterwidgets.metrics.compare import compare
        from meterwidgets.report import beside

        found = compare(usage, self.of(usage), filters=filters)
        write = {"text": beside.text, "json": beside.as_json, "csv": beside.as_csv}
        return write[form](found)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--reprice`` and ``--as-of`` of a command."""
    anew = click.option(
        "--reprice",
        metavar="[FILE]",
        is_flag=False,
        flag_value="",
        help="Price everything anew, by the [[price]] of a TOML FILE, else of the "
        "config; what was recorded counts for nothing.",
    )
    day = click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="Reprice by the rates of that day; else of each record's own.",
    )
    return anew(day(command))


def chosen(
    reprice: str | None, as_of: datetime | None, config_file: str | None
) -> Repricing | None:
    """What the options say; None leaves costs as recorded.

    Args:
        reprice: The file; "" takes the prices of the config.
        as_of: The day.
        config_file: The config.

    Raises:
        ConfigError: When they can't be used together, or the file can't be read.
    """
    from meterwidgets.config import config as settings

    if reprice is None:
        if as_of is not None:
            raise ConfigError("--as-of is the day of other prices; add --reprice")
        return None
    if reprice and Path(reprice).suffix != ".toml":
        raise ConfigError(
            f"--reprice {reprice}: expected a TOML file with [[price]] entries; name "
            "the ledger in front of --reprice"
        )
    path = Path(reprice or config_file or settings.NAME)
    known = bool(reprice or config_file) or path.is_file()
    book = settings.prices(settings.load(path)) if known else None
    return Repricing(book, as_of.date() if as_of else None)
