"""What people complain about elsewhere and ask for, each held here by its number.

Each ask is a real thread of the users of other dashboards; the tests show it from a
ledger to the figures that a reader gets. Those about pages are in ``tests/browser``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import meterwidgets as mw
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.text import formats
from meterwidgets.metrics.totals import compared, totals
from meterwidgets.metrics.trend import trend
from meterwidgets.report import json as report
from meterwidgets.zones import midnight

Row = dict[str, Any]
Read = Callable[..., mw.UsageFrame]
PRICES = [{"model": "m-*", "input": "2", "output": "4", "cache_read": "0.2"}]
NANO = 10**9


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read rows, or a document, by the rates of ``PRICES`` alone."""

    def reading(*rows: Row, **words: Any) -> mw.UsageFrame:
        path = tmp_path / "ledger.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        words.setdefault("prices", mw.PriceBook.parse(PRICES, catalogue=False))
        return mw.read_usage(path, rejects=None, **words)

    return reading


def row(at: str = "2026-02-22T10:00:00Z", **changes: Any) -> Row:
    """One request of a mapped table."""
    whole = {
        "timestamp": at,
        "model": "m-1",
        "input_tokens": 1_000,
        "output_tokens": 500,
    }
    return whole | changes


def document(usage: mw.UsageFrame, **filters: Any) -> Row:
    found: Row = json.loads(report.dumps(usage.select(mw.Filters(**filters))))
    return found


ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia"]


@pytest.mark.parametrize("tz", ZONES)
def test_ask_1_single_days_add_up_to_the_range_outside_utc(read: Read, tz: str) -> None:
    first = datetime(2026, 3, 7, tzinfo=UTC)  # New York changes its clocks on the 8th
    rows = [row((first + timedelta(minutes=47 * n)).isoformat()) for n in range(150)]
    usage = read(*rows)
    window = usage.select(mw.Filters(tz=tz)).window
    day, end = window.start, window.end
    whole, found = 0, 0
    while day < end:
        after = midnight(
            (day + timedelta(hours=30)).astimezone(ZoneInfo(tz)).date(), tz
        )
        found += usage.select(mw.Filters(start=day, end=after, tz=tz)).sums()["records"]
        day, whole = after, whole + 1
    assert found == 150
    assert whole >= 5


def test_ask_2_one_zone_is_printed_and_daily_sources_say_what_they_cannot_do(
    read: Read,
) -> None:
    usage = read(row("2026-02-22T23:30:00Z"), tz="Asia/Tokyo")
    found = document(usage, tz="Asia/Tokyo")
    assert found["window"]["tz"] == "Asia/Tokyo"
    assert found["window"]["start"] == "2026-02-22T15:00:00Z"  # the 23rd, in Tokyo
    bucket = {
        "start_time": 1_771_718_400, "end_time": 1_771_804_800,
        "results": [{"object": "organization.usage.completions.result",
                     "input_tokens": 5, "output_tokens": 1, "num_model_requests": 1}],
    }  # fmt: skip
    page = {"object": "page", "data": [bucket], "has_more": False}
    (note,) = [n for n in read(page).quality.notes if "whole day of UTC" in n]
    assert "can't be split into days of another time zone" in note


def test_ask_4_a_missing_page_is_said(read: Read) -> None:
    bucket = {
        "start_time": 1_771_718_400, "end_time": 1_771_804_800,
        "results": [{"object": "organization.usage.completions.result",
                     "input_tokens": 5, "output_tokens": 1, "num_model_requests": 1}],
    }  # fmt: skip
    page = {"object": "page", "data": [bucket], "has_more": True, "next_page": "x"}
    assert any("partial" in note for note in read(page).quality.notes)


def claude(**usage: int) -> Row:
    return {
        "timestamp": "2026-02-22T10:00:00Z", "type": "assistant", "sessionId": "s",
        "requestId": "q", "isSidechain": False,
        "message": {"id": "m", "model": "m-1", "role": "assistant", "usage": usage},
    }  # fmt: skip


def test_ask_5_cached_tokens_are_counted_and_billed_once(read: Read) -> None:
    apart = read(claude(input_tokens=100, cache_read_input_tokens=900, output_tokens=0))
    inside = read(row(input_tokens=1_000, cache_read_tokens=900, output_tokens=0))
    for usage in (apart, inside):  # two conventions, one figure
        totals_ = document(usage)["totals"]
        assert (totals_["input_tokens"], totals_["cache_read_tokens"]) == (1_000, 900)
        assert (
            Decimal(totals_["cost"])
            == (100 * Decimal(2) + 900 * Decimal("0.2")) / 10**6
        )


def test_ask_6_reasoning_is_inside_the_output_and_priced_once(read: Read) -> None:
    usage = read(row(input_tokens=0, output_tokens=1_000, reasoning_tokens=800))
    found = document(usage)["totals"]
    assert (found["output_tokens"], found["reasoning_tokens"]) == (1_000, 800)
    assert found["cost"] == "0.004000000"


def test_ask_7_an_unpriced_model_is_unknown_and_a_free_one_is_zero(read: Read) -> None:
    free = {"model": "free", "input": "0", "output": "0"}
    book = mw.PriceBook.parse([*PRICES, free], catalogue=False)
    usage = read(row(), row(model="free"), row(model="nobody-knows"), prices=book)
    costs = {each["name"]: each["cost"] for each in document(usage)["by"]["model"]}
    assert costs == {"m-1": "0.004000000", "free": "0.000000000", "nobody-knows": None}
    assert document(usage)["totals"]["unpriced_tokens"] == 1_500
    assert any(found.rule == "unpriced" for found in insights(usage.select()))


def test_ask_8_sub_cent_spend_never_shows_as_zero(read: Read) -> None:
    usage = read(row(input_tokens=1, output_tokens=0))
    (whole,) = [totals(usage.select()).amounts.cost]
    assert whole == 2_000
    assert formats.money(whole, "USD") == "$0.000002"
    assert formats.money(0, "USD") == "$0.00"


def test_ask_9_old_costs_stay_when_prices_change(read: Read) -> None:
    book = mw.PriceBook.parse(
        [*PRICES, {"model": "m-*", "from": datetime(2026, 2, 23).date(),
                   "input": "200", "output": "400"}],
        catalogue=False,
    )  # fmt: skip
    before, after = row(), row("2026-02-23T10:00:00Z")
    recorded = row("2026-02-23T11:00:00Z", cost="0.5")
    usage = read(before, after, recorded, prices=book)
    days = [
        usage.select(mw.Filters(start=f"2026-02-{day}", end=f"2026-02-{day + 1}"))
        for day in (22, 23)
    ]
    assert [totals(day).amounts.cost for day in days] == [
        4 * NANO // 1000,
        9 * NANO // 10,
    ]


def test_ask_10_history_is_computed_anew_once_a_price_is_added(read: Read) -> None:
    usage = read(row(), row(model="new"))
    assert usage.select().sums()["priced"] == 1
    book = mw.PriceBook.parse(
        [*PRICES, {"model": "new", "input": "1", "output": "1"}], catalogue=False
    )
    again = usage.reprice(book)
    assert again.select().sums()["priced"] == 2
    assert totals(again.select()).amounts.cost == 4_000_000 + 1_500_000
    assert "repriced" in repr(again).lower()


def test_ask_11_every_breakdown_adds_up_to_the_headline(read: Read) -> None:
    rows = [
        row(model=f"m-{n % 11}", organization=[None, "a", "b"][n % 3], output_tokens=n)
        for n in range(100)
    ]
    found = document(read(*rows))
    for name, parts in found["by"].items():
        if not parts:
            continue
        for measure in ("cost", "input_cost", "output_cost"):
            whole = sum(Decimal(each[measure]) for each in parts)
            assert whole == Decimal(found["totals"][measure]), name
        assert sum(each["tokens"] for each in parts) == found["totals"]["tokens"]
        assert sum(each["requests"] for each in parts) == 100
    names = {each["id"]: each["name"] for each in found["by"]["org"]}
    assert names == {"a": "a", "b": "b", None: "(none)"}


def test_ask_12_users_see_their_own_usage_only_and_all_of_it(read: Read) -> None:
    rows = [row(user=f"u-{n % 4}", input_tokens=n) for n in range(40)]
    usage = read(*rows)
    own = usage.of_user("u-3")
    assert own.select().sums()["records"] == 10
    assert own.select().sums()["input_tokens"] == sum(range(3, 40, 4))
    assert set(own.select().by("user")) == {"u-3"}


def test_ask_13_names_stand_for_ids_and_never_join_two_of_them(read: Read) -> None:
    labels = {"org": {"a1": "Acme", "a2": "Acme"}}
    usage = read(row(organization="a1"), row(organization="a2"), labels=labels)
    rows = document(usage)["by"]["org"]
    assert sorted(each["id"] for each in rows) == ["a1", "a2"]
    assert all(each["name"].startswith("Acme") for each in rows)
    assert rows[0]["name"] != rows[1]["name"]


def test_ask_15_today_is_today_and_an_unfinished_bucket_is_marked(read: Read) -> None:
    usage = read(row("2026-02-20T10:00:00Z"), row("2026-02-22T10:07:00Z"))
    today = usage.select(mw.Filters(preset="today", tz="America/New_York"))
    assert today.sums()["records"] == 1
    assert today.window.start == midnight(
        datetime(2026, 2, 22).date(), "America/New_York"
    )
    rolling = usage.select(mw.Filters(preset="24h"))
    assert rolling.window.end - rolling.window.start == timedelta(hours=24)
    assert trend(usage.select(), bucket="day").bucket == "day"


def test_ask_16_no_data_is_not_a_zero(read: Read) -> None:
    usage = read(row(output_tokens=None, input_tokens=7))
    found = document(usage)["totals"]
    assert found["output_tokens"] is None
    assert found["cache_read_tokens"] is None
    assert found["input_tokens"] == 7


def test_ask_17_tokens_rank_where_nobody_priced_the_models(read: Read) -> None:
    rows = [row(model="x", input_tokens=5), row(model="y", input_tokens=50)]
    usage = read(*rows, prices=mw.PriceBook(catalogue=False))
    ranked = breakdown(usage.select(), "model")
    assert ranked.measure == "tokens"
    assert [each.name for each in ranked.rows] == ["y", "x"]


def test_ask_18_more_or_less_is_said_of_equal_windows_and_of_nothing_else(
    read: Read,
) -> None:
    days = [
        row(f"2026-02-{day:02}T10:00:00Z", input_tokens=1_000 * day, requests=20)
        for day in range(1, 21)
    ]
    usage = read(*days)
    week = usage.select(mw.Filters(preset="7d"))
    alike = compared(week)
    assert alike is not None
    assert alike.previous.amounts.input_tokens == 1_000 * sum(range(7, 14))
    assert alike.change(lambda totals: totals.amounts.input_tokens) == Fraction(
        sum(range(14, 21)) - sum(range(7, 14)), sum(range(7, 14))
    )
    assert compared(usage.select()) is None  # there is nothing before the whole


def test_ask_19_the_run_rate_says_of_how_long_it_is(read: Read) -> None:
    usage = read(row("2026-02-21T12:00:00Z"), row("2026-02-22T23:00:00Z"))
    found = totals(usage.select())
    assert found.elapsed == timedelta(days=2)
    assert found.run_rate == Fraction(8_000_000, 2)
