"""Every term that sets a price: what a book knows is applied, the rest is unpriced."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.pricing.test_price_tiers import noted
from ledger.pricing.test_prices import book, read, total
from meterwidgets.errors import ConfigError

M = 1_000_000
BASE = {"model": "m", "input": "1", "output": "4"}
ROW = {"input_tokens": M, "output_tokens": 0}


def fees(usage: mw.UsageFrame) -> Decimal:
    return Decimal(usage.select().sums()["fee_cost"]).scaleb(-9)


def stating(**terms: Any) -> dict[str, Any]:
    """A row of a table whose columns are named as tables name them."""
    names = {"speed": "speed_tier", "tool_calls": "tool_call_count"}
    return ROW | {names.get(name, name): value for name, value in terms.items()}


def is_unpriced(usage: mw.UsageFrame) -> bool:
    return bool(usage.select().sums()["priced"] == 0)


# speed and geography


@pytest.mark.parametrize(
    ("term", "value"), [("speed", "fast"), ("geography", "us"), ("geography", "EU")]
)
def test_a_term_that_no_entry_names_is_unpriced_and_said(term: str, value: str) -> None:
    usage = read(*[stating(**{term: value})] * 2, prices=book(BASE))
    assert is_unpriced(usage)
    (note,) = noted(usage, term)
    assert note.startswith(f"2 records of the {term} {value.lower()} have no price")
    assert f'add a [[price]] with {term} = "{value.lower()}"' in note


@pytest.mark.parametrize(
    ("term", "value"),
    [("speed", "standard"), ("speed", "Normal"), ("geography", "global"),
     ("geography", "not_available"), ("geography", None)],
)  # fmt: skip
def test_the_standard_term_in_the_words_of_ledgers(term: str, value: str) -> None:
    usage = read(stating(**{term: value}), prices=book(BASE))
    assert total(usage) == 1
    assert not noted(usage, term)


@pytest.mark.parametrize("term", ["speed", "geography"])
def test_an_entry_prices_the_term_that_it_names(term: str) -> None:
    named = BASE | {term: "x", "input": "6"}
    for entries in ((BASE, named), (named, BASE)):
        prices = book(*entries)
        assert total(read(stating(**{term: "X"}), prices=prices)) == 6
        assert total(read(ROW, prices=prices)) == 1
    anywhere = book(BASE | {term: "*"})
    assert total(read(stating(**{term: "y"}), prices=anywhere)) == 1


# hours and days


def test_hours_of_the_day_have_their_price() -> None:
    prices = book(BASE, BASE | {"input": "2", "hours": ["01:00-04:00", "22:00-00:30"]})
    hours = {"00:29": 2, "00:30": 1, "00:59": 1, "01:00": 2, "03:59": 2, "04:00": 1,
             "21:59": 1, "22:00": 2, "23:59": 2}  # fmt: skip
    for time, cost in hours.items():
        for day in ("2026-02-22", "2026-02-23"):
            row = ROW | {"start": f"{day}T{time}:00Z"}
            assert total(read(row, prices=prices)) == cost, (day, time)


def test_days_and_hours_are_those_of_the_books_zone_over_clock_changes() -> None:
    entries = [BASE, BASE | {"input": "2", "hours": "08:00-09:00"},
               BASE | {"input": "5", "from": date(2026, 4, 1)}]  # fmt: skip
    prices = mw.PriceBook.parse(entries, catalogue=False, tz="Europe/Berlin")
    starts = {
        "2026-03-28T07:30:00Z": 2, "2026-03-28T06:30:00Z": 1,
        "2026-03-29T06:30:00Z": 2, "2026-03-29T07:30:00Z": 1,
        "2026-03-31T21:59:59Z": 1, "2026-03-31T22:00:00Z": 5,
    }  # fmt: skip
    rows = [ROW | {"start": start, "user": start} for start in starts]
    sums = read(*rows, prices=prices).select().by("user")
    found = {user: each["input_cost"] // 10**9 for user, each in sums.items()}
    assert found == starts


def test_the_catalogues_peak_hours() -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    row = ROW | {"provider": "deepseek", "model": "deepseek-v4-pro"}
    prices = book(catalogue=True)
    at = {
        hour: total(read(row | {"start": f"2026-11-03T{hour}:00Z"}, prices=prices))
        for hour in ("00:59", "01:00", "05:00", "06:00", "09:59", "10:00")
    }
    off, peak = at["00:59"], at["01:00"]
    assert peak == 2 * off
    assert [*at.values()] == [off, peak, off, peak, peak, off]


# length


def test_an_entry_for_long_requests_prices_the_whole_request() -> None:
    prices = book(BASE | {"above": 200_000, "input": "2", "output": "6"}, BASE)
    for tokens, rate in ((200_000, 1), (200_001, 2)):
        row = {"input_tokens": tokens, "output_tokens": 0}
        assert total(read(row, prices=prices)) == Decimal(tokens * rate) / M


def test_a_bucket_takes_the_lengths_that_the_ledger_states() -> None:
    prices = book(BASE, BASE | {"above": 200_000, "input": "2"})
    bucket = ROW | {"requests": 50}
    assert total(read(bucket | {"context_tokens": 200_001}, prices=prices)) == 2
    assert total(read(bucket | {"context_tokens": 1}, prices=prices)) == 1
    unknown = read(bucket, prices=prices)
    assert total(unknown) == 1
    (note,) = noted(unknown, "short requests")
    assert note.startswith("1 bucket is priced at the rates for short requests")


# audio and images


def test_audio_and_images_have_their_rates() -> None:
    prices = book(BASE | {"input_audio": "10", "output_audio": "20",
                          "input_image": "3", "output_image": "30"})  # fmt: skip
    row = {
        "input_tokens": 6 * M, "input_audio_tokens": 2 * M, "input_image_tokens": M,
        "output_tokens": 5 * M, "output_audio_tokens": M, "output_image_tokens": M,
    }  # fmt: skip
    assert total(read(row, prices=prices)) == 3 + 20 + 3 + 3 * 4 + 20 + 30


@pytest.mark.parametrize("part", ["input_audio", "output_audio", "output_image"])
def test_audio_is_never_priced_as_text(part: str) -> None:
    row = {"input_tokens": M, "output_tokens": M, f"{part}_tokens": M}
    usage = read(row, ROW, prices=book(BASE))
    assert total(usage) == 1
    (note,) = noted(usage, part.partition("_")[2])
    assert note.startswith("1 record with 1,000,000 tokens of")
    assert total(read(ROW | {f"{part}_tokens": 0}, prices=book(BASE))) == 1


def test_images_are_read_at_the_rate_of_input_and_that_is_said() -> None:
    usage = read(ROW | {"input_image_tokens": 400}, prices=book(BASE))
    assert total(usage) == 1
    assert noted(usage, "images") == [
        "400 tokens of images are priced as input: the rate table has no input_image "
        "rate for them"
    ]


def test_audio_that_may_be_cached_is_unpriced() -> None:
    row = ROW | {"cache_read_tokens": M // 2, "input_audio_tokens": M * 3 // 4}
    usage = read(row, prices=book(BASE | {"input_audio": "10", "cache_read": "0.1"}))
    assert is_unpriced(usage)
    assert noted(usage, "can't be told from cached tokens")


# fees


def test_fees_are_apart_from_both_sides() -> None:
    prices = book(BASE | {"request_fee": "0.005", "search_fee": "0.01",
                          "tool_call_fee": "0.02"})  # fmt: skip
    row = stating(searches=5, tool_calls=2)
    usage = read(row, prices=prices)
    assert (total(usage), fees(usage)) == (1, Decimal("0.095"))
    assert noted(usage, "search") == [
        "5 searches cost 0.050000000 USD by the rate table: a fee, in the cost and in "
        "no rate per token"
    ]
    several = read(row | {"requests": 100}, prices=prices)
    assert fees(several) == Decimal("0.59")


def test_searches_without_a_known_fee_are_said() -> None:
    usage = read(ROW | {"searches": 5}, ROW | {"searches": 2}, prices=book(BASE))
    assert (total(usage), fees(usage)) == (2, 0)
    (note,) = noted(usage, "search")
    assert note.startswith("7 searches are not in the cost: the rate table has no fee")


def test_a_recorded_cost_has_its_fees_in_it() -> None:
    usage = read(ROW | {"searches": 5, "cost": "3"},
                 prices=book(BASE | {"search_fee": "1"}))  # fmt: skip
    assert (total(usage), fees(usage)) == (3, 0)
    assert not noted(usage, "search")


# together


def test_long_fast_peak_requests_of_a_tier_find_their_entry() -> None:
    special = BASE | {"service_tier": "batch", "speed": "fast", "geography": "us",
                      "hours": "10:00-11:00", "above": 1000, "input": "9"}  # fmt: skip
    row = stating(service_tier="batch", speed="fast", geography="us")
    assert total(read(row, prices=book(BASE, special))) == 9
    changes: tuple[dict[str, Any], ...] = (
        {"speed_tier": "slow"}, {"geography": "eu"}, {"start": "2026-02-22T11:00:00Z"},
        {"input_tokens": 1000},
    )  # fmt: skip
    for change in changes:
        assert is_unpriced(read(row | change, prices=book(BASE, special)))


ENTRIES = [
    ({"hours": "1-4"}, 'expected hours = "01:00-04:00"'),
    ({"hours": "01:00-25:00"}, 'expected hours = "01:00-04:00"'),
    ({"hours": 3}, 'expected hours = "01:00-04:00"'),
    ({"above": "200k"}, "expected a number of input tokens"),
    ({"above": -1}, "expected a number of input tokens"),
    ({"above": True}, "expected a number of input tokens"),
    ({"speed": 6}, "speed: expected text"),
    ({"geography": 6}, "geography: expected text"),
    ({"search_fee": 0.01}, 'search_fee: expected decimal text such as "0.01"'),
    ({"search_fees": "1"}, "did you mean 'search_fee'?"),
]


@pytest.mark.parametrize(("change", "message"), ENTRIES)
def test_a_term_that_is_wrong_names_itself(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        book(BASE | change)
    assert message in str(error.value)


# sources


def results(tmp_path: Path, **result: Any) -> mw.UsageFrame:
    """A day of Anthropic's usage report."""
    page = {
        "data": [{
            "starting_at": "2026-01-10T00:00:00Z", "ending_at": "2026-01-11T00:00:00Z",
            "results": [{
                "uncached_input_tokens": M, "output_tokens": 0, "api_key_id": None,
                "model": "claude-sonnet-4-5-20250929", "service_tier": "standard",
            } | result],
        }],
        "has_more": False, "next_page": None,
    }  # fmt: skip
    path = tmp_path / "page.json"
    path.write_text(json.dumps(page))
    return mw.read_usage(path, prices=book(catalogue=True), rejects=None)


@pytest.mark.parametrize(
    ("window", "cost"),
    [("0-200k", 3), ("200k-1M", 6), ("200K-1m", 6), (None, 3), ("long", 3)],
)
def test_anthropics_context_window_is_the_length_of_its_requests(
    tmp_path: Path, window: str | None, cost: int
) -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    usage = results(tmp_path, context_window=window)
    assert total(usage) == cost
    known = window is not None and window[0].isdigit()
    assert bool(noted(usage, "short requests")) is not known


def test_audio_of_openais_older_pages_stands_beside_the_text(tmp_path: Path) -> None:
    result = {"object": "organization.usage.completions.result", "model": "m",
              "input_tokens": 0, "output_tokens": 0, "input_audio_tokens": M,
              "output_audio_tokens": M, "num_model_requests": 1}  # fmt: skip
    rate = BASE | {"input_audio": "10", "output_audio": "20"}
    bucket = {"start_time": 1769904000, "end_time": 1769990400, "results": [result]}
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"data": [bucket], "has_more": False}))
    usage = mw.read_usage(path, prices=book(rate), rejects=None)
    assert total(usage) == 30
