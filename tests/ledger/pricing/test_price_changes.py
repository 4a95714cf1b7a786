"""Buckets within which their price changes: the rates of their start, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
BASE = {"model": "m", "input": "1", "output": "1"}
BOOKS = {
    "hours": [BASE, BASE | {"input": "2", "hours": "04:00-08:00"}],
    "day": [BASE, BASE | {"input": "2", "from": date(2026, 11, 10)}],
}


@pytest.mark.parametrize(
    ("start", "end", "book", "is_said"),
    [
        ("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", "hours", True),
        ("2026-11-03T09:00:00Z", "2026-11-04T00:00:00Z", "hours", False),
        ("2026-11-03T09:00:00Z", "2026-11-04T04:00:01Z", "hours", True),
        ("2026-11-03T05:00:00Z", "2026-11-03T06:00:00Z", "hours", False),
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "day", True),
        ("2026-11-09T00:00:00Z", "2026-11-10T00:00:00Z", "day", False),
        ("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z", "day", False),
    ],
)
def test_a_bucket_of_two_prices_takes_the_first_and_is_said(
    write: Write, start: str, end: str, book: str, is_said: bool
) -> None:
    path = write(
        f"start,end,model,requests,input_tokens\n{start},{end},m,9,1000000\n"
        "2026-11-20T01:00:00Z,2026-11-20T02:00:00Z,m,9,0\n"
    )
    prices = mw.PriceBook.parse(BOOKS[book], catalogue=False)
    usage = mw.read_usage(path, prices=prices, rejects=None)
    notes = [each for each in usage.quality.notes if "the price changes" in each]
    assert bool(notes) is is_said
    if is_said:
        assert notes[0].startswith("1 bucket is priced at the rates of the time of its")
        assert "at 1.00 USD in all" in notes[0]
