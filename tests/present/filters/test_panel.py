"""The filter panel: presets that a ledger is too coarse for, and what it says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import meterwidgets as mw
from meterwidgets.frame.filters import Filters
from meterwidgets.present.filters.panel import PanelTraits, panel


def ledger(days: int) -> mw.UsageFrame:
    """A ledger of buckets of so many days."""
    starts = [date(2026, 1, 1) + timedelta(days=days * n) for n in range(4)]
    ends = [start + timedelta(days=days) for start in starts]
    rows: dict[str, Any] = {
        "window_start": [f"{start}T00:00:00Z" for start in starts],
        "window_end": [f"{end}T00:00:00Z" for end in ends],
        "model": ["m"] * 4,
        "input_tokens": [1] * 4,
    }
    return mw.read_usage(rows, rejects=None)


def shown(usage: mw.UsageFrame, **filters: Any) -> PanelTraits:
    chosen = Filters(**filters)
    return panel(usage.select(chosen), chosen, lambda _: {}, opened=False)


def off(usage: mw.UsageFrame) -> list[str]:
    return [each["key"] for each in shown(usage)["presets"] if each["disabled"]]


def test_a_preset_shorter_than_the_ledgers_own_buckets_is_off_with_the_reason() -> None:
    assert off(ledger(1)) == ["1h"]
    assert off(ledger(7)) == ["1h", "24h", "today"]
    assert off(ledger(31)) == ["1h", "24h", "today", "7d", "30d"]
    assert off(mw.demo_usage()) == []
    (first, *_) = shown(ledger(1))["presets"]
    assert first["title"] == "The ledger has usage by the day only"


def test_hours_of_a_ledger_of_days_say_that_they_are_not_known() -> None:
    notes = shown(ledger(1), start="2026-01-02T06:00", end="2026-01-02T18:00")["notes"]
    assert "Usage is known by the day, and counts where a day starts" in notes
    assert not any("known" in note for note in shown(ledger(1))["notes"])


def of_days(costs: dict[int, str | None]) -> mw.UsageFrame:
    """A ledger with a request on some days, counted back from the last one."""
    last = date(2026, 2, 22)
    rows: dict[str, Any] = {
        "time": [f"{last - timedelta(days=days)}T12:00:00Z" for days in costs],
        "model": ["m"] * len(costs),
        "org": [f"o{days}" for days in costs],
        "input_tokens": [100] * len(costs),
        "cost": list(costs.values()),
    }
    return mw.read_usage(rows, rejects=None, prices=mw.PriceBook(catalogue=False))


def part(usage: mw.UsageFrame, **filters: Any) -> str:
    first = usage.first_filters()
    return panel(
        usage.select(first.replace(**filters)), first, lambda _: {}, opened=False
    )["part_shown"]


def test_a_first_window_of_less_than_a_quarter_says_how_much_it_shows() -> None:
    assert part(of_days({300: "1.09", 0: "0.01"})) == "$0.010 of $1.10"
    assert part(of_days({300: "3.01", 0: "1.00"})) == "$1.00 of $4.01"
    assert part(of_days({300: "3.00", 0: "1.00"})) == ""
    assert part(of_days({300: "5.00", 0: "-1.00"})) == "-$1.00 of $4.00"
    assert part(of_days({10: "9.00", 0: "0.01"})) == ""  # everything, 11 days
    assert part(mw.demo_usage()) == ""


def test_where_nothing_is_priced_it_says_so_by_tokens() -> None:
    days: dict[int, str | None] = dict.fromkeys((300, 200, 190, 180, 0))
    assert part(of_days(days)) == "100 of 500 tokens"


def test_a_range_that_the_reader_chose_needs_no_such_word() -> None:
    usage = of_days({300: "5.00", 0: "0.01"})
    assert part(usage, preset="7d") == part(usage, preset="all") == ""
    assert part(usage, start="2026-02-22", end="2026-02-23") == ""
    assert part(usage, orgs=["o0"]) == ""  # it has no more than the window shows
