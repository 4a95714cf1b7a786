"""Tables of the wild: decimal commas, and thousands set off in any way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
TIMES = ("2026-02-22T10:00:00Z", "2026-02-22T10:01:00Z")


def read(write: Write, *rows: str) -> mw.UsageFrame:
    lines = [f"{time};m;{row}" for time, row in zip(TIMES, rows, strict=False)]
    path = write("\n".join(["time;model;input_tokens;cost", *lines]) + "\n", "a.csv")
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


@pytest.mark.parametrize(
    ("rows", "tokens", "nano"),
    [(("10;0,5", "20;0,25"), 30, 750_000_000), (("1.234;1.234,50", "2.000;0,5"), 3234, 1_235_000_000_000),
     (("2.000;0,5", "10.000;0,25"), 12_000, 750_000_000), (("1.234.567;1", "2.000;2"), 1_236_567, 3_000_000_000),
     (("1 234;1 234.50", "2 000 000;0.5"), 2_001_234, 1_235_000_000_000),
     (("1\u00a0234;1\u202f234,50", "2\u00a0000;0,5"), 3234, 1_235_000_000_000),
     (("1'234;1'234.50", "2'000;0.5"), 3234, 1_235_000_000_000),
     (("1,234;1,234.50", "2,000,000;0.5"), 2_001_234, 1_235_000_000_000),
     (("2000;0.123", "10000;1.234"), 12_000, 1_357_000_000), (("1e3;1.5e-3", "2E3;0.5"), 3000, 501_500_000)],
)  # fmt: skip
def test_numbers_are_read_as_the_whole_table_writes_them(
    write: Write, rows: tuple[str, str], tokens: int, nano: int
) -> None:
    found = read(write, *rows).select().sums()
    assert (found["input_tokens"], found["unsplit_cost"]) == (tokens, nano)


def test_a_table_with_decimal_commas_says_so_and_keeps_its_currency(
    write: Write,
) -> None:
    usage = read(write, "1.234;12,50 €", "2.000;0,25 €")
    assert usage.currencies == ("EUR",)
    assert usage.select().sums()["unsplit_cost"] == 12_750_000_000
    assert "a.csv: numbers are read as 1.234,50" in usage.quality.notes


def test_numbers_that_mix_commas_and_points_are_unknown_and_said(write: Write) -> None:
    usage = read(write, "10;0,5", "20;0.25")
    found = usage.select().sums()
    assert (found["input_tokens"], found["unsplit_cost"]) == (30, 250_000_000)
    assert any("cost is unknown in 1 record" in note for note in usage.quality.notes)


def test_sums_of_columns_have_decimal_commas_too(write: Write) -> None:
    path = write(
        "time;input_tokens;cache_read_input_tokens;cost\n"
        f"{TIMES[0]};1.000;2.500;1,50\n", "a.csv"
    )  # fmt: skip
    usage = mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)
    found = usage.select().sums()
    assert (found["input_tokens"], found["cache_read_tokens"]) == (3500, 2500)
