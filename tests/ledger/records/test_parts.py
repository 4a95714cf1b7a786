"""Parts and their wholes: what stands beside the input and output, or inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]

HEAD = (
    "start,model,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,"
    "reasoning_tokens,total_tokens,cost\n"
)

CASES = {
    # numbers of a row -> input and output
    "OpenAI: all inside": ("10339,10318,,60,0,10399", (10339, 60)),
    "OpenAI: reasoning inside": ("75,0,,1186,1024,1261", (75, 1186)),
    "Codex: cached inside": ("117231,115584,,225,,117456", (117231, 225)),
    "Bedrock Converse: all beside": ("3,5758,6174,400,,12335", (11935, 400)),
    "Bedrock through LiteLLM: writes beside": ("1200,1100,900,50,,2150", (2100, 50)),
    "Gemini: thoughts beside": ("10,,,5,200,215", (10, 205)),
    "Gemini: cached inside, thoughts beside": ("2000,1500,,40,360,2400", (2000, 400)),
    "xAI: reasoning beside, and it would fit": ("32,,,400,310,742", (32, 710)),
    "LangChain on Anthropic: cache beside, and it would fit": (
        "5000,4000,300,100,,9400", (9300, 100),
    ),
    "cache and reasoning beside": ("100,40,10,50,30,230", (150, 80)),
    "a total of 0 proves nothing": ("100,40,10,50,30,0", (100, 50)),
    "a total that fits nothing": ("100,40,10,50,30,999", (100, 50)),
    "no total, and they fit": ("100,40,10,50,30,", (100, 50)),
    "no total, and the cache is more": ("31,0,1253,467,,", (1284, 467)),
    "no total, and both are more together": ("10,6,5,20,,", (21, 20)),
    "no total, and the reasoning is more": ("10,,,20,21,", (10, 41)),
    "inside by the total, but more": ("12,2495,0,467,,479", (2507, 467)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_total_tells_what_stands_beside_else_the_size(
    write: Write, case: str
) -> None:
    counts, expected = CASES[case]
    usage = mw.read_usage(write(HEAD + f"2026-08-10T10:00:00Z,m,{counts},0.5\n"))
    sums = usage.select().sums()
    assert (sums["input_tokens"], sums["output_tokens"]) == expected
    assert (usage.quality.records, usage.quality.rejected) == (1, 0)


def test_tokens_that_are_added_by_their_size_are_said_with_the_money(
    write: Write,
) -> None:
    rows = "2026-08-10T10:00:00Z,m,31,0,1253,467,,,0.25\n" * 2
    rows += "2026-08-10T10:00:00Z,m,31,0,1253,467,,1751,4\n"
    usage = mw.read_usage(write(HEAD + rows))
    (note,) = [each for each in usage.quality.notes if "beside" in each]
    assert note.startswith("2 records have more cached")
    assert "recorded cost: 0.50 USD" in note and "2,506 tokens are added" in note


@pytest.mark.parametrize(
    ("sides", "cost"),
    [
        (("0.004123", "0.001877"), "0.006001"),
        (("0.004123", "0.001877"), "0.005999"),
        (("0.01", "0.02"), "0.02"),
        (("0.01", "0.02"), "0.036"),
        (("-0.01", "-0.02"), "-0.02"),
        (("1e-06", "1e-06"), "1e-06"),
    ],
)
def test_sides_that_were_rounded_add_up_to_the_cost(
    write: Write, sides: tuple[str, str], cost: str
) -> None:
    head = "start,input_tokens,output_tokens,input_cost,output_cost,cost\n"
    row = f"2026-08-10T10:00:00Z,10,5,{','.join(sides)},{cost}\n"
    usage = mw.read_usage(write(head + row))
    sums = usage.select().sums()
    assert usage.quality.rejected == 0 and sums["unsplit_cost"] == 0
    assert sums["input_cost"] + sums["output_cost"] == round(float(cost) * 1e9)
    assert not any("unknown" in note for note in usage.quality.notes)


def test_sides_that_are_more_than_the_cost_leave_it_unsplit_and_are_said(
    write: Write,
) -> None:
    head = "start,input_tokens,output_tokens,input_cost,output_cost,cost\n"
    usage = mw.read_usage(write(head + "2026-08-10T10:00:00Z,10,5,0.30,0.40,0.50\n"))
    sums = usage.select().sums()
    assert (sums["input_cost"], sums["output_cost"]) == (0, 0)
    assert sums["unsplit_cost"] == 500_000_000
    assert usage.quality.notes[0].startswith(
        "input_cost is unknown in 1 record, of which 0.50 USD recorded cost counts"
    )


def test_corrections_count_with_their_sign_and_are_said(write: Write) -> None:
    head = "start,model,input_tokens,output_tokens,cost\n"
    rows = "2026-08-10T10:00:00Z,m,100,50,2\n"
    rows += "2026-08-10T11:00:00Z,m,-40,-20,-0.5\n"  # all of it taken back
    rows += "2026-08-10T12:00:00Z,m,10,5,-0.25\n"  # only the cost
    rows += "2026-08-10T13:00:00Z,m,-7,5,0.125\n"  # doubtful beside a positive cost
    usage = mw.read_usage(write(head + rows))
    sums = usage.select().sums()
    assert (sums["input_tokens"], sums["output_tokens"]) == (70, 40)
    costs = sum(sums[f"{side}_cost"] for side in ("input", "output", "unsplit"))
    assert costs == 1_375_000_000
    assert "2 records are corrections: -0.75 USD, counted with the minus" in (
        usage.quality.notes
    )
    assert usage.quality.notes[0].startswith("input_tokens is unknown in 1 record")


def test_tokens_that_only_the_total_has_are_said_with_the_money(write: Write) -> None:
    rows = "2026-08-10T10:00:00Z,m,20,,,424,,1016,0.5\n"  # 572 thoughts are not told
    rows += "2026-08-10T11:00:00Z,m,7477,0,0,2060,,11476,0.25\n"
    rows += "2026-08-10T12:00:00Z,m,20,,,424,,444,4\n"
    rows += "2026-08-10T13:00:00Z,m,20,,,424,,0,4\n"
    usage = mw.read_usage(write(HEAD + rows))
    sums = usage.select().sums()
    assert (sums["input_tokens"], sums["output_tokens"]) == (7537, 3332)
    (note,) = [each for each in usage.quality.notes if "neither side" in each]
    assert note.startswith(
        "the total of 2 records (recorded cost: 0.75 USD) has 2,511 tokens more"
    )
