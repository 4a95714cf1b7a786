"""FilterPanel: what it takes from the browser, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from meterwidgets.widgets.filter_panel import FilterPanel

APPLY = {
    "n": 4,
    "from": "2026-01-24",
    "to": "2026-02-22",
    "start_time": "00:00",
    "end_time": "18:30:00",
    "zone": "Europe/Berlin",
    "cost_type": "input",
    "currency": "USD",
    "filters": {"orgs": ['"Acme"', "null"], "models": []},
}


@pytest.fixture
def panel(wire: Any) -> Any:
    widget = FilterPanel(title="Usage Metering", range_text="Feb 22, 2026", count=1)
    yield widget
    widget.close()


def test_a_panel_reads_as_its_range_and_count(panel: Any) -> None:
    assert repr(panel) == "FilterPanel('Feb 22, 2026 UTC', 1 filter)"
    panel.count = 2
    assert repr(panel) == "FilterPanel('Feb 22, 2026 UTC', 2 filters)"


@pytest.mark.parametrize(
    "request_",
    [{"n": 1, "preset": "7d"}, {"n": 2, "clear": "orgs"}, APPLY],
)
def test_an_action_arrives_as_it_was_sent(
    panel: Any, wire: Any, request_: dict[str, Any]
) -> None:
    seen: list[Any] = []
    panel.observe(lambda change: seen.append(change["new"]), names=["request"])
    wire.clear()
    wire.post(panel, {"request": request_})
    assert seen == [request_]
    assert not wire


@pytest.mark.parametrize(
    "bad",
    [
        {"preset": "7d"},
        {"n": 0},
        {"n": "1", "preset": "7d"},
        {"n": 1, "preset": 7},
        {"n": 1, "preset": "x" * 21},
        {"n": 1, "unknown": "x"},
        {"n": 1, 2: "x"},
        APPLY | {"from": "24.01.2026"},
        APPLY | {"from": "2026-01-24\n"},
        APPLY | {"end_time": "6 PM"},
        APPLY | {"zone": "x" * 65},
        APPLY | {"cost_type": "all"},
        APPLY | {"cost_type": []},
        APPLY | {"filters": [["orgs"]]},
        APPLY | {"filters": {"orgs": "Acme"}},
        APPLY | {"filters": {"orgs": [1]}},
        APPLY | {"filters": {"orgs": ["x" * 1001]}},
        APPLY | {"filters": {"orgs": ["x"] * 5001}},
        APPLY | {"filters": {f"d{i}": [] for i in range(17)}},
        APPLY | {"filters": {1: []}},
        "7d",
        None,
    ],
)
def test_a_malformed_action_is_dropped(panel: Any, wire: Any, bad: Any) -> None:
    wire.post(panel, {"request": bad})
    assert panel.request == {}


def test_the_dialog_opens_and_closes_from_the_browser(panel: Any, wire: Any) -> None:
    wire.post(panel, {"is_open": True})
    assert panel.is_open
    wire.post(panel, {"is_open": "no"})
    assert panel.is_open


def test_an_answer_is_one_message(panel: Any, wire: Any) -> None:
    wire.clear()
    panel.update(preset="7d", range_text="Feb 16 – 22", chips=[], count=0, error="")
    assert len(wire) == 1
    assert wire.updates(panel)[0]["preset"] == "7d"


def test_staleness_is_a_flag_or_a_phrase(panel: Any) -> None:
    panel.stale = True
    panel.stale = "Figures are from 5:40 PM"
    assert panel.stale == "Figures are from 5:40 PM"
