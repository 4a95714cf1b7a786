"""Tables of the wild with a row a kind of tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
AT = "2026-02-22T10:00:00Z"


def read(path: Path) -> mw.UsageFrame:
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


@pytest.mark.parametrize(
    ("header", "kinds"),
    [("token_type", ("input", "cached_input", "output", "reasoning")),
     ("type", ("prompt_tokens", "cache_read_tokens", "completion_tokens", "reasoning_tokens")),
     ("Token Type", ("Input tokens", "Cache read", "Output tokens", "Thinking tokens")),
     ("direction", ("prompt", "cache_hit", "completion", "thoughts"))],
)  # fmt: skip
def test_a_row_a_kind_of_tokens_fills_the_field_of_its_kind(
    write: Write, header: str, kinds: tuple[str, ...]
) -> None:
    rows = [f"r1,{AT},m,{kind},{10**n},0.25" for n, kind in enumerate(kinds)]
    usage = read(
        write("\n".join([f"request_id,time,model,{header},tokens,cost", *rows]))
    )
    found = usage.select().sums()
    assert (found["input_tokens"], found["cache_read_tokens"]) == (11, 10)
    assert (found["output_tokens"], found["reasoning_tokens"]) == (1100, 1000)
    assert found["unsplit_cost"] == 1_000_000_000
    assert (usage.quality.duplicates, found["requests_reported"]) == (0, 0)
    assert any(
        f"{header} says what tokens counts" in note for note in usage.quality.notes
    )


def test_an_amount_may_be_of_tokens_at_a_price_of_one(write: Write) -> None:
    rows = [f"{AT},m,input_cache_hit_tokens,0.000000003625,8275456",
            f"{AT},m,input_cache_miss_tokens,0.0000003,120000",
            f"{AT},m,output_tokens,0.0000012,40000", f"{AT},m,request_count,,92"]  # fmt: skip
    usage = read(write("\n".join(["time,model,type,price,amount", *rows])))
    found = usage.select().sums()
    assert (found["input_tokens"], found["cache_read_tokens"]) == (8395456, 8275456)
    assert (found["output_tokens"], found["requests"]) == (40000, 92)
    costs = sum(found[f"{part}_cost"] for part in ("input", "output", "unsplit"))
    assert costs == 113_998_528
    unpriced = read(write(f"time,model,type,amount\n{AT},m,output_tokens,7\n"))
    assert unpriced.select().sums()["priced"] == 0


def test_an_amount_of_other_kinds_is_money(write: Write) -> None:
    usage = read(write(f"time,model,type,amount\n{AT},m,output,7\n"))
    assert usage.select().sums()["unsplit_cost"] == 7_000_000_000


def test_a_table_of_output_only_has_no_input(write: Write) -> None:
    usage = read(write(f"time,model,token_type,tokens\n{AT},m,output,7\n"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["output_tokens"]) == (0, 7)


@pytest.mark.parametrize("kind", ["chat", "", "total"])
def test_a_column_of_other_kinds_tells_nothing_of_tokens(
    write: Write, kind: str
) -> None:
    usage = read(write(f"time,model,type,tokens\n{AT},m,{kind},7\n"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["requests"]) == (7, 1)
