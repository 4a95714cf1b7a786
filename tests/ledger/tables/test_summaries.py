"""Tables of the wild with rows that sum up the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
DAYS = (
    "date,user,model,input_tokens,cost\n2026-02-21,u,m,10,0.5\n2026-02-21,v,n,20,0.25\n"
)


def read(path: Path) -> mw.UsageFrame:
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


@pytest.mark.parametrize(
    "rows",
    ["2026-02-21,,Total,30,0.75", "2026-02-21,Grand total,,30,0.75",
     "2026-02-21,,All models,30,0.75", "2026-02-21,u,Subtotal,10,0.5\n2026-02-21,v,Subtotal,20,0.25",
     "2026-02-21,m Total,,10,0.5\n2026-02-21,n Total,,20,0.25\n2026-02-21,GRAND TOTAL:,,30,0.75",
     "2026-02-21,,**Total**,30,0.75", "2026-02-21,Total,all,30,0.75"],
)  # fmt: skip
def test_a_row_that_sums_up_the_others_is_left_out_and_said(
    write: Write, rows: str
) -> None:
    usage = read(write(DAYS + rows + "\n"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["unsplit_cost"]) == (30, 750_000_000)
    assert any(
        "left out" in note and "they sum up the other rows" in note
        for note in usage.quality.notes
    )


def test_a_row_called_total_that_is_no_sum_counts_and_is_said(write: Write) -> None:
    usage = read(write(DAYS + "2026-02-22,,Total,5,0.1\n"))
    assert usage.select().sums()["unsplit_cost"] == 850_000_000
    assert (
        "ledger.csv: 1 row is called 'Total' in model and counted: the cost there (0.1) "
        "isn't the sum of the other rows (0.75)" in [
            note.replace(note.split(":")[0], "ledger.csv", 1)
            for note in usage.quality.notes
        ]
    )  # fmt: skip


def test_a_sum_in_the_place_of_the_date_is_no_rejected_row(write: Write) -> None:
    usage = read(write(DAYS + "Total,,,30,0.75\n"))
    found = usage.select().sums()
    assert (found["unsplit_cost"], usage.quality.rejected) == (750_000_000, 0)
    assert any("they sum up the other rows" in note for note in usage.quality.notes)


def test_a_model_of_any_name_is_a_model(write: Write) -> None:
    usage = read(write(DAYS.replace(",n,", ",total-recall,")))
    assert usage.select().sums()["unsplit_cost"] == 750_000_000
    assert not any("sum" in note for note in usage.quality.notes)
