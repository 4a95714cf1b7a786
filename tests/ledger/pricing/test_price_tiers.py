"""Rates by service tier, and rates that stand in for ones that are missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

import meterwidgets as mw
from ledger.pricing.test_prices import OPUS, book, read, total
from meterwidgets.errors import ConfigError

M = 1_000_000
ANY = {"model": "m", "input": "2", "output": "8"}
BATCH = {"model": "m", "service_tier": "batch", "input": "1", "output": "4"}
FLEX = {"model": "m", "service_tier": "flex", "input": "1.5", "output": "6"}


def one(tier: str | None, *entries: dict[str, Any], **changes: Any) -> mw.UsageFrame:
    """A million tokens of input in one tier."""
    row = {"input_tokens": M, "output_tokens": 0, "service_tier": tier} | changes
    return read(row, prices=book(*entries))


def noted(usage: mw.UsageFrame, word: str) -> list[str]:
    notes = [note for note in usage.quality.notes if "guessed" not in note]
    return [note for note in notes if word in note]


@pytest.mark.parametrize("entries", [*permutations([ANY, BATCH, FLEX])])
def test_a_rate_that_names_the_tier_goes_first_wherever_it_stands(
    entries: tuple[dict[str, Any], ...],
) -> None:
    """A general entry in front of it would double the cost of a batch unseen."""
    tiers = ("batch", "flex", "standard", "default", "auto", None)
    usage = read(
        *({"input_tokens": M * 10**n, "output_tokens": 0, "service_tier": tier}
          for n, tier in enumerate(tiers)),
        prices=book(*entries),
    )  # fmt: skip
    assert total(usage) == 1 + 15 + 2 * (100 + 1000 + 10_000 + 100_000)
    assert not noted(usage, "tier")


def test_a_rate_without_a_tier_holds_for_every_tier_and_that_is_said() -> None:
    usage = one("batch", ANY)
    assert total(usage) == 2
    assert noted(usage, "tier") == [
        "1 record of the service tier batch priced at the rates for all tiers; for "
        'its own rates add a [[price]] with service_tier = "batch"'
    ]


def test_a_rate_of_one_tier_prices_no_other() -> None:
    usage = one("standard", BATCH)
    assert usage.select().sums()["priced"] == 0
    usage = one("priority", BATCH)
    assert usage.select().sums()["priced"] == 0
    (note,) = noted(usage, "tier")
    assert note.startswith("1 record of the service tier priority has no price")


def test_what_reports_no_tier_is_priced_as_standard() -> None:
    standard = ANY | {"service_tier": "Default"}
    for tier in (None, "standard", "default"):
        assert total(one(tier, standard)) == 2
    assert one("batch", standard).currencies == ()


def test_a_tier_may_be_a_pattern() -> None:
    usage = one("priority_on_demand", ANY, ANY | {"service_tier": "prio*", "input": 5})
    assert total(usage) == 5
    assert not noted(usage, "tier")


def test_a_tiers_rate_that_has_not_begun_gives_way_and_that_is_said() -> None:
    later = BATCH | {"from": date(2026, 3, 1)}
    usage = one("batch", later, ANY)
    assert total(usage) == 2
    assert noted(usage, "all tiers")
    assert total(one("batch", later, ANY, start="2026-03-01T00:00:00Z")) == 1


def test_a_tier_that_is_no_text_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"price\[0\].service_tier: expected text"):
        book(ANY | {"service_tier": True})


# the catalogue


@pytest.fixture(scope="module")
def listed() -> tuple[str, date, Any, Any]:
    """A model, a day on which its batch price holds, and its prices then."""
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    from genai_prices import data_snapshot

    snapshot = data_snapshot.get_snapshot()
    name, day = "claude-opus-5", date(2026, 11, 1)
    _, model = snapshot.find_provider_model(name, None, "anthropic", None)
    (variant,) = [
        each for each in model.price_variants or () if "processing" in each.when
    ]
    when = __import__("datetime").datetime(2026, 11, 1, 12)
    return name, day, model.get_prices(when), variant.prices


def catalogued(name: str, day: date, tier: str | None) -> mw.UsageFrame:
    row = {"start": f"{day}T10:00:00Z", "model": name, "input_tokens": M,
           "output_tokens": 0, "service_tier": tier}  # fmt: skip
    return read(row, prices=book(catalogue=True))


def test_the_catalogue_knows_the_rates_of_a_batch(
    listed: tuple[str, date, Any, Any],
) -> None:
    name, day, standard, batch = listed
    assert total(catalogued(name, day, "batch")) == batch.input_mtok
    for tier in ("standard", None):
        assert total(catalogued(name, day, tier)) == standard.input_mtok


@pytest.mark.parametrize(
    ("tier", "day"), [("batch", date(2026, 2, 1)), ("scale", date(2026, 11, 1))]
)
def test_a_tier_that_the_catalogue_has_no_rates_of_is_unpriced_and_never_standard(
    listed: tuple[str, date, Any, Any], tier: str, day: date
) -> None:
    usage = catalogued(listed[0], day, tier)
    assert usage.currencies == ()
    (note,) = noted(usage, "service tier")
    assert f"of the service tier {tier} has no price" in note
    assert f'add a [[price]] with service_tier = "{tier}"' in note


# the golden turn, with the tier that Claude Code writes


@pytest.mark.parametrize("source", ["rate table", "catalogue"])
def test_the_turn_of_opus_costs_the_same_with_its_tier(source: str) -> None:
    if source == "catalogue":
        pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    usage = read(
        {
            "model": "claude-opus-5", "service_tier": "standard",
            "input_tokens": 4 + 26_703 + 6_792, "cache_read_tokens": 26_703,
            "cache_write_tokens": 6_792, "cache_write_1h_tokens": 6_792,
            "output_tokens": 263,
        },
        prices=book(OPUS) if source == "rate table" else book(catalogue=True),
    )  # fmt: skip
    assert total(usage) == Decimal("0.0878665")
    assert not noted(usage, "priced as")


# rates that stand in for others


ROW = {
    "input_tokens": 1000, "cache_read_tokens": 400, "cache_write_tokens": 300,
    "cache_write_1h_tokens": 100, "output_tokens": 0,
}  # fmt: skip
HAS_NO = "the rate table has no {} rate for them"
READ = (
    f"400 tokens read from a cache are priced as input: {HAS_NO.format('cache_read')}"
)
WRITE = (
    f"200 tokens written to a cache are priced as input: {HAS_NO.format('cache_write')}"
)
HOUR = "100 tokens written to a cache for an hour are priced as {}: " + HAS_NO.format(
    "cache_write_1h"
)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, [READ, WRITE, HOUR.format("input")]),
        ({"cache_read": "0.1"}, [WRITE, HOUR.format("input")]),
        ({"cache_read": "0.1", "cache_write": "1.25"},
         [HOUR.format("for 5 minutes")]),
        ({"cache_read": "0.1", "cache_write": "1.25", "cache_write_1h": "2"}, []),
        ({"cache_write_1h": "2"}, [READ, WRITE]),
        ({"input": "0"}, []),
    ],
)  # fmt: skip
def test_tokens_priced_by_another_rate_are_counted_and_said(
    known: dict[str, str], said: list[str]
) -> None:
    usage = read(ROW, prices=book({"model": "m", "input": "1", "output": "4"} | known))
    assert noted(usage, "priced as") == said


def test_a_recorded_cost_needs_no_rate_and_no_note() -> None:
    usage = read(ROW | {"cost": "1", "service_tier": "batch"}, prices=book(ANY))
    assert not noted(usage, "priced as")
    assert not noted(usage, "tier")
