"""An open view shows what comes into its store, and keeps what its user chose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from frame.store.ledgers import add, jsonl, spend_logs

import meterwidgets as mw
from meterwidgets.dashboards import auto_refresh
from meterwidgets.frame.store.store import touch_heartbeat

STORE = Path("usage.meter")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_view_is_refreshed_with_its_filters_and_colours() -> None:
    rows = spend_logs(400)
    add(STORE, jsonl(Path("a.jsonl"), rows[:100]))
    view = mw.UsageView(mw.open_store(STORE))
    cards, colors = view.kpi_cards(), dict(view.colors("model"))
    view.filters = view.filters.replace(models=["m-1"])
    shown = repr(cards)
    assert not view.refresh()
    new = [row | {"model": "m-9", "spend": 90.0} for row in rows[100:101]]
    add(STORE, jsonl(Path("b.jsonl"), [*new, *rows[101:]]))
    assert repr(cards) == shown
    assert view.refresh()
    assert repr(cards) != shown
    assert view.filters.models == ("m-1",)
    assert view.selection.sums() == mw.open_store(STORE).select(view.filters).sums()
    assert view.colors("model").items() >= colors.items()
    assert "m-9" in view.colors("model")
    view.close()


def test_a_view_without_a_choice_follows_the_last_thirty_days() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(50, days=20)))
    view = mw.UsageView(mw.open_store(STORE))
    assert view.filters.preset == "all"
    add(STORE, jsonl(Path("b.jsonl"), spend_logs(50, first=50, days=80)))
    assert view.refresh()
    assert view.filters.preset == "30d"
    view.close()


def test_a_frame_without_a_store_has_nothing_newer() -> None:
    view = mw.UsageView(mw.demo_usage())
    assert not view.refresh()
    view.close()


def test_data_until_moves_by_the_minute_while_a_store_is_followed() -> None:
    log = jsonl(Path("a.jsonl"), spend_logs(50, days=20))
    last = max(row["startTime"] for row in spend_logs(50, days=20))
    read = datetime.fromisoformat(last).replace(tzinfo=UTC)
    os.utime(log, (read.timestamp(), read.timestamp()))
    add(STORE, log)
    usage = mw.open_store(STORE)
    assert (usage.coverage.is_live, usage.coverage.end) == (
        True,
        usage.coverage.written,
    )
    view = mw.UsageView(usage)
    assert not view.refresh()
    touch_heartbeat(STORE, read + timedelta(seconds=30))
    assert not view.refresh()  # so that not every look redraws everything
    touch_heartbeat(STORE, read + timedelta(seconds=90))
    assert view.refresh()
    assert view.usage.coverage.end == read + timedelta(seconds=90)
    view.close()


def test_a_kernel_refreshes_a_view_until_it_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auto_refresh, "INTERVAL_S", 0.01)
    rows = spend_logs(90)
    add(STORE, jsonl(Path("a.jsonl"), rows[:30]))

    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.01)

    async def session() -> None:
        view = mw.UsageView(mw.open_store(STORE))
        add(STORE, jsonl(Path("b.jsonl"), rows[30:60]))
        await until(lambda: view.usage.quality.records == 60)
        view.close()
        add(STORE, jsonl(Path("c.jsonl"), rows[60:]))
        await asyncio.sleep(0.1)
        assert view.usage.quality.records == 60

    asyncio.run(session())
