"""Amounts and counts as people and exports write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
ROW = {"timestamp": "2026-02-22T10:00:00Z", "model": "m", "prompt_tokens": 10}


def read(write: Write, **values: object) -> mw.UsageFrame:
    book = mw.PriceBook(catalogue=False)
    path = write(json.dumps(ROW | values), "a.jsonl")
    return mw.read_usage(path, prices=book, rejects=None)


@pytest.mark.parametrize(
    ("text", "nano", "currency"),
    [
        ("$1.23", 1_230_000_000, "USD"),
        ("USD 1.23", 1_230_000_000, "USD"),
        ("1.23 usd", 1_230_000_000, "USD"),
        ("US$1,234.50", 1_234_500_000_000, "USD"),
        ("1.23 EUR", 1_230_000_000, "EUR"),
        ("EUR0.000012", 12_000, "EUR"),
        ("-$1.23", -1_230_000_000, "USD"),
        ("$-1.23", -1_230_000_000, "USD"),
        ("($1.23)", -1_230_000_000, "USD"),
        ("1.5e-05", 15_000, "USD"),
    ],
)
def test_an_amount_may_name_its_currency(
    write: Write, text: str, nano: int, currency: str
) -> None:
    usage = read(write, cost=text)
    assert usage.select().sums()["unsplit_cost"] == nano
    assert usage.currencies == (currency,)


@pytest.mark.parametrize("text", ["€5", "<$0.01", "~0.05", "XYZ 1", "free", "1 2"])
def test_an_amount_that_is_not_exact_is_unknown_and_said(
    write: Write, text: str
) -> None:
    usage = read(write, cost=text)
    assert usage.select().sums()["priced"] == 0
    assert usage.quality.notes[0].startswith("cost is unknown in 1 record")


@pytest.mark.parametrize("word", ["-", " – ", "N/A", "n/a", "null", ""])
def test_words_for_no_number_are_not_doubtful(write: Write, word: str) -> None:
    usage = read(write, completion_tokens=word, cost=word)
    assert usage.quality.records == 1
    assert not any("unknown" in note for note in usage.quality.notes)
