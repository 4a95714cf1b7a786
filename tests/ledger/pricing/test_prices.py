"""What a record costs, and why: recorded, rate table, catalogue, unpriced."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import ConfigError, LedgerError

DAY = "2026-02-22T10:00:00Z"
OPUS = {
    "model": "claude-opus-5",
    "input": "5",
    "output": "25",
    "cache_read": "0.5",
    "cache_write": "6.25",
    "cache_write_1h": "10",
}


def book(*entries: dict[str, Any], catalogue: bool = False) -> mw.PriceBook:
    return mw.PriceBook.parse(entries, catalogue=catalogue)


def table(*rows: dict[str, Any]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    texts = {
        name: [None if row.get(name) is None else str(row[name]) for row in rows]
        for name in names
    }
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in texts.items()}
    )


def read(*rows: dict[str, Any], prices: mw.PriceBook | None = None) -> mw.UsageFrame:
    filled = [{"start": DAY, "model": "m"} | row for row in rows]
    return mw.read_usage(table(*filled), prices=prices or book(), rejects=None)


def costs(usage: mw.UsageFrame) -> tuple[Decimal, Decimal, Decimal]:
    """Input, output and unsplit cost."""
    sums = usage.select().sums()
    kinds = ("input_cost", "output_cost", "unsplit_cost")
    return tuple(Decimal(sums[kind]).scaleb(-9) for kind in kinds)  # type: ignore[return-value]


def total(usage: mw.UsageFrame) -> Decimal:
    return sum(costs(usage), Decimal())


# the golden turn: 4 uncached, 26,703 read, 6,792 written for an hour, 263 out


@pytest.mark.parametrize("source", ["rate table", "catalogue"])
def test_a_cached_turn_of_opus_costs_exactly_its_parts(source: str) -> None:
    if source == "catalogue":
        pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    prices = book(OPUS) if source == "rate table" else book(catalogue=True)
    usage = read(
        {
            "model": "claude-opus-5",
            "input_tokens": 4 + 26_703 + 6_792,
            "cache_read_tokens": 26_703,
            "cache_write_tokens": 6_792,
            "cache_write_1h_tokens": 6_792,
            "output_tokens": 263,
        },
        prices=prices,
    )
    assert costs(usage) == (Decimal("0.0812915"), Decimal("0.006575"), 0)
    assert total(usage) == Decimal("0.0878665")
    (note,) = [each for each in usage.quality.notes if "cost" in each]
    assert f"from the {source}" in note


# the order


def test_what_was_recorded_comes_before_the_rate_table() -> None:
    usage = read({"input_tokens": 10, "output_tokens": 0, "cost": "7"},
                 prices=book({"model": "m", "input": "1", "output": "1"}))  # fmt: skip
    assert total(usage) == 7


def test_the_rate_table_comes_before_the_catalogue() -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    row = {"model": "gpt-4o", "input_tokens": 1_000_000, "output_tokens": 0}
    mine = {"model": "gpt-4o", "input": "1", "output": "1"}
    assert total(read(row, prices=book(mine, catalogue=True))) == 1
    assert total(read(row, prices=book(catalogue=True))) == Decimal("2.5")


def test_what_nothing_prices_is_unpriced_and_not_zero() -> None:
    usage = read({"input_tokens": 10, "output_tokens": 5})
    sums = usage.select().sums()
    assert (sums["priced"], sums["priced_input_tokens"]) == (0, 0)
    assert usage.currencies == ()
    assert any(n.startswith("1 record has no price") for n in usage.quality.notes)


def test_a_rate_of_zero_is_free_and_not_unpriced() -> None:
    usage = read({"input_tokens": 10, "output_tokens": 5},
                 prices=book({"model": "m", "input": "0", "output": "0"}))  # fmt: skip
    assert usage.select().sums()["priced"] == 1
    assert total(usage) == 0


def test_a_recorded_zero_in_a_table_is_free() -> None:
    usage = read({"input_tokens": 10, "output_tokens": 5, "cost": 0},
                 prices=book({"model": "m", "input": "1", "output": "1"}))  # fmt: skip
    assert usage.select().sums()["priced"] == 1
    assert total(usage) == 0


def test_a_record_without_tokens_is_not_priced_at_zero() -> None:
    rate = {"model": "m", "input": "1", "output": "1"}
    usage = read({"cost": "3"}, {"cost": None}, prices=book(rate))
    assert usage.select().sums()["priced"] == 1
    assert total(usage) == 3


def test_a_rate_for_one_side_leaves_the_other_side_unpriced() -> None:
    rate = {"model": "m", "input": "1"}
    usage = read({"input_tokens": 5, "output_tokens": 0},
                 {"input_tokens": 5, "output_tokens": 1}, prices=book(rate))  # fmt: skip
    assert usage.select().sums()["priced"] == 1


# dates, patterns


def test_a_price_holds_from_its_day_on() -> None:
    prices = book(
        {"model": "m", "input": "1", "output": "1"},
        {"model": "m", "input": "2", "output": "2", "from": date(2026, 2, 1)},
        {"model": "m", "input": "3", "output": "3", "from": date(2026, 3, 1)},
    )
    for start, cost in (
        ("2026-01-31T23:59:59.999999Z", 1),
        ("2026-02-01T00:00:00Z", 2),
        ("2026-02-28T23:00:00Z", 2),
        ("2026-03-01T00:30:00+02:00", 2),
        ("2026-03-01T00:00:00Z", 3),
    ):
        row = {"start": start, "input_tokens": 1_000_000, "output_tokens": 0}
        assert total(read(row, prices=prices)) == cost


def test_a_price_that_has_not_begun_leaves_the_record_unpriced() -> None:
    later = {"model": "m", "input": "1", "output": "1", "from": date(2027, 1, 1)}
    usage = read({"input_tokens": 1, "output_tokens": 1}, prices=book(later))
    assert usage.select().sums()["priced"] == 0


def test_the_first_pattern_that_matches_decides() -> None:
    prices = book(
        {"deployment": "qwen-*", "provider": "a", "input": "1", "output": "1"},
        {"deployment": "qwen-*", "input": "2", "output": "2"},
        {"model": "*", "input": "3", "output": "3"},
    )
    row = {"input_tokens": 1_000_000, "output_tokens": 0}
    assert (
        total(read(row | {"deployment": "qwen-x", "provider": "a"}, prices=prices)) == 1
    )
    assert (
        total(read(row | {"deployment": "qwen-x", "provider": "b"}, prices=prices)) == 2
    )
    assert total(read(row | {"deployment": "qwen-x"}, prices=prices)) == 2
    assert total(read(row | {"deployment": "other"}, prices=prices)) == 3
    assert total(read(row | {"model": None}, prices=prices)) == 3


def test_a_rate_in_another_currency_is_a_currency_of_its_own() -> None:
    rate = {"model": "m", "input": "1", "output": "1", "currency": "eur"}
    usage = read({"input_tokens": 1_000_000, "output_tokens": 0}, prices=book(rate))
    assert usage.currencies == ("EUR",)


# cache


@pytest.mark.parametrize("known", range(4))
def test_a_cache_rate_that_is_missing_is_the_nearest_one(known: int) -> None:
    """An hour's writing costs as writing, writing and reading as input."""
    kinds = ("cache_read", "cache_write", "cache_write_1h")
    rates = dict(zip(kinds, ("0.1", "1.25", "2"), strict=True))
    entry = {"model": "m", "input": "1", "output": "4"}
    entry |= {kind: rates[kind] for kind in kinds[:known]}
    usage = read({
        "input_tokens": 10_000_000, "cache_read_tokens": 4_000_000,
        "cache_write_tokens": 3_000_000, "cache_write_1h_tokens": 1_000_000,
        "output_tokens": 0,
    }, prices=book(entry))  # fmt: skip
    read_rate = Decimal("0.1") if known > 0 else Decimal(1)
    write = Decimal("1.25") if known > 1 else Decimal(1)
    hour = Decimal(2) if known > 2 else write
    assert total(usage) == 3 + 4 * read_rate + 2 * write + hour


def test_writing_for_an_hour_counts_as_writing_where_only_that_is_reported() -> None:
    usage = read({"input_tokens": 3_000_000, "cache_write_1h_tokens": 1_000_000,
                  "output_tokens": 0}, prices=book(OPUS | {"model": "m"}))  # fmt: skip
    assert total(usage) == 2 * 5 + 10
    assert usage.select().sums()["cache_write_tokens"] == 1_000_000


# tiers of the catalogue


@pytest.fixture
def tiered() -> tuple[str, Any]:
    """A model of the catalogue whose input has one more tier, and its prices."""
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    from genai_prices import data_snapshot

    name = "gemini-2.5-pro"
    _, model = data_snapshot.get_snapshot().find_provider_model(name, None, None, None)
    prices = model.get_prices(__import__("datetime").datetime(2026, 2, 22))
    if not hasattr(prices.input_mtok, "tiers"):
        pytest.skip("the catalogue has no tiers for it any more")
    return name, prices


def test_a_tier_begins_above_its_threshold_and_holds_for_the_whole_request(
    tiered: tuple[str, Any],
) -> None:
    name, prices = tiered
    (tier,) = prices.input_mtok.tiers
    for tokens, rate in (
        (tier.start - 1, prices.input_mtok.base),
        (tier.start, prices.input_mtok.base),
        (tier.start + 1, tier.price),
    ):
        row = {"model": name, "input_tokens": tokens, "output_tokens": 0}
        expected = (tokens * rate / 1_000_000).quantize(
            Decimal("1e-9"), ROUND_HALF_EVEN
        )
        assert total(read(row, prices=book(catalogue=True))) == expected


def test_output_takes_the_tier_of_the_input(tiered: tuple[str, Any]) -> None:
    name, prices = tiered
    (tier,) = prices.output_mtok.tiers
    row = {"model": name, "input_tokens": tier.start + 1, "output_tokens": 1_000_000}
    assert costs(read(row, prices=book(catalogue=True)))[1] == tier.price


def test_a_bucket_of_requests_takes_the_base_rate(tiered: tuple[str, Any]) -> None:
    """Its sum says nothing about how long one request was."""
    name, prices = tiered
    row = {"model": name, "requests": 50, "input_tokens": 1_000_000, "output_tokens": 0}
    expected = prices.input_mtok.base
    assert total(read(row, prices=book(catalogue=True))) == expected


# rounding


def test_half_a_billionth_goes_to_the_even_one() -> None:
    prices = book({"model": "m", "input": "0.0005", "output": "0"})
    for tokens, cost in ((1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4)):
        usage = read({"input_tokens": tokens, "output_tokens": 0}, prices=prices)
        assert total(usage) == Decimal(cost).scaleb(-9)


rate = st.decimals(0, 1000, places=9, allow_nan=False)
tokens = st.integers(0, 10**12)


@pytest.mark.slow
@given(rates=st.tuples(rate, rate, rate), counts=st.lists(st.tuples(tokens, tokens, tokens), min_size=1, max_size=5))  # fmt: skip
def test_computed_costs_are_those_of_decimal(
    rates: tuple[Decimal, ...], counts: list[tuple[int, ...]]
) -> None:
    read_rate, output, cached = (Decimal(each) for each in rates)
    entry = {"model": "m", "input": str(read_rate), "output": str(output),
             "cache_read": str(cached)}  # fmt: skip
    rows = [
        {"input_tokens": plain + hit, "cache_read_tokens": hit, "output_tokens": made}
        for plain, hit, made in counts
    ]
    unit = Decimal("1e-9")
    expected = [Decimal(), Decimal()]
    for plain, hit, made in counts:
        paid = (plain * read_rate + hit * cached) / 1_000_000
        expected[0] += paid.quantize(unit, ROUND_HALF_EVEN)
        expected[1] += (made * output / 1_000_000).quantize(unit, ROUND_HALF_EVEN)
    assert costs(read(*rows, prices=book(entry)))[:2] == tuple(expected)


amounts = st.decimals(0, 999_999_999, places=20, allow_nan=False)


@pytest.mark.slow
@given(st.lists(amounts, min_size=1, max_size=8))
def test_recorded_costs_are_rounded_once_half_even(recorded: list[Decimal]) -> None:
    rows = [
        {"input_tokens": 1, "output_tokens": 0, "cost": f"{each:f}"}
        for each in recorded
    ]
    unit = Decimal("1e-9")
    expected = sum(each.quantize(unit, ROUND_HALF_EVEN) for each in recorded)
    assert total(read(*rows)) == expected


@pytest.mark.parametrize(
    ("text", "cost"),
    [("0.00022500000000000002", "0.000225"), ("2.25e-5", "0.0000225"),
     ("$1,234.50", "1234.5"), ("1,234,567.891", "1234567.891"), (".5", "0.5"),
     ("$0.10", "0.1"), ("0.0000000005", "0"), ("0.0000000015", "0.000000002"),
     ("0.0000000005000000000000000001", "0.000000001")],
)  # fmt: skip
def test_money_is_read_as_decimal_text(text: str, cost: str) -> None:
    usage = read({"input_tokens": 1, "output_tokens": 0, "cost": text})
    assert total(usage) == Decimal(cost)


# splitting a total


@pytest.mark.slow
@given(
    cost=st.decimals("0.000000001", 10**8, places=9, allow_nan=False),
    counts=st.tuples(st.integers(1, 10**13), st.integers(1, 10**13)),
    rates=st.tuples(st.integers(0, 10**12), st.integers(1, 10**12)),
)
def test_a_total_is_split_by_the_ratio_of_the_price_and_stays_whole(
    cost: Decimal, counts: tuple[int, int], rates: tuple[int, int]
) -> None:
    entry = {"model": "m"} | {
        side: f"{Decimal(rate).scaleb(-9):f}"
        for side, rate in zip(("input", "output"), rates, strict=True)
    }
    row = {"input_tokens": counts[0], "output_tokens": counts[1], "cost": f"{cost:f}"}
    usage = read(row, prices=book(entry))
    paid, made, unsplit = costs(usage)
    assert paid + made == cost and unsplit == 0
    weights = counts[0] * rates[0], counts[1] * rates[1]
    share = Decimal(weights[0]) / Decimal(sum(weights))
    assert abs(paid - cost * share) <= Decimal("1e-9") + cost * Decimal("1e-17")
    assert usage.select().sums()["estimated_cost"] == int(cost.scaleb(9))


def test_a_total_without_a_price_is_not_split() -> None:
    usage = read({"input_tokens": 10, "output_tokens": 10, "cost": "2"})
    assert costs(usage) == (0, 0, 2)
    assert usage.select().sums()["estimated_cost"] == 0


def test_a_total_of_one_side_only_needs_no_price() -> None:
    assert costs(read({"input_tokens": 9, "output_tokens": 0, "cost": 2})) == (2, 0, 0)
    assert costs(read({"input_tokens": 0, "output_tokens": 9, "cost": 2})) == (0, 2, 0)


def test_a_total_split_by_the_ledger_is_taken_as_it_is() -> None:
    usage = read({"input_cost": "1", "output_cost": "2", "cost": "4",
                  "input_tokens": 1, "output_tokens": 1})  # fmt: skip
    assert costs(usage) == (1, 2, 1)


def test_one_recorded_side_gives_the_rest_to_the_other() -> None:
    given_in = read({"input_cost": "1", "cost": "4", "input_tokens": 1})
    given_out = read({"output_cost": "1", "cost": "4", "input_tokens": 1})
    assert costs(given_in) == (1, 3, 0)
    assert costs(given_out) == (3, 1, 0)
    assert costs(read({"input_cost": "1", "input_tokens": 1})) == (1, 0, 0)


# what can't be


def test_rates_that_make_a_cost_too_large_are_an_error() -> None:
    prices = book({"model": "m", "input": "8999999999", "output": "1"})
    with pytest.raises(LedgerError, match=r"larger than a record can hold \(10\^9\)"):
        read({"input_tokens": 10**15, "output_tokens": 1}, prices=prices)


def test_a_huge_price_still_splits_a_total() -> None:
    prices = book({"model": "m", "input": "8999999999", "output": "8999999999"})
    row = {"input_tokens": 10**15, "output_tokens": 10**15, "cost": "999999999"}
    assert costs(read(row, prices=prices))[0] == Decimal("499999999.5")


def test_sums_past_the_largest_integer_are_an_error_and_never_wrap() -> None:
    rows = [{"input_tokens": n, "cost": 999_999_999} for n in range(1, 11)]
    with pytest.raises(LedgerError, match="larger than can be counted exactly"):
        read(*rows)
    spread = [row | {"model": f"m{n}"} for n, row in enumerate(rows)]
    with pytest.raises(LedgerError, match="larger than can be counted exactly"):
        read(*spread)
    assert total(read(*spread[:9])) == 9 * 999_999_999


ENTRIES = [
    ({"model": "m"}, "price[0]: no rate; add input"),
    ({"input": "1"}, "price[0]: matches nothing by name; add deployment"),
    ({"model": "m", "input": 1.5}, "price[0].input: expected decimal text"),
    (
        {"model": "m", "input": "-1"},
        "price[0].input: expected a rate from 0 to 9 billion",
    ),
    ({"model": "m", "input": "0.0000000001"}, "at most nine decimals"),
    ({"model": "m", "input": "NaN"}, "price[0].input: expected decimal text"),
    ({"model": "m", "input": "Infinity"}, "price[0].input: expected"),
    ({"model": "m", "input": "1e999999"}, "price[0].input: expected"),
    ({"model": "m", "input": "x"}, "price[0].input: expected decimal text"),
    ({"model": "m", "input": True}, "price[0].input: expected decimal text"),
    ({"model": 5, "input": "1"}, "price[0].model: expected text"),
    ({"model": "m", "input": "1", "from": "2025"}, "price[0].from: expected a date"),
    ({"model": "m", "imput": "1"}, "key 'imput' not found; did you mean 'input'?"),
    ({"model": "m", "input": "1", "currency": "euro"}, "price[0].currency: expected"),
    ("m", "price[0]: expected a table, [[price]]"),
]


@pytest.mark.parametrize(("entry", "said"), ENTRIES, ids=[s for _, s in ENTRIES])
def test_an_entry_that_can_not_be_used_names_its_key_and_the_fix(
    entry: Any, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        book(entry)
    assert said in str(caught.value)


def test_a_price_file_is_read_without_floats(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('[[price]]\nmodel = "m"\ninput = 0.1\noutput = "0.2"\n')
    prices = mw.PriceBook.load(path, catalogue=False)
    row = {"input_tokens": 10**9, "output_tokens": 10**9}
    assert costs(read(row, prices=prices)) == (100, 200, 0)


@pytest.mark.parametrize("text", ["price = 5", "[price]\nmodel = 'm'", "[[price", None])
def test_a_price_file_that_can_not_be_read_is_named(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "prices.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        mw.PriceBook.load(path)
    assert str(caught.value).startswith(str(path))


# Aider's and LiteLLM's 0


def aider_line(cost: object, model: str = "m") -> str:
    import json

    properties = {"main_model": model, "prompt_tokens": 10, "completion_tokens": 5,
                  "cost": cost, "total_cost": 99}  # fmt: skip
    return json.dumps({"event": "message_send", "properties": properties,
                       "user_id": "u", "time": 1_771_754_400}) + "\n"  # fmt: skip


@pytest.mark.parametrize("mine", [True, False])
def test_aiders_zero_is_priced_by_the_readers_rates_only(
    tmp_path: Path, mine: bool
) -> None:
    path = tmp_path / "aider.jsonl"
    path.write_text(aider_line(0) + aider_line(0.25))
    prices = book(*[{"model": "m", "input": "1", "output": "1"}] * mine)
    usage = mw.read_usage(path, prices=prices)
    assert usage.select().sums()["priced"] == 1 + mine
    assert total(usage) == Decimal("0.25") + mine * Decimal("0.000015")


def test_aiders_zero_is_no_price_though_the_catalogue_has_one(tmp_path: Path) -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    path = tmp_path / "aider.jsonl"
    path.write_text(aider_line(0, "gpt-4o"))
    usage = mw.read_usage(path)
    assert usage.select().sums()["priced"] == 0


@pytest.mark.parametrize("priced", [True, False])
def test_every_combination_of_what_is_known_adds_up(priced: bool) -> None:
    """Recorded total and parts and tokens: a total stays whole, and none is made up."""
    options = product((None, "3"), (None, "1"), (None, "2"), (None, 4), (None, 5))
    names = ("cost", "input_cost", "output_cost", "input_tokens", "output_tokens")
    rows = {
        f"m{place}": dict(zip(names, values, strict=True))
        for place, values in enumerate(options)
    }
    prices = book(*[{"model": "m*", "input": "1", "output": "1"}] * priced)
    ledger = table(*({"start": DAY, "model": name} | row for name, row in rows.items()))
    columns = {name: name for name in names}
    usage = mw.read_usage(ledger, prices=prices, columns=columns, rejects=None)
    for model, sums in usage.select().by("model").items():
        row = rows[str(model)]
        whole = Decimal(row["cost"] or 0)
        parts = Decimal(row["input_cost"] or 0) + Decimal(row["output_cost"] or 0)
        tokens = row["input_tokens"] or row["output_tokens"]
        spent = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
        assert min(sums["input_cost"], sums["output_cost"], sums["unsplit_cost"]) >= 0
        assert sums["priced"] == bool(whole or parts or (priced and tokens))
        if whole or parts:
            assert spent == (whole or parts).scaleb(9)
