"""CSV files of the wild: what stands above the header, and names that are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
HEAD = "timestamp,model,input_tokens,output_tokens,cost\n"
ROWS = "2026-02-22T10:00:00Z,m,10,5,0.5\n2026-02-22T11:30:00Z,m,20,6,0.25\n"


def read(path: Path) -> mw.UsageFrame:
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


@pytest.mark.parametrize(
    "text",
    ["Usage report for Acme\nGenerated 2026-02-23\n\n" + HEAD + ROWS,
     "Usage report for Acme,,,,\n,,,,\nPeriod,Feb 2026,,,\n" + HEAD + ROWS,
     "# exported by a tool, version 2\n# tz UTC\n" + HEAD + ROWS, "sep=,\n" + HEAD + ROWS,
     "sep=;\n" + (HEAD + ROWS).replace(",", ";"), "\ufeff\n\n" + HEAD + ROWS,
     ("Report\r\n\r\n" + HEAD + ROWS).replace("\n", "\r\n").replace("\r\r", "\r"),
     "Report\n" + (HEAD + ROWS).replace(",", "\t"),
     HEAD.replace("cost\n", "cost,\n") + ROWS.replace("\n", ",\n"),
     "," + HEAD + "0," + ROWS.replace("\n2026", "\n1,2026"), HEAD + "\n" + ROWS + "\n\n"],
)  # fmt: skip
def test_the_header_is_found_below_what_stands_above_it(
    write: Write, text: str
) -> None:
    usage = read(write(text, "a.csv"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["output_tokens"]) == (30, 11)
    assert (found["unsplit_cost"], usage.quality.rejected) == (750_000_000, 0)


@pytest.mark.parametrize(
    "text",
    [",,Tokens,,Cost\ntimestamp,model,input,output,USD\n" + ROWS,
     ",,Tokens,Tokens,Cost\ntimestamp,model,input,output,USD\n" + ROWS,
     ",model,tokens,tokens,cost\n,name,input,output,usd\ntimestamp,,,,\n" + ROWS],
)  # fmt: skip
def test_a_header_of_two_lines_is_one_header(write: Write, text: str) -> None:
    found = read(write(text, "a.csv")).select().sums()
    assert (found["input_tokens"], found["output_tokens"]) == (30, 11)
    assert found["unsplit_cost"] == 750_000_000


def test_lines_are_counted_from_the_top_of_the_file(write: Write) -> None:
    bad = "yesterday,m,1,1,1\n"
    usage = read(write("Report\n# tz UTC\n" + HEAD + ROWS + bad, "a.csv"))
    (reject,) = usage.quality.rejects
    assert (reject["line"], reject["value"]) == (6, "yesterday")


@pytest.mark.parametrize(
    "text", ["#\n", "# only a comment\n", "sep=;\n", "Report\n1,2,3,4\n", "a\n" + "b," * 90]
)  # fmt: skip
def test_a_file_without_a_header_is_refused_in_words(write: Write, text: str) -> None:
    with pytest.raises(mw.MeterError):
        read(write(text, "a.csv"))


def test_a_header_that_begins_with_a_hash_is_a_header(write: Write) -> None:
    found = read(write("#" + HEAD + ROWS, "a.csv")).select().sums()
    assert found["input_tokens"] == 30


def test_a_long_text_below_the_header_does_not_keep_it_from_being_found(
    write: Write,
) -> None:
    text = HEAD.replace("\n", ",prompt\n") + ROWS.replace("\n", ',"x, y"\n')
    long = '2026-02-22T12:00:00Z,m,1,1,0.25,"' + "a,b\n" * 50_000 + '"\n'
    found = read(write(text.split("\n")[0] + "\n" + long, "a.csv")).select().sums()
    assert found["unsplit_cost"] == 250_000_000
