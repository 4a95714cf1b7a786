"""The most expensive requests of a figure: with the rest they add up to it exactly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from frame.store.ledgers import BOOK, add, jsonl, spend_logs

import meterwidgets as mw
from meterwidgets.errors import LedgerError
from meterwidgets.frame.store import months
from meterwidgets.metrics.top_requests import top_requests
from meterwidgets.metrics.totals import totals
from meterwidgets.present.sections.records_lists import records_list

SPIKE = datetime(2026, 2, 12, 9, tzinfo=UTC)


def ledger(path: Path) -> Path:
    """Forty days of usage; on the last one a request for 900 dollars."""
    rows = spend_logs(600, days=40)
    rows = [row for row in rows if row["startTime"] < "2026-02-13"]
    dear = rows[0] | {
        "request_id": "dear",
        "startTime": SPIKE.isoformat(),
        "spend": 900.0,
        "user": "u-dear",
        "organization_id": "<b>o&1</b>",
    }
    return jsonl(path, [*rows, dear])


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> mw.UsageFrame:
    here = tmp_path_factory.mktemp("behind")
    add(here / "usage.meter", ledger(here / "a.jsonl"))
    return mw.open_store(here / "usage.meter")


@pytest.fixture
def view(usage: mw.UsageFrame) -> Iterator[mw.UsageView]:
    made = mw.UsageView(usage)
    yield made
    made.close()


@pytest.mark.parametrize("side", ["both", "input", "output"])
@pytest.mark.parametrize("outliers", ["with", "without"])
@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"users": ("u-1", "u-dear")},
        {"preset": "7d", "tz": "Asia/Kathmandu"},
        {"start": SPIKE, "end": SPIKE + timedelta(hours=1)},
        {"orgs": (None,), "models": ("m-1",)},
    ],
    ids=repr,
)
def test_the_rows_and_the_rest_add_up_to_the_figure(
    usage: mw.UsageFrame, chosen: dict[str, Any], side: Any, outliers: Any
) -> None:
    filters = mw.Filters(cost_type=side, outliers=outliers, **chosen)
    selection = usage.select(filters)
    found, figure = top_requests(selection), totals(selection).amounts
    assert len(found.requests) + found.rest_count == figure.records
    values = [row.value or 0 for row in found.requests]
    assert values == sorted(values, reverse=True)
    if figure.records:
        assert found.total == getattr(figure, found.measure)
        assert sum(values) + (found.rest or 0) == found.total
        assert (found.rest or 0) >= 0
        assert found.rest_count > 0 or not found.rest


def test_without_prices_requests_are_ranked_by_tokens(tmp_path: Path) -> None:
    rows = [row | {"spend": 0} for row in spend_logs(50)]
    add(tmp_path / "s", jsonl(tmp_path / "a.jsonl", rows),
        book=mw.PriceBook(catalogue=False))  # fmt: skip
    selection = mw.open_store(tmp_path / "s").select()
    found = top_requests(selection)
    assert found.measure == "tokens"
    largest = sorted((row["total_tokens"] for row in rows), reverse=True)
    assert [row.value for row in found.requests] == largest[:10]
    assert found.rest == sum(largest[10:])
    shown = records_list(selection, opened=True)
    assert (shown["value_label"], shown["rows"][0]["times"]) == ("Tokens", "–")


def test_the_banner_leads_from_a_spike_to_its_requests(view: mw.UsageView) -> None:
    found, banner = view.records_list(opened=False), view.insights_banner()
    spike = next(each for each in banner.insights if each["rule"] == "spike")
    assert spike["action"] == "What made this"
    before = view.filters
    banner.pressed = {"n": 1, "rule": "spike"}
    assert (found.is_open, found.called) == (True, 1)
    assert found.subtitle == "the dearest requests, Feb 12, 2026 (UTC)"
    first = found.rows[0]
    assert (first["user"], first["value"], first["flagged"]) == (
        "u-dear", "$900.00", True,
    )  # fmt: skip
    assert first["source"] == f"a.jsonl, row {len(list_of(view)):,}"
    assert found.total in spike["text"]
    assert view.filters == before
    view.filters = before.replace(orgs=["o-1"])
    assert found.subtitle.startswith("the dearest requests, Jan ")
    assert found.is_open


def list_of(view: mw.UsageView) -> Any:
    return view.usage.select().records()


def test_the_banner_leaves_outliers_out_and_the_chip_brings_them_back(
    view: mw.UsageView,
) -> None:
    banner, panel = view.insights_banner(), view.filter_panel()
    before = view.filters
    assert (banner.insights[0]["rule"], banner.insights[0]["action"]) == (
        "over_list", "Leave it out",
    )  # fmt: skip
    banner.pressed = {"n": 1, "rule": "over_list"}
    assert view.filters == before.replace(outliers="without")
    assert [each["rule"] for each in banner.insights if each["action"]] == []
    (chip,) = panel.chips
    assert f"{chip['label']}: {chip['text']}" == "Outliers: left out"
    panel.request = {"n": 1, "clear": "outliers"}
    assert view.filters == before
    assert panel.chips == []


@pytest.mark.parametrize("rule", ["concentration", "spike", "", "__class__", "over"])
def test_a_press_without_a_button_does_nothing(view: mw.UsageView, rule: str) -> None:
    banner, before = view.insights_banner(), view.filters
    banner.pressed = {"n": 1, "rule": rule}
    assert (view.filters, view.error) == (before, "")


def test_nothing_is_read_until_the_list_is_opened(
    view: mw.UsageView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "meterwidgets.frame.read", None)  # no import
    found = view.records_list(opened=False)
    view.filters = view.filters.replace(models=["m-1"])
    assert (found.rows, found.rest) == ([], {})
    monkeypatch.undo()
    found.is_open = True
    assert len(found.rows) == 10
    found.is_open = False
    assert found.rows == []


def test_a_store_that_has_changed_says_so_and_can_be_refreshed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "_MAX_PARTS", 1)  # every ingest rewrites the month
    store, rows = tmp_path / "s.meter", spend_logs(40, days=20)
    add(store, jsonl(tmp_path / "0.jsonl", rows[:10]))
    view = mw.UsageView(mw.open_store(store))
    found = view.records_list()
    assert len(found.rows) == 10
    for n in range(1, 4):
        add(store, jsonl(tmp_path / f"{n}.jsonl", rows[n * 10 : n * 10 + 10]))
    view.filters = view.filters.replace(models=["m-1"])
    assert found.empty["title"] == "The store has gone on"
    assert found.empty["action"] == "Refresh"
    assert found.rows == []
    found.refresh += 1
    assert found.empty == {}
    assert found.rows
    view.close()


def test_an_empty_selection_says_why(view: mw.UsageView) -> None:
    found = view.records_list()
    view.filters = mw.Filters(start="2025-01-01", end="2025-01-02")
    assert found.empty["title"] == "No usage in this selection"


def test_without_a_store_there_is_no_list_and_no_button(
    usage: mw.UsageFrame, tmp_path: Path
) -> None:
    read = mw.read_usage(ledger(tmp_path / "a.jsonl"), prices=BOOK, rejects=None)
    for frame in (read, usage.of_user("u-dear")):
        view = mw.UsageView(frame)
        with pytest.raises(LedgerError, match="its requests are not kept"):
            view.records_list()
        actions = [each["action"] for each in view.insights_banner().insights]
        assert "What made this" not in actions
        view.close()
    page = mw.token_usage(usage.of_user("u-dear"))
    assert "RecordsList" not in repr(page)
    page.close()


def test_pages_of_a_store_end_with_a_folded_list(usage: mw.UsageFrame) -> None:
    for build in (mw.token_usage, mw.model_analytics):
        page = build(usage)
        assert "RecordsList('What made this', folded)" in repr(page)
        page.close()
