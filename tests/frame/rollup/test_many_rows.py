"""A ledger of so many rows that its names are coded before it is rolled up."""

from __future__ import annotations

import polars as pl
import pytest

import meterwidgets as mw
from meterwidgets.ledger.pricing.costs import FEW

ROWS = FEW + 100_000


@pytest.mark.slow
def test_the_sums_of_many_rows_are_those_of_polars_by_every_name() -> None:
    n = pl.int_range(ROWS, eager=True)
    rows = pl.DataFrame(
        {
            "start": pl.select(
                pl.from_epoch(1_767_225_600 + n * 7 % 2_592_000).dt.replace_time_zone(
                    "UTC"
                )
            ).to_series(),
            "org": pl.select(
                pl.when(n % 11 > 0).then(pl.format("org {}", n % 11))
            ).to_series(),
            "user": pl.select(pl.format("user {}", n * 13 % 997)).to_series(),
            "model": pl.select(pl.format("m-{}", n % 7)).to_series(),
            "input_tokens": n % 1_009,
            "output_tokens": n % 503,
            "cost": pl.select(
                pl.when(n % 5 > 0).then((n % 1_000).cast(pl.Decimal(12, 3)) / 1_000)
            ).to_series(),
        }
    )
    usage = mw.read_usage(rows, prices=mw.PriceBook(catalogue=False), rejects=None)
    assert usage.quality.records == ROWS
    for by in ("org", "user", "model"):
        sums = rows.group_by(by).agg(
            pl.len(),
            pl.col("input_tokens", "output_tokens").sum(),
            (pl.col("cost") * 1_000).cast(pl.Int64).sum() * 1_000_000,
        )
        found = {
            name: (
                part["records"],
                part["input_tokens"],
                part["output_tokens"],
                part["input_cost"] + part["output_cost"] + part["unsplit_cost"],
            )
            for name, part in usage.select().by(by).items()
        }
        assert found == {name: tuple(figures) for name, *figures in sums.rows()}
