"""A row that sums up those beside it is left out; another one of that name counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.figures import by, nano, read, sums

Write = Callable[..., Path]
HEAD = "date,team,model,requests,prompt_tokens,completion_tokens,cost\n"
ROWS = (
    "2026-02-22,a,gpt-4o,2,1000,100,0.0035\n"
    "2026-02-22,a,gpt-5,1,500,50,0.0015\n"
    "2026-02-22,b,gpt-4o,3,2000,200,0.007\n"
)


def test_sums_of_teams_models_and_all_are_left_out(write: Write) -> None:
    more = "2026-02-22,a,Total,3,1500,150,0.005\n2026-02-22,b,Total,3,2000,200,0.007\n"
    more += "2026-02-22,Total,Total,6,3500,350,0.012\n"
    usage = read(write(HEAD + ROWS + more))
    assert (usage.quality.records, sums(usage)["cost"]) == (3, nano("0.012"))
    assert (
        "table: 3 duplicates left out (7,700 tokens and 0.024000000 USD): each is "
        "named like a sum, and is the sum of the rows beside it"
    ) in usage.quality.notes


@pytest.mark.parametrize("name", ["All", "all models", "(all)", "Grand Total", "TOTAL"])
def test_a_sum_has_many_names(write: Write, name: str) -> None:
    usage = read(write(HEAD + ROWS + f"2026-02-22,{name},{name},6,3500,350,0.012\n"))
    assert set(by(usage, "model", "requests")) == {"gpt-4o", "gpt-5"}


def test_a_sum_of_rounded_costs_is_a_sum(write: Write) -> None:
    rows = "".join(f"2026-02-22,t{n},m,1,10,1,0.33\n" for n in range(3))
    usage = read(write(HEAD + rows + "2026-02-22,All,m,3,30,3,1.00\n"))
    assert sums(usage)["cost"] == nano("0.99")


def test_what_is_only_named_like_a_sum_counts_and_is_said(write: Write) -> None:
    usage = read(write(HEAD + ROWS + "2026-02-22,Total,Total,9,9000,900,0.05\n"))
    assert usage.quality.records == 4
    assert (
        "table: 1 row is named like a sum (9,900 tokens and 0.050000000 USD) and "
        "counted, since the rows beside do not add up to it"
    ) in usage.quality.notes


def test_an_export_that_was_not_broken_down_counts(write: Write) -> None:
    usage = read(write(HEAD + "2026-02-22,all,all,6,3500,350,0.012\n"))
    assert (usage.quality.records, sums(usage)["requests"]) == (1, 6)
    assert not any("sum" in note for note in usage.quality.notes)
