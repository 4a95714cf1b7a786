"""Dataframes whose columns Arrow can't take as they are."""

from __future__ import annotations

import pandas as pd

from ledger.figures import nano, read, sums

TIMES = ["2026-02-20 10:00", "2026-02-20 10:05"]


def test_a_column_of_several_types_is_read_as_its_text() -> None:
    """As Excel's sheets come: a note or a thousands comma in a column of numbers."""
    table = pd.DataFrame(
        {"time": TIMES, "model": "m", "input_tokens": [1000, "1,500"],
         "output_tokens": ["-", 5], "cost": ["$0.10", 0.2]}
    )  # fmt: skip
    found = sums(read(table))
    assert (found["input_tokens"], found["output_tokens"]) == (2500, 5)
    assert found["cost"] == nano("0.3")


def test_a_column_of_periods_is_read_as_their_days() -> None:
    table = pd.DataFrame(
        {"month": pd.period_range("2026-01", periods=2, freq="M"), "input_tokens": 10,
         "cost": [31.0, 28.0]}
    )  # fmt: skip
    for each in (table, table.set_index("month")):
        usage = read(each)
        assert sums(usage)["cost"] == nano(59)
        assert usage.start.isoformat() == "2026-01-01T00:00:00+00:00"
