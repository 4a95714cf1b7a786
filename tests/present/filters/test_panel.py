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
