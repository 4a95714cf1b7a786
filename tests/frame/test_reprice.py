"""Repricing: a mode of its own, that says so and never falls back to what was paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.frame.saved import open_frame, save

M = 1_000_000
DAY = date(2026, 1, 1)
OFF = mw.PriceBook(catalogue=False)
BOOK = mw.PriceBook.parse(
    [
        {"model": "m", "input": "2", "output": "8", "cache_read": "0.5"},
        {"model": "m", "input": "3", "output": "9", "from": date(2026, 2, 1)},
    ],
    catalogue=False,
)


def read(*rows: dict[str, Any], prices: mw.PriceBook = OFF) -> mw.UsageFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    filled = {
        name: pa.array(
            [None if row.get(name) is None else str(row[name]) for row in rows],
            pa.string(),
        )
        for name in names
    }
    return mw.read_usage(pa.table(filled), prices=prices, rejects=None)


def row(day: str = "2026-02-22", **words: Any) -> dict[str, Any]:
    base = {"start": f"{day}T10:00:00Z", "model": "m", "input_tokens": M,
            "output_tokens": 0, "cost": "7"}  # fmt: skip
    return base | words


def cost(usage: mw.UsageFrame) -> Decimal | None:
    """The whole cost; None where nothing has a price."""
    sums = usage.select().sums()
    if not sums["priced"]:
        return None
    kinds = ("input_cost", "output_cost", "unsplit_cost")
    return Decimal(sum(sums[kind] for kind in kinds)).scaleb(-9)


def same(one: mw.UsageFrame, other: mw.UsageFrame) -> bool:
    return bool(one.to_arrow().equals(other.to_arrow()))


# what it costs


def test_a_repriced_ledger_costs_what_the_book_says() -> None:
    usage = read(row(), row("2026-01-05", output_tokens=M))
    assert cost(usage) == 14
    repriced = usage.reprice(BOOK)
    assert cost(repriced) == 3 + 2 + 8
    assert repriced.select().sums()["unsplit_cost"] == 0


def test_as_of_a_day_every_record_costs_what_held_then() -> None:
    usage = read(row("2025-06-01"), row("2026-02-22"))
    assert cost(usage.reprice(BOOK)) == 2 + 3
    assert cost(usage.reprice(BOOK, as_of=date(2026, 1, 31))) == 2 + 2
    assert cost(usage.reprice(BOOK, as_of=date(2026, 2, 1))) == 3 + 3


def test_what_the_book_does_not_price_is_unpriced_whatever_was_recorded() -> None:
    usage = read(row(), row(model="other", cost="5"), row(model="free", cost="0"))
    repriced = usage.reprice(BOOK)
    assert cost(repriced) == 3
    sums = repriced.select().sums()
    assert (sums["priced"], sums["priced_input_tokens"]) == (1, M)
    assert cost(usage.reprice(OFF)) is None


def test_a_recorded_split_counts_for_nothing_either() -> None:
    usage = read(row(cost=None, input_cost="1", output_cost="2"))
    assert cost(usage) == 3
    sums = usage.reprice(BOOK).select().sums()
    assert (sums["input_cost"], sums["output_cost"]) == (3 * 10**9, 0)


def test_records_without_tokens_cannot_be_repriced_and_that_is_said() -> None:
    usage = read(row(), row(input_tokens=None, output_tokens=None, cost="1.25"))
    repriced = usage.reprice(BOOK)
    assert cost(repriced) == 3
    assert (
        "1 record without tokens, recorded at 1.250000000 USD, can't be repriced: a "
        "price is per token" in repriced.quality.notes
    )
    assert not any("no price" in note for note in repriced.quality.notes)


def test_what_was_recorded_as_free_is_priced_and_that_is_said() -> None:
    repriced = read(row(cost=0), row(cost=1)).reprice(BOOK)
    assert cost(repriced) == 6
    assert (
        "1 record was recorded at 0 and cost something here" in repriced.quality.notes
    )


def test_by_default_the_prices_are_those_it_was_read_with() -> None:
    usage = read(row(), row(cost=None), prices=BOOK)
    assert cost(usage) == 7 + 3
    assert cost(usage.reprice()) == 6
    assert cost(usage.reprice(as_of=DAY)) == 4


def test_usage_that_a_bill_pays_has_a_price_of_its_own_when_repriced(
    tmp_path: Path,
) -> None:
    bucket = '{"start_time": 1767225600, "end_time": 1767312000, "results": [%s]}'
    page = '{"object": "page", "data": [' + bucket + '], "has_more": false}'
    used = '{"object": "organization.usage.completions.result", "model": "m", ' \
        '"input_tokens": 1000000, "output_tokens": 0, "num_model_requests": 5}'  # fmt: skip
    paid = '{"object": "organization.costs.result", "amount": {"value": 9, ' \
        '"currency": "usd"}}'  # fmt: skip
    (tmp_path / "usage.json").write_text(page % used)
    (tmp_path / "costs.json").write_text(page % paid)
    usage = mw.read_usage(tmp_path, prices=BOOK, rejects=None)
    assert cost(usage) == 9
    repriced = usage.reprice(BOOK)
    assert cost(repriced) == 2
    assert not any("paid for twice" in note for note in repriced.quality.notes)
    assert any("recorded at 9.000000000 USD" in n for n in repriced.quality.notes)


def test_the_golden_turn_costs_the_same_in_both_modes() -> None:
    opus = {"model": "claude-opus-5", "input": "5", "output": "25",
            "cache_read": "0.5", "cache_write": "6.25", "cache_write_1h": "10"}  # fmt: skip
    usage = read(
        row(
            model="claude-opus-5", cost="0.0878665",
            input_tokens=4 + 26_703 + 6_792, cache_read_tokens=26_703,
            cache_write_tokens=6_792, cache_write_1h_tokens=6_792, output_tokens=263,
        )
    )  # fmt: skip
    book = mw.PriceBook.parse([opus], catalogue=False)
    assert cost(usage) == cost(usage.reprice(book)) == Decimal("0.0878665")


# the mode


def test_the_mode_is_on_the_frame_and_on_everything_made_of_it() -> None:
    usage = read(row(user="u"))
    assert (usage.pricing, usage.repriced) == ("recorded", False)
    assert "repriced" not in repr(usage) + repr(usage.select())
    for repriced, said in (
        (usage.reprice(BOOK), "repriced"),
        (usage.reprice(BOOK, as_of=DAY), "repriced as of 2026-01-01"),
    ):
        assert repriced.repriced
        cut = repriced.of_user("u")
        for made in (repriced, cut, repriced.select().frame):
            assert made.pricing == said
        for text in (repr(repriced), repr(repriced.select()), repr(cut)):
            assert text.endswith(f", {said})")
        assert repriced.to_arrow().schema.metadata == {b"pricing": said.encode()}
        assert repriced.to_pandas().attrs == {"pricing": said}
    assert usage.to_arrow().schema.metadata == {b"pricing": b"recorded"}


def test_a_saved_frame_keeps_its_mode(tmp_path: Path) -> None:
    repriced = read(row()).reprice(BOOK, as_of=DAY)
    again = open_frame(save(repriced, tmp_path / "frame"))
    assert again.pricing == "repriced as of 2026-01-01"
    assert same(again, repriced)


def test_the_notes_say_that_recorded_costs_count_for_nothing() -> None:
    usage = read(row())
    assert (
        "1 record costs 7.000000000 USD, recorded in the ledger" in usage.quality.notes
    )
    notes = usage.reprice(BOOK, as_of=DAY).quality.notes
    said = "the ledger's own costs are ignored"
    assert f"repriced as of 2026-01-01: {said}" in notes
    assert "1 record costs 2.000000000 USD, from the rate table" in notes
    assert not any("recorded in the ledger" in note for note in notes)


# properties


@st.composite
def usages(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(1, 25))):
        read_, made = draw(st.integers(0, 10**9)), draw(st.integers(0, 10**9))
        money = st.none() | st.decimals(0, 10**6, places=9, allow_nan=False)
        paid = draw(money)
        rows.append(
            row(
                f"2026-0{draw(st.integers(1, 3))}-11",
                request_id=f"r{number}",
                model=draw(st.sampled_from(["m", "other", None])),
                input_tokens=read_,
                output_tokens=made,
                cache_read_tokens=draw(st.sampled_from([None, 0, read_ // 2])),
                cost=None if paid is None else f"{paid:f}",
            )
        )
    return rows


few = settings(max_examples=5)


def by_hand(each: dict[str, Any]) -> Decimal | None:
    """What one record costs by the book, in plain Python."""
    if each["model"] != "m":
        return None
    late = each["start"] >= "2026-02-01"
    rate_in, rate_out = (3, 9) if late else (2, 8)
    hit = each["cache_read_tokens"] or 0
    paid = (each["input_tokens"] - hit) * rate_in + hit * Decimal(
        rate_in if late else "0.5"
    )
    sides = (Decimal(paid), Decimal(each["output_tokens"] * rate_out))
    unit = Decimal("1e-9")
    return sum(
        ((side / M).quantize(unit, ROUND_HALF_EVEN) for side in sides), Decimal()
    )


@few
@given(usages())
def test_a_repriced_ledger_is_the_sum_of_its_records_by_the_book(
    rows: list[dict[str, Any]],
) -> None:
    known = [paid for paid in map(by_hand, rows) if paid is not None]
    assert cost(read(*rows).reprice(BOOK)) == (sum(known) if known else None)


@few
@given(usages())
def test_the_rates_that_a_ledger_recorded_by_give_its_costs_again(
    rows: list[dict[str, Any]],
) -> None:
    paid = [by_hand(each) for each in rows]
    usage = read(*(
        {**each, "cost": None if nano is None else f"{nano:f}"}
        for each, nano in zip(rows, paid, strict=True)
    ))  # fmt: skip
    assert cost(usage) == cost(usage.reprice(BOOK))


@pytest.mark.slow
@few
@given(usages())
def test_repricing_twice_is_repricing_once_and_the_ledger_stays_as_it_was(
    rows: list[dict[str, Any]],
) -> None:
    usage = read(*rows)
    before = usage.to_arrow()
    once = usage.reprice(BOOK)
    assert same(once.reprice(BOOK), once)
    assert usage.to_arrow().equals(before)
    assert usage.pricing == "recorded"


# what can't be


def test_a_saved_frame_says_how_to_reprice_it(tmp_path: Path) -> None:
    frame = open_frame(save(read(row()), tmp_path / "frame"))
    with pytest.raises(MeterError, match=r"holds sums and no records; .*--reprice"):
        frame.reprice(BOOK)


def test_the_frame_of_one_user_cannot_reach_the_records_of_others() -> None:
    own = read(row(user="u"), row(user="v", cost="1")).of_user("u")
    assert own.reread is None
    with pytest.raises(MeterError, match="before of_user"):
        own.reprice(BOOK)


@pytest.mark.parametrize("change", ["more", "other tokens", "gone"])
def test_a_ledger_that_has_changed_meanwhile_is_not_repriced(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "a.csv"
    line = "2026-02-22T10:00:00Z,m,{}\n"
    path.write_text("start,model,input_tokens\n" + line.format(10))
    usage = mw.read_usage(path, prices=OFF, rejects=None)
    if change == "gone":
        path.unlink()
    elif change == "more":
        path.write_text(path.read_text() + line.format(0))
    else:
        path.write_text(path.read_text().replace(",10", ",11"))
    wanted = "can't be read again" if change == "gone" else "has changed since"
    with pytest.raises(MeterError, match=wanted):
        usage.reprice(BOOK)


def test_a_stream_is_priced_again_though_it_comes_once() -> None:
    table = pa.table({"start": ["2026-02-22"], "input_tokens": [1]})
    usage = mw.read_usage(table.to_reader(), prices=OFF, rejects=None)
    assert usage.reprice(BOOK).select().sums()["input_tokens"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"book": "prices.toml"}, "reprice got str; expected a PriceBook"),
        ({"as_of": "2026-01-01"}, "as_of is '2026-01-01'; expected a day"),
        ({"as_of": datetime(2026, 1, 1, tzinfo=UTC)}, "expected a day"),
    ],
)
def test_what_is_no_book_or_no_day_is_an_error(
    words: dict[str, Any], said: str
) -> None:
    with pytest.raises(MeterError, match=said):
        read(row()).reprice(**words)


def test_rates_that_make_a_cost_too_large_are_an_error_of_the_rates() -> None:
    huge = mw.PriceBook.parse([{"model": "m", "input": "8999999999"}], catalogue=False)
    usage = read(row(input_tokens=10**15))
    with pytest.raises(MeterError, match=r"larger than a record can hold \(10\^9\)"):
        usage.reprice(huge)
