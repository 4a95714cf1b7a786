"""The days on which rates begin are those of the book's zone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import meterwidgets as mw

ENTRIES = [
    {"model": "m", "input": "1", "output": "1"},
    {"model": "m", "from": date(2026, 3, 29), "input": "2", "output": "2"},
]
MILLION = {"model": "m", "input_tokens": 1_000_000, "output_tokens": 0}


def cost(at: str, tz: str) -> int:
    book = mw.PriceBook.parse(ENTRIES, catalogue=False, tz=tz)
    table = {"time": [at]} | {name: [value] for name, value in MILLION.items()}
    usage = mw.read_usage(table, prices=book, rejects=None)
    return usage.select().sums()["input_cost"] // 10**9


@pytest.mark.parametrize(
    ("tz", "before", "after"),
    [
        ("UTC", "2026-03-28T23:59:59Z", "2026-03-29T00:00:00Z"),
        ("Asia/Tokyo", "2026-03-28T14:59:59Z", "2026-03-28T15:00:00Z"),
        ("America/Los_Angeles", "2026-03-29T06:59:59Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", "2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z"),
        ("Asia/Kathmandu", "2026-03-28T18:14:59Z", "2026-03-28T18:15:00Z"),
    ],
)
def test_a_rate_begins_at_midnight_in_the_zone_of_its_book(
    tz: str, before: str, after: str
) -> None:
    assert (cost(before, tz), cost(after, tz)) == (1, 2)


def test_a_file_of_prices_names_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('timezone = "Asia/Tokyo"\n[[price]]\nmodel = "m"\ninput = "1"\n')
    assert mw.PriceBook.load(path).tz == "Asia/Tokyo"
    path.write_text('timezone = "Tokyo"\n[[price]]\nmodel = "m"\ninput = "1"\n')
    with pytest.raises(mw.MeterError, match=r"prices.toml: timezone: no time zone"):
        mw.PriceBook.load(path)
