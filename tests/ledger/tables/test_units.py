"""Tables of the wild whose names say a unit, or which of two costs was paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw
from meterwidgets.ledger.sources.column_names import is_usage_like, scale_named
from meterwidgets.ledger.tables.mapping import guess

Write = Callable[..., Path]


def read(path: Path) -> mw.UsageFrame:
    return mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount_micros", "750000"), ("cost_usd_micros", "750000"), ("cost_nanos", "7.5e8"),
     ("Cost (USD millionths)", "750000"), ("cost (cents)", "75"), ("costInCents", "75"),
     ("price_cents", "75"), ("cost_millicents", "75000"), ("cost_micro_usd", "750000"),
     ("Spend (K USD)", "0.00075"), ("cost_usd", "0.75")],
)  # fmt: skip
def test_the_unit_in_a_name_is_applied_to_its_money(
    write: Write, column: str, value: str
) -> None:
    usage = read(write(f"time,model,{column}\n2026-02-22T10:00:00Z,m,{value}\n"))
    assert usage.select().sums()["unsplit_cost"] == 750_000_000
    (note,) = (n for n in usage.quality.notes if "guessed" in n)
    assert ("cost <- " + column + (" x" if "K" in column else " /")) in note or (
        column == "cost_usd"
    )


@pytest.mark.parametrize(
    ("columns", "tokens"),
    [("Input Tokens (K),Output Tokens (K)", (1500, 500)),
     ("input_tokens_m,output_tokens_m", (1_500_000, 500_000)),
     ("prompt_tokens_thousands,completion_tokens", (1500, None))],
)  # fmt: skip
def test_the_unit_in_a_name_is_applied_to_its_tokens(
    write: Write, columns: str, tokens: tuple[int, int | None]
) -> None:
    usage = read(write(f"time,model,{columns}\n2026-02-22T10:00:00Z,m,1.5,0.5\n"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["output_tokens"]) == (
        tokens[0],
        tokens[1] or 0,
    )


def test_the_sides_of_a_cost_may_be_in_cents(write: Write) -> None:
    usage = read(write(
        "time,model,input_cost_cents,output_cost_cents\n2026-02-22T10:00:00Z,m,30,20\n"
    ))  # fmt: skip
    found = usage.select().sums()
    assert (found["input_cost"], found["output_cost"]) == (300_000_000, 200_000_000)


def test_parts_in_thousands_add_up_to_an_input_in_thousands(write: Write) -> None:
    usage = read(write(
        "time,model,input_tokens_k,cache_read_input_tokens_k,cache_creation_input_tokens_k"
        "\n2026-02-22T10:00:00Z,m,1.5,2,0.25\n"
    ))  # fmt: skip
    found = usage.select().sums()
    assert found["cache_read_tokens"] == 2000
    assert found["input_tokens"] in (1500, 3750)


@pytest.mark.parametrize(
    ("columns", "cost"),
    [(["estimated_cost", "actual_cost"], "actual_cost"),
     (["gross_cost", "net_cost"], "net_cost"),
     (["list_cost", "billed_cost"], "billed_cost"),
     (["cost_cents", "estimated_cost"], "estimated_cost"),
     (["calculated_cost", "charged"], "charged"), (["cost", "net_cost"], "cost")],
)  # fmt: skip
def test_of_two_costs_the_one_that_was_paid_is_read(
    columns: list[str], cost: str
) -> None:
    assert guess(["time", *columns])["cost"] == cost


@pytest.mark.parametrize(
    ("columns", "fields"),
    [(["n_prompt", "n_gen"], ["n_prompt", "n_gen"]),
     (["prompt_n", "predicted_n"], ["prompt_n", "predicted_n"]),
     (["tokens_evaluated", "tokens_predicted"], ["tokens_evaluated", "tokens_predicted"]),
     (["Tokens (input)", "Tokens (output)"], ["Tokens (input)", "Tokens (output)"])],
)  # fmt: skip
def test_counts_of_an_engine_are_tokens(columns: list[str], fields: list[str]) -> None:
    found = guess(["time", *columns])
    assert [found["input_tokens"], found["output_tokens"]] == fields


@pytest.mark.parametrize(
    ("column", "kind"),
    [("Price", "money"), ("price_usd", "money"), ("unit_price", ""), ("input_price", ""),
     ("prompt_count2", "tokens"), ("prompt_length", ""), ("prompt_hash", ""),
     ("cost_points", "money"), ("input_price_per_million", "")],
)  # fmt: skip
def test_numbers_of_a_side_and_a_bare_price_are_named_where_nothing_reads_them(
    column: str, kind: str
) -> None:
    assert is_usage_like(column) == kind


def test_a_name_without_a_unit_has_no_scale() -> None:
    assert [scale_named(each) for each in ("cost", "model", "time_ms", "k")] == [
        0, 0, 0, 3]  # fmt: skip
