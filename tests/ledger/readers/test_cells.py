"""Cells of tables that hold objects: JSON, what Python writes, and what is neither."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]


def read(write: Write, *cells: str) -> mw.UsageFrame:
    rows = [
        f'2026-02-22T10:0{n}:00Z,m,"{cell.replace(chr(34), chr(34) * 2)}",0.25'
        for n, cell in enumerate(cells)
    ]
    path = write("\n".join(["timestamp,model,usage,cost", *rows]) + "\n", "a.csv")
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


GOOD = '{"prompt_tokens": 10, "completion_tokens": 5}'


@pytest.mark.parametrize(
    "cell",
    [GOOD, "{'prompt_tokens': 10, 'completion_tokens': 5, 'cached': None, 'ok': True}",
     "{'prompt_tokens': 10, 'completion_tokens': 5, 'details': {'a': [1, 2]}}"],
)  # fmt: skip
def test_an_object_in_a_cell_means_what_the_same_file_means(
    write: Write, cell: str
) -> None:
    found = read(write, cell, cell).select().sums()
    assert (found["input_tokens"], found["output_tokens"]) == (20, 10)
    assert found["unsplit_cost"] == 500_000_000


@pytest.mark.parametrize("cell", ["", "error", '{"prompt_tokens": 1', "None"])
def test_a_cell_that_is_no_object_costs_no_other_its_tokens(
    write: Write, cell: str
) -> None:
    found = read(write, GOOD, cell).select().sums()
    assert (found["input_tokens"], found["unsplit_cost"]) == (10, 500_000_000)


def test_usage_in_words_of_its_own_is_named(write: Write) -> None:
    usage = read(write, "CompletionUsage(completion_tokens=5, prompt_tokens=10)")
    assert any(
        "not read: usage (filled in 1 of 1 rows)" in note
        for note in usage.quality.notes
    )
